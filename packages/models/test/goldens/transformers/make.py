"""Numbers of small transformers with random weights, made with PyTorch 1.13 (Debian's python3-torch).

    python3 make.py > transformers.json

The models are written from the papers with PyTorch's functions only, under Hugging Face's key names and layouts. Weights are
drawn key by key in the order given, `torch.manual_seed(seed)` and then 0.2 * torch.randn(shape) for each (norms 1 + that), so
that no weights have to be kept: the test draws the same.
"""
import json
import math

import torch
import torch.nn.functional as F


def weights(seed, shapes):
    torch.manual_seed(seed)
    out = {}
    for key, shape in shapes:
        w = 0.2 * torch.randn(shape)
        if "norm" in key.lower() or ".ln_" in key:
            w = w + 1
        out[key] = w.requires_grad_()
    return out


def heads_of(q, k, v, heads, key_heads):
    """q [B, T, heads * D], k and v [B, T, key_heads * D], as [B, heads, T, D] each."""
    split = lambda x, n: x.unflatten(-1, (n, -1)).transpose(1, 2)
    return split(q, heads), split(k, key_heads), split(v, key_heads)


def softmax_attention(q, k, v, causal, mask=None):
    T = q.shape[2]
    k = k.repeat_interleave(q.shape[1] // k.shape[1], 1)
    v = v.repeat_interleave(q.shape[1] // v.shape[1], 1)
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    if causal:
        scores = scores.masked_fill(torch.ones(T, T).triu(1).bool(), -math.inf)
    if mask is not None:
        scores = scores.masked_fill(mask[:, None, None, :] == 0, -math.inf)
    y = scores.softmax(-1) @ v
    return y.transpose(1, 2).reshape(y.shape[0], T, -1)


def gpt2(w, c, ids):
    p = "transformer."
    C = c["n_embd"]
    linear = lambda x, name: x @ w[name + ".weight"] + w[name + ".bias"]
    norm = lambda x, name: F.layer_norm(x, (C,), w[name + ".weight"], w[name + ".bias"], c["layer_norm_epsilon"])
    x = w[p + "wte.weight"][ids] + w[p + "wpe.weight"][: ids.shape[1]]
    hidden = {}
    for i in range(c["n_layer"]):
        h = f"{p}h.{i}."
        q, k, v = linear(norm(x, h + "ln_1"), h + "attn.c_attn").split(C, 2)
        q, k, v = heads_of(q, k, v, c["n_head"], c["n_head"])
        x = x + linear(softmax_attention(q, k, v, True), h + "attn.c_proj")
        m = linear(norm(x, h + "ln_2"), h + "mlp.c_fc")
        m = 0.5 * m * (1 + torch.tanh(math.sqrt(2 / math.pi) * (m + 0.044715 * m**3)))
        x = x + linear(m, h + "mlp.c_proj")
        hidden[f"{p}h.{i}"] = x
    x = norm(x, p + "ln_f")
    hidden[p + "ln_f"] = x
    return x @ w[p + "wte.weight"].T, hidden


def gpt2_shapes(c):
    C = c["n_embd"]
    yield "transformer.wte.weight", (c["vocab_size"], C)
    yield "transformer.wpe.weight", (c["n_positions"], C)
    for i in range(c["n_layer"]):
        h = f"transformer.h.{i}."
        for name, shape in [
            ("ln_1.weight", (C,)), ("ln_1.bias", (C,)),
            ("attn.c_attn.weight", (C, 3 * C)), ("attn.c_attn.bias", (3 * C,)),
            ("attn.c_proj.weight", (C, C)), ("attn.c_proj.bias", (C,)),
            ("ln_2.weight", (C,)), ("ln_2.bias", (C,)),
            ("mlp.c_fc.weight", (C, 4 * C)), ("mlp.c_fc.bias", (4 * C,)),
            ("mlp.c_proj.weight", (4 * C, C)), ("mlp.c_proj.bias", (C,)),
        ]:
            yield h + name, shape
    yield "transformer.ln_f.weight", (C,)
    yield "transformer.ln_f.bias", (C,)


def rope_frequencies(c):
    D = c["head_dim"]
    f = 1.0 / (c["rope_theta"] ** (torch.arange(0, D, 2).float() / D))
    s = c.get("rope_scaling")
    if s is None:
        return f, 1.0
    n, original = s["factor"], s.get("original_max_position_embeddings")
    if s["rope_type"] == "linear":
        return f / n, 1.0
    if s["rope_type"] == "llama3":
        low, high = s["low_freq_factor"], s["high_freq_factor"]
        wave = 2 * math.pi / f
        smooth = (original / wave - low) / (high - low)
        mid = (1 - smooth) * f / n + smooth * f
        return torch.where(wave < original / high, f, torch.where(wave > original / low, f / n, mid)), 1.0
    at = lambda turns: D * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(c["rope_theta"]))
    low, high = max(math.floor(at(s["beta_fast"])), 0), min(math.ceil(at(s["beta_slow"])), D - 1)
    ramp = ((torch.arange(D // 2).float() - low) / (high - low)).clamp(0, 1)
    return f / n * ramp + f * (1 - ramp), 0.1 * math.log(n) + 1


def llama(w, c, ids):
    C, D = c["hidden_size"], c["head_dim"]
    H, KV = c["num_attention_heads"], c["num_key_value_heads"]
    f, scale = rope_frequencies(c)
    angle = torch.arange(ids.shape[1]).float()[:, None] * f
    cos, sin = [torch.cat([t, t], -1) * scale for t in (angle.cos(), angle.sin())]

    def turn(x):
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat([-b, a], -1) * sin

    def linear(x, name):
        return F.linear(x, w[name + ".weight"], w.get(name + ".bias"))

    def norm(x, name):
        return w[name + ".weight"] * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + c["rms_norm_eps"]))

    x = w["model.embed_tokens.weight"][ids]
    hidden = {}
    for i in range(c["num_hidden_layers"]):
        h = f"model.layers.{i}."
        a = norm(x, h + "input_layernorm")
        q, k, v = [linear(a, f"{h}self_attn.{n}_proj") for n in "qkv"]
        q, k, v = heads_of(q, k, v, H, KV)
        if c["model_type"] == "qwen3":
            q, k = norm(q, h + "self_attn.q_norm"), norm(k, h + "self_attn.k_norm")
        x = x + linear(softmax_attention(turn(q), turn(k), v, True), h + "self_attn.o_proj")
        m = norm(x, h + "post_attention_layernorm")
        m = F.silu(linear(m, h + "mlp.gate_proj")) * linear(m, h + "mlp.up_proj")
        x = x + linear(m, h + "mlp.down_proj")
        hidden[f"model.layers.{i}"] = x
    x = norm(x, "model.norm")
    hidden["model.norm"] = x
    return x @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T, hidden


def llama_shapes(c):
    C, D, M = c["hidden_size"], c["head_dim"], c["intermediate_size"]
    H, KV = c["num_attention_heads"] * D, c["num_key_value_heads"] * D
    kind = c["model_type"]
    yield "model.embed_tokens.weight", (c["vocab_size"], C)
    for i in range(c["num_hidden_layers"]):
        h = f"model.layers.{i}."
        for name, out in [("q", H), ("k", KV), ("v", KV)]:
            yield f"{h}self_attn.{name}_proj.weight", (out, C)
            if kind == "qwen2" or c.get("attention_bias"):
                yield f"{h}self_attn.{name}_proj.bias", (out,)
        yield h + "self_attn.o_proj.weight", (C, H)
        if kind != "qwen2" and c.get("attention_bias"):
            yield h + "self_attn.o_proj.bias", (C,)
        if kind == "qwen3":
            yield h + "self_attn.q_norm.weight", (D,)
            yield h + "self_attn.k_norm.weight", (D,)
        for name, shape in [("gate", (M, C)), ("up", (M, C)), ("down", (C, M))]:
            yield f"{h}mlp.{name}_proj.weight", shape
            if c.get("mlp_bias"):
                yield f"{h}mlp.{name}_proj.bias", shape[:1]
        yield h + "input_layernorm.weight", (C,)
        yield h + "post_attention_layernorm.weight", (C,)
    yield "model.norm.weight", (C,)
    if not c["tie_word_embeddings"]:
        yield "lm_head.weight", (c["vocab_size"], C)


def bert(w, c, ids, mask, types):
    C = c["hidden_size"]
    linear = lambda x, name: F.linear(x, w[name + ".weight"], w[name + ".bias"])
    norm = lambda x, name: F.layer_norm(x, (C,), w[name + ".weight"], w[name + ".bias"], c["layer_norm_eps"])
    e = "bert.embeddings."
    x = w[e + "word_embeddings.weight"][ids] + w[e + "token_type_embeddings.weight"][types]
    x = norm(x + w[e + "position_embeddings.weight"][: ids.shape[1]], e + "LayerNorm")
    hidden = {"embeddings": x}
    H = c["num_attention_heads"]
    for i in range(c["num_hidden_layers"]):
        h = f"bert.encoder.layer.{i}."
        q, k, v = [linear(x, f"{h}attention.self.{n}") for n in ("query", "key", "value")]
        y = softmax_attention(*heads_of(q, k, v, H, H), False, mask)
        x = norm(linear(y, h + "attention.output.dense") + x, h + "attention.output.LayerNorm")
        m = F.gelu(linear(x, h + "intermediate.dense"))
        x = norm(linear(m, h + "output.dense") + x, h + "output.LayerNorm")
        hidden[f"encoder.layer.{i}"] = x
    pooled = torch.tanh(linear(x[:, 0], "bert.pooler.dense"))
    t = "cls.predictions.transform."
    y = norm(F.gelu(linear(x, t + "dense")), t + "LayerNorm")
    logits = y @ w[e + "word_embeddings.weight"].T + w["cls.predictions.bias"]
    return logits, hidden, pooled


def bert_shapes(c):
    C, M = c["hidden_size"], c["intermediate_size"]
    e = "bert.embeddings."
    yield e + "word_embeddings.weight", (c["vocab_size"], C)
    yield e + "position_embeddings.weight", (c["max_position_embeddings"], C)
    yield e + "token_type_embeddings.weight", (c["type_vocab_size"], C)

    def layer(name, *shape):
        yield name + ".weight", shape
        yield name + ".bias", shape[:1]

    yield from layer(e + "LayerNorm", C)
    for i in range(c["num_hidden_layers"]):
        h = f"bert.encoder.layer.{i}."
        for n in ("query", "key", "value"):
            yield from layer(f"{h}attention.self.{n}", C, C)
        yield from layer(h + "attention.output.dense", C, C)
        yield from layer(h + "attention.output.LayerNorm", C)
        yield from layer(h + "intermediate.dense", M, C)
        yield from layer(h + "output.dense", C, M)
        yield from layer(h + "output.LayerNorm", C)
    yield from layer("bert.pooler.dense", C, C)
    yield "cls.predictions.bias", (c["vocab_size"],)
    yield from layer("cls.predictions.transform.dense", C, C)
    yield from layer("cls.predictions.transform.LayerNorm", C)


def summary(t):
    """A few elements, and sums that every element enters with a weight of its own."""
    flat = t.detach().double().flatten()
    wave = torch.sin(torch.arange(flat.numel()).double() + 1)
    places = sorted({int(i * (flat.numel() - 1) / 7) for i in range(8)})
    round_ = lambda x: float(f"{x:.7g}")
    return {
        "shape": list(t.shape),
        "at": {str(i): round_(flat[i].item()) for i in places},
        "wave": round_((flat * wave).sum().item()),
        "norm": round_(flat.norm().item()),
    }


def case(name, seed, config, shapes, run):
    shapes = list(shapes)
    w = weights(seed, shapes)
    torch.manual_seed(seed + 100)
    ids = torch.randint(0, config["vocab_size"], (2, 7))
    targets = torch.randint(0, config["vocab_size"], (2, 7))
    targets[1, 5] = -100
    logits, hidden, *pooled = run(w, config, ids)
    loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    if pooled:
        loss = loss + (pooled[0] ** 2).mean()
    loss.backward()
    return {
        "name": name,
        "seed": seed,
        "config": config,
        "weights": [[key, list(shape)] for key, shape in shapes],
        "ids": ids.tolist(),
        "targets": targets.tolist(),
        "logits": summary(logits),
        "loss": loss.item(),
        "hidden": {key: summary(t) for key, t in hidden.items()},
        "pooled": summary(pooled[0]) if pooled else None,
        "gradients": {key: summary(t.grad) for key, t in w.items()},
    }


gpt2_config = {
    "model_type": "gpt2", "vocab_size": 17, "n_positions": 9, "n_embd": 12, "n_layer": 2, "n_head": 3,
    "layer_norm_epsilon": 1e-5,
}
llama_config = {
    "model_type": "llama", "vocab_size": 17, "max_position_embeddings": 32, "hidden_size": 12, "intermediate_size": 20,
    "num_hidden_layers": 2, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 6, "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0, "tie_word_embeddings": False,
}
llama3 = {
    "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}
yarn = {"rope_type": "yarn", "factor": 4.0, "beta_fast": 32, "beta_slow": 1, "original_max_position_embeddings": 512}
bert_config = {
    "model_type": "bert", "vocab_size": 17, "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3,
    "intermediate_size": 20, "max_position_embeddings": 9, "type_vocab_size": 2, "layer_norm_eps": 1e-12,
    "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "pad_token_id": None,
}
bert_mask = torch.tensor([[1] * 7, [1, 1, 1, 1, 0, 0, 0]])
bert_types = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [0, 0, 1, 1, 0, 0, 0]])

cases = [case("GPT-2", 1, gpt2_config, gpt2_shapes(gpt2_config), gpt2)]
for i, (name, change) in enumerate(
    [
        ("Llama", {}),
        ("Llama, tied, biases, llama3 scaling", {"tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True, "rope_theta": 500000.0, "rope_scaling": llama3}),
        ("Qwen 2, linear scaling", {"model_type": "qwen2", "tie_word_embeddings": True, "rope_scaling": {"rope_type": "linear", "factor": 4.0}}),
        ("Qwen 3, yarn scaling", {"model_type": "qwen3", "head_dim": 8, "rope_theta": 1000000.0, "rope_scaling": yarn}),
    ]
):
    config = {**llama_config, **change}
    cases.append(case(name, 10 + i, config, llama_shapes(config), llama))
cases.append(
    case("BERT", 20, bert_config, bert_shapes(bert_config), lambda w, c, ids: bert(w, c, ids, bert_mask, bert_types))
)
result = {
    "madeBy": f"make.py with PyTorch {torch.__version__}",
    "bert": {"mask": bert_mask.tolist(), "types": bert_types.tolist()},
    "cases": cases,
}
print(json.dumps(result, separators=(",", ":")).replace('"name"', '\n"name"'))
