"""Forms of methods that change the tensor: on a copy, as neither PyTorch nor we change a leaf. Those in others.py too."""
import torch
from common import B, I, Suite, V, X, strided, turned

s = Suite("in-place", 17)


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


def five(op, others=(), args=(), low=-2, high=2, grad=True, call=None):
    """Five shapes and layouts; `others` makes what stands beside the tensor, given its shape."""
    name = op + "_"
    change = call or (lambda x, *rest: getattr(x, snake(op) + "_")(*rest, *args))
    for make in [lambda **o: X(2, 3, **o), lambda **o: turned(3, 4, **o), lambda **o: strided(2, 3, **o), lambda **o: X(2, 1, 2, **o), lambda **o: X(0, 3, **o)]:
        first = make(low=low, high=high)
        shape = tuple(first.look(first.base).shape)
        s(f"t.{name}", lambda x, *rest: change(x.clone(), *rest), [first, *[other(shape) for other in others]], *args, grad=grad)


ranges = {"sqrt": (0.1, 4), "rsqrt": (0.1, 4), "reciprocal": (0.3, 3), "log": (0.1, 9), "log1p": (-0.9, 9), "log2": (0.1, 9),
          "log10": (0.1, 9), "tan": (-1.2, 1.2), "asin": (-0.9, 0.9), "acos": (-0.9, 0.9), "acosh": (1.2, 9), "atanh": (-0.9, 0.9),
          "logit": (0.05, 0.95), "lgamma": (0.2, 9), "digamma": (0.2, 9), "erfinv": (-0.9, 0.9), "sinc": (0.2, 3)}
for name in ["neg", "abs", "sign", "floor", "ceil", "round", "trunc", "square", "sqrt", "rsqrt", "reciprocal", "exp", "expm1", "log",
             "log1p", "log2", "sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "sigmoid", "erf", "relu", "log10", "exp2", "asin",
             "acos", "asinh", "acosh", "atanh", "erfc", "logit", "frac", "sinc", "nanToNum", "lgamma", "digamma", "erfinv"]:
    low, high = ranges.get(name, (-2, 2))
    # These PyTorch differentiates in place no more: what they stand for.
    lacking = {"asinh": torch.asinh, "acosh": torch.acosh, "atanh": torch.atanh}.get(name)
    five(name, low=low, high=high, call=lacking and (lambda x: x.copy_(lacking(x.clone()))))
row = lambda low=-2, high=2: lambda shape: X(shape[-1], low=low, high=high)
column = lambda low=-2, high=2: lambda shape: X(*shape[:-1], 1, low=low, high=high)
for name in ["atan2", "hypot", "copysign"]:
    five(name, [row(0.3, 3)])
five("pow", [row(0.3, 2.5)], low=0.3, high=2.5)
five("pow", args=(3,))
for name in ["remainder", "fmod", "xlogy"]:
    five(name, [column(0.3, 3)], low=0.3, high=9)
five("lerp", [lambda shape: X(*shape)], (0.25,))
for name in ["addcmul", "addcdiv"]:
    five(name, [row(), column(0.5, 2)])
for name in ["eq", "ne", "lt", "le", "gt", "ge", "logicalAnd", "logicalOr", "logicalXor"]:
    five(name, [lambda shape: X(shape[-1], digits=0, grad=False)], grad=False)
five("logicalNot", grad=False)
five("floorDivide", [row(0.5, 4)], low=-9, high=9, grad=False, call=lambda x, y: x.copy_(torch.div(x, y, rounding_mode="floor")))
five("heaviside", [row()], grad=False)
for inputs in [[I(9, low=-99, high=99), I(9)], [I(3, 4, low=-9, high=99), I(4)], [B(9), B(9)], [I(0), I(1)], [I(2, 3, view=[["transpose", 0, 1]]), I(2)]]:
    for name in ["bitwiseAnd", "bitwiseOr", "bitwiseXor"]:
        s(f"t.{name}_", lambda x, y: getattr(x.clone(), snake(name) + "_")(y), inputs)
    s("t.bitwiseNot_", lambda x: x.clone().bitwise_not_(), inputs[:1])
    if inputs[0].base.dtype != torch.bool:
        for name in ["bitwiseLeftShift", "bitwiseRightShift"]:
            s(f"t.{name}_", lambda x, y: getattr(x.clone(), snake(name) + "_")(y), inputs)
for name in ["bitwiseLeftShift", "bitwiseRightShift"]:
    s(f"t.{name}_", lambda x: getattr(x.clone(), snake(name) + "_")(3), [I(2, 5, low=-99, high=99)], 3)
for name in ["add", "sub", "mul", "eq", "lt"]:
    s(f"t.{name}_", lambda x: getattr(x.clone(), name + "_")(2), [I(5)], 2, note="integers stay")
s("t.div_", lambda x: x.clone().div_(2, rounding_mode="floor"), [I(7, low=-9, high=9)], 2, {"roundingMode": "floor"})

# ---- matrices, running sums, index --------------------------------------------------------------------------------
for name in ["tril", "triu"]:
    five(name)
    s(f"t.{name}_", lambda x: getattr(x.clone(), name + "_")(-1), [X(3, 4)], -1)
for name in ["cumsum", "cumprod"]:
    five(name, args=(-1,), low=0.3)
for n, m, k in [(2, 3, 4), (1, 1, 1), (3, 0, 2), (0, 2, 3), (4, 5, 1)]:
    s("t.addmm_", lambda x, a, b: x.clone().addmm_(a, b, beta=0.5, alpha=-2), [X(n, k), X(n, m), turned(m, k)], {"beta": 0.5, "alpha": -2}, scale="abs")
    s("t.baddbmm_", lambda x, a, b: x.clone().baddbmm_(a, b), [X(2, n, k), X(2, n, m), turned(2, m, k)], scale="abs")
for shape, n, dim in [((5, 3), 2, 0), ((2, 5), 4, 1), ((5,), 3, 0), ((5, 1, 2), 5, 0), ((2, 5), 0, -1)]:
    s("t.indexFill_", lambda x, i: x.clone().index_fill_(dim, i, 2), [X(*shape), I(n)], args=[{"$": 0}, dim, {"$": 1}, 2])
for shape, mask in [((2, 3), (2, 3)), ((4,), (4,)), ((2, 3), (3,)), ((2, 1, 3), (1, 3)), ((0, 3), (0, 3))]:
    m = B(*mask)
    count = int(m.base.expand(shape).sum())
    s("t.maskedScatter_", lambda x, m, y: x.clone().masked_scatter_(m, y), [X(*shape), m, X(max(count, 1))])
s.write()
