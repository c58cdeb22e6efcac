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

export class BufferPool {
  readonly stats: PoolStats = { created: 0, bytesLive: 0, bytesPooled: 0 };
  readonly #free = new Map<number, BackendBuffer[]>();
  readonly #sizes = new Map<BackendBuffer, number>();

  constructor(
    private readonly device: BackendDevice,
    /** Free buffers beyond this many bytes are given back to the device. */
    private readonly capacity = Number.POSITIVE_INFINITY,
  ) {}

  acquire(byteLength: number): BackendBuffer {
    return this.acquireClass(this.classOf(byteLength));
  }

  classOf(byteLength: number): number {
    return sizeClass(byteLength, this.device.limits.bufferAlignment);
  }

  /** As `acquire`, for what `classOf` gave. */
  acquireClass(size: number): BackendBuffer {
    const free = this.#free.get(size);
    let buffer = free?.pop();
    if (buffer) this.stats.bytesPooled -= size;
    else {
      buffer = this.#create(size);
      this.#sizes.set(buffer, size);
      this.stats.created++;
    }
    this.stats.bytesLive += size;
    return buffer;
  }

  release(buffer: BackendBuffer): void {
    const size = this.#sizes.get(buffer);
    if (size === undefined) throw new Error('internal: a buffer was released to a pool that did not make it');
    this.stats.bytesLive -= size;
    if (this.stats.bytesPooled + size > this.capacity) {
      this.#sizes.delete(buffer);
      this.device.destroyBuffer(buffer);
      return;
    }
    this.stats.bytesPooled += size;
    const free = this.#free.get(size);
    if (free) free.push(buffer);
    else this.#free.set(size, [buffer]);
  }

  /** Gives all free buffers back to the device. */
  trim(): void {
    for (const free of this.#free.values()) {
      for (const buffer of free) {
        this.#sizes.delete(buffer);
        this.device.destroyBuffer(buffer);
      }
    }
    this.#free.clear();
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
