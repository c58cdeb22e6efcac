/** Training data: token ids in one long array, cut into random blocks for training and fixed ones for evaluation. */
import { type Device, defaultGenerator, fromTypedArray, type Generator, type Tensor } from '@inkstone/core';
import { randint } from '@inkstone/core/random';

/** Inputs and, one place further on, what should be predicted: int32 [batch, block] each. */
export interface Batch {
  readonly inputs: Tensor;
  readonly targets: Tensor;
}

export interface TokenSplit {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/**
 * Cuts tokens in two by position: the first part trains, the last validates; `data[:int(0.9 * len(data))]` in Python.
 *
 * @param options.validation the share that is held out, in [0, 1) (default 0.1)
 * @returns views of the tokens
 */
export function splitTokens(tokens: Int32Array, options: { validation?: number } = {}): TokenSplit {
  const { validation = 0.1 } = options;
  if (!(validation >= 0 && validation < 1)) {
    throw new RangeError(`splitTokens: validation is ${validation}, must be at least 0 and less than 1`);
  }
  const cut = Math.floor(tokens.length * (1 - validation));
  return { train: tokens.subarray(0, cut), validation: tokens.subarray(cut) };
}

export interface BlockOptions {
  /** Tokens in a row of a batch. */
  blockSize: number;
  /** Rows in a batch. */
  batchSize: number;
  /** Where batches go; the default device if absent. */
  device?: Device;
}

/**
 * Endless batches of blocks at random places. The places are those that PyTorch draws with
 * `torch.randint(len(data) - block_size, (batch_size,))`, the line of nanoGPT and of many a lecture, so a PyTorch program
 * with the same seed sees the same batches.
 */
export class RandomBlocks {
  readonly #generator: Generator;

  /**
   * @param options.generator the stream to draw from; the default generator if absent
   * @throws Error if the tokens are too few for one block and the token after it.
   */
  constructor(
    private readonly tokens: Int32Array,
    private readonly options: BlockOptions & { generator?: Generator },
  ) {
    const { blockSize, batchSize } = options;
    checkCount('blockSize', blockSize);
    checkCount('batchSize', batchSize);
    if (tokens.length <= blockSize) {
      throw new Error(
        `the text is too short: ${tokens.length} tokens, but a block of ${blockSize} needs at least ${blockSize + 1}`,
      );
    }
    this.#generator = options.generator ?? defaultGenerator;
  }

  next(): Batch {
    const { tokens, options } = this;
    const starts = new Int32Array(options.batchSize);
    randint(this.#generator, starts, 0, tokens.length - options.blockSize);
    return batchAt(tokens, starts, options);
  }
}

/**
 * Batches that are the same at each evaluation: blocks at even distances over the whole text, none overlapping.
 *
 * @param options.batches at most so many
 * @returns none if there are fewer than two tokens; shorter blocks if the text is shorter than one.
 */
export function evaluationBatches(tokens: Int32Array, options: BlockOptions & { batches: number }): Batch[] {
  checkCount('batches', options.batches);
  const blockSize = Math.min(options.blockSize, tokens.length - 1);
  if (blockSize < 1) return [];
  const available = Math.floor((tokens.length - 1) / blockSize);
  const batchSize = Math.min(options.batchSize, available);
  const batches = Math.min(options.batches, Math.floor(available / batchSize));
  const rows = batches * batchSize;
  const starts = Int32Array.from({ length: rows }, (_, i) => blockSize * Math.floor((i * available) / rows));
  return Array.from({ length: batches }, (_, i) =>
    batchAt(tokens, starts.subarray(i * batchSize, (i + 1) * batchSize), { ...options, blockSize }),
  );
}

function batchAt(
  tokens: Int32Array,
  starts: Int32Array,
  options: { blockSize: number; device?: Device },
): Batch {
  const { blockSize, device } = options;
  const rows = starts.length;
  const inputs = new Int32Array(rows * blockSize);
  const targets = new Int32Array(rows * blockSize);
  starts.forEach((start, row) => {
    inputs.set(tokens.subarray(start, start + blockSize), row * blockSize);
    targets.set(tokens.subarray(start + 1, start + 1 + blockSize), row * blockSize);
  });
  const at = device ? { device } : {};
  return {
    inputs: fromTypedArray(inputs, [rows, blockSize], at),
    targets: fromTypedArray(targets, [rows, blockSize], at),
  };
}

function checkCount(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`${name} is ${value}, must be a whole number from 1 on`);
  }
}
