/** Cross-entropy forward and backward: weights, smoothing, ignored and impossible targets. */
import type { DType } from '@inkstone/core/backend';
import { type Case, type CaseBuilder, define, offsetBy } from '../case.js';
import { integers, uniform } from '../values.js';
import { gradient, rowShapes, value } from './row-shapes.js';

interface Entropy {
  readonly rows: number;
  readonly classes: number;
  readonly weighted?: boolean;
  readonly labelSmoothing?: number;
  readonly ignoreIndex?: number;
  readonly total?: boolean;
  readonly flagged?: boolean;
  readonly dtype?: DType;
  /** what to do with the logits and targets before they are used */
  readonly alter?: (logits: number[], targets: number[]) => void;
  /** dloss is one number for all rows */
  readonly mean?: boolean;
}

function entropyInputs(b: CaseBuilder, spec: Entropy) {
  const { rows, classes, weighted = false, dtype = 'float32', alter } = spec;
  const logits = uniform(b.random, rows * classes, -4, 4);
  const targets = integers(b.random, rows, 0, classes - 1);
  alter?.(logits, targets);
  return {
    logits: b.input(dtype, [rows, classes], logits),
    target: b.input('int32', [rows], targets, offsetBy(1)),
    weight: weighted ? b.input(dtype, [classes], uniform(b.random, classes, 0.2, 2)) : null,
    values: logits,
  };
}

export function crossEntropy(name: string, spec: Entropy): Case {
  const {
    rows,
    classes,
    labelSmoothing = 0,
    ignoreIndex = -100,
    total = false,
    flagged = false,
    dtype = 'float32',
  } = spec;
  return define(`cross-entropy ${name}`, (b) => {
    const { logits, target, weight } = entropyInputs(b, spec);
    const perRow = (scale: number) => b.output(dtype, [rows], value('crossEntropy', scale));
    const flag = flagged ? b.stored(b.input('int32', [3], [0, 0, 0]), { keys: ['exact'] }) : null;
    b.step({
      kind: 'crossEntropy',
      rows,
      classes,
      ignoreIndex,
      labelSmoothing,
      logits,
      target,
      weight,
      loss: perRow(16),
      logSumExp: perRow(8),
      total: total ? b.output(dtype, [rows], { keys: ['exact'] }) : null,
      flag: flag && { ...flag, shape: [], strides: [], offset: 1 },
    });
  });
}

export function crossEntropyBackward(name: string, spec: Entropy): Case {
  const { rows, classes, labelSmoothing = 0, ignoreIndex = -100, dtype = 'float32', mean = false } = spec;
  return define(`cross-entropy backward ${name}`, (b) => {
    const { logits, target, weight, values } = entropyInputs(b, spec);
    const sums = Array.from({ length: rows }, (_, r) => {
      const row = values.slice(r * classes, (r + 1) * classes);
      return Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0));
    });
    const layout = mean ? () => ({ strides: [0], offset: 1, elements: 3 }) : offsetBy(1);
    b.step({
      kind: 'crossEntropyBackward',
      rows,
      classes,
      ignoreIndex,
      labelSmoothing,
      logits,
      target,
      weight,
      logSumExp: b.input(dtype, [rows], sums),
      dloss: b.input(dtype, [rows], mean ? Array(rows).fill(1 / 8) : uniform(b.random, rows), layout),
      dlogits: b.output(dtype, [rows, classes], gradient('crossEntropyBackward')),
    });
  });
}

export function crossEntropyCases(dtypes: readonly DType[]): Case[] {
  const variants: [string, Partial<Entropy>][] = [
    ['', {}],
    [', weighted', { weighted: true, total: true }],
    [', smoothed', { labelSmoothing: 0.1, total: true }],
    [', weighted and smoothed', { weighted: true, labelSmoothing: 0.3, total: true }],
    [', fully smoothed', { labelSmoothing: 1 }],
    [', some ignored', { total: true, alter: (_, t) => ignoreSome(t, -100) }],
    [', class 0 ignored, weighted', { total: true, weighted: true, ignoreIndex: 0 }],
    [', one dloss for all', { mean: true }],
  ];
  const cases: Case[] = [];
  for (const [rows, classes] of [...rowShapes, [8, 65]] as const) {
    const spec = { rows, classes };
    cases.push(
      crossEntropy(`of ${rows} x ${classes}`, spec),
      crossEntropyBackward(`of ${rows} x ${classes}`, spec),
    );
  }
  for (const [text, more] of variants) {
    const spec = { rows: 33, classes: 17, ...more };
    cases.push(crossEntropy(`of 33 x 17${text}`, spec), crossEntropyBackward(`of 33 x 17${text}`, spec));
  }
  const outside = (_: number[], t: number[]) => {
    t[2] = -1;
    t[4] = 17;
    t[5] = 2147483647;
  };
  for (const flagged of [true, false]) {
    const text = flagged ? 'flagged' : 'not flagged';
    cases.push(
      crossEntropy(`targets outside, ${text}`, {
        rows: 9,
        classes: 17,
        flagged,
        total: true,
        weighted: true,
        alter: outside,
      }),
    );
  }
  cases.push(
    crossEntropy('targets inside leave the flag', { rows: 9, classes: 17, flagged: true }),
    crossEntropy('an ignored target leaves the flag', {
      rows: 9,
      classes: 17,
      flagged: true,
      alter: (_, t) => ignoreSome(t, -100),
    }),
    crossEntropyBackward('targets outside', { rows: 9, classes: 17, alter: outside }),
    crossEntropy('of large scores', { rows: 9, classes: 17, alter: (x) => x.forEach(timesTen(x)) }),
    crossEntropy('of a class masked, not finite', { rows: 9, classes: 17, alter: maskClass }),
    crossEntropyBackward('of a class masked, not finite', { rows: 9, classes: 17, alter: maskClass }),
  );
  for (const dtype of ['float16', 'float64'] as const) {
    if (!dtypes.includes(dtype)) continue;
    cases.push(
      crossEntropy(`in ${dtype}`, { rows: 9, classes: 17, dtype }),
      crossEntropyBackward(`in ${dtype}`, { rows: 9, classes: 17, dtype }),
    );
  }
  return cases;
}

function ignoreSome(targets: number[], ignoreIndex: number): void {
  for (let r = 0; r < targets.length; r += 3) targets[r] = ignoreIndex;
}

function timesTen(logits: number[]): (value: number, i: number) => void {
  return (v, i) => {
    logits[i] = v * 10;
  };
}

/** Class 3 has probability 0 in every row, and is no target. */
function maskClass(logits: number[], targets: number[]): void {
  for (let r = 0; r < targets.length; r++) {
    logits[r * 17 + 3] = Number.NEGATIVE_INFINITY;
    if (targets[r] === 3) targets[r] = 4;
  }
}
