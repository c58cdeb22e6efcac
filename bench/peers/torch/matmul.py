import torch


def matmul(case):
    layout, m, k, n, batch = (case[key] for key in ("layout", "m", "k", "n", "batch"))
    shape = lambda rows, columns: (batch, rows, columns) if batch > 1 else (rows, columns)
    a = torch.randn(*(shape(k, m) if layout[0] == "T" else shape(m, k)))
    b = torch.randn(*(shape(n, k) if layout[1] == "T" else shape(k, n)))
    if layout[0] == "T":
        a = a.transpose(-1, -2)
    if layout[1] == "T":
        b = b.transpose(-1, -2)
    return lambda: a @ b, 1, dict
