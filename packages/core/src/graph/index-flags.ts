/** Indices computed on the device: a kernel that meets one out of range clamps it and sets a flag, which a read looks at. */
import type { BackendBuffer, BackendDevice } from '../backend/contract.js';
import type { BufferPool } from './pool.js';

/** Flags of a plan; ops beyond share them. */
const words = 256;

export class IndexFlags {
  #buffer: BackendBuffer | null = null;
  /** Ops that may have set a flag since flags were last read, by the flag's place. */
  readonly #ops = new Map<number, string>();

  constructor(
    readonly backend: BackendDevice,
    readonly pool: BufferPool,
  ) {}

  /** Where plans put their flags: int32, all 0 until an index was out of range. */
  buffer(): BackendBuffer {
    if (!this.#buffer) {
      const bytes = words * this.#wordBytes();
      this.#buffer = this.pool.acquire(bytes);
      this.backend.write(this.#buffer, 0, new Uint8Array(bytes));
    }
    return this.#buffer;
  }

  /** Notes that a plan has run whose ops, in this order, may have set a flag. */
  watch(ops: readonly string[]): void {
    for (let i = 0; i < ops.length; i++) this.#ops.set(i % words, ops[i]);
  }

  /** Rejects if an op has met an index out of range since the last look. */
  async check(): Promise<void> {
    if (this.#ops.size === 0 || !this.#buffer) return;
    const ops = new Map(this.#ops);
    this.#ops.clear();
    this.#look(ops, new Int32Array(await this.backend.read(this.#buffer, 0, this.#bytesOf(ops))));
  }

  /** As `check`, on a device whose memory is there to be read. */
  checkNow(): void {
    if (this.#ops.size === 0 || !this.#buffer || !this.backend.readNow) return;
    const flags = new Int32Array(this.backend.readNow(this.#buffer, 0, this.#bytesOf(this.#ops)));
    if (flags.some((flag) => flag !== 0)) this.#look(this.#ops, flags);
    this.#ops.clear();
  }

  /** A plan has few flags, and every byte that comes back from a GPU is waited for. */
  #bytesOf(ops: Map<number, string>): number {
    let last = 0;
    for (const place of ops.keys()) last = Math.max(last, place);
    return (last + 1) * this.#wordBytes();
  }

  #look(ops: Map<number, string>, flags: Int32Array): void {
    for (const [place, op] of ops) {
      if (flags[place] === 0) continue;
      ops.clear();
      this.backend.write(this.#buffer as BackendBuffer, 0, new Uint8Array(words * this.#wordBytes()));
      throw new Error(`${op}: an index computed on the device was out of range (it was clamped)`);
    }
  }

  #wordBytes(): number {
    return this.backend.bytesPerElement.int32 as number;
  }
}
