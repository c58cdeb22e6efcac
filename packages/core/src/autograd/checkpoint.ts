/** Activation checkpointing: memory for time. https://arxiv.org/abs/1604.06174 */
import { isGradEnabled, withGradMode } from '../graph/grad-mode.js';
import { tracer } from '../graph/trace.js';
import { detach } from '../ops/cast.js';
import { getRngState, setRngState } from '../random/index.js';
import { Tensor } from '../tensor/tensor.js';
import { differentiate } from './backward.js';
import { setBackward } from './hooks.js';

/**
 * Calls `fn` without keeping what its backward pass needs; the backward pass calls it again, with the same draws from the
 * default generator. Parameters that `fn` uses get their gradients as ever.
 *
 * @param fn a function of tensors that gives one tensor, and the same one each time
 * @example
 * for (const block of this.blocks) x = checkpoint((h) => block.forward(h), x);
 */
export function checkpoint(fn: (...inputs: Tensor[]) => Tensor, ...inputs: Tensor[]): Tensor {
  if (!isGradEnabled()) return fn(...inputs);
  const step = (change: () => void): void => (tracer ? tracer.random(change) : change());
  let state: Uint8Array;
  step(() => {
    state = getRngState();
  });
  const first = withGradMode(false, () => fn(...inputs));
  if (!(first instanceof Tensor)) throw new Error('checkpoint: the function must give one tensor');
  const out = detach(first.value);
  const sources = inputs.map((input) => input.value);
  setBackward(out, {
    inputs: sources.filter((source) => source.requiresGrad),
    gradients: (gradient) => {
      let later: Uint8Array;
      step(() => {
        later = getRngState();
        setRngState(state);
      });
      const own = sources.map((source) => {
        const copy = new Tensor(detach(source));
        return source.requiresGrad ? copy.requiresGrad_() : copy;
      });
      const again = withGradMode(true, () => fn(...own));
      step(() => setRngState(later));
      if (!again.requiresGrad) return new Map();
      const found = new Map(differentiate(again.value, null, { gradient }));
      own.forEach((copy, i) => {
        const part = found.get(copy.value);
        found.delete(copy.value);
        if (part) found.set(sources[i], part);
      });
      return found;
    },
  });
  return new Tensor(out);
}
