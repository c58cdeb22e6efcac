/** Indices computed on the device: a kernel that meets one out of range clamps it and sets a flag, which a read looks at. */
import type { BackendBuffer, BackendDevice } from '../backend/contract.js';
import type { BufferPool } from './pool.js';

/** Flags of a plan; ops beyond share them. */
const words = 256;

export class IndexFlags {
  #buffer: BackendBuffer | null = null;
  /** Of the plans that have run since flags were last read, the ops that may have set one, by its place; newest last. */
  readonly #plans = new Set<readonly string[]>();
  #newest: readonly string[] | null = null;

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
    if (ops.length === 0 || ops === this.#newest) return;
    this.#plans.delete(ops);
    this.#plans.add(ops);
    this.#newest = ops;
  }

  /** Rejects if an op has met an index out of range since the last look. */
  async check(): Promise<void> {
    if (this.#newest === null || !this.#buffer) return;
    const plans = this.#taken();
    const read = this.backend.read(this.#buffer, 0, longest(plans) * this.#wordBytes());
    this.#look(plans, new Int32Array(await read));
  }

  /** As `check`, on a device whose memory is there to be read. */
  checkNow(): void {
    if (this.#newest === null || !this.#buffer || !this.backend.readInto) return;
    const plans = this.#taken();
    const flags = new Int32Array(longest(plans));
    this.backend.readInto(this.#buffer, 0, flags);
    this.#look(plans, flags);
  }

  #taken(): (readonly string[])[] {
    const plans = Array.from(this.#plans);
    this.#plans.clear();
    this.#newest = null;
    return plans;
  }

  #look(plans: readonly (readonly string[])[], flags: Int32Array): void {
    const place = flags.findIndex((flag) => flag !== 0);
    if (place < 0) return;
    this.backend.write(this.#buffer as BackendBuffer, 0, new Uint8Array(words * this.#wordBytes()));
    let op = '';
    for (const ops of plans) for (let i = place; i < ops.length; i += words) op = ops[i];
    throw new Error(`${op}: an index computed on the device was out of range (it was clamped)`);
  }

  #wordBytes(): number {
    return this.backend.bytesPerElement.int32 as number;
  }
}

/** A plan has few flags, and every byte that comes back from a GPU is waited for. */
const longest = (plans: readonly (readonly string[])[]): number =>
  Math.min(words, Math.max(...plans.map((ops) => ops.length)));
