/** Layer norm and RMS norm, forward and backward. */
import type { DType, Instruction, NormStep, Operand } from '@inkstone/core/backend';
import { type Case, define, offsetBy } from '../case.js';
import { uniform } from '../values.js';
import { gradient, rowShapes, value } from './row-shapes.js';

interface Norm {
  readonly rows: number;
  readonly columns: number;
  readonly variant: NormStep['variant'];
  readonly weighted?: boolean;
  readonly biased?: boolean;
  /** forward: mean and rstd are stored too; backward: which gradients are wanted */
  readonly stored?: boolean;
  readonly wanted?: readonly ('dx' | 'dweight' | 'dbias')[];
  readonly shiftBy?: number;
  readonly eps?: number;
  readonly dtype?: DType;
}

export function norm(name: string, spec: Norm): Case {
  const {
    rows,
    columns,
    variant,
    weighted = true,
    biased = variant === 'layer',
    stored = true,
    dtype = 'float32',
  } = spec;
  const { shiftBy = 0.5, eps = 1e-5 } = spec;
  return define(`${variant} norm ${name}`, (b) => {
    const shape = [rows, columns];
    const perRow = (scale: number) => b.output(dtype, [rows], value('norm', scale));
    // An offset far from 0 costs digits of x - mean itself, whatever the kernel does.
    const scale = variant === 'layer' ? Math.max(4, Math.abs(shiftBy)) : 4;
    b.step({
      kind: 'norm',
      variant,
      rows,
      columns,
      eps,
      x: b.input(dtype, shape, uniform(b.random, rows * columns, shiftBy - 1, shiftBy + 1)),
      weight: weighted ? b.input(dtype, [columns], uniform(b.random, columns, 0.5, 1.5)) : null,
      bias: biased ? b.input(dtype, [columns], uniform(b.random, columns)) : null,
      y: b.output(dtype, shape, value('norm', scale), offsetBy(3)),
      mean: stored && variant === 'layer' ? perRow(scale) : null,
      rstd: stored ? perRow(4) : null,
    });
  });
}

export function normBackward(name: string, spec: Norm): Case {
  const { rows, columns, variant, weighted = true, dtype = 'float32' } = spec;
  const { wanted = variant === 'layer' ? ['dx', 'dweight', 'dbias'] : ['dx', 'dweight'] } = spec;
  return define(`${variant} norm backward ${name}`, (b) => {
    const shape = [rows, columns];
    const perColumn = (wants: boolean): Operand | null =>
      wants ? b.output(dtype, [columns], gradient('normBackward', rows)) : null;
    b.step({
      kind: 'normBackward',
      variant,
      rows,
      columns,
      x: b.input(dtype, shape, uniform(b.random, rows * columns)),
      dy: b.input(dtype, shape, uniform(b.random, rows * columns), offsetBy(1)),
      weight: weighted ? b.input(dtype, [columns], uniform(b.random, columns, 0.5, 1.5)) : null,
      mean: variant === 'layer' ? b.input(dtype, [rows], uniform(b.random, rows, -0.1, 0.1)) : null,
      rstd: b.input(dtype, [rows], uniform(b.random, rows, 1, 2)),
      dx: wanted.includes('dx') ? b.output(dtype, shape, gradient('normBackward', 4), offsetBy(2)) : null,
      dweight: perColumn(wanted.includes('dweight')),
      dbias: perColumn(wanted.includes('dbias')),
    });
  });
}

/**
 * The gradient of a residual sum: a norm's dx and, right after it, what is added to it. A device may run both at once where
 * that changes nothing; `where` says where the sum is stored.
 */
function residualBackward(
  where: 'apart' | 'in place' | 'over dx' | 'over dy',
  variant: NormStep['variant'],
): Case {
  return define(`${variant} norm backward and a sum ${where}`, (b) => {
    const [rows, columns] = [70, 36];
    const shape = [rows, columns];
    const sum = { keys: ['gradient'], scale: 8 } as const;
    const dy = b.input('float32', shape, uniform(b.random, rows * columns));
    const other = b.input('float32', shape, uniform(b.random, rows * columns), offsetBy(4));
    const dx = b.output('float32', shape, sum);
    b.step({
      kind: 'normBackward',
      variant,
      rows,
      columns,
      x: b.input('float32', shape, uniform(b.random, rows * columns)),
      dy,
      weight: b.input('float32', [columns], uniform(b.random, columns, 0.5, 1.5)),
      mean: variant === 'layer' ? b.input('float32', [rows], uniform(b.random, rows, -0.1, 0.1)) : null,
      rstd: b.input('float32', [rows], uniform(b.random, rows, 1, 2)),
      dx,
      dweight: b.output('float32', [columns], gradient('normBackward', rows)),
      dbias: variant === 'layer' ? b.output('float32', [columns], gradient('normBackward', rows)) : null,
    });
    const places = { apart: null, 'in place': other, 'over dx': dx, 'over dy': dy };
    const place = places[where];
    const to = place === dx ? dx : place ? b.stored(place, sum) : b.output('float32', shape, sum);
    const instructions: Instruction[] = [
      { op: 'load', type: 'float32', input: 0 },
      { op: 'load', type: 'float32', input: 1 },
      { op: 'add', type: 'float32', a: 0, b: 1 },
    ];
    b.pointwise(shape, [other, dx], { instructions, outputs: [2] }, [to]);
  });
}

export function normCases(dtypes: readonly DType[]): Case[] {
  const cases: Case[] = [];
  for (const variant of ['layer', 'rms'] as const) {
    for (const [rows, columns] of rowShapes) {
      const spec = { rows, columns, variant };
      const text = `of ${rows} x ${columns}`;
      // One column has variance 0: y is the bias, and rstd the root of 1 / eps.
      cases.push(norm(text, columns === 1 ? { ...spec, eps: 1 } : spec), normBackward(text, spec));
    }
    const spec = { rows: 17, columns: 33, variant };
    cases.push(
      norm('without weight', { ...spec, weighted: false, biased: false }),
      norm('weight without bias', { ...spec, biased: false }),
      norm('mean and rstd not wanted', { ...spec, stored: false }),
      norm('of rows far from 0', { ...spec, shiftBy: 100 }),
      norm('with a large eps', { ...spec, eps: 0.5 }),
      normBackward('without weight', { ...spec, weighted: false }),
      normBackward('only dx', { ...spec, wanted: ['dx'] }),
      normBackward('only dweight', { ...spec, wanted: ['dweight'] }),
      normBackward('of many rows', { rows: 2000, columns: 5, variant }),
    );
    for (const dtype of ['float16', 'float64'] as const) {
      if (!dtypes.includes(dtype)) continue;
      cases.push(norm(`in ${dtype}`, { ...spec, dtype }), normBackward(`in ${dtype}`, { ...spec, dtype }));
    }
  }
  for (const where of ['apart', 'in place', 'over dx', 'over dy'] as const)
    cases.push(residualBackward(where, 'layer'), residualBackward(where, 'rms'));
  const layer = { rows: 17, columns: 33, variant: 'layer' } as const;
  cases.push(
    norm('bias without weight', { ...layer, weighted: false }),
    normBackward('only dbias', { ...layer, wanted: ['dbias'] }),
    normBackward('only dweight and dbias', { ...layer, wanted: ['dweight', 'dbias'] }),
  );
  return cases;
}
