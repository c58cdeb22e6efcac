"""Functions of single elements, arithmetic with broadcasting, comparison, dtypes."""
import torch
import torch.nn.functional as F
from common import B, I, Suite, V, X, strided, turned

s = Suite("pointwise", 1)

# ---- functions of one tensor: five shapes and layouts each --------------------------------------------------------
unary = {
    "neg": (torch.neg, -2, 2), "abs": (torch.abs, -2, 2), "sign": (torch.sign, -2, 2), "floor": (torch.floor, -9, 9),
    "ceil": (torch.ceil, -9, 9), "round": (torch.round, -9, 9), "trunc": (torch.trunc, -9, 9),
    "square": (torch.square, -2, 2), "sqrt": (torch.sqrt, 0.1, 4), "rsqrt": (torch.rsqrt, 0.1, 4),
    "reciprocal": (torch.reciprocal, 0.3, 3), "exp": (torch.exp, -3, 3), "expm1": (torch.expm1, -2, 2),
    "log": (torch.log, 0.1, 9), "log1p": (torch.log1p, -0.9, 9), "log2": (torch.log2, 0.1, 9),
    "log10": (torch.log10, 0.1, 9), "exp2": (torch.exp2, -3, 3),
    "sin": (torch.sin, -6, 6), "cos": (torch.cos, -6, 6), "tan": (torch.tan, -1.2, 1.2),
    "asin": (torch.asin, -0.9, 0.9), "acos": (torch.acos, -0.9, 0.9),
    "atan": (torch.atan, -4, 4), "sinh": (torch.sinh, -2, 2), "cosh": (torch.cosh, -2, 2), "tanh": (torch.tanh, -4, 4),
    "asinh": (torch.asinh, -4, 4), "acosh": (torch.acosh, 1.2, 9), "atanh": (torch.atanh, -0.9, 0.9),
    "sigmoid": (torch.sigmoid, -6, 6), "erf": (torch.erf, -3, 3), "erfc": (torch.erfc, -3, 3),
    "relu": (torch.relu, -2, 2), "frac": (torch.frac, -3, 3), "logit": (torch.logit, 0.05, 0.95),
}
for name, (fn, low, high) in unary.items():
    for make in [lambda: X(7, low=low, high=high), lambda: X(2, 1, 3, low=low, high=high),
                 lambda: turned(3, 4, low=low, high=high), lambda: strided(2, 3, low=low, high=high),
                 lambda: X(0, 3, low=low, high=high), lambda: X(low=low, high=high)]:
        s(f"t.{name}", fn, [make()])
for name in ["sqrt", "exp", "sigmoid", "sin", "log1p", "tanh", "rsqrt"]:
    s(f"t.{name}", getattr(torch, name), [I(5, low=1, high=9)], note="integers give floats")
for name in ["abs", "neg", "sign"]:
    s(f"t.{name}", getattr(torch, name), [I(5, low=-9, high=9)], note="integers stay")
edge = [0.0, -0.0, float("inf"), float("-inf"), float("nan")]
for name in ["exp", "tanh", "sigmoid", "erf", "relu", "abs", "sqrt", "log", "log1p", "isnan", "isinf", "sign", "floor"]:
    s(f"t.{name}", getattr(torch, name), [V(edge, grad=False)], grad=False, note="zeros, infinities, NaN")
s("t.isfinite", torch.isfinite, [V(edge, grad=False)], grad=False)
s("t.round", torch.round, [V([0.5, 1.5, 2.5, -0.5, -1.5, 3.49])], note="halves to even")
s("t.abs", torch.abs, [V([0.0, -1.0, 2.0])], note="no slope at zero")
s("t.relu", torch.relu, [V([0.0, -1.0, 2.0])], note="no slope at zero")

# ---- binary: broadcasting, numbers, views -------------------------------------------------------------------------
pairs = [
    lambda l, h: [X(2, 3, low=l, high=h), X(2, 3, low=l, high=h)],
    lambda l, h: [X(4, 1, 3, low=l, high=h), X(2, 1, low=l, high=h)],
    lambda l, h: [X(low=l, high=h), X(2, 2, low=l, high=h)],
    lambda l, h: [turned(3, 4, low=l, high=h), X(4, low=l, high=h)],
    lambda l, h: [strided(2, 3, low=l, high=h), X(2, 1, low=l, high=h, view=[["expand", 2, 3]])],
    lambda l, h: [X(0, 3, low=l, high=h), X(1, 3, low=l, high=h)],
    lambda l, h: [X(1, low=l, high=h), X(1, 1, low=l, high=h)],
]
binary = {
    "add": (torch.add, -2, 2), "sub": (torch.sub, -2, 2), "mul": (torch.mul, -2, 2), "div": (torch.div, 0.3, 3),
    "pow": (torch.pow, 0.3, 2.5), "maximum": (torch.maximum, -2, 2), "minimum": (torch.minimum, -2, 2),
    "remainder": (torch.remainder, 0.3, 9), "fmod": (torch.fmod, 0.3, 9), "atan2": (torch.atan2, -2, 2),
    "hypot": (torch.hypot, 0.2, 2), "logaddexp": (torch.logaddexp, -3, 3),
}
for name, (fn, low, high) in binary.items():
    for pair in pairs:
        s(f"t.{name}", fn, pair(low, high))
for name in ["eq", "ne", "lt", "le", "gt", "ge"]:
    fn = getattr(torch, name)
    for pair in pairs[:4]:
        s(f"t.{name}", fn, pair(-1, 1), grad=False)
    s(f"t.{name}", fn, [I(9, low=0, high=3), I(9, low=0, high=3)])
    s(f"t.{name}", lambda x: fn(x, 1), [I(9, low=0, high=3)], 1)
    s(f"t.{name}", fn, [B(9), B(9)])
for name in ["logicalAnd", "logicalOr", "logicalXor"]:
    fn = getattr(torch, {"logicalAnd": "logical_and", "logicalOr": "logical_or", "logicalXor": "logical_xor"}[name])
    s(f"t.{name}", fn, [B(9), B(9)])
    s(f"t.{name}", fn, [B(3, 1), B(1, 4)])
    s(f"t.{name}", fn, [I(9, low=0, high=2), I(9, low=0, high=2)])
    s(f"t.{name}", fn, [X(2, 3, digits=0), B(3)], grad=False)
    s(f"t.{name}", fn, [B(0), B(1)])
for make in [lambda: B(5), lambda: I(6, low=0, high=2), lambda: X(4, digits=0), lambda: B(0), lambda: B(2, 3, view=[["transpose", 0, 1]])]:
    s("t.logicalNot", torch.logical_not, [make()], grad=False)
for number in [2, -0.5, 0, 3, 0.25]:
    for name in ["add", "sub", "mul"]:
        s(f"t.{name}", lambda x: getattr(torch, name)(x, number), [turned(2, 3)], number)
    if number:
        s("t.div", lambda x: torch.div(x, number), [X(5)], number)
        s("t.remainder", lambda x: torch.remainder(x, number), [X(5)], number)
        s("t.fmod", lambda x: torch.fmod(x, number), [X(5)], number)
    s("t.pow", lambda x: torch.pow(x, number), [X(5, low=0.2, high=2)], number)
s("t.pow", lambda x: x ** 3, [X(5)], 3, note="negative base, whole exponent")
s("t.pow", lambda x: x ** 2, [V([0.0, -1.5, 2.0])], 2)
s("t.pow", torch.pow, [V([0.0, 0.0, 2.0, 1.5]), V([0.0, 2.0, 0.0, 1.0])], note="zeros on both sides")
s("t.pow", lambda x: x ** -1, [X(5, low=0.5)], -1)
s("t.pow", lambda x: x ** 3, [I(5, low=-3, high=4)], 3, note="integers")
s("t.add", lambda x, y: torch.add(x, y, alpha=0.5), [X(2, 3), X(3)], {"alpha": 0.5})
s("t.add", lambda x, y: torch.add(x, y, alpha=-2), [X(2, 3), X(2, 1)], {"alpha": -2})
s("t.sub", lambda x, y: torch.sub(x, y, alpha=3), [X(2, 3), X(3)], {"alpha": 3})
for mode in ["floor", "trunc"]:
    s("t.div", lambda x, y: torch.div(x, y, rounding_mode=mode), [X(6, low=-9, high=9), X(6, low=0.5, high=3)], {"roundingMode": mode})
    s("t.div", lambda x, y: torch.div(x, y, rounding_mode=mode), [I(8, low=-9, high=9), I(8, low=1, high=5)], {"roundingMode": mode})
    s("t.div", lambda x: torch.div(x, -2, rounding_mode=mode), [I(8, low=-9, high=9)], -2, {"roundingMode": mode})
floor_divide = lambda x, y: torch.div(x, y, rounding_mode="floor")
for inputs in [[I(8, low=-9, high=9), I(8, low=1, high=5)], [X(8, low=-9, high=9, grad=False), X(8, low=0.5, high=4, grad=False)],
               [I(3, 1, low=-9, high=9), I(4, low=1, high=5)], [I(0), I(1)], [I(2, 3, low=-9, high=9, view=[["transpose", 0, 1]]), I(2, low=1, high=4)]]:
    s("t.floorDivide", floor_divide, inputs, grad=False)
for inputs in [[I(8, low=-9, high=9), V([-4, -3, -2, -1, 1, 2, 3, 4], torch.int64)]]:
    s("t.remainder", torch.remainder, inputs)
    s("t.fmod", torch.fmod, inputs)
    s("t.div", torch.div, inputs, note="true division of integers")
s("t.maximum", torch.maximum, [V([1.0, 2.0, 3.0]), V([1.0, 5.0, 3.0])], note="equals share the gradient")
s("t.minimum", torch.minimum, [V([1.0, 2.0, 3.0]), V([1.0, 5.0, 3.0])], note="equals share the gradient")
s("t.maximum", torch.maximum, [V([1.0, float("nan")], grad=False), V([float("nan"), 2.0], grad=False)], grad=False)

U = lambda n: V(list(range(1, n + 1)), torch.uint8)

# ---- bits, signs, special functions -------------------------------------------------------------------------------
special = {"lgamma": (torch.lgamma, 0.2, 9), "digamma": (torch.digamma, 0.2, 9), "erfinv": (torch.erfinv, -0.9, 0.9), "sinc": (torch.sinc, 0.2, 3)}
for name, (fn, low, high) in special.items():
    for make in [lambda: X(7, low=low, high=high), lambda: X(2, 1, 3, low=low, high=high), lambda: turned(3, 4, low=low, high=high),
                 lambda: strided(2, 3, low=low, high=high), lambda: X(0, 3, low=low, high=high), lambda: X(low=low, high=high)]:
        s(f"t.{name}", fn, [make()])
    s(f"t.{name}", fn, [V(edge[:2] + [1.0, -1.0, float("nan")], grad=False)], grad=False, note="zeros, ones, NaN")
s("t.lgamma", torch.lgamma, [V([-0.5, -1.3, -2.7, -0.1, 0.5, 1.0, 2.0, 20.5, 300.0])], note="below zero and far")
s("t.digamma", torch.digamma, [V([-0.6, -1.3, -2.7, -0.1, 0.5, 1.0, 2.0, 20.5, 300.0])], note="below zero and far")
s("t.lgamma", torch.lgamma, [V([0.0, -1.0, -4.0, float("inf"), float("-inf")], grad=False)], grad=False, note="poles")
s("t.erfinv", torch.erfinv, [V([0.999, -0.9999, 0.99, 1e-4, 0.0, 0.5])], note="near the bounds")
s("t.erfinv", torch.erfinv, [V([1.5, -2.0], grad=False)], grad=False, note="outside")
s("t.sinc", torch.sinc, [V([0.0, 1.0, -2.0, 0.5])], note="at zero and whole numbers")
for name, fn in {"fmax": torch.fmax, "fmin": torch.fmin, "copysign": torch.copysign}.items():
    for pair in pairs:
        s(f"t.{name}", fn, pair(-2, 2))
    s(f"t.{name}", fn, [I(9, low=-3, high=3), I(9, low=-3, high=3)])
for name, fn in {"fmax": torch.fmax, "fmin": torch.fmin}.items():
    s(f"t.{name}", fn, [V([1.0, float("nan"), float("nan"), 2.0]), V([float("nan"), 2.0, float("nan"), 2.0])], note="NaN and equals")
s("t.copysign", torch.copysign, [V([0.0, 1.0, -2.0, 3.0]), V([-1.0, 0.0, 2.0, -4.0])], note="zeros")
s("t.copysign", lambda x: torch.copysign(x, -2), [X(5)], -2)
for pair in pairs:
    s("t.xlogy", torch.xlogy, pair(0.2, 3))
s("t.xlogy", torch.xlogy, [V([0.0, 0.0, 0.0, 1.0], grad=False), V([2.0, 0.0, float("nan"), 0.0], grad=False)], grad=False, note="zeros and NaN")
s("t.xlogy", torch.xlogy, [V([0.0, 0.0, 2.0]), V([2.0, 0.5, 1.5])], note="zeros")
s("t.xlogy", lambda x: torch.xlogy(x, 3), [V([0.0, 1.0, 2.0])], 3)
for make in [lambda: [X(5, grad=False), X(5, grad=False)], lambda: [V([0.0, -1.0, 2.0, 0.0], grad=False), V([0.5], grad=False)],
             lambda: [X(2, 3, digits=0, grad=False), X(3, grad=False)], lambda: [X(0, grad=False), X(1, grad=False)],
             lambda: [I(6, low=-1, high=1), I(6)], lambda: [V([float("nan"), 0.0], grad=False), X(2, 1, grad=False)]]:
    s("t.heaviside", torch.heaviside, make(), grad=False)
odd = [1.5, float("nan"), float("inf"), float("-inf"), -2.0]
for args in [(), (1.0,), (0.5, 9.0), (0.0, 9.0, -9.0)]:
    s("t.nanToNum", lambda x: torch.nan_to_num(x, *args), [V(odd)], *args, note="bounds of the dtype" if len(args) < 3 else None)
s("t.nanToNum", torch.nan_to_num, [X(2, 3)])
s("t.nanToNum", torch.nan_to_num, [I(4)], note="integers stay")
for name, fn in {"isposinf": torch.isposinf, "isneginf": torch.isneginf}.items():
    for make in [lambda: V(edge, grad=False), lambda: X(2, 3, grad=False), lambda: X(0, grad=False), lambda: X(grad=False), lambda: X(2, 2, grad=False, view=[["transpose", 0, 1]])]:
        s(f"t.{name}", fn, [make()], grad=False)
for options in [{}, {"rtol": 0.5}, {"atol": 0.5}, {"rtol": 0.1, "atol": 0.1}, {"equal_nan": True}]:
    own = {"equalNan" if k == "equal_nan" else k: v for k, v in options.items()}
    s("t.isclose", lambda x, y: torch.isclose(x, y, **options), [V(odd + [1.0, 1.0], grad=False), V(odd[:4] + [-1.0, 1.2, 1.000001], grad=False)], own, grad=False)
for name, fn in {"addcmul": torch.addcmul, "addcdiv": torch.addcdiv}.items():
    for inputs in [[X(2, 3), X(2, 3), X(2, 3, low=0.5)], [X(3), X(2, 1), X(2, 3, low=0.5)], [turned(3, 4), X(4), X(3, 1, low=0.5)],
                   [X(0, 2), X(1, 2), X(2, low=0.5)], [X(), X(), X(low=0.5)]]:
        s(f"t.{name}", fn, inputs)
    s(f"t.{name}", lambda x, a, b: fn(x, a, b, value=-0.5), [X(2, 3), X(3), X(2, 1, low=0.5)], {"value": -0.5})
bitwise = {"bitwiseAnd": torch.bitwise_and, "bitwiseOr": torch.bitwise_or, "bitwiseXor": torch.bitwise_xor}
for name, fn in bitwise.items():
    for inputs in [[I(9, low=-99, high=99), I(9, low=-99, high=99)], [I(3, 1, low=-9, high=99), I(4, low=0, high=99)], [B(9), B(9)],
                   [I(0), I(1)], [I(2, 3, view=[["transpose", 0, 1]]), I(2)], [U(6), U(6)]]:
        s(f"t.{name}", fn, inputs, grad=False)
    s(f"t.{name}", lambda x: fn(x, 12), [I(9, low=-99, high=99)], 12, grad=False)
for make in [lambda: I(9, low=-99, high=99), lambda: U(7), lambda: B(5), lambda: I(0), lambda: I(2, 3, view=[["transpose", 0, 1]])]:
    s("t.bitwiseNot", torch.bitwise_not, [make()], grad=False)
for name, fn in {"bitwiseLeftShift": torch.bitwise_left_shift, "bitwiseRightShift": torch.bitwise_right_shift}.items():
    for inputs in [[I(9, low=-99, high=99), I(9, low=0, high=9)], [I(3, 1, low=-99, high=99), I(4, low=0, high=9)], [I(0), I(1)],
                   [I(2, 3, view=[["transpose", 0, 1]]), I(2, low=0, high=4)], [U(6), U(6)]]:
        s(f"t.{name}", fn, inputs, grad=False)
    s(f"t.{name}", lambda x: fn(x, 3), [I(9, low=-99, high=99)], 3, grad=False)

# ---- promotion ----------------------------------------------------------------------------------------------------
kinds = {"f": lambda: X(4), "i": lambda: I(4), "b": lambda: B(4), "u": lambda: U(4)}
for a in kinds:
    for b in kinds:
        s("t.mul", torch.mul, [kinds[a](), kinds[b]()], note=f"promotion {a}{b}")
        s("t.add", torch.add, [kinds[a](), kinds[b]()], note=f"promotion {a}{b}")
    s("t.mul", lambda x: x * 2, [kinds[a]()], 2, note=f"promotion {a} and a whole number")
    s("t.mul", lambda x: x * 1.5, [kinds[a]()], 1.5, note=f"promotion {a} and a fraction")

# ---- selection ----------------------------------------------------------------------------------------------------
where = lambda x, c, y: torch.where(c, x, y)
for inputs in [[X(2, 3), B(2, 3), X(2, 3)], [X(3), B(2, 1), X(2, 3)], [turned(3, 4), B(4), X(3, 1)],
               [X(1), B(2, 2), X(1, 1)], [X(0, 2), B(2), X(1, 2)], [strided(2, 2), B(2, 2, view=[["transpose", 0, 1]]), X()]]:
    s("t.where", where, inputs)
s("t.where", lambda x, c: torch.where(c, x, torch.tensor(0.0)), [X(2, 3), B(2, 3)], 0)
for shape, mask in [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 3), (2, 1)), ((0, 3), (3,)), ((2, 2, 2), (2, 2))]:
    for value in [0, -1.5]:
        s("t.maskedFill", lambda x, m: x.masked_fill(m, value), [X(*shape), B(*mask)], value)
s("t.maskedFill", lambda x, m: x.masked_fill(m, float("-inf")), [turned(3, 3), B(3, 3)], "-inf")
s("t.maskedFill", lambda x, m: x.masked_fill(m, 7), [I(2, 3), B(2, 3)], 7)
for args in [(-0.5, 0.5), (0, 9), (-9, 9), (0.25, 0.25)]:
    s("t.clamp", lambda x: x.clamp(*args), [X(7)], *args)
s("t.clamp", lambda x: x.clamp(0), [turned(2, 3)], 0)
s("t.clamp", lambda x: x.clamp(-1, 1), [V([-1.0, 1.0, 0.0, 2.0])], -1, 1, note="the bounds themselves")
s("t.clamp", lambda x: x.clamp(1, 3), [I(7, low=-2, high=6)], 1, 3)
s("t.clamp", lambda x: x.clamp(-1, 1), [V([float("nan"), float("inf"), float("-inf")], grad=False)], -1, 1, grad=False)
for inputs, weight in [([X(4), X(4)], 0.3), ([X(2, 3), X(3)], 0.75), ([turned(2, 3), X(2, 1)], 1), ([X(0), X(0)], 0.5), ([X(), X()], -1)]:
    s("t.lerp", lambda x, y: torch.lerp(x, y.expand_as(x), weight), inputs, weight)
s("t.lerp", lambda x, y, w: torch.lerp(x, y, w), [X(3), X(3), X(3, low=0, high=1)])

# ---- activations --------------------------------------------------------------------------------------------------
shapes = [lambda: X(7, low=-4, high=4), lambda: X(2, 1, 3), lambda: turned(3, 4), lambda: strided(2, 3), lambda: X(0, 3)]
plain = {
    "relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "silu": F.silu, "gelu": F.gelu, "relu6": F.relu6,
    "hardtanh": F.hardtanh, "softsign": F.softsign, "mish": F.mish, "selu": F.selu, "logSigmoid": F.logsigmoid,
    "hardswish": F.hardswish, "hardsigmoid": F.hardsigmoid, "elu": F.elu, "leakyRelu": F.leaky_relu,
    "softplus": F.softplus, "celu": F.celu, "tanhshrink": F.tanhshrink,
}
for name, fn in plain.items():
    for make in shapes:
        s(f"F.{name}", fn, [make()])
for make in shapes:
    s("F.gelu", lambda x: F.gelu(x, approximate="tanh"), [make()], {"approximate": "tanh"})
    s("F.leakyRelu", lambda x: F.leaky_relu(x, 0.2), [make()], 0.2)
    s("F.elu", lambda x: F.elu(x, 0.7), [make()], 0.7)
    s("F.softplus", lambda x: F.softplus(x, 2, 3), [make()], {"beta": 2, "threshold": 3})
s("F.gelu", F.gelu, [V([-12.0, -6.0, 6.0, 12.0])])
s("F.softplus", F.softplus, [V([-50.0, 19.0, 21.0, 60.0])])
s("F.silu", F.silu, [V([-80.0, 80.0])])
for x in [X(2, 6), X(4), turned(3, 4)]:
    s("F.glu", F.glu, [x])
s("F.glu", lambda x: F.glu(x, 0), [X(4, 3)], 0)
s("F.glu", lambda x: F.glu(x, 1), [X(2, 4, 3)], 1)
s("F.glu", F.glu, [strided(2, 4)])
s("F.glu", F.glu, [X(0, 4)])
s("F.prelu", F.prelu, [X(2, 3), X(1, low=0.1, high=0.5)])
s("F.prelu", F.prelu, [X(2, 3), X(3, low=0.1, high=0.5)])
s("F.prelu", F.prelu, [X(2, 3, 2), X(3, low=0.1, high=0.5)])
s("F.prelu", F.prelu, [turned(4, 3), X(3, low=0.1, high=0.5)])
s("F.prelu", F.prelu, [X(0, 3), X(1, low=0.1, high=0.5)])

# ---- casts --------------------------------------------------------------------------------------------------------
for dtype, name in [(torch.int32, "int32"), (torch.bool, "bool"), (torch.float32, "float32")]:
    s("t.to", lambda x: x.to(dtype), [X(6, low=-3, high=3)], name)
    s("t.to", lambda x: x.to(dtype), [I(6, low=-3, high=3)], name)
    s("t.to", lambda x: x.to(dtype), [B(6)], name)
s("t.to", lambda x: x.to(torch.uint8), [V([0, 1, 200, 255], torch.int64)], "uint8")
s.write()
