"""nn.init: what a seed fills a tensor with."""
import torch
import torch.nn.init as init
from common import Suite, encode

s = Suite("init", 12)


def fill(name, fn, shape, *extra, seed=3):
    torch.manual_seed(seed)
    tensor = torch.zeros(shape)
    fn(tensor)
    s.add({"op": f"init.{name}", "seed": seed, "in": [{"s": list(shape), "v": [0] * tensor.numel()}],
           "args": [{"$": 0}, *extra], "out": [encode(tensor)]})


for shape in [(2, 3), (5, 4), (1, 1), (3, 17), (2, 3, 2)]:
    fill("xavierUniform_", init.xavier_uniform_, shape)
    fill("xavierUniform_", lambda t: init.xavier_uniform_(t, 2.5), shape, 2.5)
    fill("xavierNormal_", init.xavier_normal_, shape)
    fill("xavierNormal_", lambda t: init.xavier_normal_(t, 0.5), shape, 0.5)
    fill("kaimingUniform_", init.kaiming_uniform_, shape)
    fill("kaimingUniform_", lambda t: init.kaiming_uniform_(t, a=0.3, mode="fan_out"), shape, {"a": 0.3, "mode": "fanOut"})
    fill("kaimingNormal_", init.kaiming_normal_, shape)
    fill("kaimingNormal_", lambda t: init.kaiming_normal_(t, nonlinearity="tanh"), shape, {"nonlinearity": "tanh"})
    fill("orthogonal_", init.orthogonal_, shape)
    fill("orthogonal_", lambda t: init.orthogonal_(t, 3), shape, 3)
for shape in [(7,), (2, 3), (17,), (4, 5), (1,)]:
    fill("normal_", init.normal_, shape)
    fill("normal_", lambda t: init.normal_(t, 2, 0.1), shape, 2, 0.1)
    fill("uniform_", init.uniform_, shape)
    fill("uniform_", lambda t: init.uniform_(t, -3, 2), shape, -3, 2)
    fill("constant_", lambda t: init.constant_(t, 0.3), shape, 0.3)
    fill("ones_", init.ones_, shape)
    fill("zeros_", init.zeros_, shape)
    fill("truncNormal_", init.trunc_normal_, shape)
    fill("truncNormal_", lambda t: init.trunc_normal_(t, 0.1, 0.5, -0.2, 0.3), shape, 0.1, 0.5, -0.2, 0.3)
for shape in [(3, 3), (2, 4), (4, 2), (1, 1), (5, 1)]:
    fill("eye_", init.eye_, shape)
    fill("sparse_", lambda t: init.sparse_(t, 0.4), shape, 0.4)
    fill("sparse_", lambda t: init.sparse_(t, 0.1, 1), shape, 0.1, 1)
for shape, groups in [((2, 2, 3), 1), ((4, 2, 3), 2), ((3, 2, 2, 3), 1), ((2, 5, 1), 1), ((4, 1, 3, 2, 4), 4)]:
    fill("dirac_", lambda t: init.dirac_(t, groups), shape, groups)
s.write()
