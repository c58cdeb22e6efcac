/** What a recording and its replays share: pieces of device memory, and the cells that a function reads and changes. */
import type { BackendBuffer } from '../backend/contract.js';
import { type Cell, Later, type Leaf } from '../graph/cell.js';
import type { GraphDevice } from '../graph/device.js';
import type { CachedPlan } from '../graph/plan-cache.js';
import { hostValue } from '../graph/record.js';
import { sameShape } from '../graph/shape.js';
import { type Slot, Value } from '../graph/value.js';

const none: readonly number[] = [];

/** Device memory that goes into a plan or comes out of it. */
export class Register {
  buffer: BackendBuffer | null;
  slot: Slot | null;
  version: number;
  readonly offset: number;
  /** Whether results or cells hold it after the call. */
  kept = false;
  /** Whether a cell does: the next call begins with it. */
  stays = false;
  #fresh: Value | null = null;
  /** Where an argument from the host is put. */
  #own: Slot | null = null;
  /** What was put there last. */
  #filledFrom: Value | null = null;

  constructor(
    /** What lay there when the function was recorded. */
    readonly like: Value,
    /** Where it comes from: an argument, a value from before, a draw, a plan. */
    readonly source: 'input' | 'before' | 'drawn' | 'result',
  ) {
    this.buffer = like.region?.buffer ?? null;
    this.offset = like.region?.offset ?? 0;
    this.slot = like.slot;
    this.version = like.slotVersion;
  }

  /** Whether what was here still is. */
  get current(): boolean {
    return this.buffer !== null && (this.slot === null || this.slot.version === this.version);
  }

  /** Takes over where another value lies. */
  follow({ region, slot, slotVersion }: Value): void {
    this.buffer = region?.buffer ?? null;
    this.slot = slot;
    this.version = slotVersion;
  }

  /**
   * Makes sure that this is where a value of a cell lies: one that was read has moved to the host.
   * @returns false if it lies somewhere else.
   */
  holds(root: Value): boolean {
    if (root.region) return root.region.buffer === this.buffer;
    if (root.host === null || this.offset !== 0) return false;
    this.fill(root);
    return true;
  }

  /** Copies elements from the host into memory that is kept for the next call. */
  fill(value: Value): void {
    const { device } = value;
    this.#own ??= device.slot('argument');
    const { memory } = this.#own;
    if (!memory.buffer) memory.buffer = device.upload(value);
    else if (this.#filledFrom !== value) device.backend.write(memory.buffer, 0, device.encoded(value));
    this.#filledFrom = value;
    this.buffer = memory.buffer;
    this.slot = null;
  }

  copy(other: Register): void {
    this.buffer = other.buffer;
    this.slot = other.slot;
    this.version = other.version;
  }

  /** Another call has filled the memory. */
  renew(): void {
    this.#fresh = null;
    if (this.kept && this.slot === null) this.like.device.floating.result(this.value, this.stays);
  }

  /** The value of the last call. */
  get value(): Value {
    if (this.#fresh) return this.#fresh;
    const { like } = this;
    const value = new Value(like.device, like.shape, like.dtype, null, null, [], none, -1);
    value.region = { buffer: this.buffer as BackendBuffer, offset: this.offset };
    value.slot = this.slot;
    value.slotVersion = this.version;
    value.target = like.target;
    value.leaf = like.leaf;
    value.requiresGrad = like.requiresGrad;
    // There is no graph behind it.
    value.freed = true;
    this.#fresh = value;
    return value;
  }
}

/** A run of a plan. */
export interface Run {
  readonly device: GraphDevice;
  readonly plan: CachedPlan;
  readonly bound: readonly { readonly register: Register; readonly place: number }[];
  /** Places of slots that are overwritten and that nothing reads. */
  readonly slots: readonly { readonly slot: Slot; readonly place: number }[];
  readonly uploads: readonly Value[];
  readonly scalars: number[];
  readonly results: readonly {
    readonly register: Register;
    readonly buffer: number;
    readonly slot: Slot | null;
  }[];
}

/** The views through which a value looks at memory, outermost first, and what it looks at. */
export interface Path {
  readonly views: readonly Value[];
  readonly root: Value;
}

export function pathOf(value: Value): Path {
  const views: Value[] = [];
  let root = value;
  while (root.op?.kind === 'view' && !root.resident && root.host === null && !root.overwritten) {
    views.push(root);
    root = root.inputs[0];
  }
  return { views, root };
}

/** What a cell was like when a recorded function first read it. */
export class Captured {
  read = false;
  written = false;
  first: Value | null = null;
  #leaf: Leaf | null = null;
  #requiresGrad = false;
  #path: Path | null = null;
  #offset = 0;
  /** Whether any value of the same structure will do; if not, it has to be this one. */
  free = false;
  register: Register | null = null;
  /** What the cell holds if nothing has changed it since the last call; undefined: look closer. */
  expected: Value | Later | null | undefined = undefined;
  /** What the function leaves here. */
  final: Later | null = null;
  /** The memory that `final` looks at. */
  end: Register | null = null;
  /** Whether what the function leaves here is what it found, but for the values. */
  closed = false;

  constructor(readonly cell: Cell) {}

  see(value: Value | null): void {
    this.read = true;
    this.first = value;
    this.expected = value;
    if (!value) return;
    this.#leaf = value.leaf;
    this.#requiresGrad = value.requiresGrad;
    this.#path = pathOf(value);
    const { root } = this.#path;
    this.free = root.resident && root.host === null;
    this.#offset = root.region?.offset ?? 0;
    // What is used again and again is not uploaded each time.
    if (root.host !== null) root.uploaded = true;
  }

  get root(): Value | null {
    return this.#path?.root ?? null;
  }

  /** Whether the cell has not been touched since the last call. */
  get untouched(): boolean {
    const { held } = this.cell;
    const { expected } = this;
    if (held === expected) return held === null || held instanceof Later || this.#sameFlags(held);
    return (
      expected instanceof Later && held !== null && held === expected.made && this.#sameFlags(held as Value)
    );
  }

  /** What the cell's value looks at now. */
  get rootNow(): Value | null {
    const { held } = this.cell;
    if (held === null) return null;
    if (!(held instanceof Later)) return pathOf(held as Value).root;
    return held.made ? pathOf(held.made).root : (this.end?.value ?? null);
  }

  #sameFlags(value: Value): boolean {
    return value.leaf === this.#leaf && value.requiresGrad === this.#requiresGrad;
  }

  /** Whether a value may stand where the first one stood. */
  fits(value: Value | null): boolean {
    if (value === null || this.first === null) return value === this.first;
    if (!this.#sameFlags(value)) return false;
    if (!this.free) return value === this.first;
    const { root } = pathOf(value);
    return root.resident && root.host === null && this.#alike(value);
  }

  /** The same views of memory of the same shape. */
  #alike(value: Value): boolean {
    const { views, root } = pathOf(value);
    const mine = this.#path as Path;
    return (
      views.length === mine.views.length &&
      views.every(
        (view, i) => view.signature === mine.views[i].signature && sameShape(view.shape, mine.views[i].shape),
      ) &&
      root.dtype === mine.root.dtype &&
      sameShape(root.shape, mine.root.shape) &&
      root.region?.offset === this.#offset
    );
  }

  /** Notes what the function leaves here: `value`, whose memory is that of `register` (null: it never changes). */
  leave(value: Value | null, register: Register | null): void {
    this.end = register;
    if (!value) {
      this.closed = !this.read || this.first === null;
      return;
    }
    this.closed = !this.read || (this.free && this.#sameFlags(value) && this.#alike(value));
    const { views, root } = pathOf(value);
    this.final = new Later(() => {
      const base = register?.value ?? again(root);
      return views.reduceRight((input, view) => sameView(view, input, base), base);
    });
  }

  /** Puts what the last call has left into the cell. */
  deliver(): void {
    if (!this.written) return;
    const { final } = this;
    if (final) final.made = null;
    this.cell.held = final;
    this.expected = this.closed ? final : undefined;
  }
}

/** A value of its own for elements on the host, which the next call draws anew. */
export const again = (value: Value): Value =>
  value.host ? hostValue(value.device, value.host, value.shape, value.dtype) : value;

/** The same view of other memory. */
function sameView(view: Value, input: Value, root: Value): Value {
  const { device, shape, dtype, op, attrs, signature } = view;
  const value = new Value(device, shape, dtype, op, attrs, [input], none, signature);
  value.leaf = view.leaf;
  value.requiresGrad = view.requiresGrad;
  value.passing = view.passing;
  value.target = view.target;
  if (view.home) value.home = { flat: root, start: view.home.start };
  input.consumers++;
  if (!value.passing) device.note(value);
  return value;
}
