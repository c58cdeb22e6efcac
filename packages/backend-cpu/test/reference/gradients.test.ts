/** The oracle's gradients of softmax, cross-entropy and norms against central differences of its own values, in float64. */
import { describe, expect, it } from 'vitest';
import { compute } from './compute.js';

const rows = 5;
const columns = 4;
const full = [rows, columns];
const waves = (count: number, phase: number) =>
  Array.from({ length: count }, (_, i) => 2 * Math.sin(i * 1.3 + phase));

/** d(sum of f(x) * dy) / dx by central differences. */
async function differences(
  x: number[],
  dy: readonly number[],
  f: (x: number[]) => Promise<number[]>,
): Promise<number[]> {
  const loss = async (values: number[]) => (await f(values)).reduce((sum, y, i) => sum + y * dy[i], 0);
  const step = 1e-5;
  return Promise.all(
    x.map(async (value, i) => {
      const [above, below] = [await loss(x.with(i, value + step)), await loss(x.with(i, value - step))];
      return (above - below) / (2 * step);
    }),
  );
}

function expectNear(got: readonly number[], want: readonly number[]): void {
  expect(got).toHaveLength(want.length);
  for (const [i, value] of got.entries()) expect(Math.abs(value - want[i])).toBeLessThan(2e-9);
}

for (const log of [false, true]) {
  it(`${log ? 'log-softmax' : 'softmax'} backward`, async () => {
    const x = waves(rows * columns, 1);
    const dy = waves(rows * columns, 2);
    const forward = async (values: number[]) => {
      const [y] = await compute((b, out) => {
        b.step({
          kind: 'softmax',
          log,
          rows,
          columns,
          x: b.input('float64', full, values),
          y: out('float64', full),
        });
      });
      return y;
    };
    const y = await forward(x);
    const [dx] = await compute((b, out) => {
      const operands = {
        y: b.input('float64', full, y),
        dy: b.input('float64', full, dy),
        dx: out('float64', full),
      };
      b.step({ kind: 'softmaxBackward', log, rows, columns, ...operands });
    });
    expectNear(dx, await differences(x, dy, forward));
  });
}

describe('cross-entropy backward', () => {
  for (const labelSmoothing of [0, 0.2]) {
    for (const weighted of [false, true]) {
      it(`smoothing ${labelSmoothing}, ${weighted ? 'weighted' : 'not weighted'}`, async () => {
        const logits = waves(rows * columns, 3);
        const dloss = waves(rows, 4);
        const settings = { rows, classes: columns, ignoreIndex: 2, labelSmoothing };
        const targets = [0, 1, 2, 3, 1]; // one row is ignored
        const weights = [0.5, 1, 2, 0.25];
        const run = (values: number[]) =>
          compute((b, out) => {
            const inputs = {
              logits: b.input('float64', full, values),
              target: b.input('int32', [rows], targets),
              weight: weighted ? b.input('float64', [columns], weights) : null,
            };
            const [loss, logSumExp, dlogits] = [
              out('float64', [rows]),
              out('float64', [rows]),
              out('float64', full),
            ];
            b.step({
              kind: 'crossEntropy',
              ...settings,
              ...inputs,
              loss,
              logSumExp,
              total: null,
              flag: null,
            });
            b.step({
              kind: 'crossEntropyBackward',
              ...settings,
              ...inputs,
              logSumExp,
              dloss: b.input('float64', [rows], dloss),
              dlogits,
            });
          });
        const [, , dlogits] = await run(logits);
        expectNear(dlogits, await differences(logits, dloss, async (values) => (await run(values))[0]));
      });
    }
  }
});

describe('norm backward', () => {
  for (const variant of ['layer', 'rms'] as const) {
    for (const weighted of [true, false]) {
      it(`${variant}, ${weighted ? 'weighted' : 'not weighted'}`, async () => {
        const isLayer = variant === 'layer';
        const inputs = { x: waves(rows * columns, 5), weight: waves(columns, 6), bias: waves(columns, 7) };
        const dy = waves(rows * columns, 8);
        const run = ({ x: xs, weight: ws, bias: bs }: typeof inputs) =>
          compute((b, out) => {
            const x = b.input('float64', full, xs);
            const weight = weighted ? b.input('float64', [columns], ws) : null;
            const bias = weighted && isLayer ? b.input('float64', [columns], bs) : null;
            const [y, dx, rstd] = [out('float64', full), out('float64', full), out('float64', [rows])];
            const mean = isLayer ? b.output('float64', [rows], { keys: ['exact'] }) : null;
            const dweight = weighted ? out('float64', [columns]) : null;
            const dbias = weighted && isLayer ? out('float64', [columns]) : null;
            b.step({ kind: 'norm', variant, rows, columns, eps: 0.1, x, weight, bias, y, mean, rstd });
            const gradients = { dx, dweight, dbias };
            const dyIn = b.input('float64', full, dy);
            b.step({
              kind: 'normBackward',
              variant,
              rows,
              columns,
              x,
              dy: dyIn,
              weight,
              mean,
              rstd,
              ...gradients,
            });
          });
        const [, dx, , dweight, dbias] = await run(inputs);
        const by = async (name: keyof typeof inputs) =>
          differences(inputs[name], dy, async (values) => (await run({ ...inputs, [name]: values }))[0]);
        expectNear(dx, await by('x'));
        if (dweight) expectNear(dweight, await by('weight'));
        if (dbias) expectNear(dbias, await by('bias'));
      });
    }
  }
});
