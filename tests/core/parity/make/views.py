"""Views, joins and rearrangements."""
import torch
import torch.nn.functional as F
from common import B, I, Suite, V, X, strided, turned

s = Suite("views", 3)
for shape, to in [((2, 3), (3, 2)), ((2, 3), (-1,)), ((4,), (2, 2)), ((0, 3), (3, 0)), ((1, 6), (2, 1, 3)), ((), (1, 1))]:
    s("t.reshape", lambda x: x.reshape(to), [X(*shape)], list(to))
    s("t.view", lambda x: x.reshape(to), [X(*shape)], list(to))
s("t.reshape", lambda x: x.reshape(6, 2), [turned(3, 4)], 6, 2, note="needs a copy")
s("t.reshape", lambda x: x.reshape(3, 2), [strided(2, 3)], 3, 2)
for shape, args in [((2, 3, 4), ()), ((2, 3, 4), (1,)), ((2, 3, 4), (0, 1)), ((3,), ()), ((), ())]:
    s("t.flatten", lambda x: x.flatten(*args), [X(*shape)], *args)
for shape, dims in [((2, 3, 4), (2, 0, 1)), ((2, 3), (1, 0)), ((2, 1, 3), (-1, 1, 0)), ((0, 2, 3), (1, 2, 0)), ((5,), (0,))]:
    s("t.permute", lambda x: x.permute(dims), [X(*shape)], *dims)
for shape, dims in [((2, 3), (0, 1)), ((2, 3, 4), (-1, 0)), ((1, 4), (0, 1)), ((2, 0), (0, 1)), ((3,), (0, 0))]:
    s("t.transpose", lambda x: x.transpose(*dims), [X(*shape)], *dims)
    s("t.swapaxes", lambda x: x.swapaxes(*dims), [X(*shape)], *dims)
for make in [lambda: X(2, 3), lambda: X(4), lambda: X(), lambda: turned(2, 3), lambda: strided(2, 2)]:
    s("t.t", torch.t, [make()])
for shape, a, b in [((2, 3, 4), 0, 2), ((2, 3, 4), -1, 0), ((2, 3), 0, 1), ((2, 1, 3, 1), 1, 3), ((4,), 0, 0)]:
    s("t.movedim", lambda x: x.movedim(a, b), [X(*shape)], a, b)
for shape, to in [((1, 3), (2, 3)), ((3,), (2, 3)), ((2, 1), (-1, 4)), ((), (2, 2)), ((1, 0), (3, 0))]:
    s("t.expand", lambda x: x.expand(to), [X(*shape)], list(to))
    if -1 not in to:
        s("t.broadcastTo", lambda x: x.broadcast_to(to), [X(*shape)], list(to))
s("t.broadcastTo", lambda x: x.broadcast_to((3, 2)), [strided(1, 2)], [3, 2])
for shape, args in [((1, 3, 1), ()), ((1, 3, 1), (0,)), ((1, 3, 1), (1,)), ((2, 1), (-1,)), ((1, 1), ())]:
    s("t.squeeze", lambda x: x.squeeze(*args), [X(*shape)], *args)
for shape, dim in [((2, 3), 0), ((2, 3), 1), ((2, 3), -1), ((), 0), ((0,), 1)]:
    s("t.unsqueeze", lambda x: x.unsqueeze(dim), [X(*shape)], dim)
for shape, dim, a, b, step in [((5,), 0, 1, 4, 1), ((5,), 0, -3, 9, 1), ((2, 7), 1, 1, 7, 2), ((4, 3), 0, 3, 1, 1), ((2, 6), -1, 0, 6, 3), ((3, 2, 2), 0, 1, 3, 2)]:
    def sliced(x):
        index = [slice(None)] * x.dim()
        index[dim] = slice(a, b, step)
        return x[tuple(index)]
    s("t.slice", sliced, [X(*shape)], dim, a, b, step)
s("t.slice", lambda x: x[:, 1:3], [turned(3, 4)], 1, 1, 3)
for shape, dim, a, n in [((5,), 0, 1, 3), ((2, 4), 1, 0, 2), ((2, 4), -1, 2, 2), ((3, 2), 0, -2, 1), ((3,), 0, 1, 0)]:
    s("t.narrow", lambda x: x.narrow(dim, a, n), [X(*shape)], dim, a, n)
for shape, dim, i in [((3,), 0, 1), ((2, 4), 1, -1), ((2, 4), 0, 0), ((2, 1, 3), 1, 0), ((2, 2, 2), -1, 1)]:
    s("t.select", lambda x: x.select(dim, i), [X(*shape)], dim, i)
for shape, size, dim in [((5, 2), 2, 0), ((5, 2), [1, 4], 0), ((2, 6), 3, 1), ((2, 3), 5, -1), ((2, 3), [0, 3], 1)]:
    s("t.split", lambda x: x.split(size, dim), [X(*shape)], size, dim)
for shape, n, dim in [((6,), 3, 0), ((5, 2), 2, 0), ((2, 7), 3, 1), ((2, 2), 4, 0), ((1, 4), 4, -1)]:
    s("t.chunk", lambda x: x.chunk(n, dim), [X(*shape)], n, dim)
for shape, dim in [((3, 2), 0), ((3, 2), 1), ((2, 1, 2), -1), ((2,), 0), ((1, 3), 0)]:
    s("t.unbind", lambda x: x.unbind(dim), [X(*shape)], dim)
for shape, dim, sizes in [((6,), 0, [2, 3]), ((2, 6), 1, [3, 2]), ((2, 6), -1, [-1, 2]), ((4, 2), 0, [2, 2, 1]), ((3, 4), 1, [4])]:
    s("t.unflatten", lambda x: x.unflatten(dim, sizes), [X(*shape)], dim, sizes)
for shape, size, step, dim in [((7,), 3, 2, 0), ((2, 6), 2, 2, 1), ((5, 2), 3, 1, 0), ((4,), 4, 1, 0), ((2, 5, 2), 2, 1, 1)]:
    s("t.unfold", lambda x: x.unfold(dim, size, step), [X(*shape)], dim, size, step)
for name in ["tril", "triu"]:
    fn = getattr(torch, name)
    for shape, d in [((3, 3), 0), ((2, 4), 1), ((4, 2), -1), ((2, 3, 3), 0), ((3, 3), 5), ((0, 3), 0)]:
        s(f"t.{name}", lambda x: fn(x, d), [X(*shape)], d)
    s(f"t.{name}", fn, [turned(3, 3)])
for shape, d in [((3, 3), 0), ((2, 4), 1), ((4, 2), -1), ((3, 3), 3), ((2, 3, 3), 0)]:
    s("t.diagonal", lambda x: x.diagonal(d), [X(*shape)], d)
    if len(shape) == 2 and shape[0] <= shape[1]:  # PyTorch 1.13's gradient of a tall matrix's trace is wrong.
        s("t.trace", torch.trace, [X(*shape)])
for shape, args in [((2, 3, 3), (0, 1, 2)), ((2, 3, 4), (1, -1, 0)), ((2, 3), (0, 1, 0))]:
    s("t.diagonal", lambda x: x.diagonal(*args), [X(*shape)], *args)
for n in [1, 2, 4]:
    s("t.trace", torch.trace, [X(n, n + 1)])
for shape, d in [((3,), 0), ((2,), 1), ((2,), -1), ((3, 3), 0), ((2, 3), 1)]:
    s("t.diag", lambda x: x.diag(d), [X(*shape)], d)

for shapes, dim in [([(2, 3), (1, 3)], 0), ([(2, 1), (2, 3), (2, 2)], 1), ([(2, 2, 1), (2, 2, 2)], -1), ([(0, 2), (3, 2)], 0), ([(4,)], 0)]:
    s("core.cat", lambda *x: torch.cat(x, dim), [X(*shape) for shape in shapes], args=[[{"$": i} for i in range(len(shapes))], dim])
s("core.cat", lambda x: torch.cat([x, x], 1), [turned(2, 3)], args=[[{"$": 0}, {"$": 0}], 1], note="one tensor twice")
s("core.cat", lambda x, y: torch.cat([x, y]), [X(2), I(3)], args=[[{"$": 0}, {"$": 1}]], note="promotion")
s("core.cat", lambda x, y: torch.cat([x, y]), [I(2), B(3)], args=[[{"$": 0}, {"$": 1}]], note="promotion")
for shapes, dim in [([(2, 3), (2, 3)], 0), ([(3,), (3,)], 1), ([(2, 2), (2, 2), (2, 2)], -1), ([(), ()], 0), ([(1, 2), (1, 2)], 1)]:
    s("core.stack", lambda *x: torch.stack(x, dim), [X(*shape) for shape in shapes], args=[[{"$": i} for i in range(len(shapes))], dim])
for name, fn in [("hstack", torch.hstack), ("vstack", torch.vstack)]:
    for shapes in [[(3,), (3,)], [(2, 1), (2, 1)], [(1, 2, 2), (1, 2, 2)], [(), ()], [(4,)]]:
        s(f"core.{name}", lambda *x: fn(x), [X(*shape) for shape in shapes], args=[[{"$": i} for i in range(len(shapes))]])

for shape, sizes in [((3,), (2,)), ((2, 3), (2, 1)), ((2, 1), (1, 3)), ((2,), (2, 2)), ((2, 3), (0, 1))]:
    s("t.repeat", lambda x: x.repeat(sizes), [X(*shape)], *sizes)
    s("t.tile", lambda x: x.tile(sizes), [X(*shape)], *sizes)
s("t.repeat", lambda x: x.repeat(2, 2), [turned(2, 3)], 2, 2)
s("t.tile", lambda x: x.tile((2,)), [X(2, 2)], 2)
for shape, n, dim in [((3,), 2, 0), ((2, 3), 2, 1), ((2, 3), 3, 0), ((2, 1), 2, -1), ((2, 2), 1, 0)]:
    s("t.repeatInterleave", lambda x: x.repeat_interleave(n, dim), [X(*shape)], n, dim)
s("t.repeatInterleave", lambda x: x.repeat_interleave(2), [turned(2, 2)], 2)
for shape, shifts, dims in [((5,), 2, 0), ((2, 3), -1, 1), ((2, 3), (1, 2), (0, 1)), ((3, 2), 7, 0), ((0, 2), 1, 0)]:
    extra = [shifts if isinstance(shifts, int) else list(shifts), dims if isinstance(dims, int) else list(dims)]
    s("t.roll", lambda x: x.roll(shifts, dims), [X(*shape)], *extra)
s("t.roll", lambda x: x.roll(2), [turned(2, 3)], 2, note="flattened")
for shape, dims in [((4,), (0,)), ((2, 3), (0, 1)), ((2, 3), (-1,)), ((2, 1, 3), (0, 2)), ((0, 3), (1,))]:
    s("t.flip", lambda x: x.flip(dims), [X(*shape)], *dims)
s("t.flip", lambda x: x.flip((0,)), [turned(3, 2)], 0)
for shape, pad in [((3,), (1, 2)), ((2, 3), (1, 0, 0, 2)), ((2, 3), (-1, 1)), ((2, 2, 2), (0, 1, 1, 0, 2, 0)), ((2, 0), (1, 1)), ((2, 3), (0, 0))]:
    s("F.pad", lambda x: F.pad(x, pad), [X(*shape)], list(pad))
    s("F.pad", lambda x: F.pad(x, pad, value=1.5), [X(*shape)], list(pad), {"value": 1.5})
for mode in ["reflect", "replicate", "circular"]:
    for shape, pad in [((1, 2, 4), (2, 1)), ((2, 1, 5), (0, 3)), ((3, 4), (1, 1)), ((1, 2, 3, 3), (1, 1, 1, 0)), ((1, 1, 3, 4), (2, 2, 2, 1))]:
        if mode == "circular" and len(shape) != len(pad) // 2 + 2:
            continue
        s("F.pad", lambda x: F.pad(x, pad, mode=mode), [X(*shape)], list(pad), {"mode": mode})
s("F.pad", lambda x: F.pad(x, (1, 1), value=3), [I(3)], [1, 1], {"value": 3})

# ---- creation -----------------------------------------------------------------------------------------------------
for args in [(5,), (2, 7), (0, 10, 3), (5, 0, -2), (3, 3)]:
    s("core.arange", lambda: torch.arange(*args), [], *args)
for args in [(0.0, 1.0, 0.3), (1, 2, 0.25), (0, -1, -0.3), (0.5, 3.0, 0.7), (-1, 1, 0.5)]:
    s("core.arange", lambda: torch.arange(*args), [], *args)
for args in [(0, 1, 5), (-1, 1, 4), (3, 3, 2), (0, 10, 1), (1, 0, 0), (0, 1, 11), (-3, 7, 8)]:
    s("core.linspace", lambda: torch.linspace(*args), [], *args)
for args in [(3,), (2, 4), (4, 2), (1,), (0,)]:
    s("core.eye", lambda: torch.eye(*args), [], *args)
for shape in [[2, 3], [], [0, 2], [1], [2, 1, 2]]:
    s("core.zeros", lambda: torch.zeros(shape), [], shape)
    s("core.ones", lambda: torch.ones(shape), [], shape)
    s("core.full", lambda: torch.full(shape, -2.5), [], shape, -2.5)
for shapes in [[(2,), (3,)], [(1,), (4,)], [(2,), (2,), (2,)], [(0,), (2,)], [(3,)]]:
    s("core.meshgrid", lambda *x: torch.meshgrid(*x, indexing="ij"), [X(*shape) for shape in shapes])
s.write()
