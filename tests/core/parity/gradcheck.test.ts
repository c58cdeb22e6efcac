/** Gradients of all parity cases by finite differences, in float64 on the reference. */
import { reference } from '@inkstone/backend-cpu/reference';
import { type Device, open, setDefaultDevice, type Tensor, tensor, zeros } from '@inkstone/core';
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

/** Steps of the central difference, and how far it may be from the gradient: its own error is of order step^2. */
const step = 1e-5;
const tolerance = 2e-6;

/** Ops that jump or bend within a step of the inputs that their cases have. */
const kinks = new Set([
  't.remainder',
  't.fmod',
  't.div',
  't.floorDivide',
  't.frac',
  't.floor',
  't.ceil',
  't.round',
  't.trunc',
  't.sign',
  'special.hardshrink',
  'special.frexp',
]);

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

/** sum(result * cotangent), the function whose gradient a case has. */
async function weighed(testCase: ParityCase, bases: readonly Tensor[]): Promise<Tensor> {
  const views = bases.map((base, i) => look(base, testCase.in[i]));
  const outs = tensorsIn(await call(testCase, views)).filter(({ dtype }) => dtype === 'float64');
  if (outs.length === 0) return zeros([], { dtype: 'float64' });
  return outs.map((out) => out.mul(cotangent(out)).sum()).reduce((a, b) => a.add(b));
}

async function check(testCase: ParityCase): Promise<string> {
  const bases = testCase.in.map((spec) => tensorOf(spec, 'float64'));
  const chosen = bases.flatMap((base, i) =>
    base.dtype === 'float64' && testCase.in[i].g !== false && testCase.grad?.[i] ? [i] : [],
  );
  for (const i of chosen) bases[i].requiresGrad_();
  const out = await weighed(testCase, bases);
  if (!out.requiresGrad) return '';
  out.backward();
  for (const i of chosen) {
    const found = await bases[i].grad?.data();
    const { s, v } = testCase.in[i];
    // All moved copies at once would need as many graphs: a few elements tell as much.
    for (let at = 0; at < v.length; at += Math.max(1, Math.floor(v.length / 3))) {
      const moved = async (by: number): Promise<number> => {
        const numbers = v.map(numberOf);
        numbers[at] += by;
        const base = tensor(Float64Array.from(numbers), { dtype: 'float64' }).reshape(s);
        const others = bases.map((other, j) => (j === i ? base : other.detach()));
        return (await weighed(testCase, others)).item();
      };
      const slope = ((await moved(step)) - (await moved(-step))) / (2 * step);
      const mine = found ? found[at] : 0;
      if (!(Math.abs(slope - mine) <= tolerance * Math.max(1, Math.abs(slope), testCase.gradScale ?? 1)))
        return `input ${i}, element ${at}: the gradient is ${mine}, the slope ${slope}`;
    }
  }
  return '';
}

/**
 * Cases whose gradient is not the slope: at a kink, where PyTorch chooses one; of a padding row, which takes none; at
 * probabilities of 0 and 1, whose logarithms are cut off; and where results are infinite.
 */
const atKink = ({ op, note, args, out, in: inputs }: ParityCase): boolean =>
  kinks.has(op) ||
  /equal|zero|bounds|no slope|halves/.test(note ?? '') ||
  JSON.stringify(args).includes('paddingIdx') ||
  (op === 'F.bceLoss' && inputs[0].v.includes(0)) ||
  out.some(({ v }) => v.some((x) => typeof x === 'string'));

for (const family of families()) {
  const cases = readCases(family).filter(
    (testCase) => testCase.grad && /^(t|F|core|special)\./.test(testCase.op) && !atKink(testCase),
  );
  if (cases.length === 0) continue;
  describe(`gradients by finite differences: ${family}`, () => {
    for (const op of new Set(cases.map((testCase) => testCase.op))) {
      it(op, async () => {
        const own = cases.filter((testCase) => testCase.op === op);
        const problems: string[] = [];
        for (const [i, testCase] of own.entries()) {
          const problem = await check(testCase);
          if (problem) problems.push(`${op} ${i + 1}: ${problem}`);
        }
        expect(problems.join('\n')).toBe('');
      });
    }
  });
}
