/**
 * `nn.init`: fills parameters in place with PyTorch's names and draws.
 *
 * Source: PyTorch `torch/nn/init.py`.
 */
import { noGrad } from '../autograd.js';
import { expectMatrix, expectOneOf, expectShare } from '../ops/expect.js';
import {
  calculateGain,
  defaultGenerator,
  type Generator,
  kaimingNormal,
  kaimingUniform,
  type Nonlinearity,
  normal,
  orthogonal,
  randperm,
  truncNormal,
  uniform,
  xavierNormal,
  xavierUniform,
} from '../random/index.js';
import { fromTypedArray } from '../tensor/creation.js';
import { showShape, sizeOf } from '../tensor/host.js';
import type { Tensor } from '../tensor/tensor.js';

export interface InitOptions {
  /** The stream to draw from; the default generator if absent. */
  generator?: Generator;
}

let skipping = false;

/** Whether initial values are wanted: false inside `skipInit`. */
export const isInitialising = (): boolean => !skipping;

/**
 * Builds modules without drawing initial values, for weights that are loaded next: the random stream does not move, and
 * parameters start at 0 (norms at their 1 and 0). The functions of `nn.init` do nothing meanwhile.
 *
 * @param build synchronous
 * @example
 * const model = nn.init.skipInit(() => new nn.Linear(4096, 4096));
 * model.loadStateDict(state);
 */
export function skipInit<T>(build: () => T): T {
  const before = skipping;
  skipping = true;
  try {
    return build();
  } finally {
    skipping = before;
  }
}

function drawn(tensor: Tensor, fill: (out: Float32Array | Float64Array) => void): Tensor {
  if (skipping) return tensor;
  const host =
    tensor.dtype === 'float64' ? new Float64Array(tensor.numel()) : new Float32Array(tensor.numel());
  fill(host);
  const values = fromTypedArray(host, tensor.shape, { dtype: tensor.dtype, device: tensor.device });
  return noGrad(() => tensor.copy_(values));
}

/** Normal of the given mean (0) and standard deviation (1). Returns the tensor. */
export function normal_(tensor: Tensor, mean = 0, std = 1, options: InitOptions = {}): Tensor {
  return drawn(tensor, (out) => normal(options.generator ?? defaultGenerator, out, mean, std));
}

/** Uniform on [low, high), by default [0, 1). Returns the tensor. */
export function uniform_(tensor: Tensor, low = 0, high = 1, options: InitOptions = {}): Tensor {
  return drawn(tensor, (out) => uniform(options.generator ?? defaultGenerator, out, low, high));
}

/** One value everywhere. Returns the tensor. */
export function constant_(tensor: Tensor, value: number): Tensor {
  return skipping ? tensor : noGrad(() => tensor.fill_(value));
}

export const zeros_ = (tensor: Tensor): Tensor => constant_(tensor, 0);
export const ones_ = (tensor: Tensor): Tensor => constant_(tensor, 1);

/** Ones on the diagonal of a matrix, zeros elsewhere. Returns the tensor. */
export function eye_(tensor: Tensor): Tensor {
  const [rows, columns] = matrix('eye_', tensor);
  return drawn(tensor, (out) => {
    for (let i = 0; i < Math.min(rows, columns); i++) out[i * columns + i] = 1;
  });
}

function matrix(name: string, { shape }: Tensor): [number, number] {
  expectMatrix(name, shape);
  return [shape[0], shape[1]];
}

/** Inputs and outputs of each unit: sizes 1 and 0, times what follows them (a convolution's kernel). */
function fans(name: string, { shape }: Tensor): { fanIn: number; fanOut: number } {
  if (shape.length < 2)
    throw new Error(`${name}: at least 2 dimensions are needed, not shape ${showShape(shape)}`);
  const field = sizeOf(shape.slice(2));
  return { fanIn: shape[1] * field, fanOut: shape[0] * field };
}

/** Uniform on +-gain sqrt(6 / (fanIn + fanOut)). https://proceedings.mlr.press/v9/glorot10a.html */
export function xavierUniform_(tensor: Tensor, gain = 1, options: InitOptions = {}): Tensor {
  const { fanIn, fanOut } = fans('xavierUniform_', tensor);
  const generator = options.generator ?? defaultGenerator;
  return drawn(tensor, (out) => xavierUniform(generator, out, fanIn, fanOut, gain));
}

/** Normal with standard deviation gain sqrt(2 / (fanIn + fanOut)). */
export function xavierNormal_(tensor: Tensor, gain = 1, options: InitOptions = {}): Tensor {
  const { fanIn, fanOut } = fans('xavierNormal_', tensor);
  const generator = options.generator ?? defaultGenerator;
  return drawn(tensor, (out) => xavierNormal(generator, out, fanIn, fanOut, gain));
}

export interface KaimingOptions extends InitOptions {
  /** Slope of the leaky ReLU that follows (default 0). */
  a?: number;
  /** Keeps the size of activations ('fanIn', default) or of gradients ('fanOut'). */
  mode?: 'fanIn' | 'fanOut';
  /** What follows (default 'leakyRelu'). */
  nonlinearity?: Nonlinearity;
}

function kaiming(
  name: string,
  fill: typeof kaimingUniform,
  tensor: Tensor,
  { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu', generator = defaultGenerator }: KaimingOptions,
): Tensor {
  const both = fans(name, tensor);
  expectOneOf(name, 'mode', mode, ['fanIn', 'fanOut']);
  const gain = calculateGain(nonlinearity, a);
  return drawn(tensor, (out) => fill(generator, out, both[mode], a, gain));
}

/** Uniform on +-gain sqrt(3 / fan). https://arxiv.org/abs/1502.01852 */
export const kaimingUniform_ = (tensor: Tensor, options: KaimingOptions = {}): Tensor =>
  kaiming('kaimingUniform_', kaimingUniform, tensor, options);

/** Normal with standard deviation gain / sqrt(fan). https://arxiv.org/abs/1502.01852 */
export const kaimingNormal_ = (tensor: Tensor, options: KaimingOptions = {}): Tensor =>
  kaiming('kaimingNormal_', kaimingNormal, tensor, options);

/** Normal, cut off outside [low, high] (-2 and 2, not in units of std). Returns the tensor. */
export function truncNormal_(
  tensor: Tensor,
  mean = 0,
  std = 1,
  low = -2,
  high = 2,
  options: InitOptions = {},
): Tensor {
  const generator = options.generator ?? defaultGenerator;
  return drawn(tensor, (out) => truncNormal(generator, out, mean, std, low, high));
}

/** A (semi-)orthogonal matrix; dimensions from the second on count as one. https://arxiv.org/abs/1312.6120 */
export function orthogonal_(tensor: Tensor, gain = 1, options: InitOptions = {}): Tensor {
  const { fanOut } = fans('orthogonal_', tensor);
  const rows = tensor.shape[0];
  const columns = fanOut === 0 ? 0 : tensor.numel() / rows;
  const generator = options.generator ?? defaultGenerator;
  return drawn(tensor, (out) => orthogonal(generator, out, rows, columns, gain));
}

/** Normal(0, std) with a share of zeros in each column. Returns the tensor. */
export function sparse_(tensor: Tensor, sparsity: number, std = 0.01, options: InitOptions = {}): Tensor {
  const [rows, columns] = matrix('sparse_', tensor);
  expectShare('sparse_', 'sparsity', sparsity);
  const generator = options.generator ?? defaultGenerator;
  return drawn(tensor, (out) => {
    normal(generator, out, 0, std);
    const order = new Int32Array(rows);
    for (let column = 0; column < columns; column++) {
      randperm(generator, order);
      for (const row of order.subarray(0, Math.ceil(sparsity * rows))) out[row * columns + column] = 0;
    }
  });
}

/**
 * Each output channel a copy of an input channel: a 1 in the middle of its kernel. The tensor has 3 to 5 dimensions:
 * [out, in, ...sizes]; with groups, each group of output channels begins with the first input channel again.
 */
export function dirac_(tensor: Tensor, groups = 1): Tensor {
  const { shape } = tensor;
  if (shape.length < 3 || shape.length > 5 || shape[0] % groups !== 0) {
    throw new Error(
      `dirac_: 3 to 5 dimensions and a first size that ${groups} groups divide are needed, not ${showShape(shape)}`,
    );
  }
  return drawn(tensor, (out) => {
    const [outputs, inputs, ...sizes] = shape;
    const middle = sizes.reduce((at, size) => at * size + Math.floor(size / 2), 0);
    const kernel = sizeOf(sizes);
    const each = outputs / groups;
    for (let channel = 0; channel < outputs; channel++) {
      if (channel % each < inputs) out[(channel * inputs + (channel % each)) * kernel + middle] = 1;
    }
  });
}

export { calculateGain };
