/** Writing with a bigram, step by step, as the lectures do it: shared by the two bigram lessons. */
import { multinomial, noGrad, type Tensor, tensor } from '@inkstone/core';
import type { Bigram } from '../bigram.js';

/** One step: the probabilities of what follows [1, vocabSize], and the token drawn from them. */
export interface Drawn {
  readonly probabilities: Tensor;
  readonly id: number;
}

/**
 * Goes on from a text of ids, token by token.
 *
 * @param see how much of the text the model is given: all of it, as a model that sees a context would need, or the last
 *   token, which is all that a bigram looks at
 */
export async function* walk(
  model: Bigram,
  start: readonly number[],
  count: number,
  see: 'all' | 'last' = 'last',
): AsyncGenerator<Drawn, void, undefined> {
  const ids = [...start];
  for (let i = 0; i < count; i++) {
    const given = see === 'all' ? ids : ids.slice(-1);
    const logits = noGrad(() => model.forward(tensor([given], { dtype: 'int32' })));
    const probabilities = logits.select(1, given.length - 1).softmax(-1);
    const id = await multinomial(probabilities, 1).item();
    ids.push(id);
    yield { probabilities, id };
  }
}

/** @returns the ids given and the new ones. */
export async function write(...[model, start, ...rest]: Parameters<typeof walk>): Promise<number[]> {
  const ids = [...start];
  for await (const { id } of walk(model, start, ...rest)) ids.push(id);
  return ids;
}
