/**
 * Words of commands, and where addresses in them come from.
 *
 * A plan is encoded before its memory is known: an address is written as 0 and noted as a relocation. Most are patched
 * once, those of the plan's buffers when another buffer is bound, those with a run-time shift at each run.
 */
import type { Operand } from '@inkstone/core/backend';
import { storageBytes } from './storage.js';

/** Where an operand lies. */
export type Address =
  | {
      readonly kind: 'buffer';
      readonly buffer: number;
      readonly byteOffset: number;
      /** Adds scalars[scalar] * bytes at run time. */
      readonly shift?: { readonly scalar: number; readonly bytes: number } | undefined;
    }
  /** In the scratch memory that all threads share. */
  | { readonly kind: 'scratch'; readonly byteOffset: number }
  /** A run-time scalar of the plan. */
  | { readonly kind: 'scalar'; readonly index: number }
  /** No memory: a null operand, a coordinate, or an address that the kernel knows. */
  | { readonly kind: 'none' };

export interface Relocation {
  readonly word: number;
  readonly address: Address;
}

export const nowhere: Address = { kind: 'none' };

export function addressOf(operand: Operand | null): Address {
  if (operand === null) return nowhere;
  const bytes = storageBytes(operand.dtype);
  const { shift } = operand;
  return {
    kind: 'buffer',
    buffer: operand.buffer,
    byteOffset: operand.offset * bytes,
    shift: shift && { scalar: shift.scalar, bytes: shift.stride * bytes },
  };
}

const converter = new DataView(new ArrayBuffer(4));

/** The bits of a float32. */
export function floatBits(value: number): number {
  converter.setFloat32(0, value);
  return converter.getInt32(0);
}

export class Writer {
  readonly words: number[] = [];
  readonly relocations: Relocation[] = [];
  private start = 0;

  /** Bytes from the start of the command to here. */
  get offset(): number {
    return (this.words.length - this.start) * 4;
  }

  begin(kind: number, flags: number): void {
    this.start = this.words.length;
    this.words.push(kind, 0, flags);
  }

  end(): void {
    this.words[this.start + 1] = this.offset;
  }

  /** Puts a word into the command once it is known; `offset` in bytes. */
  patch(offset: number, value: number): void {
    this.words[this.start + offset / 4] = value;
  }

  /** Puts an address into the command; `offset` in bytes. */
  addressAt(offset: number, address: Address): void {
    if (address.kind !== 'none') this.relocations.push({ word: this.start + offset / 4, address });
  }

  word(...values: number[]): void {
    this.words.push(...values);
  }

  float(value: number): void {
    this.words.push(floatBits(value));
  }

  address(address: Address): void {
    if (address.kind !== 'none') this.relocations.push({ word: this.words.length, address });
    this.words.push(0);
  }
}
