/** Runs a small plan on the reference and gives back what its outputs hold. */

import { type CaseBuilder, define, forEachElement, runCase } from '@inkstone/conformance';
import type { DType, Operand } from '@inkstone/core/backend';
import { reference } from '../../src/reference.js';

export type Write = (dtype: DType, shape: readonly number[]) => Operand;

/**
 * @param fill adds inputs and steps; operands made by its second argument are the results
 * @returns the values of each result, row-major
 */
export async function compute(fill: (builder: CaseBuilder, out: Write) => void): Promise<number[][]> {
  const results: Operand[] = [];
  const testCase = define('by hand', (builder) => {
    fill(builder, (dtype, shape) => {
      const operand = builder.output(dtype, shape, { keys: ['exact'] });
      results.push(operand);
      return operand;
    });
  });
  const device = await reference().open();
  const buffers = await runCase(testCase, device);
  await device.close();
  return results.map((operand) => {
    const values: number[] = [];
    forEachElement(operand, (place) => values.push(buffers[operand.buffer][place]));
    return values;
  });
}
