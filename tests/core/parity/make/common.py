"""What the makers of parity cases share: inputs, cases, and how they are written.

A case names what to call and with what; values and gradients are those of real PyTorch (see `made_with` in each file).
Inputs are short decimals, so that files stay small; results are the shortest decimals that give the same float32.

    {"op": "t.softmax", "in": [{"s": [2, 3], "v": [...]}], "args": [{"$": 0}, 1], "out": [...], "grad": [[...]]}

`op` is `t.method` (the first argument is the tensor), `F.function`, `core.function` or `nn.Class`. `{"$": i}` is input i.
Gradients are those of the inputs for the output gradient `cotangent`, which the reader computes by itself.
"""
import json
import os
import numpy as np
import torch

torch.set_num_threads(1)
GOLDENS = os.path.join(os.path.dirname(__file__), "..", "goldens")
NAMES = {torch.float32: "float32", torch.float64: "float64", torch.int32: "int32", torch.int64: "int32",
         torch.bool: "bool", torch.uint8: "uint8"}


def numbers(tensor):
    """Elements in row-major order as JSON numbers; what JSON lacks as text."""
    flat = tensor.detach().reshape(-1)
    if flat.dtype == torch.bool:
        return [int(x) for x in flat.tolist()]
    if not flat.dtype.is_floating_point:
        return flat.tolist()
    out = []
    for x in flat.to(torch.float32).numpy():
        if np.isnan(x):
            out.append("nan")
        elif np.isinf(x):
            out.append("inf" if x > 0 else "-inf")
        else:
            short = float(str(np.float32(x)))
            out.append(int(short) if short == int(short) and abs(short) < 1e6 and str(short) != "-0.0" else short)
    return out


def encode(tensor):
    spec = {"s": list(tensor.shape), "v": numbers(tensor)}
    if tensor.dtype != torch.float32:
        spec["d"] = NAMES[tensor.dtype]
    return spec


def cotangent(shape):
    """The gradient of an output: plain numbers that the reader computes too."""
    size = int(np.prod(shape)) if len(shape) else 1
    i = np.arange(size)
    return torch.tensor(((i * 37 + 11) % 19 - 9) / 8, dtype=torch.float32).reshape(tuple(shape))


class Input:
    """A tensor and a view of it that the call gets."""

    def __init__(self, base, view=None, grad=None):
        self.base = base
        self.view = view
        self.grad = base.dtype.is_floating_point if grad is None else grad

    def look(self, tensor):
        for name, *args in self.view or []:
            if name == "slice":
                dim, start, end, step = args
                index = [slice(None)] * tensor.dim()
                index[dim] = slice(start, end, step)
                tensor = tensor[tuple(index)]
            else:
                tensor = getattr(tensor, name)(*args)
        return tensor

    def encode(self):
        spec = encode(self.base)
        if self.view:
            spec["view"] = self.view
        if self.base.dtype.is_floating_point and not self.grad:
            spec["g"] = False
        return spec


rng = np.random.RandomState(0)


def X(*shape, low=-2.0, high=2.0, view=None, grad=None, digits=2):
    """float32, uniform, short decimals."""
    values = np.round(rng.uniform(low, high, shape), digits)
    return Input(torch.tensor(values, dtype=torch.float32).reshape(shape), view, grad)


def I(*shape, low=0, high=5, view=None):
    return Input(torch.tensor(rng.randint(low, high, shape), dtype=torch.int64).reshape(shape), view)


def B(*shape, view=None):
    return Input(torch.tensor(rng.randint(0, 2, shape), dtype=torch.bool).reshape(shape), view)


def V(values, dtype=torch.float32, grad=None, view=None):
    return Input(torch.tensor(values, dtype=dtype), view, grad)


def turned(*shape, **options):
    """Non-contiguous: the transpose (last two dimensions) of a tensor that lies the other way."""
    lying = [*shape[:-2], shape[-1], shape[-2]]
    return X(*lying, view=[["transpose", -2, -1]], **options)


def strided(*shape, **options):
    """Non-contiguous: every second element of the last dimension, the first left out."""
    return X(*shape[:-1], 2 * shape[-1] + 1, view=[["slice", len(shape) - 1, 1, 2 * shape[-1] + 1, 2]], **options)


def flatten(result):
    if isinstance(result, torch.Tensor):
        return [result]
    return [part for item in result for part in flatten(item)]


class Suite:
    def __init__(self, name, seed):
        self.name = name
        self.cases = []
        rng.seed(seed)

    def __call__(self, op, fn, inputs, *extra, args=None, grad=True, scale=None, bound=None, note=None):
        """Adds a case: fn(*tensors) in PyTorch is op(*inputs, *extra) here.

        scale: 'abs' takes the sum of |terms| from a run on absolute values (for what is linear in each input).
        bound: a number instead of that.
        """
        bases = [i.base.clone().requires_grad_(grad and i.grad and i.base.dtype.is_floating_point) for i in inputs]
        outs = flatten(fn(*[i.look(b) for i, b in zip(inputs, bases)]))
        entry = {"op": op, "in": [i.encode() for i in inputs]}
        entry["args"] = args if args is not None else [{"$": i} for i in range(len(inputs))] + list(extra)
        entry["out"] = [encode(out) for out in outs]
        if note:
            entry["note"] = note
        wants = grad and any(b.requires_grad for b in bases) and any(o.requires_grad for o in outs)
        if wants:
            ends = [o for o in outs if o.requires_grad]
            torch.autograd.backward(ends, [cotangent(o.shape).to(o.dtype) for o in ends])
            entry["grad"] = [None if b.grad is None else numbers(b.grad) for b in bases]
        if scale == "abs":
            wide = [b.detach().abs().double().requires_grad_(b.requires_grad)
                    if b.dtype.is_floating_point else b for b in bases]
            sums = flatten(fn(*[i.look(b) for i, b in zip(inputs, wide)]))
            entry["scale"] = round(max([1.0] + [float(s.detach().max()) for s in sums if s.numel()]), 2)
            if wants:
                ends = [s for s in sums if s.requires_grad]
                torch.autograd.backward(ends, [cotangent(s.shape).abs().to(s.dtype) for s in ends])
                found = [float(b.grad.max()) for b in wide if b.grad is not None and b.numel()]
                entry["gradScale"] = round(max([1.0] + found), 2)
        elif bound is not None:
            entry["scale"] = entry["gradScale"] = bound
        self.cases.append(entry)

    def add(self, entry):
        self.cases.append(entry)

    def write(self):
        path = os.path.join(GOLDENS, self.name + ".json")
        with open(path, "w") as file:
            file.write('{"made_with":"torch ' + torch.__version__ + '","cases":[\n')
            file.write(",\n".join(json.dumps(c, separators=(",", ":")) for c in self.cases))
            file.write("\n]}\n")
        print(f"{self.name}: {len(self.cases)} cases, {os.path.getsize(path)} bytes")


def seeded(module, seed, *args, **kwargs):
    """A module whose initial parameters are drawn from a seed, as the reader draws them."""
    torch.manual_seed(seed)
    return module(*args, **kwargs)


def module_case(suite, op, make, seed, new, inputs, call=None, *, args=None, training=True, parameters=True, scale=None,
                note=None, keys=None):
    """Adds a case of a module: initial parameters, results, and gradients of inputs and parameters.

    make() builds the module; call(module, *tensors) runs it. In training, dropout draws go on from the seed.
    """
    torch.manual_seed(seed)
    module = make()
    module.train(training)
    initial = {name: encode(p) for name, p in module.named_parameters()}
    bases = [i.base.clone().requires_grad_(i.grad and i.base.dtype.is_floating_point) for i in inputs]
    outs = flatten((call or (lambda m, *x: m(*x)))(module, *[i.look(b) for i, b in zip(inputs, bases)]))
    entry = {"op": op, "seed": seed, "new": new, "in": [i.encode() for i in inputs],
             "args": args if args is not None else [{"$": i} for i in range(len(inputs))],
             "out": [encode(out) for out in outs]}
    if not training:
        entry["eval"] = True
    if note:
        entry["note"] = note
    if parameters:
        entry["parameters"] = initial
    ends = [o for o in outs if o.requires_grad]
    if ends:
        torch.autograd.backward(ends, [cotangent(o.shape) for o in ends])
        if any(b.requires_grad for b in bases):
            entry["grad"] = [None if b.grad is None else numbers(b.grad) for b in bases]
        entry["parameterGrad"] = {name: numbers(p.grad) for name, p in module.named_parameters() if p.grad is not None}
    if scale:
        entry["scale"] = entry["gradScale"] = scale
    suite.add(entry)
