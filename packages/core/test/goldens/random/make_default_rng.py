#!/usr/bin/env python3
"""Records numpy.random.default_rng (default_rng.json). Made with numpy 1.24.2."""
import hashlib
import json
from pathlib import Path

import numpy as np


def entry(values):
    values = np.asarray(values, dtype="f8")
    return {"first": values[:5].tolist(), "count": len(values), "sha256": hashlib.sha256(values.tobytes()).hexdigest()}


def record(seed):
    draws = {
        "random": lambda g: g.random(1000),
        "standardNormal": lambda g: g.standard_normal(10000),
        "normal": lambda g: g.normal(-2, 0.5, 100),
        "uniform": lambda g: g.uniform(-0.3, 0.7, 100),
        "integers 0 100": lambda g: g.integers(0, 100, 1000),
        "integers -5 5": lambda g: g.integers(-5, 5, 1001),
        "integers 0 4294967296": lambda g: g.integers(0, 2**32, 100),
        "integers -7 1099511627776": lambda g: g.integers(-7, 2**40, 100),
        "integers 3 4": lambda g: g.integers(3, 4, 10),
    }
    out = {}
    for name, draw in draws.items():
        generator = np.random.default_rng(seed)
        out[name] = {**entry(draw(generator)), "next": generator.random()}
    return out


seeds = {str(seed): record(seed) for seed in (0, 42, 1337, 2**32, 2**200 + 12345)}
Path(__file__).with_name("default_rng.json").write_text(json.dumps({"numpy": np.__version__, "seeds": seeds}, indent=1) + "\n")
