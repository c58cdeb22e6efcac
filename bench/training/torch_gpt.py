"""PyTorch's side of compare.mjs: the GPT of nanoGPT's model.py in torch's own modules, its initial weights, its batches and
its schedule; trains as settings.json in the folder says, and prints losses and validation as JSON."""
import json
import math
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

folder = sys.argv[1]
with open(f'{folder}/settings.json') as file:
    s = json.load(file)
torch.set_num_threads(s['threads'])
C, HEADS, LAYERS, BLOCK, BATCH = s['nEmbd'], s['nHead'], s['nLayer'], s['blockSize'], s['batchSize']


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_attn, self.c_proj = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.register_buffer('hidden', torch.ones(BLOCK, BLOCK).tril() == 0, persistent=False)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (part.view(b, t, HEADS, C // HEADS).transpose(1, 2) for part in self.c_attn(x).split(C, 2))
        scores = (q @ k.transpose(-2, -1) / math.sqrt(C // HEADS)).masked_fill(self.hidden[:t, :t], float('-inf'))
        return self.c_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, C))


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate='tanh'))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.attn, self.ln_2, self.mlp = nn.LayerNorm(C), Attention(), nn.LayerNorm(C), MLP()

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(s['vocabSize'], C), nn.Embedding(BLOCK, C)
        self.h, self.ln_f = nn.ModuleList([Block() for _ in range(LAYERS)]), nn.LayerNorm(C)
        self.lm_head = nn.Linear(C, s['vocabSize'], bias=False)
        self.wte.weight = self.lm_head.weight
        self.apply(self.init)
        for name, p in self.named_parameters():
            if name.endswith('c_proj.weight'):
                nn.init.normal_(p, 0.0, 0.02 / math.sqrt(2 * LAYERS))

    def init(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, 0.0, 0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, idx, targets):
        x = self.wte(idx) + self.wpe(torch.arange(idx.shape[1]))
        for block in self.h:
            x = block(x)
        logits = self.lm_head(self.ln_f(x))
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


def rate(step):
    steps, top, least = s['maxSteps'], s['learningRate'], s['minLearningRate']
    warmup = min(s['warmupSteps'], steps // 10)
    if step < warmup:
        return top * (step + 1) / (warmup + 1)
    done = min(1, (step - warmup) / max(1, steps - 1 - warmup))
    return least + 0.5 * (1 + math.cos(math.pi * done)) * (top - least)


def tokens(name):
    return torch.from_numpy(np.fromfile(f'{folder}/{name}', dtype=np.int32).astype(np.int64))


def batch(data, starts):
    return (torch.stack([data[i : i + BLOCK] for i in starts]), torch.stack([data[i + 1 : i + 1 + BLOCK] for i in starts]))


@torch.no_grad()
def evaluate(model, data):
    """The mean loss over blocks at even distances."""
    available = (len(data) - 1) // BLOCK
    size = min(BATCH, available)
    batches = min(s['evalBatches'], available // size)
    starts = [BLOCK * (i * available // (batches * size)) for i in range(batches * size)]
    losses = [model(*batch(data, starts[i * size : (i + 1) * size])).item() for i in range(batches)]
    return sum(losses) / len(losses)


train, validation = tokens('train.bin'), tokens('validation.bin')
torch.manual_seed(s['seed'])
model = GPT()
decay = [p for p in model.parameters() if p.dim() >= 2]
rest = [p for p in model.parameters() if p.dim() < 2]
optimizer = torch.optim.AdamW(
    [dict(params=decay, weight_decay=s['weightDecay']), dict(params=rest, weight_decay=0.0)],
    lr=s['learningRate'],
    betas=(s['adamBeta1'], s['adamBeta2']),
    eps=s['adamEpsilon'],
)
out = dict(losses=[], validation=[])
for step in range(s['maxSteps']):
    for group in optimizer.param_groups:
        group['lr'] = rate(step)
    loss = model(*batch(train, torch.randint(len(train) - BLOCK, (BATCH,))))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), s['maxGradNorm'])
    optimizer.step()
    out['losses'].append(loss.item())
    if (step + 1) % s['evalSteps'] == 0 or step + 1 == s['maxSteps']:
        out['validation'].append([step + 1, evaluate(model, validation)])
json.dump({**out, 'seconds': time.process_time()}, sys.stdout)
