/**
 * Llama: the decoder of "LLaMA: Open and Efficient Foundation Language Models" (https://arxiv.org/abs/2302.13971), with
 * what its family added: grouped-query attention (https://arxiv.org/abs/2305.13245), biases on queries, keys and values
 * (Qwen 2), norms on queries and keys (Qwen 3). Parameters are named as in Hugging Face's LlamaForCausalLM.
 *
 * T is the length of a sequence, B the batch, C the width (hiddenSize).
 */
import { type Device, functional as F, nn, type Tensor } from '@inkstone/core';
import type { CacheShape, KeyValueCache, Past, Positions } from './cache.js';
import { CausalLM, type CausalLMOutput } from './causal-lm.js';
import { checkLlamaConfig, type LlamaConfig, llamaDefaults, llamaFiles } from './llama-files.js';
import type { ModelFiles } from './model-files.js';
import { type LoadModelOptions, loadModel, type PretrainedSource } from './pretrained.js';
import { type Angles, Rotary, rotate } from './rotary.js';

export type { LlamaConfig } from './llama-files.js';

class LlamaAttention extends nn.Module {
  readonly q_proj: nn.Linear;
  readonly k_proj: nn.Linear;
  readonly v_proj: nn.Linear;
  readonly o_proj: nn.Linear;
  readonly q_norm: nn.RMSNorm | null;
  readonly k_norm: nn.RMSNorm | null;

  constructor(
    readonly config: LlamaConfig,
    readonly layer: number,
    options: nn.ModuleOptions,
  ) {
    super();
    const { hiddenSize: C, numAttentionHeads, numKeyValueHeads, headDim, rmsNormEps: eps } = config;
    const { attentionBias: bias, outputBias, queryKeyNorm } = config;
    this.q_proj = new nn.Linear(C, numAttentionHeads * headDim, { ...options, bias });
    this.k_proj = new nn.Linear(C, numKeyValueHeads * headDim, { ...options, bias });
    this.v_proj = new nn.Linear(C, numKeyValueHeads * headDim, { ...options, bias });
    this.o_proj = new nn.Linear(numAttentionHeads * headDim, C, { ...options, bias: outputBias });
    this.q_norm = queryKeyNorm ? new nn.RMSNorm(headDim, { ...options, eps }) : null;
    this.k_norm = queryKeyNorm ? new nn.RMSNorm(headDim, { ...options, eps }) : null;
  }

  override forward(x: Tensor, angles: Angles, cache?: KeyValueCache): Tensor {
    const [B, T] = x.shape;
    const heads = (all: Tensor): Tensor => all.view(B, T, -1, this.config.headDim);
    let q = heads(this.q_proj.forward(x));
    let k = heads(this.k_proj.forward(x));
    const v = heads(this.v_proj.forward(x)).transpose(1, 2);
    if (this.q_norm && this.k_norm) [q, k] = [this.q_norm.forward(q), this.k_norm.forward(k)];
    q = rotate(q.transpose(1, 2), angles);
    k = rotate(k.transpose(1, 2), angles);
    const y = cache
      ? cache.attend(this.layer, q, k, v)
      : F.scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.o_proj.forward(y.transpose(1, 2).flatten(2));
  }
}

/** SwiGLU: https://arxiv.org/abs/2002.05202 */
class LlamaMLP extends nn.Module {
  readonly gate_proj: nn.Linear;
  readonly up_proj: nn.Linear;
  readonly down_proj: nn.Linear;

  constructor({ hiddenSize, intermediateSize, mlpBias: bias }: LlamaConfig, options: nn.ModuleOptions) {
    super();
    this.gate_proj = new nn.Linear(hiddenSize, intermediateSize, { ...options, bias });
    this.up_proj = new nn.Linear(hiddenSize, intermediateSize, { ...options, bias });
    this.down_proj = new nn.Linear(intermediateSize, hiddenSize, { ...options, bias });
  }

  override forward(x: Tensor): Tensor {
    return this.down_proj.forward(F.silu(this.gate_proj.forward(x)).mul(this.up_proj.forward(x)));
  }
}

class LlamaDecoderLayer extends nn.Module {
  readonly self_attn: LlamaAttention;
  readonly mlp: LlamaMLP;
  readonly input_layernorm: nn.RMSNorm;
  readonly post_attention_layernorm: nn.RMSNorm;

  constructor(config: LlamaConfig, layer: number, options: nn.ModuleOptions) {
    super();
    const norm = { ...options, eps: config.rmsNormEps };
    this.self_attn = new LlamaAttention(config, layer, options);
    this.mlp = new LlamaMLP(config, options);
    this.input_layernorm = new nn.RMSNorm(config.hiddenSize, norm);
    this.post_attention_layernorm = new nn.RMSNorm(config.hiddenSize, norm);
  }

  override forward(x: Tensor, angles: Angles, cache?: KeyValueCache): Tensor {
    x = x.add(this.self_attn.forward(this.input_layernorm.forward(x), angles, cache));
    return x.add(this.mlp.forward(this.post_attention_layernorm.forward(x)));
  }
}

class LlamaModel extends nn.Module {
  readonly embed_tokens: nn.Embedding;
  readonly layers: nn.ModuleList<LlamaDecoderLayer>;
  readonly norm: nn.RMSNorm;
  readonly rotary: Rotary;

  constructor(
    readonly config: LlamaConfig,
    options: nn.ModuleOptions,
  ) {
    super();
    const { vocabSize, hiddenSize, numHiddenLayers, rmsNormEps: eps } = config;
    this.embed_tokens = new nn.Embedding(vocabSize, hiddenSize, options);
    this.layers = new nn.ModuleList(
      Array.from({ length: numHiddenLayers }, (_, layer) => new LlamaDecoderLayer(config, layer, options)),
    );
    this.norm = new nn.RMSNorm(hiddenSize, { ...options, eps });
    this.rotary = new Rotary(config);
  }

  override forward(idx: Tensor, past?: Past): Tensor {
    const { device, shape } = idx;
    const T = shape[1];
    const { blockSize } = this.config;
    if (T > blockSize) throw new Error(`Llama: a sequence of ${T} tokens, but blockSize is ${blockSize}`);
    const [first, second] = past ? past.placed : this.rotary.upTo(T, device);
    let x = this.embed_tokens.forward(idx);
    for (const layer of this.layers) x = layer.forward(x, [first, second], past?.cache);
    return this.norm.forward(x);
  }
}

/**
 * @example
 * const model = new Llama({ vocabSize: 512, hiddenSize: 64, numHiddenLayers: 5, numAttentionHeads: 8, numKeyValueHeads: 4, intermediateSize: 172 });
 */
export class Llama extends CausalLM {
  override readonly config: LlamaConfig;
  override readonly files: ModelFiles<LlamaConfig>;
  readonly model: LlamaModel;
  readonly lm_head: nn.Linear;

  /**
   * Weights start normal(0, 0.02), biases 0.
   * @throws Error that names the field of the configuration that is out of range.
   */
  constructor(config: Pick<LlamaConfig, 'vocabSize'> & Partial<LlamaConfig>, options: nn.ModuleOptions = {}) {
    super();
    this.config = llamaDefaults(config);
    checkLlamaConfig(this.config);
    this.files = llamaFiles(this.config.modelType);
    const { vocabSize, hiddenSize, tieWordEmbeddings } = this.config;
    this.model = new LlamaModel(this.config, options);
    this.lm_head = new nn.Linear(hiddenSize, vocabSize, { ...options, bias: false });
    if (tieWordEmbeddings) this.model.embed_tokens.weight = this.lm_head.weight;
    this.apply((module) => {
      if (module instanceof nn.Linear || module instanceof nn.Embedding)
        nn.init.normal_(module.weight, 0, 0.02, options);
      if (module instanceof nn.Linear && module.bias) nn.init.zeros_(module.bias);
    });
  }

  /**
   * @param idx int32 [B, T], T at most blockSize
   * @param targets int32 [B, T], the token that follows each; -100 where none counts
   * @returns logits [B, T, vocabSize]; with targets also the mean cross-entropy, a scalar in nats
   */
  override forward(idx: Tensor): Tensor;
  override forward(idx: Tensor, targets: Tensor): CausalLMOutput;
  override forward(idx: Tensor, targets?: Tensor): Tensor | CausalLMOutput {
    const logits = this.lm_head.forward(this.model.forward(idx));
    if (!targets) return logits;
    const loss = F.crossEntropy(logits.view(-1, this.config.vocabSize), targets.view(-1));
    return { logits, loss };
  }

  override next(idx: Tensor, at: Tensor | null, past?: Past): Tensor {
    const hidden = this.model.forward(idx, past);
    return this.lm_head.forward(at ? hidden.indexSelect(1, at) : hidden).squeeze(1);
  }

  override placed(positions: Positions, device: Device): Tensor[] {
    return [...this.model.rotary.at(positions, device)];
  }

  override get cacheShape(): CacheShape {
    const { numHiddenLayers: layers, numKeyValueHeads: keyHeads, headDim: headSize } = this.config;
    return { layers, keyHeads, headSize };
  }

  /** A model from a folder in Hugging Face's layout: `model_type` llama, qwen2 or qwen3. */
  static fromPretrained(from: PretrainedSource, options: LoadModelOptions = {}): Promise<Llama> {
    return loadModel(from, llamaFilesOf, (config) => new Llama(config, options), options);
  }
}

const llamaFilesOf = (['llama', 'qwen2', 'qwen3'] as const).map(llamaFiles);
