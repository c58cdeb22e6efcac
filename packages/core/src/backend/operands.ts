/** Which operands a step has, by name and direction: for whoever walks over plans (planner, validation, backends). */
import type { Operand, Step } from './steps.js';

/** An operand of a step with the name that `steps.ts` gives it. */
export interface NamedOperand {
  /** 'a', 'inputs[2]', 'flag' */
  readonly name: string;
  readonly operand: Operand;
}

/** The operands of a step. One that is read and written (a flag, an accumulated output) is among the outputs only. */
export interface StepOperands {
  readonly inputs: readonly NamedOperand[];
  readonly outputs: readonly NamedOperand[];
}

export function operandsOf(step: Step): StepOperands {
  switch (step.kind) {
    case 'pointwise':
      return { inputs: list('inputs', step.inputs), outputs: list('outputs', step.outputs) };
    case 'reduce':
      return {
        inputs: [...list('inputs', step.inputs), ...list('epilogueInputs', step.epilogueInputs)],
        outputs: list('outputs', step.outputs),
      };
    case 'matmul':
      return {
        inputs: [...pick(step, ['a', 'b']), ...list('epilogueInputs', step.epilogueInputs)],
        outputs: list('outputs', step.outputs),
      };
    case 'quantisedMatmul':
      return { inputs: pick(step, ['x', 'weight', 'scale']), outputs: pick(step, ['y']) };
    case 'softmax':
      return { inputs: pick(step, ['x']), outputs: pick(step, ['y']) };
    case 'softmaxBackward':
      return { inputs: pick(step, ['y', 'dy']), outputs: pick(step, ['dx']) };
    case 'crossEntropy':
      return {
        inputs: pick(step, ['logits', 'target', 'weight']),
        outputs: pick(step, ['loss', 'logSumExp', 'total', 'flag']),
      };
    case 'crossEntropyBackward':
      return {
        inputs: pick(step, ['logits', 'target', 'weight', 'logSumExp', 'dloss']),
        outputs: pick(step, ['dlogits']),
      };
    case 'norm':
      return { inputs: pick(step, ['x', 'weight', 'bias']), outputs: pick(step, ['y', 'mean', 'rstd']) };
    case 'normBackward':
      return {
        inputs: pick(step, ['x', 'dy', 'weight', 'mean', 'rstd']),
        outputs: pick(step, ['dx', 'dweight', 'dbias']),
      };
    case 'attention':
      return {
        inputs: pick(step, ['q', 'k', 'v', 'mask', 'dropout']),
        outputs: pick(step, ['out', 'logSumExp']),
      };
    case 'attentionBackward':
      return {
        inputs: pick(step, ['q', 'k', 'v', 'mask', 'dropout', 'out', 'logSumExp', 'dout']),
        outputs: pick(step, ['dq', 'dk', 'dv']),
      };
    case 'recurrent':
      return {
        inputs: pick(step, ['x', 'weight', 'bias', 'h0', 'c0']),
        outputs: pick(step, ['states', 'cells', 'saved']),
      };
    case 'recurrentBackward':
      return {
        inputs: pick(step, ['weight', 'states', 'cells', 'saved', 'dout', 'dlastCell']),
        outputs: pick(step, ['dx', 'ds', 'dh0', 'dc0']),
      };
    case 'indexSelect':
    case 'gather':
      return { inputs: pick(step, ['input', 'index']), outputs: pick(step, ['output', 'flag']) };
    case 'indexAdd':
    case 'scatter':
      return { inputs: pick(step, ['index', 'source']), outputs: pick(step, ['output', 'flag']) };
    case 'sort':
      return { inputs: pick(step, ['x']), outputs: pick(step, ['indices']) };
    case 'scan':
      return { inputs: pick(step, ['x']), outputs: pick(step, ['y']) };
    default:
      step satisfies never; // a kind that no type knows has no operands; validation says so
      return { inputs: [], outputs: [] };
  }
}

function list(name: string, operands: readonly Operand[]): NamedOperand[] {
  return operands.map((operand, i) => ({ name: `${name}[${i}]`, operand }));
}

/** The named fields that are not null. */
function pick<K extends string>(
  step: { readonly [P in K]: Operand | null },
  names: readonly K[],
): NamedOperand[] {
  return names.flatMap((name) => {
    const operand = step[name];
    return operand === null ? [] : [{ name, operand }];
  });
}
