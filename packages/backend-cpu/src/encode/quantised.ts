/** Products with quantised weights (assembly/quantised.ts). */
import { type QuantisedMatmulStep, quantisedGroups, quantisedWords } from '@inkstone/core/backend';
import { CommandKind } from '../../assembly/opcodes.js';
import type { StepEncoder } from './step.js';
import { nowhere } from './writer.js';

/** Multiply-adds of a task. */
const taskWork = 65536;
/** From so many rows on, weights become floats. */
const manyRows = 8;
/** Columns of a task then: panels of 8 that all rows share. */
const panelColumns = 32;

export function encodeQuantisedMatmul(encoder: StepEncoder, step: QuantisedMatmulStep): void {
  const { bits, rows, columns, depth, groupSize } = step;
  if (rows * columns === 0) return;
  const { writer, scratch } = encoder;
  const x = encoder.contiguous(step.x);
  const weight = encoder.contiguous(step.weight);
  const scale = encoder.contiguous(step.scale);
  const y = encoder.target(step.y);
  const many = rows >= manyRows && depth > 0;
  // The parts of a row: two 16-bit integers a number, in whole blocks of 32, and its factor.
  const partBytes = Math.ceil(depth / 32) * 128 + 16;
  const fewColumns = Math.max(16, Math.ceil(taskWork / Math.max(1, rows * depth)));

  writer.begin(CommandKind.QuantisedMatmul, encoder.flags(rows * columns * depth * 0.25));
  writer.word(bits, rows, columns, depth, groupSize, many ? panelColumns : fewColumns);
  writer.address(many ? nowhere : { kind: 'scratch', byteOffset: scratch.take(rows * partBytes) });
  writer.address(x);
  writer.address(weight);
  writer.word(quantisedWords(bits, depth) * 4);
  writer.address(scale);
  writer.word(quantisedGroups(depth, groupSize) * 4);
  writer.address(y.address);
  writer.end();
  if (many) scratch.needLocal(panelColumns * depth * 4);
  y.store();
}
