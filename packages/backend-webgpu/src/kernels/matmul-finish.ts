/** What becomes of a tile of a matrix product: the epilogue on each element, or a partial result of a slice. */
import type { MatmulStep, Operand } from '@inkstone/core/backend';
import { coordinates, offsetAt } from '../indexing.js';
import type { Kernel } from '../kernel.js';
import { isAligned } from './pointwise.js';
import { identity, programFunction } from './program.js';

export interface Finish {
  /** `finish(z, i, j, value)`: runs the epilogue on four neighbours of row i and stores what lies inside. */
  readonly code: string;
  readonly heavy: boolean;
}

export function partialFinish({ outputs, m, n }: MatmulStep, kernel: Kernel): Finish {
  const vector = n % 4 === 0;
  kernel.output('y0', outputs[0] as Operand, vector ? 4 : 1);
  void m;
  const store = vector
    ? 'store4_y0((z * params.m + i) * params.n + j, value);'
    : 'for (var e = 0u; e < 4u; e++) { if (j + e < params.n) { store_y0((z * params.m + i) * params.n + j + e, value[e]); } }';
  return {
    code: `fn finish(z: u32, i: u32, j: u32, value: vec4<f32>) {\nif (i >= params.m || j >= params.n) { return; }\n${store}\n}`,
    heavy: false,
  };
}

export function finishFunction(step: MatmulStep, kernel: Kernel): Finish {
  const { epilogueInputs: inputs, outputs, n } = step;
  const operands = [...inputs, ...outputs];
  const rank = step.batch.length;
  // A column of a matrix with one column, or a row of one row, is never stepped along.
  const strides = operands.map((o) => ({
    row: step.m === 1 ? 0 : (o.strides[rank] as number),
    column: n === 1 ? 0 : (o.strides[rank + 1] as number),
  }));
  const vector =
    n % 4 === 0 &&
    operands.every((o, i) => {
      const { row, column } = strides[i] as (typeof strides)[number];
      if (column === 0) return i < inputs.length;
      return (
        column === 1 && row % 4 === 0 && isAligned(o) && o.strides.slice(0, rank).every((s) => s % 4 === 0)
      );
    });
  const isVector = (i: number) => vector && strides[i]?.column === 1;
  const program = step.epilogue ?? identity(outputs.length);
  const names = operands.map((_, i) => (i < inputs.length ? `z${i}` : `y${i - inputs.length}`));
  inputs.forEach((operand, i) => {
    kernel.input(`z${i}`, operand, isVector(i) ? 4 : 1);
  });
  outputs.forEach((operand, j) => {
    kernel.output(`y${j}`, operand, vector ? 4 : 1);
  });
  const compiled = programFunction(
    program,
    [{ dtype: 'float32' }, ...inputs],
    outputs,
    rank + 2,
    step.scalars,
    kernel,
  );
  // Coordinates stay uncoalesced: a program may ask for them.
  const batchAt = operands.map((o) => offsetAt(o.strides.slice(0, rank), 'c'));
  strides.forEach(({ row, column }, i) => {
    if (row > 1) kernel.param(`${names[i]}_row`, 'u32', row);
    if (column > 1) kernel.param(`${names[i]}_column`, 'u32', column);
  });
  const at = (i: number, column: string) => {
    const s = strides[i] as (typeof strides)[number];
    const rowTerm = s.row === 0 ? '' : s.row === 1 ? ' + i' : ` + i * params.${names[i]}_row`;
    const columnTerm =
      s.column === 0 ? '' : s.column === 1 ? ` + ${column}` : ` + (${column}) * params.${names[i]}_column`;
    return `at${i}${rowTerm}${columnTerm}`;
  };
  const index = compiled.usesIndex ? [...step.batch.map((_, axis) => `c${axis}`), 'i'] : [];
  const call = (values: readonly string[], column: string) =>
    `program(${[...values, ...index, ...(compiled.usesIndex ? [column] : [])].join(', ')})`;

  const lines = [
    'fn finish(z: u32, i: u32, j: u32, value: vec4<f32>) {',
    'if (i >= params.m || j >= params.n) { return; }',
    coordinates(step.batch, 'z', 'c'),
    ...batchAt.map((offset, i) => `let at${i} = ${offset};`),
  ];
  if (vector) {
    inputs.forEach((_, i) => {
      lines.push(`let x${i} = load${isVector(i) ? 4 : ''}_z${i}(${at(i, 'j')});`);
    });
    for (let e = 0; e < 4; e++) {
      const values = [`value[${e}]`, ...inputs.map((_, i) => (isVector(i) ? `x${i}[${e}]` : `x${i}`))];
      lines.push(`let p${e} = ${call(values, `j + ${e}u`)};`);
    }
    compiled.results.forEach((type, y) => {
      const four = [0, 1, 2, 3].map((e) => `p${e}.r${y}`).join(', ');
      lines.push(`store4_y${y}(${at(inputs.length + y, 'j')}, vec4<${type}>(${four}));`);
    });
  } else {
    lines.push('for (var e = 0u; e < 4u; e++) {', 'let column = j + e;', 'if (column < params.n) {');
    const values = ['value[e]', ...inputs.map((_, i) => `load_z${i}(${at(i, 'column')})`)];
    lines.push(`let p = ${call(values, 'column')};`);
    compiled.results.forEach((_, y) => {
      lines.push(`store_y${y}(${at(inputs.length + y, 'column')}, p.r${y});`);
    });
    lines.push('}', '}');
  }
  lines.push('}');
  return { code: `${compiled.code}\n${lines.join('\n')}`, heavy: compiled.heavy };
}
