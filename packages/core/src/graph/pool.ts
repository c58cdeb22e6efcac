/**
 * Device buffers by size class, kept for reuse.
 *
 * A plan takes its scratch and result buffers here at each run and gives the scratch back right after: in a steady
 * state the same plan gets the same buffers, last in, first out, and nothing is created.
 */
import { type BackendBuffer, type BackendDevice, OutOfMemoryError } from '../backend/contract.js';

/** Classes are spaced by an eighth of a power of two, so at most 12.5 % of a buffer is slack. */
export function sizeClass(byteLength: number, alignment: number): number {
  const atLeast = Math.max(byteLength, alignment);
  const step = Math.max(alignment, 2 ** (Math.floor(Math.log2(atLeast)) - 3));
  return Math.ceil(atLeast / step) * step;
}

export interface PoolStats {
  /** Buffers made since the device was opened. */
  created: number;
  /** Bytes in buffers that are in use. */
  bytesLive: number;
  /** Bytes in buffers that wait for reuse. */
  bytesPooled: number;
}

/** Buffers of one size, with those that wait for reuse. */
export interface SizeClass {
  readonly size: number;
  readonly free: BackendBuffer[];
}

export class BufferPool {
  readonly stats: PoolStats = { created: 0, bytesLive: 0, bytesPooled: 0 };
  readonly #classes = new Map<number, SizeClass>();
  readonly #of = new Map<BackendBuffer, SizeClass>();

  constructor(
    private readonly device: BackendDevice,
    /** Free buffers beyond this many bytes are given back to the device. */
    private readonly capacity = Number.POSITIVE_INFINITY,
  ) {}

  acquire(byteLength: number): BackendBuffer {
    return this.take(this.classOf(byteLength));
  }

  release(buffer: BackendBuffer): void {
    const own = this.#of.get(buffer);
    if (own === undefined) throw new Error('internal: a buffer was released to a pool that did not make it');
    this.give(own, buffer);
  }

  classOf(byteLength: number): SizeClass {
    const size = sizeClass(byteLength, this.device.limits.bufferAlignment);
    let known = this.#classes.get(size);
    if (!known) {
      known = { size, free: [] };
      this.#classes.set(size, known);
    }
    return known;
  }

  /** As `acquire`, where the class is known. */
  take(own: SizeClass): BackendBuffer {
    let buffer = own.free.pop();
    if (buffer) this.stats.bytesPooled -= own.size;
    else {
      buffer = this.#create(own.size);
      this.#of.set(buffer, own);
      this.stats.created++;
    }
    this.stats.bytesLive += own.size;
    return buffer;
  }

  /** As `release`, where the class is known. */
  give(own: SizeClass, buffer: BackendBuffer): void {
    this.stats.bytesLive -= own.size;
    if (this.stats.bytesPooled + own.size > this.capacity) {
      this.#of.delete(buffer);
      this.device.destroyBuffer(buffer);
      return;
    }
    this.stats.bytesPooled += own.size;
    own.free.push(buffer);
  }

  /** Gives all free buffers back to the device. */
  trim(): void {
    for (const { free } of this.#classes.values()) {
      for (const buffer of free) {
        this.#of.delete(buffer);
        this.device.destroyBuffer(buffer);
      }
      free.length = 0;
    }
    this.stats.bytesPooled = 0;
  }

  #create(size: number): BackendBuffer {
    try {
      return this.device.createBuffer(size);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError) || this.stats.bytesPooled === 0) throw error;
      // What waits for reuse in other classes may be just what is missing.
      this.trim();
      return this.device.createBuffer(size);
    }
  }
}
