/** Layers with parameters, and dropout. Initial values are drawn as PyTorch draws them. */
import type { Device } from '../device.js';
import { defaultDevice } from '../device.js';
import * as F from '../functional.js';
import type { Rng } from '../graph/rng-mode.js';
import { expectShare, expectWhole } from '../ops/expect.js';
import { defaultGenerator, type Generator, initEmbedding, initLinear } from '../random/index.js';
import { ones, zeros } from '../tensor/creation.js';
import { hostTensor, type Shape, showShape, sizeOf } from '../tensor/host.js';
import { Parameter, type Tensor } from '../tensor/tensor.js';
import { isInitialising } from './init.js';
import { Module } from './module.js';

export interface ModuleOptions {
  /** Where the parameters live; the default device if absent. */
  device?: Device;
  /** The stream that initial values are drawn from; the default generator if absent. */
  generator?: Generator;
}

function parameter(host: Float32Array, shape: Shape, options: ModuleOptions): Parameter {
  return new Parameter(hostTensor(host, shape, 'float32', options.device ?? defaultDevice()));
}

/**
 * y = x W^T + b. Input [..., inFeatures], output [..., outFeatures].
 *
 * `weight` [outFeatures, inFeatures] and `bias` [outFeatures] start uniform on +-1 / sqrt(inFeatures).
 * @example
 * const layer = new nn.Linear(3, 2);
 * layer.forward(tensor([[1, 2, 3]])).shape; // [1, 2]
 */
export class Linear extends Module {
  /** Assignable: two layers that hold one parameter share it (weight tying). */
  weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: ModuleOptions & { bias?: boolean } = {},
  ) {
    super();
    expectWhole('Linear', 'inFeatures', inFeatures, 0);
    expectWhole('Linear', 'outFeatures', outFeatures, 0);
    const weight = new Float32Array(outFeatures * inFeatures);
    const bias = (options.bias ?? true) ? new Float32Array(outFeatures) : null;
    if (isInitialising()) initLinear(options.generator ?? defaultGenerator, weight, bias, inFeatures);
    this.weight = parameter(weight, [outFeatures, inFeatures], options);
    this.bias = bias && parameter(bias, [outFeatures], options);
  }

  override forward(x: Tensor): Tensor {
    return F.linear(x, this.weight, this.bias);
  }
}

/**
 * A table of vectors. Input int32 of any shape, output [..., embeddingDim].
 *
 * `weight` [numEmbeddings, embeddingDim] starts normal(0, 1); the row `paddingIdx` starts 0 and gets no gradient.
 */
export class Embedding extends Module {
  /** Assignable, as in `Linear`. */
  weight: Parameter;
  readonly paddingIdx: number | null;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: ModuleOptions & { paddingIdx?: number } = {},
  ) {
    super();
    expectWhole('Embedding', 'numEmbeddings', numEmbeddings);
    expectWhole('Embedding', 'embeddingDim', embeddingDim);
    const weight = new Float32Array(numEmbeddings * embeddingDim);
    if (isInitialising()) {
      initEmbedding(options.generator ?? defaultGenerator, weight, embeddingDim, options.paddingIdx);
    }
    this.weight = parameter(weight, [numEmbeddings, embeddingDim], options);
    const padding = options.paddingIdx;
    this.paddingIdx = padding === undefined ? null : padding < 0 ? padding + numEmbeddings : padding;
  }

  override forward(index: Tensor): Tensor {
    return F.embedding(index, this.weight, this.paddingIdx === null ? {} : { paddingIdx: this.paddingIdx });
  }
}

/** Layer normalisation over the last dimensions. `weight` starts at 1, `bias` at 0. https://arxiv.org/abs/1607.06450 */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(
    normalizedShape: number | Shape,
    options: ModuleOptions & { eps?: number; elementwiseAffine?: boolean; bias?: boolean } = {},
  ) {
    super();
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
    if (sizeOf(this.normalizedShape) === 0)
      throw new Error(`LayerNorm: nothing to normalise in ${showShape(this.normalizedShape)}`);
    this.eps = options.eps ?? 1e-5;
    const affine = options.elementwiseAffine ?? true;
    const at = { device: options.device ?? defaultDevice() };
    this.weight = affine ? new Parameter(ones(this.normalizedShape, at)) : null;
    this.bias = affine && (options.bias ?? true) ? new Parameter(zeros(this.normalizedShape, at)) : null;
  }

  override forward(x: Tensor): Tensor {
    return F.layerNorm(x, this.normalizedShape, this.weight, this.bias, this.eps);
  }
}

/** x / sqrt(mean(x^2) + eps) * weight; `weight` starts at 1. https://arxiv.org/abs/1910.07467 */
export class RMSNorm extends Module {
  readonly normalizedShape: Shape;
  readonly eps: number | undefined;
  readonly weight: Parameter | null;

  constructor(
    normalizedShape: number | Shape,
    options: ModuleOptions & { eps?: number; elementwiseAffine?: boolean } = {},
  ) {
    super();
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
    this.eps = options.eps;
    const at = { device: options.device ?? defaultDevice() };
    this.weight = (options.elementwiseAffine ?? true) ? new Parameter(ones(this.normalizedShape, at)) : null;
  }

  override forward(x: Tensor): Tensor {
    return F.rmsNorm(x, this.normalizedShape, this.weight, this.eps);
  }
}

/** Zeroes each element with probability p in training; `rng` says where the draws are made (see `withRng`). */
export class Dropout extends Module {
  constructor(
    readonly p = 0.5,
    private readonly options: { generator?: Generator; rng?: Rng } = {},
  ) {
    super();
    expectShare('Dropout', 'p', p);
  }

  override forward(x: Tensor): Tensor {
    return F.dropout(x, { p: this.p, training: this.training, ...this.options });
  }
}
