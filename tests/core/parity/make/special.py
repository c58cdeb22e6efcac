"""'@inkstone/core/special': torch.special and what torch has for few programs."""
import torch
import torch.nn.functional as F
from common import B, I, Input, Suite, V, X, strided, turned
from reduce_inputs import distinct

s = Suite("special", 19)
sp = torch.special
unary = {
    "i0": (torch.i0, -9, 9), "i0e": (sp.i0e, -30, 30), "i1": (sp.i1, -9, 9), "i1e": (sp.i1e, -30, 30),
    "entr": (sp.entr, 0.05, 3), "erfcx": (sp.erfcx, -2, 9), "ndtr": (sp.ndtr, -4, 4), "logNdtr": (sp.log_ndtr, -9, 4),
    "ndtri": (sp.ndtri, 0.02, 0.98), "deg2rad": (torch.deg2rad, -360, 360), "rad2deg": (torch.rad2deg, -4, 4),
    "hardshrink": (F.hardshrink, -2, 2), "softshrink": (F.softshrink, -2, 2),
}
for name, (fn, low, high) in unary.items():
    for make in [lambda: X(7, low=low, high=high), lambda: X(2, 1, 3, low=low, high=high), lambda: turned(3, 4, low=low, high=high),
                 lambda: strided(2, 3, low=low, high=high), lambda: X(0, 3, low=low, high=high), lambda: X(low=low, high=high)]:
        s(f"special.{name}", fn, [make()])
for name in ["i0", "i0e", "i1", "i1e"]:
    fn = unary[name][0]
    s(f"special.{name}", fn, [V([11.9, 12.1, -11.99, -12.01, 1e-3, -0.25])], note="on both sides of where the series meet")
    for far in [40.0, -80.0]:
        s(f"special.{name}", fn, [V([far])], note="far out")
    s(f"special.{name}", fn, [V([0.0, -1.0, 1.0])], note="zero")
    s(f"special.{name}", fn, [V([float("nan")], grad=False)], grad=False, note="NaN")
    s(f"special.{name}", fn, [I(5, low=0, high=9)], note="integers give floats")
s("special.i0", torch.i0, [V([89.0, 91.0], grad=False)], grad=False, note="where e^x overflows")
s("special.entr", sp.entr, [V([0.0, -1.0, 1.0, float("nan"), float("inf")], grad=False)], grad=False, note="zero and below")
s("special.erfcx", sp.erfcx, [V([-3.0, -1.5, 0.0, 0.5, 1.5, 30.0, 1e4])], note="far out")
s("special.ndtr", sp.ndtr, [V([-1.0, 1.0, 0.0, -0.999, -1.001, 9.0, -9.0])], note="around -1 and far out")
# In single precision PyTorch loses digits of the slope out there.
s("special.logNdtr", lambda x: sp.log_ndtr(x.double()).float(), [V([-1.0, 1.0, 0.0, -0.999, -1.001, 9.0, -30.0, -1000.0])], note="around -1 and far out")
s("special.ndtri", sp.ndtri, [V([1e-4, 0.5, 0.9999, 1e-3, 0.25])], note="near the bounds", bound=8)
s("special.ndtri", sp.ndtri, [V([0.0, 1.0, -0.5, 1.5, 1e-30], grad=False)], grad=False, note="the bounds, outside and nearly zero")
s("special.hardshrink", F.hardshrink, [V([0.5, -0.5, 0.0, float("nan"), 0.75], grad=False)], grad=False, note="the bounds, NaN")
for lambd in [0.25, 1]:
    s("special.hardshrink", lambda x: F.hardshrink(x, lambd), [X(7)], lambd)
    s("special.softshrink", lambda x: F.softshrink(x, lambd), [X(7)], lambd)
for make in [I(5, low=0, high=400), I(0)]:
    s("special.deg2rad", torch.deg2rad, [make])
    s("special.rad2deg", torch.rad2deg, [make])

for n in [1, 2, 3, 5, 0]:
    for make in [lambda: X(7, low=0.4, high=9), lambda: turned(3, 2, low=0.6, high=5)]:
        s("special.polygamma", lambda x: torch.polygamma(n, x), [make()], args=[n, {"$": 0}], bound=6000 if n == 5 else 100 if n > 1 else 10)
s("special.polygamma", lambda x: torch.polygamma(1, x), [V([-0.5, -1.3, -2.7, 0.3, 40.0])], args=[1, {"$": 0}], note="below zero and far", bound=100)
s("special.polygamma", lambda x: torch.polygamma(2, x), [V([20.0, 100.0, 1000.0])], args=[2, {"$": 0}], note="far")
s("special.polygamma", lambda x: torch.polygamma(2, x), [X(0, 3)], args=[2, {"$": 0}])
for p in [1, 2, 3]:
    for make in [lambda: X(5, low=1.2, high=9), lambda: turned(3, 2, low=1.2, high=5), lambda: X(0, 2, low=2)]:
        s("special.multigammaln", lambda x: torch.mvlgamma(x, p), [make()], p, bound=10)

pairs = [
    lambda l, h: [X(2, 3, low=l, high=h), X(2, 3, low=l, high=h)], lambda l, h: [X(4, 1, 3, low=l, high=h), X(2, 1, low=l, high=h)],
    lambda l, h: [turned(3, 4, low=l, high=h), X(4, low=l, high=h)], lambda l, h: [strided(2, 3, low=l, high=h), X(low=l, high=h)],
    lambda l, h: [X(0, 3, low=l, high=h), X(1, 3, low=l, high=h)], lambda l, h: [X(1, low=l, high=h), X(1, 1, low=l, high=h)],
]
for pair in pairs:
    s("special.logaddexp2", torch.logaddexp2, pair(-3, 3))
    s("special.xlog1py", sp.xlog1py, pair(-0.8, 3))
    s("special.ldexp", torch.ldexp, pair(-3, 3))
    s("special.floatPower", lambda x, y: torch.float_power(x, y).float(), pair(0.3, 2.5))
s("special.logaddexp2", torch.logaddexp2, [V([float("inf"), -float("inf"), 1.0], grad=False), V([1.0, 2.0, -float("inf")], grad=False)], grad=False, note="infinities")
s("special.xlog1py", sp.xlog1py, [V([0.0, 0.0, 0.0, 1.0], grad=False), V([-1.0, -2.0, float("nan"), -1.0], grad=False)], grad=False, note="zeros and NaN")
s("special.xlog1py", sp.xlog1py, [V([0.0, 0.0, 2.0]), V([2.0, 0.5, 1.5])], note="zeros")
s("special.xlog1py", lambda x: sp.xlog1py(x, 3), [V([0.0, 1.0, 2.0])], 3)
s("special.xlog1py", lambda y: sp.xlog1py(2, y), [V([0.0, 1.0, 2.0])], args=[2, {"$": 0}])
s("special.ldexp", torch.ldexp, [X(5), I(5, low=-3, high=5)])
s("special.ldexp", torch.ldexp, [I(2, 3), I(3)], note="integers give floats")
s("special.floatPower", lambda x: torch.float_power(x, 3).float(), [I(5, low=-3, high=4)], 3, note="integers give floats")
s("special.floatPower", lambda x: torch.float_power(x, -1).float(), [I(5, low=1, high=4)], -1)
mantissa = lambda x: list(torch.frexp(x))
for make in [X(9, low=-99, high=99), turned(3, 4), strided(2, 3), X(0, 3), X(), V([0.5, 1.0, -1.0, 2.0, 0.25, 1e30, -1e-30, 3e38, 1.2e-38])]:
    s("special.frexp", mantissa, [make])
s("special.frexp", mantissa, [V([0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1e-40], grad=False)], grad=False, note="zeros, infinities, NaN, subnormal")
for make in [V([0.0, -0.0, float("inf"), -float("inf"), 1.0, -2.0], grad=False), X(2, 3, grad=False), I(5, low=-2, high=2), X(0, grad=False), B(3),
             V([1, 200], torch.uint8), X(2, 2, grad=False, view=[["transpose", 0, 1]])]:
    s("special.signbit", torch.signbit, [make], grad=False)
for name, fn in {"gcd": torch.gcd, "lcm": torch.lcm}.items():
    for inputs in [[I(9, low=-99, high=99), I(9, low=-99, high=99)], [I(3, 1, low=1, high=99), I(4, low=0, high=99)], [I(0), I(1)],
                   [I(2, 3, high=30, view=[["transpose", 0, 1]]), I(2, high=30)], [V([0, 0, 4, 12, -7], torch.int64), V([0, 5, 0, 18, 7], torch.int64)],
                   [V([4, 6, 9], torch.uint8), V([6, 9, 3], torch.uint8)]]:
        s(f"special.{name}", fn, inputs)
s("special.gcd", torch.gcd, [V([1836311903, 2147483647, 2147483646, 1134903170], torch.int64), V([1134903170, 2, 1073741823, 1836311903], torch.int64)], note="many steps")

# ---- statistics ---------------------------------------------------------------------------------------------------
layouts = [lambda: distinct(3, 4), lambda: distinct(5, 1), lambda: distinct(2, 3, 2), lambda: Input(distinct(4, 3).base, [["transpose", 0, 1]]),
           lambda: Input(distinct(2, 7).base, [["slice", 1, 1, 7, 2]])]
pair = lambda result: [result[0], result[1].int()]
for k, make in enumerate(layouts):
    s("special.median", lambda x: x.median(), [make()])
    s("special.median", lambda x: pair(x.median(1)), [make()], 1)
    s("special.median", lambda x: pair(x.median(0, True)), [make()], 0, True)
    s("special.kthvalue", lambda x: pair(x.kthvalue(1, 0)), [make()], 1, 0)
    s("special.kthvalue", lambda x: pair(x.kthvalue(x.shape[-1], -1, True)), [make()], make().look(make().base).shape[-1], -1, True)
    mode = ["linear", "lower", "higher", "nearest", "midpoint"][k]
    s("special.quantile", lambda x: x.quantile(0.3, interpolation=mode), [make()], 0.3, {"interpolation": mode})
    s("special.quantile", lambda x: x.quantile(0.8, 1, True, interpolation=mode), [make()], 0.8, {"dim": 1, "keepdim": True, "interpolation": mode})
    s("special.quantile", lambda x: x.quantile(torch.tensor([0.0, 0.25, 1.0]), 0), [make()], [0, 0.25, 1], {"dim": 0})
    s("special.aminmax", lambda x: [x.amin(), x.amax()], [make()])
    s("special.aminmax", lambda x: [x.amin(1, True), x.amax(1, True)], [make()], {"dim": 1, "keepdim": True})
    s("special.diff", lambda x: x.diff(), [make()])
    s("special.diff", lambda x: x.diff(2, 0), [make()], 2, 0)
    s("special.nansum", lambda x: x.nansum(1), [make()], 1)
    s("special.nanmean", lambda x: x.nanmean(0, True), [make()], 0, True)
    s("special.countNonzero", lambda x: x.count_nonzero(), [I(3, 2 + k, high=2)])
    s("special.countNonzero", lambda x: x.count_nonzero(1), [I(3, 2 + k, high=2)], 1)
    s("special.histc", lambda x: x.histc(4), [make()], 4, grad=False)
    s("special.histc", lambda x: x.histc(3, -1.05, 2.05), [make()], 3, -1.05, 2.05, grad=False)
nan = float("nan")
s("special.median", lambda x: x.median(), [V([1.0, nan, 3.0], grad=False)], grad=False, note="NaN")
s("special.median", lambda x: pair(x.median(1)), [V([[5, 1, 3], [2, 9, 4]], torch.int64)], 1)
s("special.quantile", lambda x: x.quantile(0.5, 1), [V([[1.0, nan, 3.0], [1.0, 2.0, 4.0]], grad=False)], 0.5, {"dim": 1}, grad=False, note="NaN")
s("special.quantile", lambda x: x.quantile(0.5, keepdim=True), [X(2, 3)], 0.5, {"keepdim": True})
for name in ["nansum", "nanmean"]:
    s(f"special.{name}", getattr(torch, name), [V([[1.0, nan], [nan, 4.0]])])
    s(f"special.{name}", lambda x: getattr(torch, name)(x, 1), [V([[1.0, nan], [nan, nan]], grad=False)], 1, grad=False, note="nothing but NaN")
    s(f"special.{name}", lambda x: getattr(torch, name)(x, (0, 1)), [X(2, 3, 2)], [0, 1])
s("special.nansum", torch.nansum, [X(0, 3)])
s("special.diff", torch.diff, [I(5)])
s("special.diff", torch.diff, [B(6)])
s("special.diff", lambda x: x.diff(3), [X(2, 2)], 3)
s("special.histc", lambda x: x.histc(5), [V([2.0, 2.0], grad=False)], 5, grad=False, note="all equal")
s("special.histc", lambda x: x.histc(2), [X(0, grad=False)], 2, grad=False)
for make in [I(9), I(0), I(3, high=2), V([7], torch.int64), I(5, view=[["flip", 0]])]:
    s("special.bincount", torch.bincount, [make])
    s("special.bincount", lambda x: x.bincount(minlength=6), [make], {"minlength": 6})
s("special.bincount", torch.bincount, [V([0, 2, 2], torch.int64), X(3, grad=False)], args=[{"$": 0}, {"weights": {"$": 1}}], grad=False)
for make in [I(9), I(2, 3), X(3, 3, digits=0, grad=False), I(0), V([2.5], grad=False), I(2, 4, view=[["transpose", 0, 1]])]:
    s("special.unique", lambda x: list(torch.unique(x, return_inverse=True, return_counts=True)), [make], grad=False)
s.write()
