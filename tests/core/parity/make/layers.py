"""Layers: initial parameters from a seed, results, gradients. Norms also as functions."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from common import I, Suite, V, X, module_case, strided, turned

s = Suite("layers", 7)
for xs, a, b, bias in [((2, 3), 3, 4, True), ((3,), 3, 2, True), ((2, 2, 5), 5, 1, True), ((4, 3), 3, 3, False), ((0, 3), 3, 2, True), ((1, 17), 17, 5, True)]:
    module_case(s, "nn.Linear", lambda: nn.Linear(a, b, bias=bias), 3, [a, b, {"bias": bias}], [X(*xs)])
for shape, a, b, padding in [((2, 3), 5, 4, None), ((4,), 5, 3, 0), ((), 5, 2, None), ((2, 1), 7, 17, -1), ((0,), 5, 2, 2)]:
    options = {} if padding is None else {"paddingIdx": padding}
    module_case(s, "nn.Embedding", lambda: nn.Embedding(a, b, padding_idx=padding), 4, [a, b, options], [I(*shape)])
for shape, normal in [((2, 3), (3,)), ((2, 3, 4), (3, 4)), ((4,), (4,)), ((3, 1), (1,)), ((2, 2, 17), (17,))]:
    size = normal[0] if len(normal) == 1 else list(normal)
    scale = 700 if normal == (1,) else 4  # One element less its own mean, times 1 / sqrt(eps).
    module_case(s, "nn.LayerNorm", lambda: nn.LayerNorm(normal), 5, [size], [X(*shape)], scale=scale)
    module_case(s, "nn.LayerNorm", lambda: nn.LayerNorm(normal, eps=0.1, elementwise_affine=False), 5, [size, {"eps": 0.1, "elementwiseAffine": False}], [X(*shape)])
for shape, normal in [((2, 3), (3,)), ((2, 3, 4), (3, 4)), ((0, 3), (3,)), ((3, 8), (8,)), ((2, 3, 64), (64,))]:
    ends = [X(*normal), X(*normal)]
    s("F.layerNorm", lambda x, w, b: F.layer_norm(x, normal, w, b), [X(*shape), *ends], args=[{"$": 0}, list(normal), {"$": 1}, {"$": 2}], bound=4)
    s("F.layerNorm", lambda x, w: F.layer_norm(x, normal, w), [X(*shape), X(*normal)], args=[{"$": 0}, list(normal), {"$": 1}], bound=4)
    s("F.layerNorm", lambda x: F.layer_norm(x, normal), [X(*shape)], args=[{"$": 0}, list(normal)], bound=4)
    def rms(x, w=None, eps=2.0 ** -23):
        dims = tuple(range(-len(normal), 0))
        y = x * torch.rsqrt(x.square().mean(dims, keepdim=True) + eps)
        return y if w is None else y * w
    s("F.rmsNorm", rms, [X(*shape), X(*normal)], args=[{"$": 0}, list(normal), {"$": 1}], bound=4, note="from its definition")
    s("F.rmsNorm", rms, [X(*shape)], args=[{"$": 0}, list(normal)], bound=4, note="from its definition")
    s("F.rmsNorm", lambda x: rms(x, None, 1e-3), [X(*shape)], args=[{"$": 0}, list(normal), None, 1e-3], bound=4, note="from its definition")
s("F.layerNorm", lambda x: F.layer_norm(x, (4,)), [turned(3, 4)], args=[{"$": 0}, [4]], bound=4)
s("F.layerNorm", lambda x: F.layer_norm(x, (4,)), [X(3, 4, low=999, high=1001)], args=[{"$": 0}, [4]], bound=1000, note="a mean far from 0")
s("F.rmsNorm", lambda x: x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6), [strided(3, 4)], args=[{"$": 0}, [4], None, 1e-6], bound=4)
for shape, p in [((20,), 0.5), ((3, 7), 0.1), ((17,), 0.9), ((4, 4), 0.0), ((0, 3), 0.5), ((2, 3, 4), 1.0)]:
    module_case(s, "nn.Dropout", lambda: nn.Dropout(p), 6, [p], [X(*shape)])
    module_case(s, "nn.Dropout", lambda: nn.Dropout(p), 6, [p], [X(*shape)], training=False)
simple = [("ReLU", nn.ReLU, [], []), ("Sigmoid", nn.Sigmoid, [], []), ("Tanh", nn.Tanh, [], []), ("GELU", nn.GELU, [], []),
          ("SiLU", nn.SiLU, [], []), ("Softmax", nn.Softmax, [-1], [-1]), ("LogSoftmax", nn.LogSoftmax, [0], [0]),
          ("LeakyReLU", nn.LeakyReLU, [0.1], [0.1]), ("ELU", nn.ELU, [0.5], [0.5]), ("Softplus", nn.Softplus, [2, 3], [{"beta": 2, "threshold": 3}]),
          ("ReLU6", nn.ReLU6, [], []), ("Hardtanh", nn.Hardtanh, [], []), ("Softsign", nn.Softsign, [], []), ("Mish", nn.Mish, [], []),
          ("SELU", nn.SELU, [], []), ("LogSigmoid", nn.LogSigmoid, [], []), ("Identity", nn.Identity, [], []),
          ("Flatten", nn.Flatten, [], []), ("GLU", nn.GLU, [], []), ("PReLU", nn.PReLU, [], []), ("Hardswish", nn.Hardswish, [], [])]
for name, module, positional, new in simple:
    for make in [lambda: X(2, 4), lambda: turned(3, 4), lambda: X(2, 1, 2), lambda: strided(2, 2), lambda: X(0, 2)]:
        module_case(s, f"nn.{name}", lambda: module(*positional), 1, new, [make()])
module_case(s, "nn.GELU", lambda: nn.GELU(approximate="tanh"), 1, [{"approximate": "tanh"}], [X(2, 3)])
s.write()
