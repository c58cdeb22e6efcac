/**
 * Every op, function, layer, loss and optimizer that core exports has its parity cases: at least 5 each, and as many
 * with gradients where it has one. What is new and has none fails here.
 */
import { describe, expect, it } from 'vitest';
import { exported, opsOf } from '../exported.js';
import { families, type ParityCase, readCases } from './case.js';

/** Of each op. */
const enough = 5;

/** Their tests are where their promise is: state that grows in place. */
const elsewhere = new Set(['t.updateSlice_']);

/** Cases that stand under another name. */
const under: Readonly<Record<string, readonly string[]>> = {
  't.setItem': ['set.number', 'set.tensor'],
  'optim.clipGradNorm': ['clip.norm'],
  'optim.clipGradValue': ['clip.value'],
};

/** Results that are no floats, do not depend on the elements, or are drawn. */
const withoutGradient = new Set(
  (
    't.all t.any t.argmax t.argmin t.argsort t.eq t.ne t.lt t.le t.gt t.ge t.isnan t.isinf t.isfinite t.logicalAnd ' +
    't.logicalOr t.logicalXor t.logicalNot t.nonzero t.int t.bool t.float t.to t.fill_ t.zero_ t.detach t.floorDivide ' +
    't.bitwiseAnd t.bitwiseOr t.bitwiseXor t.bitwiseNot t.bitwiseLeftShift t.bitwiseRightShift t.heaviside t.isposinf ' +
    't.isneginf t.isclose t.eq_ t.ne_ t.lt_ t.le_ t.gt_ t.ge_ t.logicalAnd_ t.logicalOr_ t.logicalXor_ t.logicalNot_ ' +
    't.floorDivide_ t.bitwiseAnd_ t.bitwiseOr_ t.bitwiseXor_ t.bitwiseNot_ t.bitwiseLeftShift_ t.bitwiseRightShift_ ' +
    't.heaviside_ ' +
    'special.gcd special.lcm special.signbit special.countNonzero special.histc special.bincount special.unique ' +
    'F.oneHot F.sinusoidalPositions F.rotaryAngles'
  ).split(' '),
);
const spacesWithoutGradient = new Set(['init', 'optim', 'lrScheduler']);
/** Of core: what makes tensors out of numbers. */
const creation =
  /^core\.(arange|linspace|eye|full|ones|zeros|onesLike|zerosLike|rand|randn|randint|randperm|multinomial)$/;

interface Counted {
  cases: number;
  gradients: number;
}
const counted = new Map<string, Counted>();
function note(name: string, { grad, parameterGrad }: ParityCase): void {
  const count = counted.get(name) ?? { cases: 0, gradients: 0 };
  count.cases++;
  if (grad || parameterGrad) count.gradients++;
  counted.set(name, count);
}
for (const testCase of families().flatMap(readCases)) {
  note(testCase.op, testCase);
  const { clip } = testCase as { clip?: object };
  for (const kind of Object.keys(clip ?? {})) note(`clip.${kind}`, testCase);
}

const of = (name: string): Counted =>
  (under[name] ?? [name]).reduce(
    (sum, key) => {
      const { cases, gradients } = counted.get(key) ?? { cases: 0, gradients: 0 };
      return { cases: sum.cases + cases, gradients: sum.gradients + gradients };
    },
    { cases: 0, gradients: 0 },
  );

describe.each(Object.keys(exported))('parity cases of %s', (space) => {
  const ops = opsOf(space).filter((name) => !elsewhere.has(`${space}.${name}`));

  it(`at least ${enough} of each`, () => {
    expect(ops.length).toBeGreaterThanOrEqual(6);
    const few = ops.filter((name) => of(`${space}.${name}`).cases < enough);
    expect(few).toEqual([]);
  });

  it(`at least ${enough} with gradients of each that has one`, () => {
    const few = ops
      .map((name) => `${space}.${name}`)
      .filter(
        (name) => !spacesWithoutGradient.has(space) && !withoutGradient.has(name) && !creation.test(name),
      )
      .filter((name) => of(name).gradients < enough);
    expect(few).toEqual([]);
  });
});

it('1,500 cases in all, two thirds of them with gradients', () => {
  const all = families().flatMap(readCases);
  expect(all.length).toBeGreaterThanOrEqual(2500);
  expect(all.filter(({ grad, parameterGrad }) => grad || parameterGrad).length).toBeGreaterThanOrEqual(1700);
});

it('no case is of what is not exported', () => {
  const known = new Set(
    Object.entries(exported).flatMap(([space, names]) => names.map((name) => `${space}.${name}`)),
  );
  const unknown = [...counted.keys()].filter((name) => !/^(set|clip)\./.test(name) && !known.has(name));
  expect(unknown).toEqual([]);
});
