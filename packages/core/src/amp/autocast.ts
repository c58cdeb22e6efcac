/** Half precision where it serves, float32 where it is needed: https://arxiv.org/abs/1710.03740 */
import { withAutocast } from '../graph/autocast-mode.js';

export interface AutocastOptions {
  /** Default 'float16'. */
  dtype?: 'float16';
  /** Default true; false switches it off inside of another. */
  enabled?: boolean;
}

/**
 * Runs `fn` with products of matrices and attention on float16 operands: parameters stay float32 (the masters), their
 * rounded values take part, sums are accumulated in float32, and gradients come back in float32. Softmax, norms,
 * cross-entropy, recurrent layers, sums, products over dimensions, exp, log and powers get float32. All else has the dtype that its inputs have together.
 *
 * Call `backward` outside. Small gradients vanish in float16: scale the loss with a `GradScaler`.
 *
 * @param fn is not async: what it calls after an `await` would run in another mode.
 * @throws Error for an async function; ops inside do on a device without float16 (WebGPU needs `shader-f16`).
 * @example
 * const loss = amp.autocast(() => F.crossEntropy(model.forward(x), y));
 */
export function autocast<T>(fn: () => T, options: AutocastOptions = {}): T {
  const { dtype = 'float16', enabled = true } = options;
  if (dtype !== 'float16') throw new Error(`autocast: dtype is ${JSON.stringify(dtype)}, must be 'float16'`);
  return withAutocast(enabled ? dtype : null, () => {
    const result = fn();
    if (result instanceof Promise) throw new Error('autocast: the function must not be async');
    return result;
  });
}
