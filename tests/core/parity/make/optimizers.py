"""Optimizers and schedulers: parameters after several steps, learning rates over epochs.

Gradients come from loss = sum(p * c_t) + 0.5 * sum(p * p), where c_t = cotangent * (t + 1) / 4; the reader does the same.
"""
import math
import torch
from common import Suite, X, cotangent, encode, numbers

s = Suite("optimizers", 10)
O = torch.optim

def run(op, make, options, shapes, steps, clip=None):
    starts = [X(*shape) for shape in shapes]
    params = [start.base.clone().requires_grad_() for start in starts]
    optimizer = make(params)
    outs = []
    for t in range(steps):
        optimizer.zero_grad()
        loss = sum((p * cotangent(p.shape) * ((t + 1) / 4)).sum() + 0.5 * (p * p).sum() for p in params)
        loss.backward()
        if clip and "norm" in clip:
            outs.append(torch.nn.utils.clip_grad_norm_(params, clip["norm"], norm_type=float(clip.get("normType", 2))).clone())
        if clip and "value" in clip:
            torch.nn.utils.clip_grad_value_(params, clip["value"])
        optimizer.step()
        outs += [p.detach().clone() for p in params]
    entry = {"op": op, "new": [options], "in": [start.encode() for start in starts], "args": [steps], "out": [encode(o) for o in outs], "scale": 4}
    if clip:
        entry["clip"] = clip
    s.add(entry)

shapes = [[(3,)], [(2, 3), (3,)], [(1,), (2, 2), (0,)], [(), (4,)], [(2, 1, 3)]]
table = [
    ("SGD", O.SGD, [{"lr": 0.1}, {"lr": 0.1, "momentum": 0.9}, {"lr": 0.05, "momentum": 0.9, "nesterov": True},
                    {"lr": 0.1, "weightDecay": 0.1}, {"lr": 0.1, "momentum": 0.5, "dampening": 0.3, "weightDecay": 0.01}, {"lr": 0.1, "maximize": True}]),
    ("Adam", O.Adam, [{}, {"lr": 0.1}, {"lr": 0.01, "betas": [0.5, 0.9]}, {"lr": 0.01, "weightDecay": 0.1}, {"lr": 0.01, "amsgrad": True}, {"lr": 0.01, "eps": 0.1}]),
    ("AdamW", O.AdamW, [{}, {"lr": 0.1}, {"lr": 0.01, "betas": [0.5, 0.9]}, {"lr": 0.01, "weightDecay": 0.1}, {"lr": 0.01, "amsgrad": True}]),
    ("RMSprop", O.RMSprop, [{}, {"lr": 0.1}, {"lr": 0.01, "alpha": 0.9, "eps": 0.01}, {"lr": 0.01, "momentum": 0.9}, {"lr": 0.01, "centered": True}, {"lr": 0.01, "weightDecay": 0.1, "centered": True, "momentum": 0.5}]),
    ("Adagrad", O.Adagrad, [{}, {"lr": 0.1}, {"lr": 0.1, "lrDecay": 0.1}, {"lr": 0.1, "weightDecay": 0.1}, {"lr": 0.1, "initialAccumulatorValue": 0.5, "eps": 0.01}]),
]
snake = {"weightDecay": "weight_decay", "lrDecay": "lr_decay", "initialAccumulatorValue": "initial_accumulator_value"}
for name, optimizer, variants in table:
    for i, options in enumerate(variants):
        kwargs = {snake.get(k, k): tuple(v) if isinstance(v, list) else v for k, v in options.items()}
        for j in range(2):
            run(f"optim.{name}", lambda params: optimizer(params, **kwargs), options, shapes[(i + j) % len(shapes)], 5)
for clip in [{"norm": 1.0}, {"norm": 0.5, "normType": 1}, {"norm": 100.0}, {"norm": 0.3, "normType": "inf"}, {"value": 0.5}, {"value": 0.1}, {"norm": 0.7, "normType": 3}, {"value": 2.0}]:
    run("optim.SGD", lambda params: O.SGD(params, lr=0.1, momentum=0.9), {"lr": 0.1, "momentum": 0.9}, shapes[1], 4, clip=clip)
    run("optim.AdamW", lambda params: O.AdamW(params, lr=0.1), {"lr": 0.1}, shapes[3], 4, clip=clip)

# Muon, from its definition (Keller Jordan, https://kellerjordan.github.io/posts/muon): quintic Newton-Schulz, 5 rounds.
class Muon(O.Optimizer):
    def __init__(self, params, lr=1e-3, momentum=0.95, nesterov=True, weight_decay=0.1):
        super().__init__(params, dict(lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                buffer = state.setdefault("b", torch.zeros_like(p))
                buffer.lerp_(p.grad, 1 - group["momentum"])
                u = p.grad.lerp(buffer, group["momentum"]) if group["nesterov"] else buffer
                x = u.T if u.shape[0] > u.shape[1] else u
                x = x / x.norm().clamp(min=1e-7)
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
                if u.shape[0] > u.shape[1]:
                    x = x.T
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.add_(x, alpha=-group["lr"] * math.sqrt(max(1, p.shape[0] / p.shape[1])))

for options, shape in [({}, [(2, 3)]), ({"lr": 0.1}, [(4, 2)]), ({"lr": 0.02, "nesterov": False}, [(3, 3), (2, 4)]), ({"lr": 0.02, "weightDecay": 0}, [(1, 4)]), ({"lr": 0.02, "momentum": 0.5}, [(5, 3)])]:
    kwargs = {snake.get(k, k): v for k, v in options.items()}
    run("optim.Muon", lambda params: Muon(params, **kwargs), options, shape, 4)

# ---- schedulers: the learning rate of each epoch ------------------------------------------------------------------
S = O.lr_scheduler

def schedule(op, make, options, lr=0.1, epochs=12, metrics=None):
    p = torch.zeros(1, requires_grad=True)
    optimizer = O.SGD([p], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    rates, momenta = [], []
    for e in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if e + 1 < epochs:
            scheduler.step(metrics[e]) if metrics else scheduler.step()
    s.add({"op": op, "new": [options], "in": [], "args": [lr, epochs, *([metrics] if metrics else [])], "out": [], "rates": rates, **({"momenta": momenta} if "OneCycle" in op else {})})

for size, gamma in [(3, 0.1), (1, 0.9), (5, 0.5), (20, 0.1), (4, 1.0)]:
    schedule("lrScheduler.StepLR", lambda o: S.StepLR(o, size, gamma), {"stepSize": size, "gamma": gamma})
    schedule("lrScheduler.ExponentialLR", lambda o: S.ExponentialLR(o, gamma), {"gamma": gamma})
    schedule("lrScheduler.CosineAnnealingLR", lambda o: S.CosineAnnealingLR(o, size * 3, gamma / 100), {"tMax": size * 3, "etaMin": gamma / 100}, epochs=size * 3 + 1)
    schedule("lrScheduler.LinearLR", lambda o: S.LinearLR(o, gamma, 1.0, size), {"startFactor": gamma, "endFactor": 1, "totalIters": size})
    schedule("lrScheduler.MultiStepLR", lambda o: S.MultiStepLR(o, [size, 2 * size, 11], gamma), {"milestones": [size, 2 * size, 11], "gamma": gamma})
    schedule("lrScheduler.LambdaLR", lambda o: S.LambdaLR(o, lambda e: 1 / (1 + gamma * e)), {"gamma": gamma})
for options in [{"maxLr": 0.5, "totalSteps": 12}, {"maxLr": 0.3, "totalSteps": 20, "pctStart": 0.5}, {"maxLr": 1, "totalSteps": 12, "annealStrategy": "linear"},
                {"maxLr": 0.5, "totalSteps": 15, "divFactor": 10, "finalDivFactor": 100}, {"maxLr": 0.5, "totalSteps": 14, "threePhase": True}, {"maxLr": 0.5, "totalSteps": 12, "cycleMomentum": False}]:
    names = {"maxLr": "max_lr", "totalSteps": "total_steps", "pctStart": "pct_start", "annealStrategy": "anneal_strategy", "divFactor": "div_factor", "finalDivFactor": "final_div_factor", "threePhase": "three_phase", "cycleMomentum": "cycle_momentum"}
    schedule("lrScheduler.OneCycleLR", lambda o: S.OneCycleLR(o, **{names[k]: v for k, v in options.items()}), options, epochs=options["totalSteps"])
falls = [1.0, 0.9, 0.95, 0.94, 0.93, 0.92, 0.91, 0.90, 0.89, 0.95, 0.95, 0.95]
for options in [{"patience": 1}, {"patience": 2, "factor": 0.5}, {"patience": 0, "threshold": 0.05}, {"mode": "max", "patience": 1}, {"patience": 1, "cooldown": 2, "minLr": 0.005}, {"patience": 1, "threshold": 0.01, "thresholdMode": "abs"}]:
    names = {"minLr": "min_lr", "thresholdMode": "threshold_mode"}
    schedule("lrScheduler.ReduceLROnPlateau", lambda o: S.ReduceLROnPlateau(o, **{names.get(k, k): v for k, v in options.items()}), options, metrics=falls)

# Cosine with warm-up as in Hugging Face's get_cosine_schedule_with_warmup, and linear; from their definitions.
for warm, total, cycles in [(2, 12, 0.5), (0, 10, 0.5), (4, 8, 0.5), (3, 12, 1.0), (12, 12, 0.5)]:
    def cosine(e):
        if e < warm:
            return e / max(1, warm)
        progress = (e - warm) / max(1, total - warm)
        return max(0.0, 0.5 * (1 + math.cos(math.pi * cycles * 2 * progress)))
    def linear(e):
        return e / max(1, warm) if e < warm else max(0.0, (total - e) / max(1, total - warm))
    schedule("lrScheduler.CosineWithWarmup", lambda o: S.LambdaLR(o, cosine), {"warmupSteps": warm, "totalSteps": total, "numCycles": cycles})
    schedule("lrScheduler.LinearWithWarmup", lambda o: S.LambdaLR(o, linear), {"warmupSteps": warm, "totalSteps": total})
s.write()
