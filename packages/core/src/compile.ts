/** '@inkstone/core/compile': a function of tensors that is recorded once and then replayed. */
import { Capture } from './compile/capture.js';
import { atStart, type Replay } from './compile/replay.js';
import { describe, matches, type Pattern } from './compile/structure.js';
import { currentDevice, type Device } from './device.js';
import { autocastDType } from './graph/autocast-mode.js';
import { isGradEnabled } from './graph/grad-mode.js';
import { beginHold, endHold } from './graph/holding.js';
import { currentRng, type Rng } from './graph/rng-mode.js';
import { tracer } from './graph/trace.js';
import { Value } from './graph/value.js';
import { Tensor } from './tensor/tensor.js';

export interface CompileOptions {
  /** What messages call the function; its own name if absent. */
  name?: string;
  /** Recordings that are kept, for as many shapes of the arguments; the least recently used goes first (default 16). */
  maxRecordings?: number;
}

interface Recorded {
  readonly pattern: Pattern;
  readonly device: Device | null;
  readonly gradMode: boolean;
  readonly autocast: 'float16' | null;
  readonly rng: Rng;
  readonly replay: Replay;
}

/** So many recordings, and a warning says that compiling does not help. */
const suspicious = 32;

/**
 * A function that is recorded when it is first called, and replayed, without running its code, from then on: inference,
 * or a whole training step with backward pass and optimizer. It gives the same bits as the function itself.
 *
 * It is recorded again for arguments of another shape, dtype or structure, for another number, string or module among
 * them, in another mode (grad, autocast, rng) or on another default device, and when what it found has changed: a module's field
 * (`training`, a parameter that was replaced), a parameter's `requiresGrad`, an optimizer's state. A training step is
 * recorded at its first calls, until the optimizer has set up its state.
 *
 * What is new at each call: tensors among the arguments, also in arrays and objects; parameters, buffers and other
 * tensors that the function uses from outside, which it may change in place; random draws (`randn`, dropout); the
 * numbers of optimizers and schedulers, such as learning rates. **What is frozen**: all else that the code computes, as
 * in `jax.jit`: JavaScript variables that it reads or sets, what it prints, and tensors that it makes of numbers.
 *
 * The function may not read values (`item`, `toArray`, `data`) and so not branch on them, not be async, not draw numbers
 * on the host (batches of text: pass them in), not change an argument in place, and return nothing but tensors, `null`
 * and `undefined`, in arrays and objects. Each is an error that names the function and the line.
 *
 * @param fn is called as it is while `device.eager` is set.
 * @returns a function with the same arguments and results.
 * @example
 * const step = compile((x, y) => {
 *   const loss = F.mseLoss(model.forward(x), y);
 *   optimizer.zeroGrad();
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * for (const [x, y] of batches) step(x, y);
 */
export function compile<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions = {},
): (...args: A) => R {
  const { name = fn.name || 'function', maxRecordings = 16 } = options;
  if (typeof fn !== 'function') throw new Error(`compile: a function is needed, not ${String(fn)}`);
  if (!Number.isInteger(maxRecordings) || maxRecordings < 1)
    throw new Error(`compile: maxRecordings is ${maxRecordings}, but must be a whole number from 1 on`);
  const kept: Recorded[] = [];
  let count = 0;
  const call = (args: A): R => {
    const device = currentDevice();
    if (tracer || device?.eager) return fn(...args);
    const gradMode = isGradEnabled();
    const autocast = autocastDType();
    const rng = currentRng();
    let why = 'the arguments were different each time';
    for (let i = 0; i < kept.length; i++) {
      const recorded = kept[i];
      const tensors: Tensor[] = [];
      if (recorded.gradMode !== gradMode || recorded.autocast !== autocast) continue;
      if (recorded.rng !== rng || recorded.device !== device) continue;
      if (!matches(recorded.pattern, args, tensors)) continue;
      const reason = recorded.replay.run(tensors);
      if (reason === null) {
        if (i > 0) kept.unshift(...kept.splice(i, 1));
        return recorded.replay.result(tensors) as R;
      }
      why = reason;
    }
    if (++count === suspicious)
      console.warn(`inkstone: compile: '${name}' has been recorded ${count} times, last because ${why}.`);
    const tensors: Tensor[] = [];
    const inputs: Tensor[] = [];
    const { pattern, copy } = describe(args, 'arguments', (tensor) => {
      tensors.push(tensor);
      const input = new Tensor(borrowed(tensor.value));
      inputs.push(input);
      return input;
    });
    if (tensors.some((tensor) => tensor.device.eager)) return fn(...args);
    const capture = new Capture(name, inputs);
    const replay = capture.record(() => fn(...(copy as A)));
    if (!capture.once) {
      kept.unshift({ pattern, device, gradMode, autocast, rng, replay });
      kept.length = Math.min(kept.length, maxRecordings);
    }
    return replay.result(tensors) as R;
  };
  return (...args) => {
    beginHold();
    try {
      return call(args);
    } finally {
      endHold();
    }
  };
}

/** A value in the memory of an argument, of which nothing is known on the host. */
function borrowed(argument: Value): Value {
  const { device } = argument;
  if (!argument.resident && argument.host === null) device.run([argument]);
  const value = argument.resident ? atStart(argument) : argument;
  const own = new Value(device, value.shape, value.dtype, null, null, [], [], -1);
  if (value.resident) {
    own.region = value.region;
    own.slot = value.slot;
    own.slotVersion = value.slotVersion;
    // Keeps the memory where it is.
    own.inputs = [value];
  } else {
    value.uploaded = true;
    own.region = { buffer: device.upload(value), offset: 0 };
    device.floating.adopt(own);
  }
  return own;
}
