/** Every instruction, alone, over ordinary and special values: what program.ts says of each. */
import type { BinaryOp, ComputeType, DType, Instruction, UnaryOp } from '@inkstone/core/backend';
import { type Case, type CaseBuilder, define, type ToleranceKey } from '../case.js';
import {
  integers,
  magnitudes,
  nonFiniteFloats,
  pairs,
  Random,
  seedOf,
  specialFloats,
  specialInts,
  subnormalFloats,
  uniform,
} from '../values.js';

type Values = (random: Random) => number[];

interface UnaryRow {
  readonly op: UnaryOp;
  /** Ordinary arguments on floats; `exact` results must be the very same. */
  readonly values: Values;
  readonly exact?: boolean;
  /** Tried on the special floats too: results there are well defined. */
  readonly special?: boolean;
}

const spread: Values = (random) => [...uniform(random, 200, -8, 8), ...magnitudes(random, 57, -20, 20)];
const halves: Values = (random) => [
  ...integers(random, 100, -99, 99).map((x) => x / 2),
  ...uniform(random, 57, -9, 9),
];
const positive: Values = (random) => magnitudes(random, 257, -100, 100).map(Math.abs);
const angles: Values = (random) => uniform(random, 257, -100, 100);

const unaryRows: readonly UnaryRow[] = [
  { op: 'neg', values: spread, exact: true, special: true },
  { op: 'abs', values: spread, exact: true, special: true },
  { op: 'sign', values: spread, exact: true, special: true },
  { op: 'floor', values: halves, exact: true, special: true },
  { op: 'ceil', values: halves, exact: true, special: true },
  { op: 'round', values: halves, exact: true, special: true },
  { op: 'trunc', values: halves, exact: true, special: true },
  { op: 'sqrt', values: positive, special: true },
  { op: 'rsqrt', values: positive, special: true },
  {
    op: 'exp',
    values: (random) => [...uniform(random, 200, -87, 88), ...uniform(random, 57, -1, 1)],
    special: true,
  },
  {
    op: 'expm1',
    values: (random) => [...uniform(random, 100, -20, 88), ...magnitudes(random, 157, -24, 3)],
    special: true,
  },
  { op: 'log', values: (random) => [...positive(random), ...uniform(random, 100, 0.5, 2)], special: true },
  {
    op: 'log1p',
    values: (random) => [...uniform(random, 100, -0.999, 9), ...magnitudes(random, 157, -30, -1)],
    special: true,
  },
  { op: 'log2', values: (random) => [...positive(random), ...[0.25, 1, 2, 1024]], special: true },
  { op: 'sin', values: angles },
  { op: 'cos', values: angles },
  { op: 'tan', values: (random) => uniform(random, 257, -1.5, 1.5) },
  { op: 'atan', values: spread, special: true },
  { op: 'sinh', values: (random) => [...uniform(random, 200, -20, 20), ...magnitudes(random, 57, -20, 0)] },
  { op: 'cosh', values: (random) => uniform(random, 257, -20, 20) },
  {
    op: 'tanh',
    values: (random) => [...uniform(random, 200, -10, 10), ...magnitudes(random, 57, -20, 10)],
    special: true,
  },
  {
    op: 'sigmoid',
    values: (random) => [...uniform(random, 200, -30, 30), ...magnitudes(random, 57, -20, 10)],
    special: true,
  },
  {
    op: 'erf',
    values: (random) => [...uniform(random, 200, -5, 5), ...magnitudes(random, 57, -20, 5)],
    special: true,
  },
  { op: 'isnan', values: spread, exact: true, special: true },
  { op: 'isinf', values: spread, exact: true, special: true },
];

function unary(
  name: string,
  op: UnaryOp,
  dtype: DType,
  type: ComputeType,
  values: readonly number[],
  exact: boolean,
): Case {
  const isTest = op === 'isnan' || op === 'isinf';
  return define(name, (b) => {
    const keys: ToleranceKey[] = exact ? [op, 'exact'] : [op, 'value'];
    const x = b.input(dtype, [values.length], values);
    const y = b.output(isTest ? 'bool' : dtype, [values.length], { keys });
    b.pointwise(
      [values.length],
      [x],
      {
        instructions: [
          { op: 'load', type, input: 0 },
          { op, type: isTest ? 'bool' : type, a: 0 },
        ],
        outputs: [1],
      },
      [y],
    );
  });
}

function binary(
  name: string,
  op: BinaryOp,
  dtype: DType,
  type: ComputeType,
  [left, right]: [number[], number[]],
  exact: boolean,
): Case {
  const isTest = comparisons.includes(op);
  return define(name, (b: CaseBuilder) => {
    const shape = [left.length];
    const inputs = [b.input(dtype, shape, left), b.input(dtype, shape, right)];
    const y = b.output(isTest ? 'bool' : dtype, shape, { keys: exact ? [op, 'exact'] : [op, 'value'] });
    const instruction: Instruction = { op, type: isTest ? 'bool' : type, a: 0, b: 1 };
    b.pointwise(
      shape,
      inputs,
      {
        instructions: [{ op: 'load', type, input: 0 }, { op: 'load', type, input: 1 }, instruction],
        outputs: [2],
      },
      [y],
    );
  });
}

const comparisons: readonly BinaryOp[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];

interface BinaryRow {
  readonly op: BinaryOp;
  readonly values: (random: Random) => [number[], number[]];
  readonly exact?: boolean;
}

const anyPair = (random: Random): [number[], number[]] => [spread(random), spread(random)];

/** Quotients of small dyadic numbers: no implementation that rounds once or corrects its rounding gets these wrong. */
const divisions = (random: Random): [number[], number[]] => {
  const divisors = [0.375, 0.5, 1, 1.5, 2, 3, 7, 10];
  const dividends = [...integers(random, 24, -512, 512).map((x) => x / 8), 0, 6, -6, 21, 1e6];
  return pairs(dividends, [...divisors, ...divisors.map((x) => -x)]);
};

const floatBinaryRows: readonly BinaryRow[] = [
  { op: 'add', values: anyPair, exact: true },
  { op: 'sub', values: anyPair, exact: true },
  { op: 'mul', values: anyPair, exact: true },
  { op: 'div', values: anyPair },
  { op: 'max', values: anyPair, exact: true },
  { op: 'min', values: anyPair, exact: true },
  { op: 'floorDiv', values: divisions, exact: true },
  { op: 'remainder', values: divisions, exact: true },
  { op: 'fmod', values: divisions, exact: true },
  {
    op: 'pow',
    values: (random) => {
      const bases = [...uniform(random, 14, 0.1, 4), 0, 1, 2, 10];
      const [a, b] = pairs(bases, [...uniform(random, 10, 0, 5), 0, 1, 2, 0.5]);
      const [c, d] = pairs([-1, -2, -0.5, -3], [0, 1, 2, 3, 4, -1, -2, 7]);
      return [
        [...a, ...c, 4, 1, 0.5],
        [...b, ...d, -0.5, -9, -3],
      ];
    },
  },
  { op: 'atan2', values: anyPair },
  ...comparisons.map((op) => ({ op, values: () => pairs(specialFloats), exact: true })),
];

const intOps: readonly BinaryOp[] = [
  'add',
  'sub',
  'mul',
  'floorDiv',
  'remainder',
  'fmod',
  'pow',
  'max',
  'min',
  'and',
  'or',
  'xor',
  'shl',
  'shr',
  ...comparisons,
];

/** @param dtypes those that the device has */
export function instructionCases(dtypes: readonly DType[]): Case[] {
  const floats = (['float32', 'float64'] as const).filter((type) => dtypes.includes(type));
  return [...floats.flatMap(floatCases), ...intCases(), ...boolCases()];
}

type Float = 'float32' | 'float64';

function floatCases(type: Float): Case[] {
  const cases: Case[] = [];
  for (const { op, values, exact = false, special = false } of unaryRows) {
    const name = `${op} ${type}`;
    cases.push(unary(name, op, type, type, values(new Random(seedOf(name))), exact));
    if (!special) continue;
    cases.push(unary(`${name}, special values`, op, type, type, specialFloats, exact));
    cases.push(unary(`${name}, subnormal`, op, type, type, [...subnormalFloats, 1], exact));
    cases.push(unary(`${name}, not finite`, op, type, type, [...nonFiniteFloats, 1], exact));
  }
  for (const { op, values, exact = false } of floatBinaryRows) {
    const name = `${op} ${type}`;
    cases.push(binary(name, op, type, type, values(new Random(seedOf(name))), exact));
  }
  for (const op of ['add', 'sub', 'mul', 'div', 'max', 'min', ...comparisons] as const) {
    const values = [...nonFiniteFloats, 0, -0, 1, -2.5];
    cases.push(binary(`${op} ${type}, not finite`, op, type, type, pairs(values), op !== 'div'));
  }
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  const bases = [nan, inf, -inf, 1, nan, -1, -1, 0, 0, -8, -2.5, 2, 0.5, inf, inf];
  const exponents = [0, 0, 0, nan, 1, inf, -inf, -1, inf, 1 / 3, 0.5, -inf, inf, -1, 0.5];
  cases.push(binary(`pow ${type}, not finite`, 'pow', type, type, [bases, exponents], false));
  const dividends = [1, -1, 0, nan, 1, inf, 5, -5, 5, -5, 0];
  const divisors = [0, 0, 0, 1, nan, 2, inf, -inf, -inf, inf, inf];
  for (const op of ['floorDiv', 'remainder', 'fmod'] as const) {
    cases.push(binary(`${op} ${type}, not finite`, op, type, type, [dividends, divisors], true));
  }
  return cases;
}

function intCases(): Case[] {
  return [
    ...(['neg', 'abs', 'sign'] as const).map((op) =>
      unary(`${op} int32`, op, 'int32', 'int32', [...specialInts], true),
    ),
    ...intOps.map((op) => binary(`${op} int32`, op, 'int32', 'int32', pairs(specialInts), true)),
  ];
}

function boolCases(): Case[] {
  const ops = ['and', 'or', 'xor', ...comparisons] as const;
  return [
    unary('not bool', 'not', 'bool', 'bool', [0, 1, 1, 0, 0], true),
    ...ops.map((op) => binary(`${op} bool`, op, 'bool', 'bool', pairs([0, 1]), true)),
  ];
}
