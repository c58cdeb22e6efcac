"""A training step (Adam, mean squared error) of one recurrent layer in PyTorch."""
import torch
import torch.nn as nn
import torch.optim as optim


def recurrent(what):
    steps, batch, hidden = what["steps"], what["batch"], what["hidden"]
    torch.manual_seed(42)
    layer = getattr(nn, what["cell"])(hidden, hidden)
    criterion, optimizer = nn.MSELoss(), optim.Adam(layer.parameters(), lr=0.01)
    x, y = torch.randn(steps, batch, hidden), torch.randn(steps, batch, hidden)
    state = {"loss": 0.0}

    def run():
        loss = criterion(layer(x)[0], y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        state["loss"] = loss.item()

    return run, 1, lambda: state
