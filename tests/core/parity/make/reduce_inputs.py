"""Inputs without equal elements, for what sorts and selects."""
from common import V, rng


def distinct(*shape, view=None):
    size = 1
    for n in shape:
        size *= n
    return V((rng.permutation(size) / 4 - size / 8).reshape(shape).tolist(), view=view)
