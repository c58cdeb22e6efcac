"""Records what PyTorch and NumPy give for the lessons: tests/lessons/goldens.json. The programs that are not here are in
tests/core/goldens/training.json.

    python3 tests/lessons/make.py > tests/lessons/goldens.json

Made with torch 1.13.1 and numpy 1.24 on x86-64 with AVX2, one thread. `distance` is how far the losses of the same run in
float64 (same initial values, same batches) lie from those recorded: what another order of rounding may make.
"""
import json
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)

TEXT = '你好，小墨。\n你好！今天想学什么？\n我想学写字。\n好，我们从一横开始。\n\n你好，你是谁？\n我是一方砚台。\n'


def some(losses):
    """The first twenty, and every hundredth."""
    return {'first20': losses[:20], 'every100': losses[99::100], 'last': losses[-1]}


def distance(a, b):
    return max(abs(x - y) for x, y in zip(a, b))


def record(run):
    """Runs a program in float32 and in float64; `run(dtype)` gives its losses and what else it ends with."""
    losses, result = run(torch.float32)
    exact, exact_result = run(torch.float64)
    out = {**some(losses), 'distance': distance(losses, exact), **result}
    for key, value in result.items():
        if isinstance(value, list) and value and isinstance(value[0], float):
            out[key + 'Distance'] = distance(value, exact_result[key])
    return out


def attention_as_written(seed=42, steps=200):
    random = np.random.RandomState(seed)
    E, Wq, Wk, Wv, O = (random.randn(8, 8) for _ in range(5))
    ids, target, losses = [0, 1, 2, 3, 4], 5, []

    def forward():
        x = E[ids]
        s = (x @ Wq) @ (x @ Wk).T / np.sqrt(8)
        a = np.exp(s - s.max(-1, keepdims=True))
        a /= a.sum(-1, keepdims=True)
        last = (a @ (x @ Wv))[-1]
        p = np.exp(last @ O - (last @ O).max())
        return a, last, p / p.sum()

    for _ in range(steps):
        _, last, p = forward()
        losses.append(float(-np.log(p[target] + 1e-10)))
        gradient = p.copy()
        gradient[target] -= 1
        O -= 0.1 * np.outer(last, gradient)
        E[ids[-1]] -= 0.1 * (O @ gradient)
    a, _, p = forward()
    return {'losses': losses, 'probabilities': p.tolist(), 'attention': a.flatten().tolist()}


def attention_full(dtype, seed=42, steps=200):
    random = np.random.RandomState(seed)
    E, Wq, Wk, Wv, O = ws = [torch.tensor(random.randn(8, 8), dtype=torch.float32).to(dtype).requires_grad_() for _ in range(5)]
    optimizer = torch.optim.SGD(ws, lr=0.1)
    losses = []

    def forward():
        x = E[:5]
        a = ((x @ Wq) @ (x @ Wk).T / 8 ** 0.5).softmax(-1)
        return (a @ (x @ Wv))[-1:] @ O

    for _ in range(steps):
        loss = F.cross_entropy(forward(), torch.tensor([5]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, {'probabilities': forward().softmax(-1)[0].tolist()}


class Speller(nn.Module):
    def __init__(self, cell):
        super().__init__()
        self.embedding = nn.Embedding(4, 16)
        self.recurrent = {'rnn': nn.RNN, 'gru': nn.GRU, 'lstm': nn.LSTM}[cell](16, 16, batch_first=True)
        self.fc = nn.Linear(16, 4)

    def forward(self, x, state):
        y, state = self.recurrent(self.embedding(x), state)
        return self.fc(y).squeeze(1), state


def hello(cell):
    def run(dtype, seed=42, steps=1000):
        torch.manual_seed(seed)
        model = Speller(cell).to(dtype)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        ids = [0, 1, 2, 2, 3]
        losses = []
        for _ in range(steps):
            state, total = None, 0.0
            for i in range(4):
                logits, state = model(torch.tensor([[ids[i]]]), state)
                state = tuple(s.detach() for s in state) if cell == 'lstm' else state.detach()
                loss = F.cross_entropy(logits, torch.tensor([ids[i + 1]]))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item()
            losses.append(total / 4)
        word, state = [0], None
        with torch.no_grad():
            for _ in range(4):
                logits, state = model(torch.tensor([[word[-1]]]), state)
                word.append(logits.argmax(-1).item())
        return losses, {'generated': ''.join('helo'[i] for i in word)}

    return run


def bigram_zh(dtype, seed=1250, steps=100):
    chars = sorted(set(TEXT))
    data = torch.tensor([chars.index(c) for c in TEXT])
    train = data[: int(0.9 * len(data))]

    def batch(size):
        ix = torch.randint(len(train) - 8, (size,))
        return torch.stack([train[i : i + 8] for i in ix]), torch.stack([train[i + 1 : i + 9] for i in ix])

    def write(count):
        ids = [0]
        for _ in range(count):
            p = table(torch.tensor([ids[-1:]]))[:, -1].softmax(-1)
            ids.append(torch.multinomial(p.float(), 1).item())
        return ids

    torch.manual_seed(seed)
    table = nn.Embedding(len(chars), len(chars)).to(dtype)
    loss_of = lambda x, y: F.cross_entropy(table(x).view(-1, len(chars)), y.view(-1))
    first = loss_of(*batch(4)).item()
    untrained = write(10)
    optimizer = torch.optim.AdamW(table.parameters(), lr=1e-3)
    losses = []
    for _ in range(steps):
        loss = loss_of(*batch(32))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, {'initialLoss': first, 'untrainedIds': untrained, 'generatedIds': write(10), 'vocabSize': len(chars)}


def activations():
    places = [-2, -1, -0.5, 0, 0.5, 1, 2]
    out = {}
    for name, f in (('ReLU', torch.relu), ('Sigmoid', torch.sigmoid), ('Tanh', torch.tanh)):
        x = torch.tensor(places, dtype=torch.float32, requires_grad=True)
        y = f(x)
        y.sum().backward()
        out[name] = {'y': y.tolist(), 'gradient': x.grad.tolist()}
    scores = torch.tensor([2, 1, 0.1], requires_grad=True)
    out['softmax'] = scores.softmax(-1).tolist()
    loss = F.cross_entropy(scores[None], torch.tensor([0]))
    loss.backward()
    out['crossEntropy'] = {'loss': loss.item(), 'gradient': scores.grad.tolist()}
    p = torch.tensor([2.5, 0, 2, 8], requires_grad=True)
    loss = F.mse_loss(p, torch.tensor([3, -0.5, 2, 7]))
    loss.backward()
    out['mse'] = {'loss': loss.item(), 'gradient': p.grad.tolist()}
    return out


def ngram_mlp(seed=7):
    """One forward and backward pass of the package's n-gram model: same layers in the same order."""
    V, n, m, h = 11, 3, 4, 6
    torch.manual_seed(seed)
    C, H, U, W = nn.Embedding(V + 1, m), nn.Linear(n * m, h), nn.Linear(h, V), nn.Linear(n * m, V, bias=False)
    idx = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
    targets = torch.tensor([[1, 4, 1, 5, 9], [2, 6, 5, 3, 5]])
    padded = torch.cat([torch.full((2, n - 1), V), idx], 1)
    x = torch.stack([C(padded[:, t : t + n]).flatten(1) for t in range(5)], 1)
    logits = U(torch.tanh(H(x))) + W(x)
    loss = F.cross_entropy(logits.view(-1, V), targets.view(-1))
    loss.backward()
    return {'logits': logits[1].flatten().tolist(), 'loss': loss.item(), 'gradC': C.weight.grad.flatten().tolist()}


json.dump(
    {
        'text': TEXT,
        'attention-zh': {'as-written': attention_as_written(), 'full': record(attention_full)},
        'hello-lstm': {cell: record(hello(cell)) for cell in ('rnn', 'gru')},
        'bigram-zh': record(bigram_zh),
        'activations-and-losses': activations(),
        'ngram-mlp': ngram_mlp(),
    },
    sys.stdout,
    ensure_ascii=False,
)
sys.stdout.write('\n')
