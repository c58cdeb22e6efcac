"""RNN, LSTM, GRU and their cells: PyTorch's parameters, order and initial values."""
import torch
import torch.nn as nn
from common import Suite, X, module_case, turned

s = Suite("recurrent", 8)
kinds = [("RNN", nn.RNN, {}, {}), ("RNN", nn.RNN, {"nonlinearity": "relu"}, {"nonlinearity": "relu"}), ("LSTM", nn.LSTM, {}, {}), ("GRU", nn.GRU, {}, {})]
shapes = [
    # steps, batch, input, hidden, torch's options, ours
    (4, 2, 3, 5, {}, {}),
    (3, 1, 2, 3, {"num_layers": 2}, {"numLayers": 2}),
    (3, 2, 2, 3, {"bidirectional": True}, {"bidirectional": True}),
    (2, 3, 1, 2, {"num_layers": 2, "bidirectional": True, "batch_first": True}, {"numLayers": 2, "bidirectional": True, "batchFirst": True}),
    (1, 1, 3, 1, {"bias": False}, {"bias": False}),
    (5, 2, 2, 4, {"batch_first": True}, {"batchFirst": True}),
    (3, 2, 4, 4, {"num_layers": 2, "dropout": 0.5}, {"numLayers": 2, "dropout": 0.5}),
    (3, 2, 4, 4, {"num_layers": 3, "dropout": 0.2, "bidirectional": True}, {"numLayers": 3, "dropout": 0.2, "bidirectional": True}),
]
for name, module, more, ours in kinds:
    for steps, batch, size, hidden, options, own in shapes:
        first = options.get("batch_first")
        x = X(batch, steps, size) if first else X(steps, batch, size)
        states = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
        make = lambda: module(size, hidden, **more, **options)
        new = [size, hidden, {**ours, **own}]
        module_case(s, f"nn.{name}", make, 11, new, [x])
        h = X(states, batch, hidden)
        if name == "LSTM":
            c = X(states, batch, hidden)
            module_case(s, f"nn.{name}", make, 12, new, [x, h, c], lambda m, a, b, d: m(a, (b, d)), args=[{"$": 0}, [{"$": 1}, {"$": 2}]], parameters=False)
        else:
            module_case(s, f"nn.{name}", make, 12, new, [x, h], parameters=False)
    module_case(s, f"nn.{name}", lambda: module(3, 2, **more), 13, [3, 2, ours], [X(4, 3)], note="without a batch")
    module_case(s, f"nn.{name}", lambda: module(3, 2, num_layers=2, dropout=0.5, **more), 13, [3, 2, {**ours, "numLayers": 2, "dropout": 0.5}], [X(4, 2, 3)], training=False)
    module_case(s, f"nn.{name}", lambda: module(3, 2, **more), 14, [3, 2, ours], [X(2, 4, 3, view=[["transpose", 0, 1]])])
for name, module, options, own in [("RNNCell", nn.RNNCell, {}, {}), ("RNNCell", nn.RNNCell, {"nonlinearity": "relu"}, {"nonlinearity": "relu"}), ("GRUCell", nn.GRUCell, {}, {}), ("LSTMCell", nn.LSTMCell, {}, {}), ("GRUCell", nn.GRUCell, {"bias": False}, {"bias": False})]:
    for batch, size, hidden in [(2, 3, 4), (1, 1, 1), (3, 2, 5)]:
        make = lambda: module(size, hidden, **options)
        module_case(s, f"nn.{name}", make, 15, [size, hidden, own], [X(batch, size)])
        if name == "LSTMCell":
            module_case(s, f"nn.{name}", make, 15, [size, hidden, own], [X(batch, size), X(batch, hidden), X(batch, hidden)], lambda m, a, b, d: m(a, (b, d)), args=[{"$": 0}, [{"$": 1}, {"$": 2}]], parameters=False)
        else:
            module_case(s, f"nn.{name}", make, 15, [size, hidden, own], [X(batch, size), X(batch, hidden)], parameters=False)
s.write()
