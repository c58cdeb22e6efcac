/** The kernels of fixed meaning on random shapes and options. */
import fc from 'fast-check';
import { type Case, contiguous, permuted, transposed } from '../case.js';
import { type Attention, attention, attentionBackward } from '../cases/attention.js';
import { crossEntropy, crossEntropyBackward } from '../cases/cross-entropy.js';
import { matmul } from '../cases/matmul.js';
import { norm, normBackward } from '../cases/norm.js';
import { scan, sort } from '../cases/ordering.js';
import { quantised } from '../cases/quantised.js';
import { recurrent, recurrentBackward } from '../cases/recurrent.js';
import { reduce } from '../cases/reduce.js';
import { softmax, softmaxBackward } from '../cases/softmax.js';
import { uniform } from '../values.js';

const upTo = (max: number) => fc.integer({ min: 1, max });
const layout = fc.constantFrom(contiguous, transposed);

const matmuls = fc
  .record({
    batch: fc.array(upTo(4), { maxLength: 2 }),
    m: upTo(80),
    n: upTo(80),
    k: upTo(120),
    a: layout,
    b: layout,
    exact: fc.boolean(),
  })
  .map((spec) => [matmul('of a random shape', spec)]);

const reductions = fc
  .record({
    shape: fc.array(upTo(17), { minLength: 1, maxLength: 4 }),
    axes: fc.uniqueArray(fc.nat(3)),
    reducer: fc.constantFrom('sum', 'mean', 'prod', 'max', 'min', 'argmax', 'argmin', 'any', 'all'),
    reversed: fc.boolean(),
  })
  .map(({ shape, axes, reducer, reversed }) => {
    const order = shape.map((_, axis) => axis).reverse();
    const own = axes.filter((axis) => axis < shape.length);
    const spec = { shape, axes: own, layout: reversed ? permuted(...order) : contiguous };
    return [reduce(reducer, spec, 'of a random shape')];
  });

/** Squarish, or few and long. */
const rows = fc.oneof(
  fc.record({ rows: upTo(70), columns: upTo(70), flag: fc.boolean() }),
  fc.record({ rows: upTo(4), columns: upTo(2000), flag: fc.boolean() }),
);

const softmaxes = rows.map(({ rows: r, columns, flag: log }) => [
  softmax('of a random shape', r, columns, log, (b) => uniform(b.random, r * columns, -9, 9)),
  softmaxBackward(r, columns, log),
]);

/** Few rows take another way than many, and depths end within words, blocks and groups. */
const quantisedProducts = fc
  .record({
    bits: fc.constantFrom(4 as const, 8 as const),
    r: fc.oneof(upTo(4), upTo(70)),
    columns: upTo(70),
    depth: fc.oneof(upTo(70), upTo(1500)),
    groups: upTo(5),
    whole: fc.boolean(),
    offset: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ bits, r, columns, depth, groups, whole, offset }) => [
    quantised(bits, r, columns, depth, whole ? depth : 32 * groups, 'float32', offset),
  ]);

const norms = rows.map(({ rows: r, columns, flag }) => {
  const spec = { rows: r, columns, variant: flag ? 'rms' : 'layer', eps: columns === 1 ? 1 : 1e-5 } as const;
  return [norm('of a random shape', spec), normBackward('of a random shape', spec)];
});

const entropies = fc
  .record({
    rows: upTo(70),
    classes: upTo(300),
    weighted: fc.boolean(),
    labelSmoothing: fc.constantFrom(0, 0.1),
  })
  .map((spec) => [crossEntropy('of a random shape', spec), crossEntropyBackward('of a random shape', spec)]);

const attentions = fc
  .record({
    batch: upTo(2),
    keyHeads: upTo(2),
    group: upTo(3),
    queries: upTo(40),
    keys: upTo(70),
    headSize: upTo(40),
    causal: fc.option(fc.integer({ min: -3, max: 30 })),
    dropout: fc.constantFrom(undefined, 'factors', 'seed'),
    seed: fc.integer(),
    mask: fc.constantFrom(undefined, 'bool', 'float', 'broadcast', 'rows'),
    rowsFirst: fc.boolean(),
  })
  .map(({ group, dropout, seed, mask, rowsFirst, ...sizes }) => {
    const spec: Attention = {
      ...sizes,
      heads: sizes.keyHeads * group,
      layout: rowsFirst ? permuted(0, 2, 1, 3) : contiguous,
      ...(dropout && { dropout: 0.25 }),
      ...(dropout === 'seed' && { seed }),
      ...(mask && { mask }),
    };
    return [attention('of a random shape', spec), attentionBackward('of a random shape', spec)];
  });

const recurrents = fc
  .record({
    cell: fc.constantFrom('tanh', 'relu', 'lstm', 'gru'),
    steps: upTo(6),
    batch: upTo(12),
    hidden: upTo(40),
    reverse: fc.boolean(),
    biased: fc.boolean(),
    lastCell: fc.boolean(),
  })
  .map((spec) => [recurrent({ ...spec, kept: false }), recurrentBackward(spec)]);

/** Places of the first few or of all, and sums along any axis. */
const orderings = fc
  .record({
    rows: upTo(4),
    columns: fc.oneof(upTo(70), upTo(3000)),
    part: fc.constantFrom(1, 2, 30, 400),
    flag: fc.boolean(),
    inner: upTo(9),
  })
  .map(({ rows: r, columns, part, flag, inner }) => [
    sort('of a random shape', { rows: r, columns, count: Math.ceil(columns / part), descending: flag }),
    scan('of a random shape', { outer: r, size: Math.ceil(columns / inner), inner, reverse: flag }),
  ]);

/** Cases by family. */
export const randomShapes: Readonly<Record<string, fc.Arbitrary<Case[]>>> = {
  matmul: matmuls,
  quantised: quantisedProducts,
  reduce: reductions,
  softmax: softmaxes,
  norm: norms,
  crossEntropy: entropies,
  attention: attentions,
  recurrent: recurrents,
  ordering: orderings,
};
