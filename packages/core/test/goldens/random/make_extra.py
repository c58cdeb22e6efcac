"""Draws the numbers of extra.json: cases that the shared record of random streams leaves out.

Run with PyTorch 1.13.1 and NumPy 1.24 (Debian 12: apt install python3-torch python3-numpy) on an x86 CPU with AVX2:
    /usr/bin/python3 make_extra.py > extra.json
Hashes are over little-endian bytes, in the dtype drawn, integers as int64.
"""
import hashlib
import json
import platform
import random

import numpy as np
import torch
from torch.utils.data import DataLoader


def sha(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def hashed(tensor):
    return dict(size=tensor.numel(), first=tensor.flatten()[:5].tolist(), sha256=sha(tensor.numpy()))


def fresh(seed=7):
    torch.manual_seed(seed)


def state():
    return sha(torch.get_rng_state().numpy())


def torch_states():
    out = {}
    for name, draw in dict(
        rand_1=lambda: torch.rand(1),
        randn_1=lambda: torch.randn(1),
        randn_3=lambda: torch.randn(3),
        rand_623=lambda: torch.rand(623),
        rand_624=lambda: torch.rand(624),
        rand_625=lambda: torch.rand(625),
        rand_2000_randn_1=lambda: (torch.rand(2000), torch.randn(1)),
    ).items():
        torch.manual_seed(-12345678901234)
        draw()
        out[name] = state()
    return dict(seed=str(torch.initial_seed()), states=out)


def torch_fills():
    out = []

    def record(kind, size, dtype, args):
        fresh()
        tensor = torch.empty(size, dtype=dtype)
        getattr(tensor, kind + '_')(*args)
        name = str(dtype).split('.')[1]
        entry = dict(kind=kind, dtype=name, args=list(args), next_rand=torch.rand(1).item(), **hashed(tensor))
        if size <= 100:
            entry['data'] = tensor.tolist()
        out.append(entry)

    for low, high in [(0, 7.7), (-1e-3, 7.7), (-3, 5), (1, 10), (1e-8, 2e-8), (100, 100)]:
        record('uniform', 50001, torch.float32, (low, high))
        record('uniform', 5001, torch.float64, (low, high))
    for mean, std in [(0, 1), (0.3, 1.7), (-1, 0.02), (1e3, 1e-3), (2, 0)]:
        record('normal', 100003, torch.float32, (mean, std))
        record('normal', 15, torch.float32, (mean, std))
        record('normal', 100, torch.float64, (mean, std))
        record('normal', 9, torch.float64, (mean, std))
    for rate in [1, 0.3, 1.5, 20]:
        record('exponential', 20001, torch.float32, (rate,))
        record('exponential', 50, torch.float64, (rate,))
    for p in [0, 0.25, 0.7, 1]:
        record('bernoulli', 1000, torch.float32, (p,))
    return out


def torch_integers():
    out = []
    for low, high in [(0, 1), (-7, 2**32 - 9), (-7, 2**32 - 7), (-(2**40), 2**45), (0, 2**53), (-(2**63), 2**63 - 1)]:
        fresh()
        values = torch.randint(low, high, (20,))
        out.append(dict(low=str(low), high=str(high), data=[str(v) for v in values.tolist()], next_rand=torch.rand(1).item()))
    return out


def torch_multinomial():
    out = []
    for rows, cols, count, replacement in [(8, 1000, 1, False), (8, 1000, 5, False), (8, 1000, 7, True), (1, 50257, 3, False), (3, 2, 2, False), (2, 1, 4, True)]:
        fresh()
        probs = torch.rand(rows, cols)
        index = torch.multinomial(probs, count, replacement)
        out.append(dict(rows=rows, cols=cols, count=count, replacement=replacement, data=index.flatten().tolist(), next_rand=torch.rand(1).item()))
    fresh()
    probs = torch.rand(4, 20, dtype=torch.float64)
    doubles = dict(one=torch.multinomial(probs, 1).flatten().tolist(), replaced=torch.multinomial(probs, 6, True).flatten().tolist())
    fresh()
    bern = torch.bernoulli(torch.rand(200, dtype=torch.float64)).tolist()
    return dict(cases=out, float64=doubles, bernoulli_float64=bern)


def torch_init():
    fresh()
    weights = []
    for fan in range(1, 301):
        layer = torch.nn.Linear(fan, 2)
        weights += [layer.weight.detach().numpy().ravel(), layer.bias.detach().numpy().ravel()]
    linear = sha(np.concatenate(weights))
    out = dict(linear_1_to_300=linear)
    for name, fill in dict(
        kaiming_uniform_a=lambda t: torch.nn.init.kaiming_uniform_(t, a=0.2),
        kaiming_normal_a_fan_out=lambda t: torch.nn.init.kaiming_normal_(t, a=0.2, mode='fan_out'),
        kaiming_uniform_tanh=lambda t: torch.nn.init.kaiming_uniform_(t, nonlinearity='tanh'),
        xavier_uniform_gain=lambda t: torch.nn.init.xavier_uniform_(t, gain=torch.nn.init.calculate_gain('tanh')),
        xavier_normal_gain=lambda t: torch.nn.init.xavier_normal_(t, gain=torch.nn.init.calculate_gain('relu')),
        trunc_normal=lambda t: torch.nn.init.trunc_normal_(t),
        trunc_normal_shifted=lambda t: torch.nn.init.trunc_normal_(t, 0.5, 1.5, -1, 1),
        orthogonal=lambda t: torch.nn.init.orthogonal_(t, 2),
    ).items():
        fresh()
        tensor = torch.empty(13, 7)
        fill(tensor)
        out[name] = dict(data=tensor.flatten().tolist(), next_rand=torch.rand(1).item())
    fresh()
    embedding = torch.nn.Embedding(10, 7, padding_idx=-2)
    out['embedding_negative_padding'] = sha(embedding.weight.detach().numpy())
    fresh()
    out['erfinv_grid'] = torch.erfinv(torch.linspace(-0.999, 0.999, 201)).tolist()
    out['erfinv_grid_input'] = torch.linspace(-0.999, 0.999, 201).tolist()
    return out


def torch_loader():
    data = list(range(11))
    epochs = lambda loader: [[int(i) for batch in loader for i in batch] for _ in range(2)]
    fresh()
    plain = DataLoader(data, batch_size=3)
    in_order = dict(epochs=epochs(plain), next_rand=torch.rand(1).item())
    own = torch.Generator().manual_seed(99)
    fresh()
    loader = DataLoader(data, batch_size=3, shuffle=True, generator=own)
    explicit = dict(epochs=epochs(loader), next_own=torch.rand(1, generator=own).item(), next_rand=torch.rand(1).item())
    return dict(in_order=in_order, explicit=explicit)


def numpy_extra():
    out = {}
    for name, draw in dict(
        binomial_100_04=lambda: np.random.binomial(100, 0.4, 200),
        binomial_100_08=lambda: np.random.binomial(100, 0.8, 200),
        binomial_1e6_03=lambda: np.random.binomial(10**6, 0.3, 200),
        binomial_12_09=lambda: np.random.binomial(12, 0.9, 50),
        randint_int8=lambda: np.random.randint(-100, 100, 21, dtype=np.int8),
        randint_int16=lambda: np.random.randint(-1000, 1000, 21, dtype=np.int16),
        randint_uint16=lambda: np.random.randint(0, 65536, 21, dtype=np.uint16),
        randint_uint32=lambda: np.random.randint(0, 2**32, 21, dtype=np.uint32),
        randint_int32_whole=lambda: np.random.randint(-(2**31), 2**31, 21, dtype=np.int32),
        randint_uint8_whole=lambda: np.random.randint(0, 256, 21, dtype=np.uint8),
        randint_one_value=lambda: np.random.randint(5, 6, 4),
        randint_2p32=lambda: np.random.randint(0, 2**32, 21),
        randint_2p32_plus=lambda: np.random.randint(-5, 2**32, 21),
        randint_2p50=lambda: np.random.randint(-(2**50), 2**50, 21),
        permutation_1000=lambda: np.random.permutation(1000),
        choice_scalars=lambda: np.array([np.random.choice(9), np.random.choice(9, p=np.ones(9) / 9), np.random.choice(9, replace=False)]),
        choice_p_norepl_hard=lambda: np.random.choice(6, 6, replace=False, p=[0.9, 0.06, 0.01, 0.01, 0.01, 0.01]),
    ).items():
        np.random.seed(7)
        values = draw()
        out[name] = dict(data=[int(v) for v in values], next_random=np.random.random())
    np.random.seed(7)
    out['exponential_3'] = dict(data=np.random.exponential(3, 20).tolist(), next_random=np.random.random())
    np.random.seed([1, 2, 3])
    out['seed_array'] = dict(data=np.random.rand(5).tolist(), next_random=np.random.random())
    np.random.seed(7)
    out['randn_2000'] = dict(data=np.random.randn(2000)[::10].tolist(), next_random=np.random.random())
    return out


def python_extra():
    out = {}
    for name, draw in dict(
        getrandbits=lambda r: [r.getrandbits(k) for k in (0, 1, 31, 33, 40, 53)],
        getrandbits_100=lambda r: [str(r.getrandbits(100)), str(r.getrandbits(64))],
        randrange_step=lambda r: [r.randrange(10, 100, 7) for _ in range(20)],
        randrange_down=lambda r: [r.randrange(100, 10, -7) for _ in range(20)],
        randrange_wide=lambda r: [r.randrange(2**50) for _ in range(20)],
        randrange_2p32=lambda r: [r.randrange(2**32) for _ in range(20)],
        sample_1000_200=lambda r: r.sample(range(1000), 200),
        sample_1000_30=lambda r: r.sample(range(1000), 30),
        choices_even=lambda r: r.choices(range(10), k=20),
        gauss_5_2=lambda r: [r.gauss(5, 2) for _ in range(21)],
        gauss_then_seed=lambda r: [r.gauss(0, 1), r.seed(3), r.gauss(0, 1)][::2],
    ).items():
        out[name] = draw(random.Random(7))
    out['big_seeds'] = {str(seed): [random.Random(seed).random(), random.Random(seed).getrandbits(32)] for seed in (10**30, -(10**30), -5, 5, 2**32, 2**32 - 1, 2**64)}
    return out


if __name__ == '__main__':
    torch.set_num_threads(1)
    env = dict(torch=torch.__version__, numpy=np.__version__, python=platform.python_version())
    print(json.dumps(dict(
        env=env,
        states=torch_states(),
        fills=torch_fills(),
        integers=torch_integers(),
        multinomial=torch_multinomial(),
        init=torch_init(),
        loader=torch_loader(),
        numpy=numpy_extra(),
        python=python_extra(),
    ), separators=(',', ':')))
