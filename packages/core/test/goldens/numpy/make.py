#!/usr/bin/env python3
"""Records files of NumPy (arrays.json), and what NumPy reads from ours (read.json).

    python3 make.py                    # what numpy.save, savez and savez_compressed write
    python3 make.py OURS.npz NAME ...  # adds what numpy.load finds in archives that saveNpz wrote

Made with numpy 1.24.2.
"""
import base64
import hashlib
import io
import json
import sys
from pathlib import Path

import numpy as np

here = Path(__file__).parent


def text(data):
    return base64.b64encode(data).decode()


def saved(array, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version)
    return out.getvalue()


def values(array):
    return [str(x) if array.dtype.kind in "iu" else float(x) for x in array.ravel(order="C")]


def make():
    ramp = np.arange(6).reshape(2, 3)
    arrays = {
        "float32": ramp.astype("f4") / 4 - 0.5,
        "float64": np.linspace(-1, 1, 5) ** 3,
        "float16": np.array([0.1, -65504, 6e-8, 1.5], "f2"),
        "int8": (ramp - 3).astype("i1"),
        "int16": (ramp * 1000 - 3000).astype("i2"),
        "int32": (ramp * -70000).astype("i4"),
        "int64": ramp.astype("i8") * 2**40 - 5,
        "uint8": ramp.astype("u1") + 250,
        "uint16": ramp.astype("u2") + 65530,
        "uint32": ramp.astype("u4") + np.uint32(2**32 - 6),
        "uint64": ramp.astype("u8") + np.uint64(2**63),
        "bool": ramp % 2 == 0,
        "scalar": np.array(2.5, "f4"),
        "empty": np.zeros((0, 3), "f4"),
        "vector": np.arange(10, dtype="f4"),
        "four axes": np.arange(24, dtype="i4").reshape(2, 1, 3, 4),
    }
    fortran = {
        "fortran": np.asfortranarray(np.arange(24, dtype="f4").reshape(2, 3, 4)),
        "fortran, double": np.asfortranarray(ramp.astype("f8")),
    }
    swapped = {
        "big-endian float32": arrays["float32"].astype(">f4"),
        "big-endian int64": arrays["int64"].astype(">i8"),
        "big-endian uint16": arrays["uint16"].astype(">u2"),
    }

    def entry(array, version=None):
        return {
            "file": text(saved(array, version)),
            "shape": list(array.shape),
            "values": values(array),
        }

    stored, packed = io.BytesIO(), io.BytesIO()
    rng = np.random.RandomState(0)
    members = {"weight": rng.randn(8, 8).astype("f4"), "ids": np.repeat(np.arange(4), 50), "层.偏置": np.zeros(3, "f4")}
    np.savez(stored, **members)
    np.savez_compressed(packed, **members)
    unreadable = {
        "objects": text(b"".join([saved(np.zeros(1, "f4")).replace(b"<f4", b"|O ")])),
        "text": text(saved(np.array(["ab", "c"]))),
        "fields": text(saved(np.zeros(2, [("a", "f4"), ("b", "i4")]))),
        "complex128": text(saved(np.zeros(2, "c16"))),
    }
    return {
        "numpy": np.__version__,
        "arrays": {name: entry(array) for name, array in arrays.items()},
        "readOnly": {
            **{name: entry(array) for name, array in (fortran | swapped).items()},
            "version 2": entry(arrays["float32"], (2, 0)),
            "version 3": entry(arrays["float32"], (3, 0)),
        },
        "archives": {"savez": text(stored.getvalue()), "savez_compressed": text(packed.getvalue())},
        "members": {name: {"shape": list(x.shape), "values": values(x)} for name, x in members.items()},
        "unreadable": unreadable,
    }


def read(paths):
    found = {}
    for path in paths:
        data = Path(path).read_bytes()
        archive = np.load(io.BytesIO(data), allow_pickle=False)
        found[Path(path).stem] = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "arrays": {
                name: {"dtype": str(x.dtype), "shape": list(x.shape), "values": values(x)}
                for name, x in archive.items()
            },
        }
    return {"numpy": np.__version__, "files": found}


if len(sys.argv) == 1:
    (here / "arrays.json").write_text(json.dumps(make(), ensure_ascii=False, indent=1) + "\n")
else:
    (here / "read.json").write_text(json.dumps(read(sys.argv[1:]), ensure_ascii=False, indent=1) + "\n")
