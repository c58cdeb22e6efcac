/**
 * Linear memory: growth, views, and an allocator for device buffers.
 *
 * First fit over a list of free ranges sorted by address; neighbours are joined when a range is given back. A graph
 * keeps some hundreds of buffers and makes none in its steady state, so a list is enough.
 */
import { OutOfMemoryError } from '@inkstone/core/backend';

const pageBytes = 65536;
/** WebAssembly's limit with 32-bit addresses. */
const maxPages = 65536;
/** Buffers start at multiples of a cache line. */
export const alignment = 64;
/** Kernels may read (never write) this far past the end of a buffer: whole vectors and tiles. */
const readable = 4096;

interface Range {
  address: number;
  bytes: number;
}

export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  u8!: Uint8Array;
  i32!: Int32Array;
  f32!: Float32Array;
  private readonly free: Range[] = [];
  private readonly sizes = new Map<number, number>();
  private end = 0;
  private inUse = 0;

  constructor(shared: boolean) {
    this.memory = new WebAssembly.Memory({ initial: 16, maximum: maxPages, shared });
    this.refresh();
  }

  /** Everything from `address` on is the allocator's. Called once, when it is known what the kernels need. */
  start(address: number): void {
    const from = Math.ceil(address / alignment) * alignment;
    this.free.push({ address: from, bytes: this.end - from });
  }

  /** Bytes that are allocated now. */
  get allocatedBytes(): number {
    return this.inUse;
  }

  /**
   * The address of new memory, a multiple of 64.
   * @throws OutOfMemoryError when memory can't grow so far; nothing has changed then.
   */
  allocate(byteLength: number): number {
    const bytes = Math.max(alignment, Math.ceil(byteLength / alignment) * alignment);
    let index = this.free.findIndex((range) => range.bytes >= bytes);
    if (index < 0) {
      this.grow(bytes, byteLength);
      index = this.free.length - 1;
    }
    const range = this.free[index];
    const { address } = range;
    range.address += bytes;
    range.bytes -= bytes;
    if (range.bytes === 0) this.free.splice(index, 1);
    this.sizes.set(address, bytes);
    this.inUse += bytes;
    return address;
  }

  release(address: number): void {
    const bytes = this.sizes.get(address);
    if (bytes === undefined) return;
    this.sizes.delete(address);
    this.inUse -= bytes;
    let low = 0;
    let high = this.free.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.free[middle].address < address) low = middle + 1;
      else high = middle;
    }
    const before = this.free[low - 1];
    const after = this.free[low];
    const joinsBefore = before !== undefined && before.address + before.bytes === address;
    const joinsAfter = after !== undefined && address + bytes === after.address;
    if (joinsBefore) {
      before.bytes += bytes + (joinsAfter ? after.bytes : 0);
      if (joinsAfter) this.free.splice(low, 1);
    } else if (joinsAfter) {
      after.address = address;
      after.bytes += bytes;
    } else {
      this.free.splice(low, 0, { address, bytes });
    }
  }

  /** Makes the last free range at least `bytes` long. */
  private grow(bytes: number, asked: number): void {
    const last = this.free.at(-1);
    const tail = last !== undefined && last.address + last.bytes === this.end ? last : undefined;
    const needed = this.end + readable + bytes - (tail?.bytes ?? 0);
    const current = this.memory.buffer.byteLength / pageBytes;
    const least = Math.ceil(needed / pageBytes) - current;
    // A quarter more than there is, so that growing is rare; if that is too much, what is needed.
    const wanted = Math.min(Math.max(least, Math.ceil(current / 4)), maxPages - current);
    if (current + least > maxPages || !(this.tryGrow(wanted) || this.tryGrow(least))) {
      const mib = (n: number): string => `${(n / 2 ** 20).toFixed(1)} MiB`;
      throw new OutOfMemoryError(
        `cpu: no memory for ${asked} bytes (${mib(asked)}): ${mib(this.inUse)} are in use, and memory ` +
          (current + least > maxPages ? 'cannot grow beyond 4096 MiB' : 'could not grow'),
      );
    }
    const before = this.end;
    this.refresh();
    if (tail) tail.bytes += this.end - before;
    else this.free.push({ address: before, bytes: this.end - before });
  }

  private tryGrow(pages: number): boolean {
    if (pages <= 0) return false;
    try {
      this.memory.grow(pages);
      return true;
    } catch {
      return false;
    }
  }

  /** New views: the old ones are detached (or too short) after growth. */
  private refresh(): void {
    const { buffer } = this.memory;
    this.u8 = new Uint8Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.end = buffer.byteLength - readable;
  }
}
