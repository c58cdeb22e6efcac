/** Multi-head attention as a module. */
import { defaultDevice } from '../device.js';
import * as F from '../functional.js';
import { expectShare, expectWhole } from '../ops/expect.js';
import { defaultGenerator, initLinear, initMultiheadAttention, xavierUniform } from '../random/index.js';
import { zeros } from '../tensor/creation.js';
import { hostTensor, showShape } from '../tensor/host.js';
import { Parameter, type Tensor } from '../tensor/tensor.js';
import { isInitialising, skipInit } from './init.js';
import { Linear, type ModuleOptions } from './layers.js';
import { Module } from './module.js';

export interface MultiheadAttentionOptions extends ModuleOptions {
  /** Probability with which attention weights are zeroed in training (default 0). */
  dropout?: number;
  /** Whether the projections have biases (default true). */
  bias?: boolean;
  /** Sizes of keys and values (default embedDim). */
  kdim?: number;
  vdim?: number;
  /** Everything as [batch, positions, features] instead of [positions, batch, features] (default false). */
  batchFirst?: boolean;
}

export interface MultiheadAttentionCall {
  /** Bool [batch, keys]: true hides the key. Float: added to the scores. */
  keyPaddingMask?: Tensor | null;
  /** Whether the weights are given too (default true); without them no matrix of weights is in memory. */
  needWeights?: boolean;
  /** Bool [queries, keys] or [batch * heads, queries, keys]: true hides. Float: added to the scores. */
  attnMask?: Tensor | null;
  /** The mean of the heads' weights [batch, queries, keys] (default true), or those of each head. */
  averageAttnWeights?: boolean;
  /** Query i sees keys 0 ... i (default false); instead of a mask. */
  isCausal?: boolean;
}

/**
 * Attention in several heads, with projections: PyTorch's parameters, masks (true hides) and defaults.
 * https://arxiv.org/abs/1706.03762
 *
 * @example
 * const attention = new nn.MultiheadAttention(64, 4, { batchFirst: true });
 * const [output] = attention.forward(x, x, x, { needWeights: false, isCausal: true });
 */
export class MultiheadAttention extends Module {
  readonly kdim: number;
  readonly vdim: number;
  readonly headDim: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  /** [3 embedDim, embedDim] where keys and values have the size of queries; else the three that follow. */
  readonly in_proj_weight: Parameter | null = null;
  readonly q_proj_weight: Parameter | null = null;
  readonly k_proj_weight: Parameter | null = null;
  readonly v_proj_weight: Parameter | null = null;
  readonly in_proj_bias: Parameter | null;
  readonly out_proj: Linear;
  readonly #options: MultiheadAttentionOptions;

  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super();
    expectWhole('MultiheadAttention', 'embedDim', embedDim);
    expectWhole('MultiheadAttention', 'numHeads', numHeads);
    if (embedDim % numHeads !== 0)
      throw new Error(`MultiheadAttention: ${numHeads} heads do not divide embedDim ${embedDim}`);
    const { dropout = 0, bias = true, kdim = embedDim, vdim = embedDim, batchFirst = false } = options;
    expectShare('MultiheadAttention', 'dropout', dropout);
    this.kdim = kdim;
    this.vdim = vdim;
    this.headDim = embedDim / numHeads;
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.#options = options;
    const generator = options.generator ?? defaultGenerator;
    const device = options.device ?? defaultDevice();
    const outWeight = new Float32Array(embedDim * embedDim);
    const outBias = bias ? new Float32Array(embedDim) : null;
    const parameter = (host: Float32Array, rows: number, columns: number): Parameter =>
      new Parameter(hostTensor(host, [rows, columns], 'float32', device));
    if (kdim === embedDim && vdim === embedDim) {
      const inProjWeight = new Float32Array(3 * embedDim * embedDim);
      const given = { inProjWeight, inProjBias: null, outProjWeight: outWeight, outProjBias: outBias };
      if (isInitialising()) initMultiheadAttention(generator, given, embedDim);
      this.in_proj_weight = parameter(inProjWeight, 3 * embedDim, embedDim);
    } else {
      if (isInitialising()) initLinear(generator, outWeight, outBias, embedDim);
      outBias?.fill(0);
      const [q, k, v] = [embedDim, kdim, vdim].map((width) => {
        const host = new Float32Array(embedDim * width);
        if (isInitialising()) xavierUniform(generator, host, width, embedDim);
        return parameter(host, embedDim, width);
      });
      [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight] = [q, k, v];
    }
    this.in_proj_bias = bias ? new Parameter(zeros([3 * embedDim], { device })) : null;
    this.out_proj = skipInit(() => new Linear(embedDim, embedDim, { bias, device }));
    this.out_proj.weight = parameter(outWeight, embedDim, embedDim);
  }

  /** The three projections of queries, keys and values, [batch, heads, positions, headDim]. */
  #projected(q: Tensor, k: Tensor, v: Tensor): Tensor[] {
    const weights = this.in_proj_weight?.chunk(3, 0) ?? [
      this.q_proj_weight as Parameter,
      this.k_proj_weight as Parameter,
      this.v_proj_weight as Parameter,
    ];
    const biases = this.in_proj_bias?.chunk(3, 0);
    return [q, k, v].map((x, i) =>
      F.linear(x, weights[i], biases?.[i] ?? null)
        .unflatten(-1, [this.numHeads, this.headDim])
        .transpose(1, 2),
    );
  }

  /**
   * @param query [queries, batch, embedDim], or [queries, embedDim] without a batch
   * @param key [keys, batch, kdim]
   * @param value [keys, batch, vdim]
   * @returns the output in the shape of the query, and the weights or null
   */
  override forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    call: MultiheadAttentionCall = {},
  ): [Tensor, Tensor | null] {
    const { needWeights = true, averageAttnWeights = true, isCausal = false } = call;
    const batched = query.ndim === 3;
    const fits = ({ ndim, shape }: Tensor, size: number): boolean =>
      ndim === query.ndim && shape[ndim - 1] === size;
    if (
      (query.ndim !== 2 && !batched) ||
      !fits(query, this.embedDim) ||
      !fits(key, this.kdim) ||
      !fits(value, this.vdim)
    )
      throw new Error(
        `MultiheadAttention: query ${showShape(query.shape)}, key ${showShape(key.shape)}, value ${showShape(value.shape)} must have 2 or 3 dimensions and end in ${this.embedDim}, ${this.kdim}, ${this.vdim}`,
      );
    const lead = (x: Tensor): Tensor => (!batched ? x.unsqueeze(0) : this.batchFirst ? x : x.transpose(0, 1));
    const [q, k, v] = this.#projected(lead(query), lead(key), lead(value));
    const mask = this.#mask(q, k, call);
    const dropoutP = this.training ? this.dropout : 0;
    const generator = this.#options.generator && { generator: this.#options.generator };
    let heads: Tensor;
    let weights: Tensor | null = null;
    if (needWeights) {
      let scores = q.mul(1 / Math.sqrt(this.headDim)).matmul(k.transpose(-1, -2));
      if (isCausal) scores = scores.maskedFill(causalMask(scores), Number.NEGATIVE_INFINITY);
      if (mask) scores = scores.add(mask);
      weights = F.dropout(scores.softmax(-1), { p: dropoutP, ...generator });
      heads = weights.matmul(v);
      if (averageAttnWeights) weights = weights.mean(1);
      if (!batched) weights = weights.squeeze(0);
    } else {
      const both = isCausal && mask ? { attnMask: mask.add(causalBias(q, k)) } : { attnMask: mask, isCausal };
      heads = F.scaledDotProductAttention(q, k, v, { ...both, dropoutP, ...generator });
    }
    const joined = heads.transpose(1, 2).flatten(2);
    const output = this.out_proj.forward(joined);
    return [!batched ? output.squeeze(0) : this.batchFirst ? output : output.transpose(0, 1), weights];
  }

  /** Both masks as numbers to add to the scores, or null. */
  #mask(q: Tensor, k: Tensor, { attnMask, keyPaddingMask }: MultiheadAttentionCall): Tensor | null {
    const [batch, heads, queries] = q.shape;
    const keys = k.shape[2];
    const added = (mask: Tensor, shape: readonly number[]): Tensor => {
      const laid = mask.reshape(shape);
      if (laid.dtype !== 'bool') return laid;
      return zeros(shape, { device: q.device, dtype: q.dtype }).maskedFill(laid, Number.NEGATIVE_INFINITY);
    };
    let all: Tensor | null = null;
    if (attnMask) {
      const shown = showShape(attnMask.shape);
      if (shown === showShape([queries, keys])) all = added(attnMask, [1, 1, queries, keys]);
      else if (shown === showShape([batch * heads, queries, keys]))
        all = added(attnMask, [batch, heads, queries, keys]);
      else
        throw new Error(
          `MultiheadAttention: attnMask ${shown} must be [${queries}, ${keys}] or [${batch * heads}, ${queries}, ${keys}]`,
        );
    }
    if (keyPaddingMask) {
      if (keyPaddingMask.numel() !== batch * keys)
        throw new Error(
          `MultiheadAttention: keyPaddingMask ${showShape(keyPaddingMask.shape)} must be [${batch}, ${keys}]`,
        );
      const padding = added(keyPaddingMask, [batch, 1, 1, keys]);
      all = all ? all.add(padding) : padding;
    }
    return all;
  }
}

/** True above the diagonal. */
function causalMask(scores: Tensor): Tensor {
  const [queries, keys] = scores.shape.slice(-2);
  return zeros([queries, keys], { device: scores.device }).add(1).triu(1).bool();
}

function causalBias(q: Tensor, k: Tensor): Tensor {
  const shape = [q.shape[2], k.shape[2]];
  const open = zeros(shape, { device: q.device, dtype: q.dtype });
  return open.maskedFill(causalMask(open), Number.NEGATIVE_INFINITY);
}
