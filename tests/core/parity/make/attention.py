"""Attention as a function (from its definition: PyTorch 1.13 has no public one) and MultiheadAttention; positions."""
import math
import torch
import torch.nn as nn
from common import B, I, Suite, V, X, module_case, rng, turned

s = Suite("attention", 9)

def attention(q, k, v, mask=None, causal=False, scale=None):
    if q.dim() > 2 and k.shape[-3] != q.shape[-3]:
        k = k.repeat_interleave(q.shape[-3] // k.shape[-3], -3)
        v = v.repeat_interleave(q.shape[-3] // v.shape[-3], -3)
    scores = q @ k.transpose(-2, -1) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if causal:
        mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf")) if mask.dtype == torch.bool else scores + mask
    return scores.softmax(-1) @ v

for qs, ks in [((1, 1, 3, 4), (1, 1, 3, 4)), ((2, 2, 5, 3), (2, 2, 5, 3)), ((1, 4, 3, 2), (1, 2, 3, 2)), ((2, 3, 1, 8), (2, 1, 6, 8)), ((2, 3, 4), (2, 5, 4)), ((3, 4), (5, 4)), ((1, 2, 17, 16), (1, 2, 17, 16))]:
    s("F.scaledDotProductAttention", attention, [X(*qs), X(*ks), X(*ks)], bound=4)
    s("F.scaledDotProductAttention", lambda q, k, v: attention(q, k, v, scale=0.3), [X(*qs), X(*ks), X(*ks)], {"scale": 0.3}, bound=4)
    if qs[-2] == ks[-2]:
        s("F.scaledDotProductAttention", lambda q, k, v: attention(q, k, v, causal=True), [X(*qs), X(*ks), X(*ks)], {"isCausal": True}, bound=4)
    mask = torch.tensor(rng.randint(0, 2, (qs[-2], ks[-2])), dtype=torch.bool)
    mask[:, 0] = True
    at = [{"$": 0}, {"$": 1}, {"$": 2}, {"attnMask": {"$": 3}}]
    s("F.scaledDotProductAttention", attention, [X(*qs), X(*ks), X(*ks), V(mask.tolist(), torch.bool)], args=at, bound=4)
    s("F.scaledDotProductAttention", attention, [X(*qs), X(*ks), X(*ks), X(qs[-2], ks[-2], grad=False)], args=at, bound=4)
turnedHeads = lambda b, t, h, d: X(b, t, h, d, view=[["transpose", 1, 2]])
s("F.scaledDotProductAttention", lambda q, k, v: attention(q, k, v, causal=True), [turnedHeads(2, 5, 2, 4) for _ in range(3)], {"isCausal": True}, bound=4)

for embed, heads, shapes, options, own in [
    (4, 2, [(3, 2, 4)] * 3, {}, {}), (6, 3, [(2, 1, 6), (5, 1, 6), (5, 1, 6)], {}, {}), (4, 1, [(2, 3, 4)] * 3, {"batch_first": True}, {"batchFirst": True}),
    (4, 4, [(3, 2, 4)] * 3, {"bias": False}, {"bias": False}), (8, 2, [(4, 8)] * 3, {}, {}),
    (4, 2, [(3, 2, 4), (4, 2, 5), (4, 2, 3)], {"kdim": 5, "vdim": 3}, {"kdim": 5, "vdim": 3}),
]:
    make = lambda: nn.MultiheadAttention(embed, heads, **options)
    new = [embed, heads, own]
    inputs = [X(*shape) for shape in shapes]
    module_case(s, "nn.MultiheadAttention", make, 21, new, inputs, scale=4)
    module_case(s, "nn.MultiheadAttention", make, 22, new, inputs, lambda m, q, k, v: m(q, k, v, need_weights=False)[0],
                args=[*[{"$": i} for i in range(3)], {"needWeights": False}], parameters=False, scale=4)
    module_case(s, "nn.MultiheadAttention", make, 22, new, inputs, lambda m, q, k, v: m(q, k, v, average_attn_weights=False),
                args=[*[{"$": i} for i in range(3)], {"averageAttnWeights": False}], parameters=False, scale=4)
    q_len = shapes[0][0] if not options.get("batch_first") else shapes[0][1]
    k_len = shapes[1][0] if not options.get("batch_first") else shapes[1][1]
    hide = torch.ones(q_len, k_len, dtype=torch.bool).triu(1)
    module_case(s, "nn.MultiheadAttention", make, 23, new, [*inputs, V(hide.tolist(), torch.bool)], lambda m, q, k, v, a: m(q, k, v, attn_mask=a),
                args=[*[{"$": i} for i in range(3)], {"attnMask": {"$": 3}}], parameters=False, scale=4, note="true hides")
    module_case(s, "nn.MultiheadAttention", make, 23, new, [*inputs, X(q_len, k_len, grad=False)], lambda m, q, k, v, a: m(q, k, v, attn_mask=a),
                args=[*[{"$": i} for i in range(3)], {"attnMask": {"$": 3}}], parameters=False, scale=4)
    if len(shapes[0]) == 3:
        batch = shapes[0][0] if options.get("batch_first") else shapes[0][1]
        pad = torch.zeros(batch, k_len, dtype=torch.bool)
        pad[:, -1] = True
        module_case(s, "nn.MultiheadAttention", make, 24, new, [*inputs, V(pad.tolist(), torch.bool)], lambda m, q, k, v, a: m(q, k, v, key_padding_mask=a),
                    args=[*[{"$": i} for i in range(3)], {"keyPaddingMask": {"$": 3}}], parameters=False, scale=4)
    module_case(s, "nn.MultiheadAttention", lambda: nn.MultiheadAttention(embed, heads, dropout=0.5, **options), 25, [embed, heads, {**own, "dropout": 0.5}], inputs, parameters=False, training=False, scale=4)

# ---- positions, from their definitions ------------------------------------------------------------------------------
def sinusoidal(length, dim):
    position = torch.arange(length).unsqueeze(1)
    scale = torch.exp(torch.arange(0, dim, 2) * (-math.log(10000.0) / dim))
    table = torch.zeros(length, dim)
    table[:, 0::2] = torch.sin(position * scale)
    table[:, 1::2] = torch.cos(position * scale[: dim // 2])
    return table

for length, dim in [(5, 4), (1, 2), (10, 6), (7, 3), (32, 8)]:
    s("F.sinusoidalPositions", lambda: sinusoidal(length, dim), [], length, dim, bound=8)

def rotary(x, base=10000.0, offset=0, interleaved=False):
    t, d = x.shape[-2:]
    angle = torch.arange(offset, offset + t).float().unsqueeze(1) * (base ** (-torch.arange(0, d, 2).float() / d))
    cos, sin = angle.cos(), angle.sin()
    if interleaved:
        a, b = x[..., 0::2], x[..., 1::2]
        return torch.stack([a * cos - b * sin, a * sin + b * cos], -1).flatten(-2)
    a, b = x[..., : d // 2], x[..., d // 2:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)

for shape in [(3, 4), (2, 5, 2), (1, 2, 4, 6), (2, 1, 1, 8), (0, 4)]:
    s("F.rotary", rotary, [X(*shape)], bound=8)
    s("F.rotary", lambda x: rotary(x, interleaved=True), [X(*shape)], {"interleaved": True}, bound=8)
    s("F.rotary", lambda x: rotary(x, 500.0, 3), [X(*shape)], {"base": 500, "offset": 3}, bound=8)
s.write()
