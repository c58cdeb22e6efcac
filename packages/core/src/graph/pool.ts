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

/**
 * The scratch memory of a plan: buffers that are taken together and given back together. Between two runs they wait as
 * one, so that a plan which follows itself finds them without asking for each; whoever needs memory that is not there
 * has them taken apart first, so nothing is made for it.
 */
export class Frame {
  readonly bytes: number;
  /** Those of the last run. */
  readonly buffers: BackendBuffer[] = [];

  constructor(readonly classes: readonly SizeClass[]) {
    this.bytes = classes.reduce((sum, { size }) => sum + size, 0);
  }
}

export class BufferPool {
  readonly stats: PoolStats = { created: 0, bytesLive: 0, bytesPooled: 0 };
  readonly #classes = new Map<number, SizeClass>();
  readonly #of = new Map<BackendBuffer, SizeClass>();
  /** The frame whose buffers wait as one. */
  #waiting: Frame | null = null;

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
    const { bufferAlignment, maxBufferBytes } = this.device.limits;
    // What fits the largest buffer is not refused for being rounded up beyond it.
    const size = Math.max(byteLength, Math.min(sizeClass(byteLength, bufferAlignment), maxBufferBytes));
    let known = this.#classes.get(size);
    if (!known) {
      known = { size, free: [] };
      this.#classes.set(size, known);
    }
    return known;
  }

  /** As `acquire`, where the class is known. */
  take(own: SizeClass): BackendBuffer {
    if (own.free.length === 0 && this.#waiting) this.#takeApart();
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

  /** Takes the buffers of a frame. @returns false if they are those of the last time. */
  takeFrame(frame: Frame): boolean {
    const { classes, buffers, bytes } = frame;
    if (this.#waiting === frame) {
      this.#waiting = null;
      this.stats.bytesPooled -= bytes;
      this.stats.bytesLive += bytes;
      return false;
    }
    // What another plan has left comes back in its place, so that plans which take turns get the same each time.
    this.#takeApart();
    buffers.length = 0;
    try {
      for (const own of classes) buffers.push(this.take(own));
    } catch (error) {
      for (let i = buffers.length; i-- > 0; ) this.give(classes[i], buffers[i]);
      throw error;
    }
    return true;
  }

  /** Gives the buffers of a frame back. */
  giveFrame(frame: Frame): void {
    const { classes, buffers, bytes } = frame;
    if (this.stats.bytesPooled + bytes > this.capacity) {
      for (let i = buffers.length; i-- > 0; ) this.give(classes[i], buffers[i]);
      return;
    }
    this.#takeApart();
    this.#waiting = frame;
    this.stats.bytesLive -= bytes;
    this.stats.bytesPooled += bytes;
  }

  /** Buffers that wait together wait one by one from now on: the last that was taken comes first again. */
  #takeApart(): void {
    if (!this.#waiting) return;
    const { buffers, classes } = this.#waiting;
    for (let i = buffers.length; i-- > 0; ) classes[i].free.push(buffers[i]);
    this.#waiting = null;
  }

  /** Gives all free buffers back to the device. */
  trim(): void {
    this.#takeApart();
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
