/** A whole plan as commands. */
import type { Plan, Step } from '@inkstone/core/backend';
import { CommandKind } from '../../assembly/opcodes.js';
import { encodeAttention } from './attention.js';
import { encodeAddition, encodeSelection } from './indexing.js';
import { encodeMatmul } from './matmul.js';
import { encodeScan, encodeSort } from './ordering.js';
import { outputOf, sourceOf } from './program.js';
import { encodeQuantisedMatmul } from './quantised.js';
import { encodeRecurrent, encodeRecurrentBackward } from './recurrent.js';
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
  return {
    words: Int32Array.from(writer.words),
    relocations: writer.relocations,
    sharedScratch: scratch.shared,
    localScratch: scratch.local,
  };
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
    case 'quantisedMatmul':
      encodeQuantisedMatmul(encoder, step);
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
    case 'recurrent':
      encodeRecurrent(encoder, step);
      return;
    case 'recurrentBackward':
      encodeRecurrentBackward(encoder, step);
      return;
    case 'indexSelect':
    case 'gather':
      encodeSelection(encoder, step);
      return;
    case 'indexAdd':
    case 'scatter':
      encodeAddition(encoder, step);
      return;
    case 'sort':
      encodeSort(encoder, step);
      return;
    case 'scan':
      encodeScan(encoder, step);
      return;
  }
}
