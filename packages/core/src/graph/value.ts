/**
 * Values: the nodes of the recorded graph. A value is immutable in meaning (it is the value at the line that made it);
 * what changes is only where its elements can be found.
 *
 *   pending    recorded, not run: `op` and `inputs` say how to compute it
 *   host       a typed array that a plan uploads when it needs it
 *   resident   in device memory: in a slot (parameters, states: overwritten version by version) or floating
 *   lost       it was in a slot and a newer version has overwritten it, or it depends on such a value
 */
import type { BackendBuffer } from '../backend/contract.js';
import type { DType } from '../backend/dtype.js';
import type { Leaf } from './cell.js';
import type { GraphDevice } from './device.js';
import type { Attrs, Op } from './op.js';
import { type Shape, sizeOf } from './shape.js';

/** Host arrays by dtype: float32 and float16 Float32Array, float64 Float64Array, int32 Int32Array, others Uint8Array. */
export type HostArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** A piece of device memory that holds one contiguous value. */
export interface Region {
  readonly buffer: BackendBuffer;
  /** In bytes. */
  readonly offset: number;
}

/**
 * Memory that outlives steps: each new version of the value that belongs here overwrites the one before, in place
 * where the plan allows it.
 */
export class Slot {
  /** Apart from the slot, so that a finalizer can give the buffer back when the slot itself is gone. */
  readonly memory: { buffer: BackendBuffer | null } = { buffer: null };
  /** Counts overwrites; a value knows the count at which it was written. */
  version = 0;
  constructor(
    readonly name: string,
    /** Set where what lay here is gone for another reason than a newer version. */
    readonly reason: string | null = null,
  ) {}

  get buffer(): BackendBuffer | null {
    return this.memory.buffer;
  }
}

let sequence = 0;

/** The `seq` of the next value that is made. */
export const nextSeq = (): number => sequence;

export class Value {
  /** Order of recording; inputs come before what uses them. */
  readonly seq = sequence++;
  readonly size: number;
  /** Whether a backward pass goes through or ends here. */
  requiresGrad = false;
  /** Set on leaves that require a gradient. */
  leaf: Leaf | null = null;
  host: HostArray | null = null;
  region: Region | null = null;
  /** The slot that `region` lies in, and its version when this value was written there. */
  slot: Slot | null = null;
  slotVersion = 0;
  /** The slot that this value goes to when it is computed. */
  target: Slot | null = null;
  /** Side results by index (see `AuxOp`). */
  aux: (Value | undefined)[] | null = null;
  /** Backward has gone through here without `retainGraph`. */
  freed = false;
  /** How many recorded values use this one. */
  consumers = 0;
  /**
   * A view of the newest version of a slot, which goes with that version: nobody asked for it by itself (what a
   * parameter or its gradient is within an optimizer's flat memory).
   */
  passing = false;
  /** For a part of a flat value (an optimizer's parameters): which one, and where in it the part begins. */
  home: { readonly flat: Value; readonly start: number } | null = null;
  /** Whether some plan has computed this value (it may not have been kept). */
  ran = false;
  /** Whether a plan has uploaded the host array before. */
  uploaded = false;
  /** Whether its memory is given back when the value is gone (see floating.ts). */
  watched = false;

  // Scratch space of the planner: valid for the planning pass numbered `stamp`.
  stamp = 0;
  index = 0;

  constructor(
    readonly device: GraphDevice,
    readonly shape: Shape,
    readonly dtype: DType,
    public op: Op | null,
    readonly attrs: Attrs | null,
    public inputs: readonly Value[],
    readonly scalars: readonly number[],
    /** Interned identity of op, attributes and number of scalars: what a plan's key says of this node. */
    readonly signature: number,
  ) {
    this.size = sizeOf(shape);
  }

  /** In device memory, and still the version that was written there. */
  get resident(): boolean {
    return this.region !== null && (this.slot === null || this.slot.version === this.slotVersion);
  }

  /** Its memory holds a newer version now, and nothing else can bring it back. */
  get overwritten(): boolean {
    return (
      this.region !== null &&
      this.slot !== null &&
      this.slot.version !== this.slotVersion &&
      this.host === null
    );
  }
}

/** The error for a value whose memory has been overwritten by a newer version. */
export function overwrittenError(value: Value): Error {
  if (value.slot?.reason) return new Error(value.slot.reason);
  const name = value.slot?.name ?? value.op?.name ?? 'value';
  return new Error(
    `one of the values needed for this computation has been modified by an in-place operation: ${name}, ` +
      `shape [${value.shape.join(', ')}], is at version ${value.slot?.version}; version ${value.slotVersion} was expected. ` +
      'Detach what is carried from step to step, or call keep() on what is read after the step that changes it.',
  );
}
