/** The rules for products with quantised weights. */
import { isFloatingPoint } from '../dtype.js';
import { quantisedGroups, quantisedGroupUnit, quantisedWords } from '../quantised.js';
import type { QuantisedMatmulStep } from '../steps.js';
import { describe, isContiguous, isCount, sameShape } from './layout.js';
import { rule } from './rule.js';

export function checkQuantisedMatmul(step: QuantisedMatmulStep): void {
  const { bits, rows, columns, depth, groupSize } = step;
  for (const [name, value] of Object.entries({ rows, columns, depth })) {
    rule(isCount(value), `${name} is ${value}: sizes are whole numbers, at least 0`);
  }
  rule(bits === 4 || bits === 8, `bits is ${bits}: 4 or 8`);
  rule(
    isCount(groupSize) && groupSize > 0 && (groupSize >= depth || groupSize % quantisedGroupUnit === 0),
    `groupSize is ${groupSize}: a multiple of ${quantisedGroupUnit}, or at least the depth (${depth})`,
  );
  const shapes = {
    x: [rows, depth],
    weight: [columns, quantisedWords(bits, depth)],
    scale: [columns, quantisedGroups(depth, groupSize)],
    y: [rows, columns],
  };
  for (const name of ['x', 'weight', 'scale', 'y'] as const) {
    const operand = step[name];
    const shape = shapes[name];
    rule(
      sameShape(operand.shape, shape),
      `${name} (${describe(operand)}) should have shape [${shape.join(', ')}]`,
    );
    rule(isContiguous(operand), `${name} (${describe(operand)}) should be contiguous`);
    if (name === 'weight') rule(operand.dtype === 'int32', `weight is ${operand.dtype} instead of int32`);
    else rule(isFloatingPoint(operand.dtype), `${name} is ${operand.dtype}: a float type is needed`);
  }
  const types = new Set([step.x, step.scale, step.y].map(({ dtype }) => dtype === 'float64'));
  rule(types.size === 1, 'x, scale and y have one compute type: float32 or float64');
}
