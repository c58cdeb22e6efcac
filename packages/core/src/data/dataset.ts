/** Datasets: something with a length whose samples are got by number. */
import { defaultGenerator, type Generator, randperm } from '../random/index.js';
import { stack } from '../tensor/creation.js';
import { hostCopy, hostTensor, showShape } from '../tensor/host.js';
import type { Tensor } from '../tensor/tensor.js';

/** A dataset with samples of type T; a sample may be awaited (read from a file). */
export interface Dataset<T> {
  readonly length: number;
  get(index: number): T | Promise<T>;
}

/** An array as a dataset. */
export class ArrayDataset<T> implements Dataset<T> {
  constructor(private readonly items: readonly T[]) {}
  get length(): number {
    return this.items.length;
  }
  get(index: number): T {
    return this.items[checkIndex('ArrayDataset', index, this.length)];
  }
}

/** Tensors whose first dimensions are as long as each other: sample i is [a[i], b[i], ...]. */
export class TensorDataset implements Dataset<Tensor[]> {
  readonly tensors: readonly Tensor[];
  constructor(...tensors: Tensor[]) {
    if (
      tensors.length === 0 ||
      tensors.some(({ ndim, shape }) => ndim === 0 || shape[0] !== tensors[0].shape[0])
    ) {
      throw new Error(
        `TensorDataset: the first dimensions of ${tensors.map(({ shape }) => showShape(shape)).join(' ')} differ`,
      );
    }
    this.tensors = tensors;
  }
  get length(): number {
    return this.tensors[0].shape[0];
  }
  get(index: number): Tensor[] {
    const at = checkIndex('TensorDataset', index, this.length);
    return this.tensors.map((tensor) => tensor.select(0, at));
  }
}

/** Some samples of another dataset. */
export class Subset<T> implements Dataset<T> {
  constructor(
    readonly dataset: Dataset<T>,
    readonly indices: ArrayLike<number>,
  ) {}
  get length(): number {
    return this.indices.length;
  }
  get(index: number): T | Promise<T> {
    return this.dataset.get(this.indices[checkIndex('Subset', index, this.length)]);
  }
}

/**
 * A dataset in random parts of the given lengths, or shares of the whole that add up to 1.
 * @example
 * const [train, val] = randomSplit(dataset, [0.9, 0.1]);
 */
export function randomSplit<T>(
  dataset: Dataset<T>,
  lengths: readonly number[],
  generator: Generator = defaultGenerator,
): Subset<T>[] {
  const total = lengths.reduce((a, b) => a + b, 0);
  let sizes = [...lengths];
  if (Math.abs(total - 1) < 1e-9 && lengths.every((share) => share <= 1)) {
    sizes = lengths.map((share) => Math.floor(share * dataset.length));
    const left = dataset.length - sizes.reduce((a, b) => a + b, 0);
    for (let i = 0; i < left; i++) sizes[i % sizes.length]++;
  }
  if (sizes.reduce((a, b) => a + b, 0) !== dataset.length || sizes.some((size) => !Number.isInteger(size)))
    throw new Error(`randomSplit: lengths [${lengths.join(', ')}] do not add up to ${dataset.length}`);
  const order = new Int32Array(dataset.length);
  randperm(generator, order);
  let start = 0;
  return sizes.map((size) => {
    const part = order.slice(start, start + size);
    start += size;
    return new Subset(dataset, part);
  });
}

function checkIndex(name: string, index: number, length: number): number {
  if (!Number.isInteger(index) || index < 0 || index >= length)
    throw new Error(`${name}: sample ${index} is out of range for ${length} samples`);
  return index;
}

/** What a batch of samples of type T is made of by `defaultCollate`. */
export type Collated<T> = T extends number | Tensor
  ? Tensor
  : T extends readonly (infer U)[]
    ? Collated<U>[]
    : T extends string
      ? string[]
      : T extends object
        ? { [K in keyof T]: Collated<T[K]> }
        : T[];

/** Samples as a batch: tensors are stacked, numbers become a float32 tensor, arrays and objects go entry by entry. */
export function defaultCollate<T>(samples: readonly T[]): Collated<T> {
  return collated(samples) as Collated<T>;
}

function collated(samples: readonly unknown[]): unknown {
  const [first] = samples;
  if (typeof first === 'number')
    return hostTensor(hostCopy('float32', samples as number[]), [samples.length], 'float32');
  if (isTensor(first)) return stack(samples as Tensor[]);
  if (Array.isArray(first)) {
    const rows = samples as readonly unknown[][];
    if (rows.some((row) => row.length !== first.length))
      throw new Error('defaultCollate: samples of different lengths; give a collate function that pads');
    return first.map((_, i) => collated(rows.map((row) => row[i])));
  }
  if (typeof first === 'object' && first !== null) {
    const records = samples as readonly Record<string, unknown>[];
    return Object.fromEntries(Object.keys(first).map((key) => [key, collated(records.map((r) => r[key]))]));
  }
  return [...samples];
}

const isTensor = (item: unknown): item is Tensor =>
  typeof item === 'object' && item !== null && 'value' in item && 'requiresGrad' in item;
