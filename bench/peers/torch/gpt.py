"""A GPT (pre-norm, GELU, learned positions, untied head) in PyTorch: a training step, and a forward pass."""
import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, heads, width, block):
        super().__init__()
        self.heads = heads
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.out = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.register_buffer("mask", torch.tril(torch.ones(block, block)) == 0, persistent=False)

    def forward(self, x):
        b, t, c = x.shape
        parts = self.qkv(self.ln1(x)).split(c, -1)
        q, k, v = [z.view(b, t, self.heads, c // self.heads).transpose(1, 2) for z in parts]
        a = (q @ k.transpose(-2, -1)) * (c // self.heads) ** -0.5
        a = a.masked_fill(self.mask[:t, :t], float("-inf")).softmax(-1)
        x = x + self.proj((a @ v).transpose(1, 2).reshape(b, t, c))
        return x + self.out(F.gelu(self.fc(self.ln2(x))))


class GPT(nn.Module):
    def __init__(self, layers, heads, width, block, vocabulary):
        super().__init__()
        self.tok, self.pos = nn.Embedding(vocabulary, width), nn.Embedding(block, width)
        self.blocks = nn.Sequential(*[Block(heads, width, block) for _ in range(layers)])
        self.ln = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, ids):
        return self.head(self.ln(self.blocks(self.tok(ids) + self.pos(torch.arange(ids.shape[1])))))


def make(case):
    torch.manual_seed(1337)
    return GPT(*(case[key] for key in ("layers", "heads", "width", "block", "vocabulary")))


def gpt(case):
    model = make(case)
    batch, block, vocabulary = case["batch"], case["block"], case["vocabulary"]
    batches = [(torch.randint(0, vocabulary, (batch, block)), torch.randint(0, vocabulary, (batch, block))) for _ in range(2)]
    if not case.get("training", True):
        model.eval()

        def forward():
            with torch.no_grad():
                model(batches[0][0])

        return forward, 1, dict
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    state = {"steps": 0, "loss": 0.0}

    def step():
        x, y = batches[state["steps"] % 2]
        loss = F.cross_entropy(model(x).view(-1, vocabulary), y.view(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        state["steps"] += 1
        state["loss"] = loss.item()

    return step, 1, lambda: state
