"""What the other makers leave out: changes in place, predicates, draws, and what PyTorch 1.13 defines by other ops."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from reduce_inputs import distinct
from common import B, I, Suite, V, X, cotangent, encode, module_case, numbers, strided, turned

s = Suite("others", 13)
shapes = [lambda: X(2, 3), lambda: turned(3, 4), lambda: strided(2, 3), lambda: X(2, 1, 2), lambda: X(0, 3)]

# ---- in place: on a copy, as neither PyTorch nor we change a leaf -------------------------------------------------
for make in shapes:
    first = make()
    like = tuple(first.look(first.base).shape)
    row = lambda: X(like[-1])
    column = lambda **options: X(*like[:-1], 1, **options)
    s("t.add_", lambda x, y: x.clone().add_(y, alpha=2), [make(), row()], {"alpha": 2})
    s("t.sub_", lambda x, y: x.clone().sub_(y), [make(), column()])
    s("t.mul_", lambda x, y: x.clone().mul_(y), [make(), row()])
    s("t.div_", lambda x, y: x.clone().div_(y), [make(), column(low=0.5)])
    s("t.clamp_", lambda x: x.clone().clamp_(-0.505, 1.005), [make()], -0.505, 1.005)
    s("t.fill_", lambda x: x.clone().fill_(1.5), [make()], 1.5, grad=False)
    s("t.zero_", lambda x: x.clone().zero_(), [make()], grad=False)
    s("t.copy_", lambda x, y: x.clone().copy_(y), [make(), row()])
    s("t.maskedFill_", lambda x, m: x.clone().masked_fill_(m, -1), [make(), B(*like)], -1)
    s("t.detach", lambda x: x.detach(), [make()], grad=False)
    s("t.clone", lambda x: x.clone(), [make()])
for shape, n, dim in [((5, 3), 2, 0), ((2, 5), 4, 1), ((5,), 3, 0), ((5, 1, 2), 5, 0), ((2, 5), 0, -1)]:
    at = [{"$": 0}, dim, {"$": 1}, {"$": 2}]
    source = list(shape)
    source[dim] = n
    order = V(torch.randperm(5)[:n].tolist(), torch.int64)
    spread = order.base.reshape([-1 if k == dim % len(shape) else 1 for k in range(len(shape))]).expand(source)
    index = V(spread.tolist(), torch.int64) if n else I(*source)
    s("t.scatter_", lambda x, i, y: x.clone().scatter_(dim, i, y), [X(*shape), index, X(*source)], args=at)
    s("t.scatterAdd_", lambda x, i, y: x.clone().scatter_add_(dim, i, y), [X(*shape), I(*source), X(*source)], args=at)
    s("t.indexAdd_", lambda x, i, y: x.clone().index_add_(dim, i, y), [X(*shape), I(n), X(*source)], args=at)
    s("t.takeAlongDim", lambda x, i: torch.take_along_dim(x, i, dim), [X(*shape), I(*source)], args=[{"$": 0}, {"$": 1}, dim])
for shape, values in [((4, 3), (2, 3)), ((5,), (2,)), ((3, 2, 2), (2, 2, 2)), ((4, 1), (1,)), ((3, 3), (2, 1))]:
    index = V([2, 0], torch.int64)
    at = [{"$": 0}, [{"$": 1}], {"$": 2}]
    s("t.indexPut", lambda x, i, y: x.index_put((i,), y), [X(*shape), index, X(*values)], args=at)
    s("t.indexPut", lambda x, i, y: x.index_put((i,), y, accumulate=True), [X(*shape), index, X(*values)], args=[*at, {"accumulate": True}])
    s("t.indexPut_", lambda x, i, y: x.clone().index_put_((i,), y), [X(*shape), index, X(*values)], args=at)

# ---- masks and predicates -----------------------------------------------------------------------------------------
for shape, mask in [((2, 3), (2, 3)), ((4,), (4,)), ((2, 3), (3,)), ((2, 1, 3), (1, 3)), ((0, 3), (0, 3))]:
    m = B(*mask)
    count = int(m.base.expand(shape).sum())
    s("t.maskedSelect", lambda x, m: x.masked_select(m), [X(*shape), m])
    s("t.maskedScatter", lambda x, m, y: x.masked_scatter(m, y), [X(*shape), m, X(max(count, 1))])
    s("t.nonzero", lambda x: x.nonzero(), [I(*shape, high=3)])
odd = [V([float("nan"), float("inf"), -float("inf"), 0.0, -1.5], grad=False), V([[1.0, float("nan")], [0.0, 2.0]], grad=False),
       V([[float("inf")], [3.0]], grad=False, view=[["transpose", 0, 1]]), I(2, 2), B(3)]
for name in ["isnan", "isinf", "isfinite"]:
    for make in odd:
        s(f"t.{name}", getattr(torch, name), [make], grad=False)
for make in shapes:
    first = make()
    condition = B(*first.look(first.base).shape)
    s("core.where", torch.where, [condition, make(), make()])
    s("core.where", lambda c, x: torch.where(c, x, torch.zeros(())), [condition, make()], 0)
    s("core.broadcastTensors", lambda *t: torch.broadcast_tensors(*t), [make(), X(1)])
    s("core.zerosLike", torch.zeros_like, [make()], grad=False)
    s("core.onesLike", torch.ones_like, [make()], grad=False)
    s("F.softmax", lambda x: F.softmax(x, 1), [make()], 1)
    s("F.logSoftmax", lambda x: F.log_softmax(x, -1), [make()], -1)
for values, args in [([1.5, -2.5, 0.0], []), ([[1.0, 0.0]], []), ([], []), ([[[-0.5]]], []), ([3.0, 0.25, -7.0, 2.0], [])]:
    for name, fn in [("int", torch.Tensor.int), ("bool", torch.Tensor.bool)]:
        s(f"t.{name}", fn, [V(values)], grad=False)
for make in [I(2, 3), B(4), I(0, 2), V([7], torch.uint8), I(3, view=[["flip", 0]])]:
    s("t.float", torch.Tensor.float, [make])
for size in [3, 5, 1]:
    s("t.argsort", lambda x: x.argsort(), [distinct(2, size)], grad=False)
    for name in ["cummax", "cummin"]:
        s(f"t.{name}", lambda x: getattr(torch, name)(x, 0), [distinct(size, 2)], 0)

# ---- draws: a seed, the op, and the stream that goes on -----------------------------------------------------------
def draw(op, fn, inputs, *args, seed=11):
    torch.manual_seed(seed)
    out = fn(*[i.base for i in inputs])
    s.add({"op": op, "seed": seed, "in": [i.encode() for i in inputs],
           "args": [*[{"$": i} for i in range(len(inputs))], *args], "out": [encode(out)]})

for shape in [[3], [2, 3], [17], [4, 5, 2], []]:
    draw("core.rand", lambda: torch.rand(shape), [], *shape)
    draw("core.randn", lambda: torch.randn(shape), [], *shape)
    draw("core.randint", lambda: torch.randint(-3, 9, shape), [], -3, 9, shape)
for n in [0, 1, 5, 17, 100]:
    draw("core.randperm", lambda: torch.randperm(n), [], n)
for shape, count, replacement in [((5,), 1, False), ((5,), 3, False), ((2, 4), 2, False), ((4,), 6, True), ((3, 2), 5, True)]:
    draw("core.multinomial", lambda p: torch.multinomial(p, count, replacement), [X(*shape, low=0.1, grad=False)], count, {"replacement": replacement})
for shape, p in [((20,), 0.5), ((3, 7), 0.1), ((17,), 0.9), ((4, 4), 0.0), ((2, 3, 4), 0.25)]:
    x = X(*shape)
    base = x.base.clone().requires_grad_()
    torch.manual_seed(11)
    out = F.dropout(base, p)
    out.backward(cotangent(out.shape))
    s.add({"op": "F.dropout", "seed": 11, "in": [x.encode()], "args": [{"$": 0}, {"p": p}], "out": [encode(out)], "grad": [numbers(base.grad)]})

# ---- layers -------------------------------------------------------------------------------------------------------
class RMSNorm(nn.Module):
    """As PyTorch has it from 2.4 on."""

    def __init__(self, size, eps=2.0 ** -23, affine=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(size)) if affine else None

    def forward(self, x):
        y = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps)
        return y if self.weight is None else y * self.weight


for shape, options, mine in [((2, 3), {}, {}), ((4, 5), {"eps": 1e-3}, {"eps": 1e-3}), ((2, 2, 8), {}, {}), ((0, 3), {}, {}),
                             ((3, 4), {"affine": False}, {"elementwiseAffine": False})]:
    module_case(s, "nn.RMSNorm", lambda: RMSNorm(shape[-1], **options), 5, [shape[-1], mine], [X(*shape)], scale=4, note="from its definition")
for name, module, arguments in [("CELU", nn.CELU, [0.7]), ("Hardsigmoid", nn.Hardsigmoid, []), ("Tanhshrink", nn.Tanhshrink, [])]:
    for make in shapes:
        module_case(s, f"nn.{name}", lambda: module(*arguments), 1, arguments, [make()])
for positions, size, options in [(3, 4, {}), (1, 2, {}), (5, 8, {"base": 100}), (2, 6, {"offset": 7}), (4, 2, {"base": 50, "offset": 1})]:
    rate = options.get("base", 10000) ** (-torch.arange(0, size, 2).double() / size)
    angle = (torch.arange(positions).double() + options.get("offset", 0))[:, None] * rate
    s.add({"op": "F.rotaryAngles", "in": [], "args": [positions, size, options], "note": "from its definition", "scale": 8,
           "out": [encode(angle.cos().float()), encode(angle.sin().float())]})
s.write()
