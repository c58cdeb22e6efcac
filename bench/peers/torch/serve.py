"""PyTorch as one side of a comparison (see bench/contender.mjs for the protocol). usage: serve.py THREADS

torch.set_num_threads does not reach OpenBLAS: with one thread, OPENBLAS_NUM_THREADS=1 must be set too."""
import json, statistics, sys, time, traceback

import torch

torch.set_num_threads(int(sys.argv[1]))
from gpt import gpt  # noqa: E402
from matmul import matmul  # noqa: E402
from recurrent import recurrent  # noqa: E402
from small import lstm, xor  # noqa: E402

kinds = {"matmul": matmul, "gpt": gpt, "xor": xor, "lstm": lstm, "recurrent": recurrent}


def answer(value):
    print("@" + json.dumps(value), flush=True)


def measure(run, repeats, note, ms):
    times = []
    cpu = time.process_time()
    end = time.perf_counter() + ms / 1e3
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    cpu = (time.process_time() - cpu) / len(times) / repeats
    return {"wall": statistics.median(times) / repeats * 1e3, "cpu": cpu * 1e3, "runs": len(times), **note()}


ready = {}
answer({"ready": True})
for line in sys.stdin:
    try:
        request = json.loads(line)
        key = json.dumps(request["case"])
        if key not in ready:
            make = kinds.get(request["case"]["kind"])
            ready[key] = make(request["case"]) if make else None
            if ready[key]:
                measure(*ready[key], 600)
        answer(measure(*ready[key], request["ms"]) if ready[key] else {"skipped": True})
    except Exception:
        answer({"error": traceback.format_exc()})
