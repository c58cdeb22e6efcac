/** Reductions: the prologue is evaluated in the order [kept axes, reduced axes], so each result is a run of points. */
import type { Reducer, ReduceStep } from '@inkstone/core/backend';
import { Access, elementsOf } from './access.js';
import type { Kernel, Values } from './buffer.js';
import { blockSize, compileEpilogue, DenseSource, Evaluator } from './pointwise.js';

/** A reduction under way. */
interface State {
  value: number;
  /** of the extreme value so far, within the reduced axes; -1 before the first */
  position: number;
}

/** Takes values[from ... from + count), which lie at `position` on within the reduced axes, into the state. */
type Fold = (state: State, values: Values, from: number, count: number, position: number) => void;

export function compileReduce(step: ReduceStep): Kernel {
  const { shape, axes, reducer, prologue } = step;
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const reduced = shape.map((_, axis) => axis).filter((axis) => axes.includes(axis));
  const order = [...kept, ...reduced];
  const sources = step.inputs.map((operand) => new Access(operand, order));
  const evaluator = new Evaluator(prologue, sources, step.scalars, shape, order);
  const values = evaluator.registers[prologue.outputs[0]];
  const isInt = values instanceof Int32Array;
  const keptShape = kept.map((axis) => shape[axis]);
  const results = new DenseSource(elementsOf(keptShape));
  const length = elementsOf(reduced.map((axis) => shape[axis]));
  const points = results.count * length;
  const fold = folds[isInt && reducer === 'prod' ? 'intProd' : reducer];
  const neutral = neutralElement(reducer, isInt);
  const finish = (state: State) => {
    if (reducer === 'argmax' || reducer === 'argmin') return state.position;
    if (reducer === 'mean') return state.value / length;
    return isInt ? state.value | 0 : state.value;
  };
  const store = compileEpilogue(
    keptShape,
    results,
    step.epilogue,
    step.epilogueInputs,
    step.scalars,
    step.outputs,
  );
  return (run) => {
    const state: State = { value: neutral, position: -1 };
    const data = results.begin(run);
    if (length === 0) data.fill(finish(state));
    evaluator.begin(run);
    let result = 0;
    let within = 0;
    for (let start = 0; start < points; start += blockSize) {
      const count = Math.min(blockSize, points - start);
      evaluator.evaluate(run, start, count);
      for (let i = 0; i < count; ) {
        const taken = Math.min(count - i, length - within);
        fold(state, values, i, taken, within);
        i += taken;
        within += taken;
        if (within === length) {
          data[result++] = finish(state);
          state.value = neutral;
          state.position = -1;
          within = 0;
        }
      }
    }
    store(run);
  };
}

/** The result over no elements. */
function neutralElement(reducer: Reducer, isInt: boolean): number {
  switch (reducer) {
    case 'prod':
    case 'all':
      return 1;
    case 'max':
    case 'argmax':
      return isInt ? -2147483648 : Number.NEGATIVE_INFINITY;
    case 'min':
    case 'argmin':
      return isInt ? 2147483647 : Number.POSITIVE_INFINITY;
    default:
      return 0;
  }
}

/** Sums go block by block (at most `blockSize` terms, then into the total), in double. */
const sum: Fold = (state, values, from, count) => {
  let partial = 0;
  for (let i = from; i < from + count; i++) partial += values[i];
  state.value += partial;
};

const folds: Record<Reducer | 'intProd', Fold> = {
  sum,
  mean: sum,
  prod(state, values, from, count) {
    let product = state.value;
    for (let i = from; i < from + count; i++) product *= values[i];
    state.value = product;
  },
  /** wraps */
  intProd(state, values, from, count) {
    let product = state.value;
    for (let i = from; i < from + count; i++) product = Math.imul(product, values[i]);
    state.value = product;
  },
  max(state, values, from, count) {
    let best = state.value;
    for (let i = from; i < from + count; i++) best = Math.max(best, values[i]);
    state.value = best;
  },
  min(state, values, from, count) {
    let best = state.value;
    for (let i = from; i < from + count; i++) best = Math.min(best, values[i]);
    state.value = best;
  },
  /** The first of equals; the first NaN beats all numbers. */
  argmax(state, values, from, count, position) {
    for (let i = 0; i < count; i++) {
      const value = values[from + i];
      const better = value > state.value || (Number.isNaN(value) && !Number.isNaN(state.value));
      if (better || state.position < 0) {
        state.value = value;
        state.position = position + i;
      }
    }
  },
  argmin(state, values, from, count, position) {
    for (let i = 0; i < count; i++) {
      const value = values[from + i];
      const better = value < state.value || (Number.isNaN(value) && !Number.isNaN(state.value));
      if (better || state.position < 0) {
        state.value = value;
        state.position = position + i;
      }
    }
  },
  any(state, values, from, count) {
    for (let i = from; i < from + count; i++) if (values[i] !== 0) state.value = 1;
  },
  all(state, values, from, count) {
    for (let i = from; i < from + count; i++) if (values[i] === 0) state.value = 0;
  },
};
