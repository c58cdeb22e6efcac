/// <reference types="node" />
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Reads a file of recorded numbers. Where they come from stands in the README beside them. */
export function golden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../goldens/random/${name}`, import.meta.url), 'utf8')) as T;
}

/** A recorded array: whole (`data`), or its ends and a hash of all its bytes. */
export interface RecordedArray {
  shape: number[];
  data?: number[];
  first?: number[];
  last?: number[];
  sha256_le: string;
}

export type Floats = Float32Array | Float64Array;

export function sha256(values: ArrayBufferView): string {
  return createHash('sha256')
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest('hex');
}

/** Integers as the 64-bit ones that PyTorch and NumPy hash. */
export function asInt64(values: ArrayLike<number>): BigInt64Array {
  return BigInt64Array.from(Array.from(values), BigInt);
}

/** Every value equal, and the bytes too (which sees the sign of zero and what the record leaves out). */
export function expectExactly(actual: ArrayLike<number> & ArrayBufferView, recorded: RecordedArray): void {
  expectValues(actual, recorded);
  expect(sha256(actual)).toBe(recorded.sha256_le);
}

export function expectValues(actual: ArrayLike<number>, recorded: RecordedArray): void {
  const values = Array.from(actual);
  expect(values.length).toBe(recorded.shape.reduce((a, b) => a * b, 1));
  if (recorded.data) expect(values).toEqual(recorded.data);
  if (recorded.first) expect(values.slice(0, recorded.first.length)).toEqual(recorded.first);
  if (recorded.last) expect(values.slice(-recorded.last.length)).toEqual(recorded.last);
}

/** How many doubles lie between two doubles of the same sign. */
export function ulpsApart(a: number, b: number): number {
  if (a === b) return 0;
  const bits = new BigInt64Array(Float64Array.of(a, b).buffer);
  const distance = bits[0] - bits[1];
  return Number(distance < 0n ? -distance : distance);
}
