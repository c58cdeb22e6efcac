/** A compiled plan in memory: patched where a run differs from the one before, then run by one call. */
import type { BackendBuffer, Executable, Plan } from '@inkstone/core/backend';
import type { EncodedPlan } from './encode/plan.js';
import { alignment, type LinearMemory } from './memory.js';

/** A device buffer: a range of linear memory. */
export class CpuBuffer implements BackendBuffer {
  constructor(
    /** Identifies the device that made it. */
    readonly owner: object,
    public address: number,
    readonly byteLength: number,
  ) {}
}

/** What an executable needs of its device. */
export interface Host {
  readonly memory: LinearMemory;
  /** Address of the scratch memory that threads share; it moves when it grows. */
  readonly sharedScratch: number;
  /** Counts buffers that were destroyed: while it stays the same, each lies where it lay. */
  readonly destroyed: number;
  assertRunning(): void;
  checkBuffer(buffer: BackendBuffer): CpuBuffer;
  execute(commands: number): void;
  /** Returns when no thread looks at any commands. */
  quiesce(): void;
}

interface Patch {
  /** Index into the memory's 32-bit words. */
  readonly word: number;
  readonly byteOffset: number;
}

interface ShiftPatch extends Patch {
  readonly buffer: number;
  readonly scalar: number;
  readonly bytes: number;
}

export class CpuExecutable implements Executable {
  private readonly base: number;
  private readonly commands: number;
  /** For each buffer of the plan the words that hold addresses in it. */
  private readonly patches: Patch[][];
  private readonly scratchPatches: Patch[] = [];
  private readonly shiftPatches: ShiftPatch[] = [];
  private readonly bound: number[];
  /** The buffers of the last run: most are those of this one. */
  private readonly last: BackendBuffer[] = [];
  private readonly isInteger: boolean[];
  private boundScratch = -1;
  /** What the host's count was then. */
  private destroyed = -1;
  private disposed = false;

  constructor(
    private readonly host: Host,
    private readonly plan: Plan,
    encoded: EncodedPlan,
  ) {
    const { memory } = host;
    const scalarBytes = Math.ceil((plan.scalars.length * 4) / alignment) * alignment;
    this.base = memory.allocate(scalarBytes + encoded.words.byteLength);
    this.commands = this.base + scalarBytes;
    const words = memory.i32;
    const first = this.commands >>> 2;
    words.set(encoded.words, first);
    this.patches = plan.buffers.map(() => []);
    this.bound = plan.buffers.map(() => -1);
    this.isInteger = plan.scalars.map((type) => type === 'int32');
    for (const { word, address } of encoded.relocations) {
      const at = first + word;
      if (address.kind === 'scalar') words[at] = this.base + address.index * 4;
      else if (address.kind === 'scratch')
        this.scratchPatches.push({ word: at, byteOffset: address.byteOffset });
      else if (address.kind === 'buffer') {
        const { buffer, byteOffset, shift } = address;
        if (shift) this.shiftPatches.push({ word: at, byteOffset, buffer, ...shift });
        else this.patches[buffer].push({ word: at, byteOffset });
      }
    }
  }

  run(
    buffers: readonly BackendBuffer[],
    scalars: readonly number[],
    uploads: readonly ArrayBufferView[],
  ): void {
    const { host, plan } = this;
    if (this.disposed) throw new Error('cpu: this executable has been disposed of');
    host.assertRunning();
    if (buffers.length !== plan.buffers.length) {
      throw new RangeError(`cpu: the plan has ${plan.buffers.length} buffers, got ${buffers.length}`);
    }
    const { memory } = host;
    const words = memory.i32;
    const { last } = this;
    // Which they are tells where they are: none of them has to be looked at.
    if (this.destroyed !== host.destroyed) last.length = 0;
    this.destroyed = host.destroyed;
    for (let i = 0; i < buffers.length; i++) {
      if (last[i] === buffers[i]) continue;
      const buffer = host.checkBuffer(buffers[i]);
      const { address, byteLength } = buffer;
      if (byteLength < plan.buffers[i].byteLength) {
        throw new RangeError(
          `cpu: buffer ${i} of the plan needs ${plan.buffers[i].byteLength} bytes, got ${byteLength}`,
        );
      }
      last[i] = buffer;
      if (address === this.bound[i]) continue;
      for (const { word, byteOffset } of this.patches[i]) words[word] = address + byteOffset;
      this.bound[i] = address;
    }
    const scratch = host.sharedScratch;
    if (scratch !== this.boundScratch) {
      for (const { word, byteOffset } of this.scratchPatches) words[word] = scratch + byteOffset;
      this.boundScratch = scratch;
    }
    const { isInteger } = this;
    const { f32 } = memory;
    const first = this.base >>> 2;
    for (let i = 0; i < isInteger.length; i++) {
      if (isInteger[i]) words[first + i] = scalars[i];
      else f32[first + i] = scalars[i];
    }
    for (const { word, byteOffset, buffer, scalar, bytes } of this.shiftPatches) {
      words[word] = this.bound[buffer] + byteOffset + scalars[scalar] * bytes;
    }
    for (let i = 0; i < plan.uploads.length; i++) {
      const { buffer, byteOffset, byteLength } = plan.uploads[i];
      copyIn(memory, this.bound[buffer] + byteOffset, uploads[i], byteLength);
    }
    host.execute(this.commands);
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.host.quiesce();
    this.host.memory.release(this.base);
  }
}

/** Copies at most `byteLength` bytes of `data` to an address. */
export function copyIn(
  memory: LinearMemory,
  address: number,
  data: ArrayBufferView,
  byteLength: number,
): void {
  if (data.byteLength === byteLength && (address & 3) === 0) {
    if (data instanceof Float32Array) {
      memory.f32.set(data, address >>> 2);
      return;
    }
    if (data instanceof Int32Array) {
      memory.i32.set(data, address >>> 2);
      return;
    }
  }
  const bytes = new Uint8Array(data.buffer, data.byteOffset, Math.min(byteLength, data.byteLength));
  memory.u8.set(bytes, address);
}

/** At most so many elements are copied one by one: a view of memory costs more than these. */
const few = 16;

/** Copies the bytes at an address that is a multiple of 4. */
export function copyOut(memory: LinearMemory, address: number, into: ArrayBufferView): void {
  const words = into instanceof Float32Array ? memory.f32 : into instanceof Int32Array ? memory.i32 : null;
  if (words && (into as Float32Array).length <= few) {
    const out = into as Float32Array | Int32Array;
    const first = address >>> 2;
    for (let i = 0; i < out.length; i++) out[i] = words[first + i];
    return;
  }
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  bytes.set(memory.u8.subarray(address, address + into.byteLength));
}
