/** From the steps of a plan to dispatches: one table, one line a step kind. */
import {
  type NamedOperand,
  OutOfMemoryError,
  operandsOf,
  type Plan,
  type PointwiseStep,
  type Step,
} from '@inkstone/core/backend';
import { DoesNotFit } from '../kernel.js';
import { attention, attentionBackward } from '../kernels/attention.js';
import { crossEntropy, crossEntropyBackward } from '../kernels/cross-entropy.js';
import { matmul } from '../kernels/matmul.js';
import { norm, normBackward } from '../kernels/norm.js';
import { scan, sort } from '../kernels/ordering.js';
import { pointwise } from '../kernels/pointwise.js';
import { quantisedMatmul } from '../kernels/quantised.js';
import { recurrent, recurrentBackward } from '../kernels/recurrent.js';
import { reduce } from '../kernels/reduce.js';
import { indexAdd, scatter, select } from '../kernels/select.js';
import { softmax, softmaxBackward } from '../kernels/softmax.js';
import { isTail } from '../kernels/tail.js';
import type { Limits } from '../limits.js';
import type { Tuning } from '../tuning.js';
import { rangeOf, windowBytes } from '../windows.js';
import { Lowering } from './lowering.js';
import { fitting, halves } from './split.js';

type Lowerings = { readonly [K in Step['kind']]: (step: Extract<Step, { kind: K }>, to: Lowering) => void };

const lowerings: Lowerings = {
  pointwise,
  reduce,
  matmul,
  quantisedMatmul,
  softmax,
  softmaxBackward,
  crossEntropy,
  crossEntropyBackward,
  norm,
  normBackward: (step, to) => normBackward(step, to),
  attention,
  attentionBackward,
  recurrent,
  recurrentBackward,
  indexSelect: select,
  indexAdd,
  gather: select,
  scatter,
  sort,
  scan,
};

/** @throws Error naming the step that this device cannot run, and why. */
export function lower(plan: Plan, tuning: Tuning, limits: Limits): Lowering {
  const lowering = new Lowering(plan, tuning, limits);
  checkBuffers(plan, limits);
  const fits = plan.buffers.every(({ byteLength }) => byteLength <= windowBytes(limits));
  const maxBindings = limits.maxStorageBuffersPerShaderStage;
  for (let i = 0; i < plan.steps.length; i++) {
    const step = plan.steps[i] as Step;
    const next = plan.steps[i + 1];
    lowering.module = step.module;
    if (fits && step.kind === 'normBackward' && step.dx && isTail(next, step, step.dx, maxBindings)) {
      const both = (): void => normBackward(step, lowering, next as PointwiseStep);
      if (!attempt(both, lowering)) {
        i++;
        continue;
      }
    }
    try {
      for (const part of fits ? [step] : fitting(step, lowering)) add(part, lowering);
    } catch (error) {
      throw error instanceof DoesNotFit ? tooLarge(step, lowering, error) : error;
    }
  }
  return lowering;
}

/** @throws OutOfMemoryError for a value that is larger than a buffer may be, whatever it is cut into. */
function checkBuffers({ buffers, steps }: Plan, { maxBufferSize }: Limits): void {
  const large = buffers.findIndex(({ byteLength }) => byteLength > maxBufferSize);
  if (large < 0) return;
  const bytes = `${buffers[large]?.byteLength} bytes, and this adapter's buffers hold at most ${maxBufferSize} (maxBufferSize)`;
  for (const step of steps) {
    const { inputs, outputs } = operandsOf(step);
    const found = [...outputs, ...inputs].find(({ operand }) => operand.buffer === large);
    if (found)
      throw new OutOfMemoryError(`webgpu: ${step.label ?? step.kind}: ${describe(found)} takes ${bytes}`);
  }
  throw new OutOfMemoryError(`webgpu: a buffer takes ${bytes}`);
}

function describe({ name, operand: { dtype, shape } }: NamedOperand): string {
  return `${name} (${dtype} [${shape.join(', ')}])`;
}

/** Why no cut makes a step small enough: the largest operand, if it is larger than a binding may be. */
function tooLarge(step: Step, to: Lowering, cause: DoesNotFit): Error {
  const { inputs, outputs } = operandsOf(step);
  const sizes = [...inputs, ...outputs].map((named) => {
    const { start, end } = rangeOf(named.operand, to);
    return { named, bytes: end - start };
  });
  const { named, bytes } = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const about = `webgpu: ${step.label ?? step.kind}: ${describe(named)}`;
  const why = cause.message.replace('webgpu: ', '');
  const most = to.limits.maxStorageBufferBindingSize;
  return new Error(
    bytes <= most
      ? `${about} is too much, and its parts are too: ${why}`
      : `${about} takes ${bytes} bytes, and this adapter binds at most ${most} at once (maxStorageBufferBindingSize); ` +
          `in parts it does not fit either: ${why}`,
    { cause },
  );
}

/** Lowers a step, or its halves where it needs more bindings or workgroups than there are. */
function add(step: Step, to: Lowering): void {
  const run = lowerings[step.kind] as ((step: Step, to: Lowering) => void) | undefined;
  if (!run) throw new Error(`webgpu: there is no kernel for a step of kind '${step.kind}'`);
  const failure = attempt(() => run(step, to), to);
  if (!failure) return;
  const parts = halves(step, to);
  const isDone =
    parts &&
    !attempt(() => {
      for (const part of parts) add(part, to);
    }, to);
  // What was asked for says more than a part of it that failed.
  if (!isDone) throw failure;
}

/** Does `work`, or nothing if it does not fit: what is then returned says why. */
function attempt(work: () => void, to: Lowering): DoesNotFit | null {
  const undo = to.mark();
  try {
    work();
    return null;
  } catch (error) {
    if (!(error instanceof DoesNotFit)) throw error;
    undo();
    return error;
  }
}
