/**
 * GPT: the decoder-only transformer of "Language Models are Unsupervised Multitask Learners" (GPT-2, 2019), laid out
 * and initialised as in nanoGPT's `model.py`; parameters are named as in Hugging Face's GPT2LMHeadModel.
 *
 * T is the length of a sequence, B the batch, C the width (nEmbd).
 */
import { arange, type Device, functional as F, fromTypedArray, nn, type Tensor } from '@inkstone/core';
import type { CacheShape, KeyValueCache, Past, Positions } from './cache.js';
import { CausalLM, type CausalLMOutput } from './causal-lm.js';
import { checkGPTConfig, gptFiles } from './gpt-files.js';
import { type LoadModelOptions, loadModel, type PretrainedSource } from './pretrained.js';

export interface GPTConfig {
  /** Tokens known. */
  readonly vocabSize: number;
  /** The longest sequence that the model sees (default 1024). */
  readonly blockSize: number;
  /** Default 12. */
  readonly nLayer: number;
  /** Attention heads per layer; they share the width evenly (default 12). */
  readonly nHead: number;
  /** The width (default 768). */
  readonly nEmbd: number;
  /** Probability of dropping an element in training (default 0), after the embeddings, in attention, on residuals. */
  readonly dropout: number;
  /** Biases in Linear and LayerNorm (default true). */
  readonly bias: boolean;
  /** Whether the token embedding is also the output layer (default true). https://arxiv.org/abs/1608.05859 */
  readonly tieWordEmbeddings: boolean;
  /** 'gelu_new' (default) is GPT-2's approximation by tanh, 'gelu' the exact one, as nanoGPT has it. */
  readonly activationFunction: 'gelu_new' | 'gelu';
  /** Default 1e-5. */
  readonly layerNormEpsilon: number;
  /** The token that ends a text, if there is one (default null). */
  readonly eosTokenId: number | null;
}

/** GPT-2's smallest size. */
const defaults: GPTConfig = {
  vocabSize: 50257,
  blockSize: 1024,
  nLayer: 12,
  nHead: 12,
  nEmbd: 768,
  dropout: 0,
  bias: true,
  tieWordEmbeddings: true,
  activationFunction: 'gelu_new',
  layerNormEpsilon: 1e-5,
  eosTokenId: null,
};

class CausalSelfAttention extends nn.Module {
  readonly c_attn: nn.Linear;
  readonly c_proj: nn.Linear;
  readonly resid_dropout: nn.Dropout;

  constructor(
    readonly config: GPTConfig,
    readonly layer: number,
    options: nn.ModuleOptions,
  ) {
    super();
    const { nEmbd, bias, dropout } = config;
    this.c_attn = new nn.Linear(nEmbd, 3 * nEmbd, { ...options, bias });
    this.c_proj = new nn.Linear(nEmbd, nEmbd, { ...options, bias });
    this.resid_dropout = new nn.Dropout(dropout, options);
  }

  override forward(x: Tensor, cache?: KeyValueCache): Tensor {
    const [B, T, C] = x.shape;
    const { nHead, dropout } = this.config;
    // Query, key and value of all heads in one product; the heads are views of it: [B, nHead, T, C / nHead].
    const [q, k, v] = this.c_attn
      .forward(x)
      .split(C, 2)
      .map((part) => part.view(B, T, nHead, C / nHead).transpose(1, 2));
    const dropoutP = this.training ? dropout : 0;
    const y = cache
      ? cache.attend(this.layer, q, k, v)
      : F.scaledDotProductAttention(q, k, v, { isCausal: true, dropoutP });
    return this.resid_dropout.forward(this.c_proj.forward(y.transpose(1, 2).reshape(B, T, C)));
  }
}

class MLP extends nn.Module {
  readonly c_fc: nn.Linear;
  readonly gelu: nn.GELU;
  readonly c_proj: nn.Linear;
  readonly dropout: nn.Dropout;

  constructor({ nEmbd, bias, dropout, activationFunction }: GPTConfig, options: nn.ModuleOptions) {
    super();
    this.c_fc = new nn.Linear(nEmbd, 4 * nEmbd, { ...options, bias });
    this.gelu = new nn.GELU({ approximate: activationFunction === 'gelu_new' ? 'tanh' : 'none' });
    this.c_proj = new nn.Linear(4 * nEmbd, nEmbd, { ...options, bias });
    this.dropout = new nn.Dropout(dropout, options);
  }

  override forward(x: Tensor): Tensor {
    return this.dropout.forward(this.c_proj.forward(this.gelu.forward(this.c_fc.forward(x))));
  }
}

class Block extends nn.Module {
  readonly ln_1: nn.LayerNorm;
  readonly attn: CausalSelfAttention;
  readonly ln_2: nn.LayerNorm;
  readonly mlp: MLP;

  constructor(config: GPTConfig, layer: number, options: nn.ModuleOptions) {
    super();
    const norm = { ...options, eps: config.layerNormEpsilon, bias: config.bias };
    this.ln_1 = new nn.LayerNorm(config.nEmbd, norm);
    this.attn = new CausalSelfAttention(config, layer, options);
    this.ln_2 = new nn.LayerNorm(config.nEmbd, norm);
    this.mlp = new MLP(config, options);
  }

  override forward(x: Tensor, cache?: KeyValueCache): Tensor {
    x = x.add(this.attn.forward(this.ln_1.forward(x), cache));
    return x.add(this.mlp.forward(this.ln_2.forward(x)));
  }
}

class Transformer extends nn.Module {
  readonly wte: nn.Embedding;
  readonly wpe: nn.Embedding;
  readonly drop: nn.Dropout;
  readonly h: nn.ModuleList<Block>;
  readonly ln_f: nn.LayerNorm;

  constructor(
    readonly config: GPTConfig,
    options: nn.ModuleOptions,
  ) {
    super();
    const { vocabSize, blockSize, nLayer, nEmbd, dropout, bias, layerNormEpsilon: eps } = config;
    this.wte = new nn.Embedding(vocabSize, nEmbd, options);
    this.wpe = new nn.Embedding(blockSize, nEmbd, options);
    this.drop = new nn.Dropout(dropout, options);
    this.h = new nn.ModuleList(
      Array.from({ length: nLayer }, (_, layer) => new Block(config, layer, options)),
    );
    this.ln_f = new nn.LayerNorm(nEmbd, { ...options, eps, bias });
  }

  override forward(idx: Tensor, past?: Past): Tensor {
    const T = idx.shape[1];
    const { blockSize } = this.config;
    if (T > blockSize) throw new Error(`GPT: a sequence of ${T} tokens, but blockSize is ${blockSize}`);
    const position = past ? past.placed[0] : arange(T, { device: idx.device });
    let x = this.drop.forward(this.wte.forward(idx).add(this.wpe.forward(position)));
    for (const block of this.h) x = block.forward(x, past?.cache);
    return this.ln_f.forward(x);
  }
}

/**
 * @example
 * const model = new GPT({ vocabSize: 65, blockSize: 64, nLayer: 4, nHead: 4, nEmbd: 128 });
 * const { loss } = model.forward(inputs, targets); // both int32 [B, T]
 */
export class GPT extends CausalLM {
  override readonly config: GPTConfig;
  override readonly files = gptFiles;
  readonly transformer: Transformer;
  readonly lm_head: nn.Linear;

  /**
   * Draws the initial weights as nanoGPT does, in its order.
   * @throws Error that names the field of the configuration that is out of range.
   */
  constructor(config: Pick<GPTConfig, 'vocabSize'> & Partial<GPTConfig>, options: nn.ModuleOptions = {}) {
    super();
    this.config = { ...defaults, ...config };
    checkGPTConfig(this.config);
    const { vocabSize, nEmbd, nLayer, tieWordEmbeddings } = this.config;
    this.transformer = new Transformer(this.config, options);
    this.lm_head = new nn.Linear(nEmbd, vocabSize, { ...options, bias: false });
    if (tieWordEmbeddings) this.transformer.wte.weight = this.lm_head.weight;

    const normal = (p: nn.Parameter, std: number) => nn.init.normal_(p, 0, std, options);
    this.apply((module) => {
      if (module instanceof nn.Linear || module instanceof nn.Embedding) normal(module.weight, 0.02);
      if (module instanceof nn.Linear && module.bias) nn.init.zeros_(module.bias);
    });
    // Each layer adds to the residual stream twice: smaller steps keep its variance from growing with depth.
    for (const [name, p] of this.namedParameters()) {
      if (name.endsWith('c_proj.weight')) normal(p, 0.02 / Math.sqrt(2 * nLayer));
    }
  }

  /**
   * @param idx int32 [B, T], T at most blockSize
   * @param targets int32 [B, T], the token that follows each; -100 where none counts
   * @returns logits [B, T, vocabSize]; with targets also the mean cross-entropy, a scalar in nats
   */
  override forward(idx: Tensor): Tensor;
  override forward(idx: Tensor, targets: Tensor): CausalLMOutput;
  override forward(idx: Tensor, targets?: Tensor): Tensor | CausalLMOutput {
    const logits = this.lm_head.forward(this.transformer.forward(idx));
    if (!targets) return logits;
    const loss = F.crossEntropy(logits.view(-1, this.config.vocabSize), targets.view(-1));
    return { logits, loss };
  }

  override next(idx: Tensor, at: Tensor | null, past?: Past): Tensor {
    const hidden = this.transformer.forward(idx, past);
    return this.lm_head.forward(at ? hidden.indexSelect(1, at) : hidden).squeeze(1);
  }

  override placed({ values, shape }: Positions, device: Device): Tensor[] {
    return [fromTypedArray(values, shape, { device })];
  }

  override get cacheShape(): CacheShape {
    const { nLayer: layers, nHead: keyHeads, nEmbd } = this.config;
    return { layers, keyHeads, headSize: nEmbd / keyHeads };
  }

  /** A model from a folder in Hugging Face's layout, or from a run (its latest checkpoint). */
  static fromPretrained(from: PretrainedSource, options: LoadModelOptions = {}): Promise<GPT> {
    return loadModel(from, gptFiles, (config) => new GPT(config, options), options);
  }
}
