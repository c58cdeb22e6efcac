/**
 * Steps in parts: where an operand is larger than a binding may be, or a kernel needs more bindings or workgroups than there
 * may be, a step is cut along an axis whose parts have nothing to do with each other, and each part is a dispatch of its own.
 *
 * No sum is ever cut, so every element is made from the same terms; a kernel may still add them in another order where that
 * depends on how much there is to do (matmul.ts, reduce.ts).
 */
import type { Operand, Program, Step } from '@inkstone/core/backend';
import type { AttentionPart } from '../kernels/attention.js';
import { fitsWindow, type Memory, rangeOf, windowBytes } from '../windows.js';

/** An axis along which a step may be cut. */
interface Cut {
  readonly size: number;
  /** The step over [from, from + size) of it. */
  part(from: number, size: number): Step;
}

/** The step itself, or parts of it whose operands fit a binding each, as far as cutting helps. */
export function fitting(step: Step, memory: Memory): Step[] {
  const large = tooLarge(step, memory);
  if (large.length === 0) return [step];
  const { minStorageBufferOffsetAlignment: align } = memory.limits;
  const wanted = Math.ceil(Math.max(...large) / (windowBytes(memory.limits) - align));
  const parts = bestCut(step, memory, wanted);
  return parts ? parts.flatMap((part) => fitting(part, memory)) : [step];
}

/** Two halves of a step, by the axis that makes most of what does not fit smaller, else by the longest; null if there is none. */
export function halves(step: Step, memory: Memory): Step[] | null {
  return bestCut(step, memory, 2) ?? bySize(step);
}

/** About as many parts as are wanted, along the axis that leaves the least; null if none leaves less. */
function bestCut(step: Step, memory: Memory, wanted: number): Step[] | null {
  let best: Step[] | null = null;
  const load = (part: Step): number => tooLarge(part, memory).reduce((a, b) => a + b, 0);
  let least = load(step);
  for (const cut of cutsOf(step)) {
    if (cut.size < 2) continue;
    const parts = partsOf(cut, wanted);
    const left = Math.max(...parts.map(load));
    if (left >= least) continue;
    [best, least] = [parts, left];
  }
  return best;
}

/** Halves along the longest axis, where no operand gets smaller by it. */
function bySize(step: Step): Step[] | null {
  const [cut] = cutsOf(step).sort((a, b) => b.size - a.size);
  return cut && cut.size > 1 ? partsOf(cut, 2) : null;
}

function partsOf({ size, part }: Cut, wanted: number): Step[] {
  const count = Math.min(size, wanted);
  const exact = Math.ceil(size / count);
  // Whole vectors of four, so that those after the first begin with one.
  const length = exact > 4 ? exact - (exact % 4) : exact;
  const parts: Step[] = [];
  for (let from = 0; from < size; from += length) parts.push(part(from, Math.min(length, size - from)));
  return parts;
}

/** The bytes of the operands that are too large for a binding. */
function tooLarge(step: Step, memory: Memory): number[] {
  return operands(step).flatMap((operand) => {
    const range = rangeOf(operand, memory);
    return fitsWindow(range, memory.limits) ? [] : [range.end - range.start];
  });
}

function operands(step: Step): Operand[] {
  const isOperand = (field: unknown): field is Operand =>
    typeof field === 'object' && field !== null && 'buffer' in field && 'strides' in field;
  return Object.values(step).flat().filter(isOperand);
}

function slice(operand: Operand, axis: number, from: number, size: number): Operand {
  const shape = operand.shape.map((whole, i) => (i === axis ? size : whole));
  return { ...operand, shape, offset: operand.offset + from * (operand.strides[axis] as number) };
}

type Slicer = (operand: Operand) => Operand;

/** These fields of a step sliced, each an operand, a list or null. */
function sliced<S extends Step>(step: S, names: readonly (keyof S)[], by: Slicer): Partial<S> {
  const fields = names.flatMap((name) => {
    const field = step[name] as unknown as Operand | readonly Operand[] | null | undefined;
    if (!field) return [];
    return [[name, Array.isArray(field) ? field.map(by) : by(field as Operand)]];
  });
  return Object.fromEntries(fields) as Partial<S>;
}

/** Cuts a step along the first axis of some operands; `attributes` are those that say how long it is. */
function along<S extends Step>(
  step: S,
  size: number,
  names: readonly (keyof S)[],
  attributes: (size: number) => Partial<S>,
): Cut {
  return {
    size,
    part: (from, length) => ({
      ...step,
      ...sliced(step, names, (operand) => slice(operand, 0, from, length)),
      ...attributes(length),
    }),
  };
}

/** The axes along which a step may be cut: none where each of its results needs all of its operands. */
function cutsOf(step: Step): Cut[] {
  switch (step.kind) {
    case 'pointwise':
      return step.shape.map((size, axis) => ({
        size,
        part: (from, length) => ({
          ...step,
          ...sliced(step, ['inputs', 'outputs'], (operand) => slice(operand, axis, from, length)),
          shape: step.shape.map((whole, i) => (i === axis ? length : whole)),
          program: shifted(step.program, axis, from),
        }),
      }));
    case 'reduce': {
      const kept = step.shape.flatMap((_, axis) => (step.axes.includes(axis) ? [] : [axis]));
      return kept.map((axis, place) => ({
        size: step.shape[axis] as number,
        part: (from, length) => ({
          ...step,
          ...sliced(step, ['inputs'], (operand) => slice(operand, axis, from, length)),
          ...sliced(step, ['epilogueInputs', 'outputs'], (operand) => slice(operand, place, from, length)),
          shape: step.shape.map((whole, i) => (i === axis ? length : whole)),
          prologue: shifted(step.prologue, axis, from),
          epilogue: step.epilogue && shifted(step.epilogue, place, from),
        }),
      }));
    }
    case 'matmul': {
      const rank = step.batch.length;
      return [...step.batch, step.m, step.n].map((size, axis) => ({
        size,
        part: (from, length) => {
          const by: Slicer = (operand) => slice(operand, axis, from, length);
          return {
            ...step,
            ...sliced(step, ['epilogueInputs', 'outputs'], by),
            // Columns are the last axis of both b and the product, rows the last but one of both a and that.
            a: axis <= rank ? by(step.a) : step.a,
            b: axis === rank ? step.b : by(step.b),
            epilogue: step.epilogue && shifted(step.epilogue, axis, from),
            batch: step.batch.map((whole, i) => (i === axis ? length : whole)),
            m: axis === rank ? length : step.m,
            n: axis > rank ? length : step.n,
          };
        },
      }));
    }
    case 'quantisedMatmul':
      if (step.rows > 1) return [along(step, step.rows, ['x', 'y'], (rows) => ({ rows }))];
      return [
        {
          size: step.columns,
          part: (from, columns) => ({
            ...step,
            ...sliced(step, ['weight', 'scale'], (operand) => slice(operand, 0, from, columns)),
            y: slice(step.y, 1, from, columns),
            columns,
          }),
        },
      ];
    case 'softmax':
      return [along(step, step.rows, ['x', 'y'], (rows) => ({ rows }))];
    case 'softmaxBackward':
      return [along(step, step.rows, ['y', 'dy', 'dx'], (rows) => ({ rows }))];
    case 'crossEntropy':
      return [
        along(step, step.rows, ['logits', 'target', 'loss', 'logSumExp', 'total'], (rows) => ({ rows })),
      ];
    case 'crossEntropyBackward':
      return [
        along(step, step.rows, ['logits', 'target', 'logSumExp', 'dloss', 'dlogits'], (rows) => ({ rows })),
      ];
    case 'norm':
      return [along(step, step.rows, ['x', 'y', 'mean', 'rstd'], (rows) => ({ rows }))];
    case 'normBackward':
      // The gradients of weight and bias are sums over all rows.
      if (step.dweight || step.dbias) return step.dx ? [apart(step)] : [];
      return [along(step, step.rows, ['x', 'dy', 'mean', 'rstd', 'dx'], (rows) => ({ rows }))];
    case 'attention':
      return attentionCuts(step, ['q', 'out', 'logSumExp', 'mask', 'dropout'], ['k', 'v']);
    case 'attentionBackward':
      return attentionCuts(
        step,
        ['q', 'out', 'logSumExp', 'mask', 'dropout', 'dout', 'dq'],
        ['k', 'v', 'dk', 'dv'],
      );
    case 'recurrent':
    case 'recurrentBackward':
      return [];
    case 'indexSelect':
      if (step.outer > 1) return [along(step, step.outer, ['input', 'output'], (outer) => ({ outer }))];
      return [
        {
          size: step.count,
          part: (from, count) => ({
            ...step,
            index: slice(step.index, 0, from, count),
            output: slice(step.output, 1, from, count),
            count,
          }),
        },
      ];
    case 'gather':
      return [along(step, step.outer, ['input', 'index', 'output'], (outer) => ({ outer }))];
    case 'scatter':
      return [along(step, step.outer, ['index', 'source', 'output'], (outer) => ({ outer }))];
    case 'indexAdd':
      return [along(step, step.outer, ['source', 'output'], (outer) => ({ outer }))];
    case 'sort':
      return [along(step, step.rows, ['x', 'indices'], (rows) => ({ rows }))];
    case 'scan':
      return [along(step, step.outer, ['x', 'y'], (outer) => ({ outer }))];
  }
}

/** By batch, or by the key heads of the only one; `queries` and `keys` name the operands that have as many heads as these. */
function attentionCuts<S extends Extract<Step, { kind: 'attention' | 'attentionBackward' }>>(
  step: S,
  queries: readonly (keyof S)[],
  keys: readonly (keyof S)[],
): Cut[] {
  const { batch, heads, keyHeads, dropoutP } = step;
  const byBatch = batch > 1;
  const axis = byBatch ? 0 : 1;
  /** Query heads of each key head that is cut off; a text has all of them. */
  const group = byBatch ? 1 : heads / keyHeads;
  // A seed is the same for all parts, and what it drops depends on where that lies among all.
  const names = dropoutP === null ? queries : queries.filter((name) => name !== 'dropout');
  const places = (byBatch ? heads : group) * step.queries * step.keys;
  const { dropoutFrom = 0 } = step as AttentionPart;
  return [
    {
      size: byBatch ? batch : keyHeads,
      part: (from, size) => ({
        ...step,
        ...sliced(step, names, (operand) => slice(operand, axis, from * group, size * group)),
        ...sliced(step, keys, (operand) => slice(operand, axis, from, size)),
        ...(byBatch ? { batch: size } : { heads: size * group, keyHeads: size }),
        ...(dropoutP === null ? {} : { dropoutFrom: dropoutFrom + from * places }),
      }),
    },
  ];
}

/** The gradients of a norm's input and of its parameters as two steps. */
function apart(step: Extract<Step, { kind: 'normBackward' }>): Cut {
  return {
    size: 2,
    part: (from) => (from === 0 ? { ...step, dweight: null, dbias: null } : { ...step, dx: null }),
  };
}

/** A program over a box that begins at `by` of an axis: coordinates are those of the whole. */
function shifted(program: Program, axis: number, by: number): Program {
  if (by === 0 || !program.instructions.some((i) => i.op === 'index' && i.axis === axis)) return program;
  const instructions: Program['instructions'][number][] = [];
  const places: number[] = [];
  for (const instruction of program.instructions) {
    const at = { ...instruction } as Record<string, unknown>;
    for (const name of ['a', 'b', 'c']) if (name in at) at[name] = places[at[name] as number];
    instructions.push(at as Program['instructions'][number]);
    if (instruction.op === 'index' && instruction.axis === axis) {
      const index = instructions.length - 1;
      instructions.push(
        { op: 'const', type: 'int32', value: by },
        { op: 'add', type: 'int32', a: index, b: index + 1 },
      );
    }
    places.push(instructions.length - 1);
  }
  return { instructions, outputs: program.outputs.map((output) => places[output] as number) };
}
