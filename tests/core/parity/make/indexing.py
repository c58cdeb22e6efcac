"""Selection and assignment by index."""
import torch
import torch.nn.functional as F
from common import B, I, Suite, V, X, strided, turned

s = Suite("indexing", 5)
for shape, dim, n in [((5, 3), 0, 4), ((2, 5), 1, 3), ((5,), -1, 7), ((5, 1, 2), 0, 1), ((2, 5, 2), 1, 0)]:
    s("t.indexSelect", lambda x, i: x.index_select(dim, i), [X(*shape), I(n)], args=[{"$": 0}, dim, {"$": 1}])
s("t.indexSelect", lambda x, i: x.index_select(1, i), [turned(3, 5), V([4, 4, 0], torch.int64)], args=[{"$": 0}, 1, {"$": 1}], note="repeats")
for shape, index, dim in [((5, 3), (2, 3), 0), ((2, 5), (2, 4), 1), ((5,), (3,), 0), ((5, 2, 2), (1, 2, 2), 0), ((2, 5), (2, 0), -1), ((5, 3), (2, 2), 0), ((3, 5), (1, 4), 1)]:
    s("t.gather", lambda x, i: x.gather(dim, i), [X(*shape), I(*index)], args=[{"$": 0}, dim, {"$": 1}])
s("t.gather", lambda x, i: x.gather(1, i), [turned(3, 5), I(3, 2)], args=[{"$": 0}, 1, {"$": 1}])
s("t.takeAlongDim", lambda x, i: torch.take_along_dim(x, i, 1), [X(2, 5), I(1, 3)], args=[{"$": 0}, {"$": 1}, 1])
for shape, index, dim in [((5, 3), (2, 3), 0), ((2, 5), (2, 4), 1), ((5,), (3,), 0), ((5, 2, 2), (1, 2, 2), 0), ((2, 5), (2, 2), -1), ((5, 3), (2, 2), 0)]:
    order = torch.stack([torch.randperm(5)[: index[dim]] for _ in range(8)]).to(torch.int64)
    # Distinct indices, as PyTorch does not say which of equals wins.
    i = torch.empty(index, dtype=torch.int64)
    flat = i.movedim(dim, -1).reshape(-1, index[dim])
    rows = torch.stack([order[r % 8] for r in range(flat.shape[0])])
    i = rows.reshape([n for k, n in enumerate(index) if k != dim % len(index)] + [index[dim]]).movedim(-1, dim).contiguous()
    at = [{"$": 0}, dim, {"$": 1}, {"$": 2}]
    s("t.scatter", lambda x, i, y: x.scatter(dim, i, y), [X(*shape), V(i.tolist(), torch.int64), X(*index)], args=at)
    s("t.scatter", lambda x, i: x.scatter(dim, i, 1.5), [X(*shape), V(i.tolist(), torch.int64)], args=[{"$": 0}, dim, {"$": 1}, 1.5])
    s("t.scatterAdd", lambda x, i, y: x.scatter_add(dim, i, y), [X(*shape), I(*index), X(*index)], args=at)
s("t.scatterAdd", lambda x, i, y: x.scatter_add(0, i, y), [X(3), V([1, 1, 1, 0], torch.int64), X(4)], args=[{"$": 0}, 0, {"$": 1}, {"$": 2}], note="repeats")
s("t.scatterAdd", lambda x, i, y: x.scatter_add(1, i, y), [turned(2, 5), I(2, 3), turned(2, 3)], args=[{"$": 0}, 1, {"$": 1}, {"$": 2}])
for shape, n, dim in [((5, 3), 2, 0), ((2, 5), 4, 1), ((5,), 3, 0), ((5, 1, 2), 6, 0), ((2, 5), 0, -1)]:
    source = list(shape)
    source[dim] = n
    at = [{"$": 0}, dim, {"$": 1}, {"$": 2}]
    s("t.indexAdd", lambda x, i, y: x.index_add(dim, i, y), [X(*shape), I(n), X(*source)], args=at)
    s("t.indexAdd", lambda x, i, y: x.index_add(dim, i, y, alpha=-0.5), [X(*shape), I(n), X(*source)], args=at + [{"alpha": -0.5}])
    s("t.indexFill", lambda x, i: x.index_fill(dim, i, 2), [X(*shape), I(n)], args=[{"$": 0}, dim, {"$": 1}, 2])

for shape, size in [((3,), (5, 2)), ((2, 3), (5, 4)), ((), (5, 2)), ((0,), (5, 2)), ((2, 2, 1), (5, 1))]:
    s("F.embedding", lambda i, w: F.embedding(i, w), [I(*shape), X(*size)])
    s("F.embedding", lambda i, w: F.embedding(i, w, padding_idx=2), [I(*shape), X(*size)], {"paddingIdx": 2})
s("F.embedding", F.embedding, [V([1, 1, 1], torch.int64), X(3, 2)], note="repeats")
s("F.embedding", lambda i, w: F.embedding(i, w, padding_idx=-1), [V([4, 1, 4], torch.int64), X(5, 2)], {"paddingIdx": -1})
s("F.embedding", F.embedding, [I(2, 3, view=[["transpose", 0, 1]]), turned(5, 3)])
for shape, classes in [((4,), 5), ((2, 3), 7), ((), 5), ((0,), 3), ((2, 1), 5)]:
    s("F.oneHot", lambda i: F.one_hot(i, classes), [I(*shape)], classes)
s("F.oneHot", F.one_hot, [V([0, 3, 1], torch.int64)], note="as many classes as needed")

# ---- indexing as in x[...]: null is None, ":" is a full slice, "..." is an ellipsis -------------------------------
def python(index, tensors):
    out = []
    for item in index:
        if item == ":":
            out.append(slice(None))
        elif item == "...":
            out.append(Ellipsis)
        elif isinstance(item, dict) and "$" in item:
            out.append(tensors[item["$"]])
        elif isinstance(item, dict):
            out.append(slice(item.get("start"), item.get("end"), item.get("step")))
        else:
            out.append(item)
    return tuple(out)

N = lambda *v: V(list(v), torch.int64)
T = {"$": 1}
U = {"$": 2}
looks = [
    ((4, 3), [1]), ((4, 3), [-1, 2]), ((4, 3), [":", 0]), ((4, 3), [{"start": 1, "end": 3}]), ((4, 3), [{"step": 2}, 1]),
    ((4, 3), ["...", 0]), ((2, 3, 4), [0, "...", {"start": -2}]), ((4, 3), [None, 1]), ((4,), [":", None]),
    ((4, 3), [{"start": 3, "end": 1}]), ((2, 3, 4), ["...", None, 1]),
]
for shape, index in looks:
    s("t.getItem", lambda x: x[python(index, [x])], [X(*shape)], *index)
by_tensor = [
    ((4, 3), [T], [N(0, 2, 2)]), ((4, 3), [":", T], [N(2, 0)]), ((4, 3), [T, U], [N(0, 3, 1), N(2, 2, 0)]),
    ((4, 3), [T, 1], [N(0, 3)]), ((4, 3, 2), [T, ":", U], [N(0, 3), N(1, 1)]), ((4, 3, 2), [":", T, U], [N(0, 2), N(1, 1)]),
    ((4, 3), [T], [V([[0, 1], [3, 2]], torch.int64)]), ((4, 3), [T, U], [V([[0], [3]], torch.int64), N(0, 2)]),
    ((4, 3), [None, T], [N(0, 2)]), ((4, 3), [{"start": 1}, T], [N(0, 2)]), ((4, 3), [T], [N(-1, 0)]),
    ((4, 3), ["...", T], [N(1, 1, 0)]), ((5,), [T], [V(3, torch.int64)]), ((4, 3), [T], [V([], torch.int64)]),
]
for shape, index, tensors in by_tensor:
    s("t.getItem", lambda x, *t: x[python(index, [x, *t])], [X(*shape), *tensors], args=[{"$": 0}, *index])

# ---- assignment: makes a copy, assigns, gives the copy ------------------------------------------------------------
def assign(x, index, value):
    y = x.clone()
    y[index] = value
    return y

for shape, index in looks:
    part = torch.zeros(shape)[python(index, [])].shape
    s("set.number", lambda x: assign(x, python(index, []), 1.5), [X(*shape)], args=[{"$": 0}, index, 1.5])
    s("set.tensor", lambda x, v: assign(x, python(index, []), v), [X(*shape), X(*part)], args=[{"$": 0}, index, {"$": 1}])
for shape, index, tensors in by_tensor:
    if len(tensors) == 1 and tensors[0].base.dim() and len(set(tensors[0].base.reshape(-1).tolist())) < tensors[0].base.numel():
        continue
    part = torch.zeros(shape)[python(index, [None, *[t.base for t in tensors]])].shape
    where = len(tensors) + 1
    s("set.number", lambda x, *t: assign(x, python(index, [x, *t]), -2.0), [X(*shape), *tensors], args=[{"$": 0}, index, -2])
    s("set.tensor", lambda x, *t: assign(x, python(index, [x, *t]), t[-1]), [X(*shape), *tensors, X(*part)], args=[{"$": 0}, index, {"$": where}])
for shape, mask in [((2, 3), (2, 3)), ((2, 3), (2,)), ((4,), (4,)), ((2, 2, 2), (2, 2)), ((0, 2), (0,))]:
    s("set.number", lambda x, m: assign(x, m, 0.5), [X(*shape), B(*mask)], args=[{"$": 0}, [T], 0.5])
    s("set.tensor", lambda x, m, v: assign(x, m, v), [X(*shape), B(*mask), X()], args=[{"$": 0}, [T], {"$": 2}])
for shape, index, part in [((4, 3), [N(0, 2)], (2, 3)), ((4, 3), [N(0, 3), N(2, 2)], (2,)), ((5,), [N(1, 4)], ()), ((4, 3), [N(1)], (3,)), ((4,), [N(-1, 0)], (2,))]:
    names = [{"$": i + 1} for i in range(len(index))]
    s("set.put", lambda x, *t: x.index_put(t[:-1], t[-1]), [X(*shape), *index, X(*part)], args=[{"$": 0}, names, {"$": len(index) + 1}])
    s("set.accumulate", lambda x, *t: x.index_put(t[:-1], t[-1], accumulate=True), [X(*shape), *index, X(*part)], args=[{"$": 0}, names, {"$": len(index) + 1}])
s("set.accumulate", lambda x, i, v: x.index_put((i,), v, accumulate=True), [X(3, 2), N(1, 1, 0, 1), X(4, 2)], args=[{"$": 0}, [T], {"$": 2}], note="repeats")
s.write()
