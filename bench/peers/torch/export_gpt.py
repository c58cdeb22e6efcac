"""Writes the GPT of gpt.py for other runtimes. usage: export_gpt.py FOLDER LAYERS HEADS WIDTH BLOCK BATCH VOCABULARY

FOLDER gets gpt.onnx, gpt.bin (the weights, float32 end to end) and gpt.json (their names and shapes, and some logits for
ids that count up, so that each side can be checked)."""
import json, pathlib, sys

import torch
from gpt import make

folder = pathlib.Path(sys.argv[1])
case = dict(zip(("layers", "heads", "width", "block", "batch", "vocabulary"), map(int, sys.argv[2:])))
model = make(case).eval()
ids = torch.arange(case["batch"] * case["block"]).view(case["batch"], -1) % case["vocabulary"]
torch.onnx.export(model, ids, folder / "gpt.onnx", input_names=["ids"], output_names=["logits"], opset_version=16)
state = model.state_dict()
with open(folder / "gpt.bin", "wb") as file:
    for value in state.values():
        file.write(value.numpy().tobytes())
with torch.no_grad():
    logits = model(ids).flatten()[:8].tolist()
shapes = {name: list(value.shape) for name, value in state.items()}
(folder / "gpt.json").write_text(json.dumps({"shapes": shapes, "logits": logits}))
