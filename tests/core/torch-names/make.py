"""Records what torch.Tensor and torch.special have, for torch-names.test.ts: `python3 make.py` beside this file."""
import json
import os
import torch

tensor = [name for name in dir(torch.Tensor) if not name.startswith("_")]
special = [name for name, value in vars(torch.special).items()
           if not name.startswith("_") and callable(value) and not isinstance(value, type)]
path = os.path.join(os.path.dirname(__file__), "torch.json")
with open(path, "w") as file:
    json.dump({"made_with": "torch " + torch.__version__, "Tensor": tensor, "special": sorted(special)}, file, indent=0)
    file.write("\n")
print(len(tensor), len(special))
