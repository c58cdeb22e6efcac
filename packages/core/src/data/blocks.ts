/** Batches of text for a language model: random blocks of one long sequence of tokens. */

import { expectWhole } from '../ops/expect.js';
import { defaultGenerator, type Generator, randint } from '../random/index.js';
import { hostTensor } from '../tensor/host.js';
import type { Tensor } from '../tensor/tensor.js';

export interface BlockOptions {
  /** Blocks in a batch. */
  batchSize: number;
  /** Tokens in a block. */
  blockSize: number;
  generator?: Generator;
}

/**
 * One batch: inputs and the tokens that follow them, both int32 [batchSize, blockSize]. The starts are drawn as
 * `torch.randint(len(tokens) - blockSize, (batchSize,))` draws them, as in nanoGPT's `get_batch`.
 *
 * @example
 * const [x, y] = data.randomBlocks(tokens, { batchSize: 32, blockSize: 8 });
 * const loss = F.crossEntropy(model.forward(x).view(-1, vocabSize), y.view(-1));
 */
export function randomBlocks(tokens: ArrayLike<number>, options: BlockOptions): [x: Tensor, y: Tensor] {
  const { batchSize, blockSize, generator = defaultGenerator } = options;
  expectWhole('randomBlocks', 'batchSize', batchSize);
  expectWhole('randomBlocks', 'blockSize', blockSize);
  if (tokens.length <= blockSize)
    throw new Error(
      `randomBlocks: ${tokens.length} tokens do not hold a block of ${blockSize} and what follows`,
    );
  const starts = new Int32Array(batchSize);
  randint(generator, starts, 0, tokens.length - blockSize);
  const [x, y] = [new Int32Array(batchSize * blockSize), new Int32Array(batchSize * blockSize)];
  starts.forEach((start, row) => {
    for (let i = 0; i < blockSize; i++) {
      x[row * blockSize + i] = tokens[start + i];
      y[row * blockSize + i] = tokens[start + i + 1];
    }
  });
  const shape = [batchSize, blockSize];
  return [hostTensor(x, shape, 'int32'), hostTensor(y, shape, 'int32')];
}
