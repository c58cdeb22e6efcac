/**
 * Gradients of gradients: of each op with a gradient, the gradient is differentiated again and compared with finite
 * differences in float64; where it is made of what has no gradient, an error says so. Nothing is zero in silence.
 */
import { reference } from '@inkstone/backend-cpu/reference';
import { type Device, grad, open, setDefaultDevice, type Tensor, tensor, zeros } from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cotangent,
  families,
  look,
  numberOf,
  type ParityCase,
  readCases,
  tensorOf,
  tensorsIn,
} from './case.js';
import { call } from './run.js';

const step = 1e-5;
const tolerance = 5e-6;

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

/** Ops whose gradient is a kernel of its own, without a gradient of its own. */
const once = new Set([
  'F.crossEntropy',
  'F.layerNorm',
  'F.rmsNorm',
  'F.scaledDotProductAttention',
  't.digamma',
  't.digamma_',
]);

async function weighed(testCase: ParityCase, bases: readonly Tensor[]): Promise<Tensor> {
  const views = bases.map((base, i) => look(base, testCase.in[i]));
  const outs = tensorsIn(await call(testCase, views)).filter(({ dtype }) => dtype === 'float64');
  if (outs.length === 0) return zeros([], { dtype: 'float64' });
  // Squares, so that ops which are linear have a second derivative too.
  return outs.map((out) => out.square().mul(cotangent(out)).sum()).reduce((a, b) => a.add(b));
}

/** The first gradient of input `i`, summed with weights: what is differentiated again. */
async function slope(testCase: ParityCase, bases: readonly Tensor[], i: number): Promise<Tensor> {
  const out = await weighed(testCase, bases);
  if (!out.requiresGrad) return zeros([], { dtype: 'float64' });
  const [first] = grad(out, [bases[i]], { createGraph: true, allowUnused: true });
  return first ? first.mul(cotangent(first)).sum() : zeros([], { dtype: 'float64' });
}

/** Input `i` of a case with element `at` moved, all inputs fresh. */
function inputs(testCase: ParityCase, i: number, at: number, by: number): Tensor[] {
  return testCase.in.map((spec, j) => {
    const base = tensorOf(spec, 'float64');
    if (j !== i) return base;
    const numbers = spec.v.map(numberOf);
    if (at >= 0) numbers[at] += by;
    return tensor(Float64Array.from(numbers), { dtype: 'float64' }).reshape(spec.s).requiresGrad_();
  });
}

async function check(testCase: ParityCase): Promise<string> {
  const i = testCase.in.findIndex(
    (spec, j) =>
      (spec.d ?? 'float32') === 'float32' && spec.g !== false && spec.v.length > 0 && testCase.grad?.[j],
  );
  if (i < 0) return '';
  const own = inputs(testCase, i, -1, 0);
  const total = await slope(testCase, own, i);
  const [second] = total.requiresGrad ? grad(total, [own[i]], { allowUnused: true }) : [null];
  const found = await second?.data();
  const count = testCase.in[i].v.length;
  for (let at = 0; at < count; at += Math.max(1, Math.floor(count / 3))) {
    const moved = async (by: number): Promise<number> =>
      (await slope(testCase, inputs(testCase, i, at, by), i)).item();
    const want = ((await moved(step)) - (await moved(-step))) / (2 * step);
    const mine = found ? found[at] : 0;
    if (!(Math.abs(want - mine) <= tolerance * Math.max(1, Math.abs(want), testCase.gradScale ?? 1)))
      return `${testCase.op}, element ${at}: the second gradient is ${mine}, the slope ${want}`;
  }
  return '';
}

/** Kinks and jumps, where a difference says nothing; draws; and results that are not finite. */
const awkward = ({ op, note, in: given, out }: ParityCase): boolean =>
  /remainder|fmod|t\.div|floor|ceil|round|trunc|sign$|dropout|frac|frexp|shrink/.test(op) ||
  /equal|zero|bounds|no slope|halves/.test(note ?? '') ||
  (op === 'F.bceLoss' && given[0].v.includes(0)) ||
  out.some(({ v }) => v.some((x) => typeof x === 'string'));

const cases = new Map<string, ParityCase[]>();
for (const testCase of families().flatMap(readCases)) {
  if (!testCase.grad || !/^(t|F|core|special)\./.test(testCase.op) || awkward(testCase)) continue;
  const own = cases.get(testCase.op) ?? [];
  if (own.length < 2) cases.set(testCase.op, [...own, testCase]);
}

describe('gradients of gradients', () => {
  it.each([...cases.keys()])('%s', async (op) => {
    for (const testCase of cases.get(op) as ParityCase[]) {
      if (once.has(op)) await expect(check(testCase)).rejects.toThrow(/not differentiable/);
      else expect(await check(testCase)).toBe('');
    }
  });
});
