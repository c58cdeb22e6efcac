"""Losses, as functions and as modules."""
import torch
import torch.nn as nn
import torch.nn.functional as F
from common import I, Suite, V, X, strided, turned

s = Suite("losses", 6)

def both(name, module, fn, make, options, torch_options):
    for reduction in ["mean", "sum", "none"]:
        kwargs = {**torch_options, "reduction": reduction}
        inputs = make()
        s(f"F.{name}", lambda *x: fn(*x, **kwargs), inputs, {**options, "reduction": reduction}, bound=4)
    inputs = make()
    args = [{"$": i} for i in range(len(inputs))]
    s(f"nn.{module}", lambda *x: fn(*x, **torch_options), inputs, args=args, bound=4)
    s.cases[-1]["new"] = [options]

pairs = [lambda: [X(5), X(5)], lambda: [X(2, 3), X(2, 3)], lambda: [turned(3, 2), X(3, 2)], lambda: [X(), X()], lambda: [strided(2, 2), turned(2, 2)]]
for make in pairs:
    both("mseLoss", "MSELoss", F.mse_loss, make, {}, {})
    both("l1Loss", "L1Loss", F.l1_loss, make, {}, {})
    both("smoothL1Loss", "SmoothL1Loss", F.smooth_l1_loss, make, {}, {})
    both("smoothL1Loss", "SmoothL1Loss", F.smooth_l1_loss, make, {"beta": 0.5}, {"beta": 0.5})
    both("huberLoss", "HuberLoss", F.huber_loss, make, {"delta": 0.7}, {"delta": 0.7})
both("smoothL1Loss", "SmoothL1Loss", F.smooth_l1_loss, pairs[1], {"beta": 0}, {"beta": 0})
P = lambda *shape: X(*shape, low=0.05, high=0.95)
for make in [lambda: [P(5), P(5)], lambda: [P(2, 3), V([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]], grad=False)], lambda: [P(), P()], lambda: [P(2, 1, 2), P(2, 1, 2)],
             lambda: [V([0.0, 1.0, 0.0, 1.0]), V([0.0, 1.0, 1.0, 0.0], grad=False)]]:
    both("bceLoss", "BCELoss", F.binary_cross_entropy, make, {}, {})
both("bceLoss", "BCELoss", F.binary_cross_entropy, lambda: [P(2, 3), P(2, 3)], {}, {})
for make in [lambda: [X(5, low=-4, high=4), P(5)], lambda: [X(2, 3), P(2, 3)], lambda: [X(), P()], lambda: [V([-60.0, 60.0, 0.0]), V([0.0, 0.0, 1.0], grad=False)], lambda: [turned(2, 3), P(2, 3)]]:
    both("bceWithLogitsLoss", "BCEWithLogitsLoss", F.binary_cross_entropy_with_logits, make, {}, {})
for shape in [(2, 3), (4,), (2, 2, 3)]:
    weight = X(3, low=0.5, high=2, grad=False) if shape[-1] == 3 else X(1, low=0.5, high=2, grad=False)
    for reduction in ["mean", "sum", "none"]:
        s("F.bceWithLogitsLoss", lambda x, y, w: F.binary_cross_entropy_with_logits(x, y, pos_weight=w, reduction=reduction),
          [X(*shape), P(*shape), weight], args=[{"$": 0}, {"$": 1}, {"posWeight": {"$": 2}, "reduction": reduction}])
        s("F.bceLoss", lambda x, y, w: F.binary_cross_entropy(x, y, weight=w, reduction=reduction),
          [P(*shape), P(*shape), weight], args=[{"$": 0}, {"$": 1}, {"weight": {"$": 2}, "reduction": reduction}])
for make in [lambda: [X(2, 3), P(2, 3)], lambda: [X(4), P(4)], lambda: [turned(2, 3), P(2, 3)], lambda: [X(1, 2, 2), P(1, 2, 2)], lambda: [X(3, 1), V([[0.0], [1.0], [0.5]], grad=False)]]:
    both("klDiv", "KLDivLoss", F.kl_div, make, {}, {})
    s("F.klDiv", lambda x, y: F.kl_div(x, y, reduction="batchmean"), make(), {"reduction": "batchmean"})
    s("F.klDiv", lambda x, y: F.kl_div(x, y, log_target=True), make()[:1] + [X(*make()[1].base.shape)], {"logTarget": True})

scores = [lambda: [X(4, 5), I(4)], lambda: [X(5), I()], lambda: [X(2, 5, 3), I(2, 3)], lambda: [turned(3, 5), I(3)], lambda: [X(2, 5, 2, 1), I(2, 2, 1)], lambda: [X(1, 5), I(1)]]
for name, module, fn in [("crossEntropy", "CrossEntropyLoss", F.cross_entropy), ("nllLoss", "NLLLoss", F.nll_loss)]:
    for make in scores:
        both(name, module, fn, make, {}, {})
        if make not in (scores[1], scores[5]):
            both(name, module, fn, make, {"ignoreIndex": 1}, {"ignore_index": 1})
        for reduction in ["mean", "sum", "none"]:
            s(f"F.{name}", lambda x, y, w: fn(x, y, weight=w, reduction=reduction), make() + [X(5, low=0.5, high=2, grad=False)],
              args=[{"$": 0}, {"$": 1}, {"weight": {"$": 2}, "reduction": reduction}])
for make in scores:
    both("crossEntropy", "CrossEntropyLoss", F.cross_entropy, make, {"labelSmoothing": 0.1}, {"label_smoothing": 0.1})
    for reduction in ["mean", "sum", "none"]:
        s("F.crossEntropy", lambda x, y, w: F.cross_entropy(x, y, weight=w, reduction=reduction, label_smoothing=0.3), make() + [X(5, low=0.5, high=2, grad=False)],
          args=[{"$": 0}, {"$": 1}, {"weight": {"$": 2}, "reduction": reduction, "labelSmoothing": 0.3}])
s("F.crossEntropy", F.cross_entropy, [V([[90.0, -90.0, 0.0], [1000.0, 999.0, 0.0]]), V([0, 1], torch.int64)], note="large scores", bound=1000)
s("F.crossEntropy", lambda x, y: F.cross_entropy(x, y), [X(3, 4), V([-100, 2, -100], torch.int64)], note="ignored by default")
for reduction in ["mean", "sum", "none"]:
    for shape in [(3, 4), (4,), (2, 3, 2)]:
        s("F.crossEntropy", lambda x, y: F.cross_entropy(x, y, reduction=reduction), [X(*shape), P(*shape)], {"reduction": reduction}, note="probabilities as targets", bound=4)
s.write()
