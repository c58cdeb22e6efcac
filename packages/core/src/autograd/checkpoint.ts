/** Activation checkpointing: memory for time. https://arxiv.org/abs/1604.06174 */
import { isFloatingPoint } from '../backend/dtype.js';
import { autocastDType, withAutocast } from '../graph/autocast-mode.js';
import { isGradEnabled, withGradMode } from '../graph/grad-mode.js';
import { currentRng, withRng } from '../graph/rng-mode.js';
import { tracer } from '../graph/trace.js';
import { detach } from '../ops/cast.js';
import { getRngState, setRngState } from '../random/index.js';
import { cat } from '../tensor/creation.js';
import { Tensor } from '../tensor/tensor.js';
import { differentiate } from './backward.js';
import { setBackward } from './hooks.js';

/**
 * Calls `fn` without keeping what its backward pass needs; the backward pass calls it again, with the same draws from the
 * default generator. Parameters that `fn` uses get their gradients as ever.
 *
 * @param fn a function of tensors that gives one tensor, or several of one floating point dtype, and the same each time
 * @throws Error for other results; in a backward pass with `createGraph`, as gradients of its gradients are not made
 * @example
 * for (const block of this.blocks) x = checkpoint((h) => block.forward(h), x);
 * const [out, state] = checkpoint((h, s) => this.lstm.forward(h, s), x, start);
 */
export function checkpoint<T extends Tensor | readonly Tensor[]>(
  fn: (...inputs: Tensor[]) => T,
  ...inputs: Tensor[]
): T {
  if (!isGradEnabled()) return fn(...inputs);
  // Several results go through the graph as one vector, so that one backward pass calls fn once.
  let several: readonly Tensor[] | null = null;
  const one = (...given: Tensor[]): Tensor => {
    const result = fn(...given);
    if (result instanceof Tensor) return result;
    several = checked(result);
    return cat(several.map((part) => part.flatten()));
  };
  const out = checkpointOne(one, inputs);
  if (several === null) return out as T;
  let start = 0;
  return (several as readonly Tensor[]).map(({ shape, value: { size } }) => {
    start += size;
    return out.slice(0, start - size, start).reshape(shape);
  }) as readonly Tensor[] as T;
}

function checked(result: readonly Tensor[]): readonly Tensor[] {
  const [first] = Array.isArray(result) ? result : [];
  const fits = (part: unknown): boolean =>
    part instanceof Tensor && isFloatingPoint(part.dtype) && part.dtype === first.dtype;
  if (!first || !result.every(fits))
    throw new Error('checkpoint: the function must give one tensor, or several of one floating point dtype');
  return result;
}

function checkpointOne(fn: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): Tensor {
  const step = (change: () => void): void => (tracer ? tracer.random(change) : change());
  let state: Uint8Array;
  step(() => {
    state = getRngState();
  });
  const rng = currentRng();
  const mode = autocastDType();
  const first = withGradMode(false, () => fn(...inputs));
  const out = detach(first.value);
  const sources = inputs.map((input) => input.value);
  setBackward(out, {
    inputs: sources.filter((source) => source.requiresGrad),
    gradients: (gradient) => {
      if (isGradEnabled())
        throw new Error('checkpoint: gradients of gradients (createGraph) do not go through a checkpoint');
      let later: Uint8Array;
      step(() => {
        later = getRngState();
        setRngState(state);
      });
      const own = sources.map((source) => {
        const copy = new Tensor(detach(source));
        return source.requiresGrad ? copy.requiresGrad_() : copy;
      });
      const again = withAutocast(mode, () => withRng(rng, () => withGradMode(true, () => fn(...own))));
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
