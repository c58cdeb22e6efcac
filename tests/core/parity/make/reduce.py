"""Reductions, running sums, norms, softmax, sorting."""
import torch
from reduce_inputs import distinct
from common import B, I, Suite, V, X, strided, turned

s = Suite("reduce", 2)
shapes = [lambda: X(2, 3), lambda: X(2, 1, 3), lambda: turned(3, 4), lambda: strided(2, 3), lambda: X(2, 3, 4)]

for name in ["sum", "mean"]:
    fn = getattr(torch, name)
    for make in shapes + [lambda: X(), lambda: X(300)]:
        s(f"t.{name}", fn, [make()], scale="abs")
    for make in shapes:
        for dim in [0, -1]:
            s(f"t.{name}", lambda x: fn(x, dim), [make()], dim, scale="abs")
        s(f"t.{name}", lambda x: fn(x, (0, 1), keepdim=True), [make()], [0, 1], True, scale="abs")
    s(f"t.{name}", lambda x: fn(x, 1), [X(0, 3)], 1)
    s(f"t.{name}", lambda x: fn(x, 1, keepdim=True), [X(3, 2)], {"dim": 1, "keepdim": True})
s("t.sum", lambda x: x.sum(0), [X(0, 3)], 0)
s("t.sum", torch.sum, [I(2, 3)], note="integers")
s("t.sum", torch.sum, [B(2, 3)], note="bools count")

for name in ["prod", "amax", "amin", "any", "all", "argmax", "argmin"]:
    fn = getattr(torch, name)
    for make in shapes:
        if name in ("any", "all"):
            source = lambda: B(2, 3)
        else:
            source = make
        if name not in ("amax", "amin"):
            s(f"t.{name}", fn, [source()])
        else:
            s(f"t.{name}", lambda x: fn(x, tuple(range(x.dim()))), [source()], args=[{"$": 0}])
            s(f"t.{name}", lambda x: fn(x, (0, 1)), [source()], [0, 1])
        s(f"t.{name}", lambda x: fn(x, 0), [source()], 0)
        s(f"t.{name}", lambda x: fn(x, -1, keepdim=True), [source()], -1, True)
s("t.prod", lambda x: x.prod(1), [V([[0.0, 2.0, 3.0], [0.0, 0.0, 1.5], [1.0, 2.0, -3.0]])], 1, note="zeros")
s("t.prod", torch.prod, [V([0.0, 2.0, 3.0])], note="a zero")
s("t.prod", torch.prod, [I(4, low=1, high=5)])
s("t.amax", lambda x: x.amax(1), [V([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]])], 1, note="equals share")
s("t.argmax", lambda x: x.argmax(1), [V([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]], grad=False)], 1, note="the first of equals")
s("t.amax", lambda x: x.amax(0), [V([[1.0, float("nan")], [2.0, 1.0]], grad=False)], 0, grad=False)
for name in ["max", "min"]:
    fn = getattr(torch, name)
    for make in shapes:
        s(f"t.{name}", fn, [make()])
        s(f"t.{name}", lambda x: fn(x, 0), [make()], 0)
        s(f"t.{name}", lambda x: fn(x, -1, keepdim=True), [make()], -1, True)
    s(f"t.{name}", lambda x: fn(x, 1), [V([[1.0, 2.0, 2.0], [3.0, 3.0, 3.0]])], 1, note="equals: one gets it")
    s(f"t.{name}", fn, [V([2.0, 3.0, 3.0, 2.0])], note="equals share")
    s(f"t.{name}", lambda x: fn(x, 1), [I(3, 4)], 1)

for name in ["var", "std"]:
    fn = getattr(torch, name)
    for make in shapes:
        s(f"t.{name}", lambda x: fn(x, dim=-1), [make()], -1)
        s(f"t.{name}", lambda x: fn(x, dim=(0, 1), keepdim=True, unbiased=False), [make()], [0, 1], {"correction": 0, "keepdim": True})
    s(f"t.{name}", fn, [X(2, 3)])
    s(f"t.{name}", lambda x: fn(x, dim=0), [X(4, 2, low=99, high=101)], 0)

for make in shapes:
    s("t.logsumexp", lambda x: x.logsumexp(-1), [make()], -1)
    s("t.logsumexp", lambda x: x.logsumexp((0, 1), keepdim=True), [make()], [0, 1], True)
s("t.logsumexp", lambda x: x.logsumexp(0), [V([100.0, 99.0, -100.0])], 0)
s("t.logsumexp", lambda x: x.logsumexp(1), [V([[float("-inf"), 1.0], [float("-inf"), float("-inf")]], grad=False)], 1, grad=False)

inf = float("inf")
for p in [2, 1, 3, 0.5, "inf", "-inf", 0]:
    order = float(p)
    for make in shapes[:3]:
        s("t.norm", lambda x: x.norm(p=order), [make()], p)
        s("t.norm", lambda x: x.norm(p=order, dim=-1), [make()], p, -1)
    s("t.norm", lambda x: x.norm(p=order, dim=(0, 1), keepdim=True), [strided(2, 3)], p, [0, 1], True)
s("t.norm", lambda x: x.norm(), [V([0.0, 0.0])], note="no gradient at zero")

for name in ["cumsum", "cumprod"]:
    fn = getattr(torch, name)
    for make in shapes:
        s(f"t.{name}", lambda x: fn(x, 0), [make()], 0, bound=4)
        s(f"t.{name}", lambda x: fn(x, -1), [make()], -1, bound=4)
    s(f"t.{name}", lambda x: fn(x, 0), [X(0, 2)], 0)
    s(f"t.{name}", lambda x: fn(x, 0), [I(9, low=-3, high=4)], 0)
    s(f"t.{name}", lambda x: fn(x, 0), [B(5)], 0)
s("t.cumsum", lambda x: x.cumsum(0), [X(100)], 0, scale="abs")
s("t.cumprod", lambda x: x.cumprod(0), [V([2.0, 0.0, 3.0, 0.0, 4.0])], 0, note="zeros")
for name in ["cummax", "cummin"]:
    fn = getattr(torch, name)
    for make in shapes[:4]:
        s(f"t.{name}", lambda x: fn(x, -1), [make()], -1)
for make in shapes:
    s("t.logcumsumexp", lambda x: x.logcumsumexp(-1), [make()], -1)

for name, fn in [("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)]:
    for make in shapes + [lambda: X(5, 1), lambda: X(0, 3), lambda: X(3, 0)]:
        for dim in [0, 1, -1]:
            s(f"t.{name}", lambda x: fn(x, dim), [make()], dim)
    s(f"t.{name}", lambda x: fn(x, 0), [X(4, low=-90, high=90)], 0)
    s(f"t.{name}", lambda x: fn(x, 0), [X()], 0)
s("t.softmax", lambda x: x.softmax(-1), [V([[1.0, float("-inf"), 0.5], [0.0, 1.0, float("-inf")]], grad=False)], -1, grad=False)
for make in shapes:
    s("F.softmin", lambda x: torch.nn.functional.softmin(x, -1), [make()], -1)
    s("F.normalize", lambda x: torch.nn.functional.normalize(x, dim=1), [make()])
    s("F.normalize", lambda x: torch.nn.functional.normalize(x, p=1, dim=0), [make()], {"p": 1, "dim": 0})
    first = make()
    second = X(*first.look(first.base).shape)
    s("F.cosineSimilarity", lambda x, y: torch.nn.functional.cosine_similarity(x, y), [first, second])

for descending in [False, True]:
    extra = {"descending": descending}
    for make in [lambda: distinct(6), lambda: distinct(3, 5), lambda: distinct(5, 3, view=[["transpose", 0, 1]]), lambda: distinct(2, 1, 4), lambda: distinct(1)]:
        s("t.sort", lambda x: x.sort(dim=-1, descending=descending), [make()], -1, extra)
    s("t.sort", lambda x: x.sort(dim=0, descending=descending), [distinct(5, 2)], 0, extra)
    s("t.sort", lambda x: x.sort(dim=0, descending=descending, stable=True), [I(9, high=3)], 0, extra, note="stable")
    s("t.argsort", lambda x: x.argsort(dim=-1, descending=descending), [distinct(3, 4)], -1, extra, grad=False)
    s("t.argsort", lambda x: x.argsort(dim=0, descending=descending), [distinct(3, 4)], 0, extra, grad=False)
for k in [1, 3, 4]:
    for make in [lambda: distinct(6), lambda: distinct(3, 5), lambda: distinct(5, 3, view=[["transpose", 0, 1]]), lambda: distinct(2, 1, 4)]:
        s("t.topk", lambda x: x.topk(k), [make()], k)
        s("t.topk", lambda x: x.topk(k, largest=False), [make()], k, -1, {"largest": False})
s("t.topk", lambda x: x.topk(2, dim=0), [distinct(5, 3)], 2, 0)
s.write()
