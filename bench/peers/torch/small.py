"""The two small programs in PyTorch, as the tutorials write them."""
import torch
import torch.nn as nn
import torch.optim as optim


def xor(_):
    torch.manual_seed(42)
    x = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float32)
    y = torch.tensor([[0], [1], [1], [0]], dtype=torch.float32)
    model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())
    criterion, optimizer = nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1)
    state = {"loss": 0.0}

    def run():
        for epoch in range(100):
            loss = criterion(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        state["loss"] = loss.item()

    return run, 100, lambda: state


class Hello(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.lstm, self.fc = nn.Embedding(4, 16), nn.LSTM(16, 16), nn.Linear(16, 4)

    def forward(self, ids, hidden):
        out, hidden = self.lstm(self.embedding(ids).view(1, 1, -1), hidden)
        return self.fc(out.view(1, -1)), hidden


def lstm(_):
    torch.manual_seed(42)
    text = "hello"
    index = {c: i for i, c in enumerate(sorted(set(text)))}
    inputs = torch.tensor([index[c] for c in text[:-1]]).unsqueeze(1)
    targets = torch.tensor([index[c] for c in text[1:]])
    model = Hello()
    criterion, optimizer = nn.CrossEntropyLoss(), optim.Adam(model.parameters(), lr=0.01)
    state = {"loss": 0.0}

    def run():
        total = 0
        hidden = (torch.zeros(1, 1, 16), torch.zeros(1, 1, 16))
        for i in range(4):
            out, hidden = model(inputs[i : i + 1], hidden)
            loss = criterion(out, targets[i : i + 1])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            hidden = tuple(z.detach() for z in hidden)
        state["loss"] = total / 4

    return run, 4, lambda: state
