/** A whole plan as commands. */
import type { Plan, Step } from '@inkstone/core/backend';
import { CommandFlags, CommandKind } from '../../assembly/opcodes.js';
import { encodeAttention } from './attention.js';
import { encodeAddition, encodeSelection } from './indexing.js';
import { encodeMatmul } from './matmul.js';
import { outputOf, sourceOf } from './program.js';
import { encodeReduce } from './reduce.js';
import {
  encodeCrossEntropy,
  encodeCrossEntropyBackward,
  encodeNorm,
  encodeNormBackward,
  encodeSoftmax,
  encodeSoftmaxBackward,
} from './rows.js';
import { ScratchPlan } from './scratch.js';
import { StepEncoder } from './step.js';
import { type Relocation, Writer } from './writer.js';

export interface EncodedPlan {
  readonly words: Int32Array;
  readonly relocations: readonly Relocation[];
  /** Whether any command is worth more than one thread. */
  readonly parallel: boolean;
  /** Bytes of scratch memory that the threads share, and that each has. */
  readonly sharedScratch: number;
  readonly localScratch: number;
}

export function encodePlan(plan: Plan, parallelWork: number): EncodedPlan {
  const writer = new Writer();
  const scratch = new ScratchPlan();
  const encoder = new StepEncoder(writer, scratch, parallelWork);
  plan.steps.forEach((step, index) => {
    scratch.nextStep();
    try {
      encodeStep(encoder, step);
    } catch (error) {
      const place = `step ${index} (${step.kind}${step.label ? `, ${step.label}` : ''})`;
      throw new TypeError(`${place}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  });
  writer.begin(CommandKind.End, 0);
  writer.end();
  const parallel = markLast(writer.words);
  return {
    words: Int32Array.from(writer.words),
    parallel,
    relocations: writer.relocations,
    sharedScratch: scratch.shared,
    localScratch: scratch.local,
  };
}

/** Marks the last command that all threads run; returns whether there is one. */
function markLast(words: number[]): boolean {
  let last = -1;
  for (let at = 0; words[at] !== CommandKind.End; at += words[at + 1] / 4) {
    if (words[at + 2] & CommandFlags.Parallel) last = at;
  }
  if (last >= 0) words[last + 2] |= CommandFlags.Last;
  return last >= 0;
}

function encodeStep(encoder: StepEncoder, step: Step): void {
  switch (step.kind) {
    case 'pointwise':
      encoder.pointwise(
        step.shape,
        step.inputs.map(sourceOf),
        step.outputs.map(outputOf),
        step.program,
        step.scalars,
      );
      return;
    case 'reduce':
      encodeReduce(encoder, step);
      return;
    case 'matmul':
      encodeMatmul(encoder, step);
      return;
    case 'softmax':
      encodeSoftmax(encoder, step);
      return;
    case 'softmaxBackward':
      encodeSoftmaxBackward(encoder, step);
      return;
    case 'crossEntropy':
      encodeCrossEntropy(encoder, step);
      return;
    case 'crossEntropyBackward':
      encodeCrossEntropyBackward(encoder, step);
      return;
    case 'norm':
      encodeNorm(encoder, step);
      return;
    case 'normBackward':
      encodeNormBackward(encoder, step);
      return;
    case 'attention':
    case 'attentionBackward':
      encodeAttention(encoder, step);
      return;
    case 'indexSelect':
    case 'gather':
      encodeSelection(encoder, step);
      return;
    case 'indexAdd':
    case 'scatter':
      encodeAddition(encoder, step);
      return;
  }
}
