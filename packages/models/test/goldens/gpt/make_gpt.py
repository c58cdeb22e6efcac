"""GPT-2 in PyTorch's own modules, initialised, batched and trained as nanoGPT does it: the numbers of gpt.json.

    python3 make_gpt.py > gpt.json        (made with PyTorch 1.13.0a0, CPU, one thread)

The text is a formula, so that nothing but this file is needed.
"""
import json
import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)


def text(length, vocab):
    return torch.tensor([(i * i) % vocab for i in range(length)])


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c_attn = nn.Linear(c['n_embd'], 3 * c['n_embd'], bias=c['bias'])
        self.c_proj = nn.Linear(c['n_embd'], c['n_embd'], bias=c['bias'])
        self.attn_dropout = nn.Dropout(c['dropout'])
        self.resid_dropout = nn.Dropout(c['dropout'])
        self.n_head = c['n_head']

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (part.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for part in self.c_attn(x).split(C, 2))
        scores = q @ k.transpose(-2, -1) / math.sqrt(C // self.n_head)
        scores = scores.masked_fill(torch.ones(T, T).tril() == 0, float('-inf'))
        y = self.attn_dropout(scores.softmax(-1)) @ v
        return self.resid_dropout(self.c_proj(y.transpose(1, 2).reshape(B, T, C)))


class LayerNorm(nn.Module):
    def __init__(self, width, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width)) if bias else None

    def forward(self, x):
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class MLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c_fc = nn.Linear(c['n_embd'], 4 * c['n_embd'], bias=c['bias'])
        self.c_proj = nn.Linear(4 * c['n_embd'], c['n_embd'], bias=c['bias'])
        self.dropout = nn.Dropout(c['dropout'])
        self.tanh = c['activation'] == 'gelu_new'

    def forward(self, x):
        return self.dropout(self.c_proj(F.gelu(self.c_fc(x), approximate='tanh' if self.tanh else 'none')))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.ln_1 = LayerNorm(c['n_embd'], c['bias'])
        self.attn = Attention(c)
        self.ln_2 = LayerNorm(c['n_embd'], c['bias'])
        self.mlp = MLP(c)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.transformer = nn.ModuleDict(dict(
            wte=nn.Embedding(c['vocab_size'], c['n_embd']),
            wpe=nn.Embedding(c['block_size'], c['n_embd']),
            drop=nn.Dropout(c['dropout']),
            h=nn.ModuleList([Block(c) for _ in range(c['n_layer'])]),
            ln_f=LayerNorm(c['n_embd'], c['bias']),
        ))
        self.lm_head = nn.Linear(c['n_embd'], c['vocab_size'], bias=False)
        if c['tie']:
            self.transformer.wte.weight = self.lm_head.weight
        self.apply(self.init)
        for name, p in self.named_parameters():
            if name.endswith('c_proj.weight'):
                nn.init.normal_(p, 0.0, 0.02 / math.sqrt(2 * c['n_layer']))

    def init(self, module):
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, 0.0, 0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, idx, targets=None):
        t = self.transformer
        x = t.drop(t.wte(idx) + t.wpe(torch.arange(idx.shape[1])))
        for block in t.h:
            x = block(x)
        logits = self.lm_head(t.ln_f(x))
        if targets is None:
            return logits
        return logits, F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.view(-1))


def learning_rate(step, a):
    if step < a['warmup']:
        return a['lr'] * (step + 1) / (a['warmup'] + 1)
    done = (step - a['warmup']) / (a['steps'] - 1 - a['warmup'])
    return a['min_lr'] + 0.5 * (1 + math.cos(math.pi * done)) * (a['lr'] - a['min_lr'])


def summary(t):
    flat = t.detach().flatten().double()
    return dict(shape=list(t.shape), first=flat[:4].tolist(), last=flat[-4:].tolist(), sum=flat.sum().item(),
                squares=(flat * flat).sum().item())


@torch.no_grad()
def generate(model, ids, new, block_size, temperature, top_k):
    ids = list(ids)
    for _ in range(new):
        logits = model(torch.tensor([ids[-block_size:]]))[:, -1, :] / temperature
        logits[logits < torch.topk(logits, top_k).values[:, [-1]]] = float('-inf')
        ids.append(torch.multinomial(logits.softmax(-1), 1).item())
    return ids


def run(c, a):
    data = text(a['tokens'], c['vocab_size'])
    torch.manual_seed(a['seed'])
    model = GPT(c)
    out = dict(config=c, training=a, init={n: summary(p) for n, p in model.named_parameters()}, losses=[])
    decay = [p for p in model.parameters() if p.dim() >= 2]
    rest = [p for p in model.parameters() if p.dim() < 2]
    groups = [dict(params=decay, weight_decay=a['weight_decay']), dict(params=rest, weight_decay=0.0)]
    optimizer = torch.optim.AdamW([g for g in groups if g['params']], lr=a['lr'], betas=(0.9, 0.99), eps=1e-8)
    for step in range(a['steps']):
        for group in optimizer.param_groups:
            group['lr'] = learning_rate(step, a)
        ix = torch.randint(len(data) - c['block_size'], (a['batch'],))
        x = torch.stack([data[i:i + c['block_size']] for i in ix])
        y = torch.stack([data[i + 1:i + 1 + c['block_size']] for i in ix])
        logits, loss = model(x, y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if step == 0:
            out['logits'] = summary(logits)
            out['grads'] = {n: summary(p.grad) for n, p in model.named_parameters()}
        optimizer.step()
        out['losses'].append(loss.item())
    model.eval()
    torch.manual_seed(a['seed'] + 1)
    out['generated'] = generate(model, [1, 4, 9], 40, c['block_size'], 1.5, 12)
    out['after'] = {n: summary(p) for n, p in model.named_parameters()}
    return out


base = dict(vocab_size=37, block_size=16, n_layer=2, n_head=4, n_embd=32, bias=True, dropout=0.0, tie=True,
            activation='gelu_new')
training = dict(tokens=600, batch=8, seed=1337, steps=60, warmup=6, lr=1e-2, min_lr=1e-3, weight_decay=0.1)
runs = dict(
    gpt2=run(base, training),
    nanogpt=run({**base, 'bias': False, 'activation': 'gelu', 'n_layer': 3, 'n_head': 2}, training),
    untied_dropout=run({**base, 'tie': False, 'dropout': 0.2}, {**training, 'seed': 42}),
)
json.dump(dict(torch=torch.__version__, runs=runs), sys.stdout)
print()
