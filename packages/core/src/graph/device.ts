/**
 * A device as the graph sees it: records values, decides when to run, keeps plans and memory.
 *
 * Work runs at a read, when an optimizer step closes, or when the recording grows past a bound. What is kept then
 * follows the structure of the graph, never the garbage collector (see DESIGN: "What a recorded tensor means").
 */
import { type BackendBuffer, type BackendDevice, DeviceLostError } from '../backend/contract.js';
import type { DType } from '../backend/dtype.js';
import type { Leaf } from './cell.js';
import { eventLoopTurn } from './event-loop.js';
import { FloatingMemory } from './floating.js';
import { encode, hostArray } from './host-data.js';
import { IndexFlags } from './index-flags.js';
import { bind, keyOf } from './key.js';
import { type CachedPlan, PlanCache } from './plan-cache.js';
import { BufferPool } from './pool.js';
import { collect, RecordLog } from './recording.js';
import { tracer, type Watch } from './trace.js';
import { type HostArray, type Region, Slot, type Value } from './value.js';

/** Counters since the device was opened; bytes are as of now. */
export interface DeviceStats {
  opsRecorded: number;
  plansBuilt: number;
  planHits: number;
  plansRun: number;
  kernelsRun: number;
  buffersMade: number;
  bytesLive: number;
  bytesPooled: number;
}

/** So many plans without a read in between, and a warning says that memory cannot be flat. */
const maxPlansUnawaited = 2000;

/** A recording longer than this is cut: run, with all that a backward pass has saved kept. */
const maxPending = 32768;

/** So many values that nobody reads may wait; then they run, and give back the memory that they are computed from. */
const maxApart = 64;

export interface DeviceOptions {
  /** Plans kept, least recently used out first. */
  maxPlans?: number;
}

export class GraphDevice {
  readonly name: string;
  readonly description: string;
  readonly pool: BufferPool;
  /** The memory of results that no slot has. */
  readonly floating: FloatingMemory;
  readonly #plans: PlanCache;
  readonly #stats = { opsRecorded: 0, plansRun: 0, kernelsRun: 0 };
  /** Recorded and not yet run, in order; from before the last run only what nothing consumes. */
  #pending: Value[] = [];
  /** What was recorded since the last run, whatever has become of it. */
  readonly #log = new RecordLog();
  /** Those of them that no slot lies beneath: nothing can overwrite what they need, so nobody looks at them again. */
  #apart: Value[] = [];
  /** Leaves whose gradient has been recorded and not yet run. */
  readonly #gradients = new Set<Leaf>();
  /** The slots that `settle` was last called for, and the number of ops recorded by then. */
  #settled: { readonly slots: ReadonlySet<Slot> | null; readonly ops: number } = { slots: null, ops: 0 };
  /** What `backward` was called on since the last run that overwrote something. */
  #roots: Value[] = [];
  /**
   * Runs each op as it is called instead of recording it: for debugging, with the same values. Set it before the work
   * that is to be looked at.
   */
  eager = false;
  /** What looks for NaN and infinity in eager mode: see `detectAnomaly`. */
  watch: Watch | null = null;
  #plansUnawaited = 0;
  readonly #flags: IndexFlags;
  #error: Error | null = null;
  readonly #slots: FinalizationRegistry<Slot['memory']>;

  constructor(
    readonly backend: BackendDevice,
    options: DeviceOptions = {},
  ) {
    this.name = backend.name;
    this.description = backend.description;
    this.pool = new BufferPool(backend);
    backend.giveBack = () => this.pool.trim();
    this.#flags = new IndexFlags(backend, this.pool);
    this.#plans = new PlanCache(this, options.maxPlans ?? 256);
    this.floating = new FloatingMemory(this);
    this.#slots = new FinalizationRegistry(({ buffer }) => {
      if (buffer && !this.#error) this.pool.release(buffer);
    });
    void backend.lost.then((error) => {
      this.#error = error;
    });
  }

  /** Counters that anyone may read: `device.stats().plansBuilt`. */
  stats(): DeviceStats {
    return {
      ...this.#stats,
      plansBuilt: this.#plans.built,
      planHits: this.#plans.hits,
      buffersMade: this.pool.stats.created,
      bytesLive: this.pool.stats.bytesLive,
      bytesPooled: this.pool.stats.bytesPooled,
    };
  }

  /** Whether the device has been lost or closed. */
  get failed(): boolean {
    return this.#error !== null;
  }

  toString(): string {
    return `${this.name} (${this.description})`;
  }

  /** Releases the device; tensors on it can no longer be read. */
  async close(): Promise<void> {
    this.#error ??= new DeviceLostError(`${this.name}: the device is closed`);
    await this.backend.close();
  }

  elementBytes(dtype: DType): number {
    const bytes = this.backend.bytesPerElement[dtype];
    if (bytes === undefined) throw new Error(`${this.name}: dtype ${dtype} does not exist on this device`);
    return bytes;
  }

  /** Memory for the versions of one thing: a parameter, a gradient, an optimizer's state. Lives as long as the slot. */
  slot(name: string): Slot {
    const slot = new Slot(name);
    this.#slots.register(slot, slot.memory);
    return slot;
  }

  // ---- recording ------------------------------------------------------------------------------------------------

  /** Notes a new pending value. */
  note(value: Value): void {
    this.#stats.opsRecorded++;
    this.#pending.push(value);
    this.#log.add(value);
    tracer?.records(value);
    if (this.eager && value.op?.kind !== 'aux' && value.op?.kind !== 'view') {
      const { inputs } = value;
      this.run([value]);
      this.watch?.ran(value, inputs);
    }
    if (this.#pending.length >= maxPending) this.#cut();
  }

  noteRoot(root: Value): void {
    this.#roots.push(root);
  }

  noteGradient(leaf: Leaf): void {
    this.#gradients.add(leaf);
  }

  // ---- running --------------------------------------------------------------------------------------------------

  /**
   * Computes values now. Those with a `target` slot become its newest version; before that, everything which the design
   * promises to keep of the old version is computed too.
   * @param retiring slots whose value moves elsewhere: their memory is given back, as if it had been overwritten.
   */
  run(values: readonly Value[], retiring: readonly Slot[] = []): void {
    this.#check();
    const wanted = new Set<Value>();
    for (const value of values) if (!value.resident && value.host === null) wanted.add(value);
    if (wanted.size === 0) return;
    const lost = this.#addDependants(wanted, retiring);
    this.#execute([...wanted]);
    // What depended on an old version and did not run never will.
    this.forget(lost);
    if (retiring.length > 0) tracer?.happensOnce();
    for (const slot of retiring) {
      slot.version++;
      if (slot.buffer) this.pool.release(slot.buffer);
      slot.memory.buffer = null;
    }
  }

  /**
   * The value's elements as they are at this line: later steps do not change what the promise gives.
   * @throws (rejects) when the device is lost, or when an op met an index out of range.
   */
  async read(value: Value): Promise<HostArray> {
    if (tracer) {
      tracer.refuses(`reads the values of a tensor of shape [${value.shape.join(', ')}]`);
      return new Promise(() => undefined);
    }
    const { floating } = this;
    // Each promise that need not be waited for is a microsecond of a short step.
    const isNow = this.backend.readInto !== undefined && !this.watch;
    if (isNow || value.host === null) this.#plansUnawaited = 0;
    if (value.host === null) {
      if (value.resident) this.#check();
      else this.run([value]);
      if (value.size === 0) return hostArray(value.dtype, 0);
    }
    const { region } = value;
    // One of many small results of a run, it may have come to the host by now.
    let { host } = value;
    if (host === null && !region) throw new Error('internal: a value was run and has no memory');
    // Also of what lies on the host already it is said what was wrong with how it came about.
    if (isNow) {
      host ??= floating.readNow(value, region as Region);
      this.#flags.checkNow();
    } else {
      const read = host ?? floating.read(value, region as Region);
      const arriving = host ? null : floating.arriving;
      [host] = await Promise.all([read, this.#flags.check(), this.watch?.settled(), arriving]);
    }
    floating.moveToHost(value, host as HostArray);
    const turn = eventLoopTurn();
    if (turn !== null) await turn;
    return host as HostArray;
  }

  /** Resolves when all work submitted so far is done. */
  idle(): Promise<void> {
    return this.backend.idle();
  }

  /** Gives a floating value's memory back at once. */
  release(value: Value): void {
    this.floating.release(value);
  }

  #check(): void {
    if (this.#error) throw this.#error;
  }

  /**
   * Adds to a run that overwrites slots what would be lost with the old versions: gradients of leaves, roots of backward
   * passes, and pending values that depend on an old version and that nothing recorded consumes.
   * @returns all pending values that depend on an old version.
   */
  #addDependants(wanted: Set<Value>, retiring: Iterable<Slot>): ReadonlySet<Value> {
    const overwritten = new Set(retiring);
    // A slot without memory counts too: its first version may be on the host still.
    for (const value of wanted) if (value.target) overwritten.add(value.target);
    const depends = new Set<Value>();
    const known = new Map<Value, Bond>();
    if (overwritten.size === 0) return depends;
    for (const leaf of this.#gradients) {
      let gradient = leaf.gradient;
      // A part of a flat gradient goes with the whole.
      while (gradient?.op?.kind === 'view' && !gradient.resident) gradient = gradient.inputs[0];
      if (gradient && !gradient.resident && gradient.host === null) wanted.add(gradient);
    }
    this.#gradients.clear();
    for (const root of this.#roots) if (!root.resident && root.host === null) wanted.add(root);
    this.#roots = [];
    const bondOf = (value: Value): Bond => {
      const answer = known.get(value);
      if (answer !== undefined) return answer;
      // A parameter that no plan has uploaded yet has no slot, but will by then.
      const slot = value.slot ?? (value.op === null ? value.target : null);
      let bond: Bond = (value.slot ?? value.target) === null ? free : tiedToSlot;
      if (slot !== null && overwritten.has(slot)) bond = tiedToOld;
      else if (!value.resident && value.host === null)
        for (const input of value.inputs) bond = Math.max(bond, bondOf(input)) as Bond;
      known.set(value, bond);
      return bond;
    };
    const waits = (value: Value): boolean =>
      value.consumers === 0 && !value.ran && !value.passing && value.op?.kind !== 'aux';
    const tied: Value[] = [];
    for (const value of this.#pending) {
      if (value.ran) continue;
      const bond = bondOf(value);
      if (bond === free) {
        // A view costs nothing whenever it is wanted, and nothing grows with it.
        if (waits(value) && !isViewOfData(value)) this.#apart.push(value);
        continue;
      }
      tied.push(value);
      if (bond !== tiedToOld) continue;
      depends.add(value);
      if (waits(value)) wanted.add(value);
    }
    this.#pending = tied;
    this.#apart = this.#apart.filter(waits);
    if (this.#apart.length >= maxApart) for (const value of this.#apart.splice(0)) wanted.add(value);
    return depends;
  }

  #execute(targets: readonly Value[]): void {
    const recording = collect(targets, this.#log);
    this.#upload(recording.externals);
    const binding = bind(recording);
    const plan = this.#plans.get(keyOf(recording, binding), recording, binding);
    const { lowered } = plan;
    const scalars: number[] = [];
    for (const node of lowered.scalarNodes)
      for (const scalar of recording.nodes[node].scalars) scalars.push(scalar);
    const uploads = lowered.uploads.map((j) => this.encoded(recording.externals[j]));
    const { buffers } = plan;
    for (let i = 0; i < binding.buffers.length; i++) buffers[i] = binding.buffers[i];
    this.launch(plan, scalars, uploads);
    for (const j of lowered.uploads) recording.externals[j].uploaded = true;

    for (const place of lowered.outputs) {
      const { slot } = recording.outputs[place.output];
      const value = recording.nodes[place.node];
      value.region = { buffer: buffers[place.buffer], offset: place.offset };
      if (slot) {
        value.slotVersion = this.overwrite(slot, buffers[place.buffer]);
        value.slot = slot;
      } else this.floating.adopt(value);
    }
    if (tracer) tracer.runs(recording, binding, plan, scalars);
    else this.floating.collectUnread();
    const { nodes } = recording;
    // From the last on: side results come after their kernel.
    for (let i = nodes.length; i-- > 0; ) {
      const node = nodes[i];
      node.ran = true;
      // A side result that a backward pass wants and that has not run yet runs the kernel again.
      if (node.resident && (!node.requiresGrad || node.freed) && !node.aux?.some((aux) => aux?.ran === false))
        node.inputs = [];
    }
    this.#log.clear();
    // Only what nothing consumes has to be remembered: the rest is found from there.
    this.#pending = this.#pending.filter((value) => !value.ran && !value.passing && value.consumers === 0);
  }

  // ---- what a compiled function replays with --------------------------------------------------------------------

  /**
   * Runs a plan on the buffers that its first places have been given; its results get memory of their own. Its scratch
   * memory has been given back when this returns, since what runs later comes after this plan on the device.
   */
  launch(plan: CachedPlan, scalars: readonly number[], uploads: readonly ArrayBufferView[]): void {
    this.#check();
    const { pool } = this;
    const { lowered, buffers, fresh, frame, flagIndex } = plan;
    const { bound } = lowered;
    // Memory first: if there is not enough, nothing has happened yet.
    let taken = 0;
    try {
      for (; taken < fresh.length; taken++) buffers[bound + taken] = pool.take(fresh[taken]);
      if (flagIndex >= 0) buffers[flagIndex] = this.#flags.buffer();
      if (pool.takeFrame(frame)) {
        const start = buffers.length - frame.buffers.length;
        for (let i = 0; i < frame.buffers.length; i++) buffers[start + i] = frame.buffers[i];
      }
      try {
        plan.executable.run(buffers, scalars, uploads);
      } finally {
        pool.giveFrame(frame);
      }
    } catch (error) {
      while (taken-- > 0) pool.give(fresh[taken], buffers[bound + taken]);
      throw error;
    }
    this.#stats.plansRun++;
    this.#stats.kernelsRun += lowered.plan.steps.length;
    if (++this.#plansUnawaited === maxPlansUnawaited) {
      console.warn(
        `inkstone: ${maxPlansUnawaited} steps have run and nothing was awaited. Await a value now and then ` +
          '(`await loss.item()` every 10 steps): until then results cannot arrive and memory cannot be given back.',
      );
    }
    this.#flags.watch(lowered.flags);
  }

  /** Notes that a plan has written a slot's next version; returns its number. */
  overwrite(slot: Slot, buffer: BackendBuffer): number {
    const { memory } = slot;
    if (memory.buffer !== buffer) {
      if (memory.buffer) this.pool.release(memory.buffer);
      memory.buffer = buffer;
    }
    return ++slot.version;
  }

  /** Computes what would be lost with the present versions of slots. */
  settle(slots: ReadonlySet<Slot>): void {
    if (this.#gradients.size === 0 && this.#roots.length === 0) {
      const { slots: known, ops } = this.#settled;
      // What is left of the last time depends on none of these, and nothing has been recorded since.
      if (this.#pending.length === 0 || (known === slots && ops === this.#stats.opsRecorded)) return;
    }
    this.#settled = { slots, ops: this.#stats.opsRecorded };
    const wanted = new Set<Value>();
    const lost = this.#addDependants(wanted, slots);
    if (wanted.size > 0) this.#execute([...wanted]);
    else this.#log.clear();
    this.forget(lost);
  }

  /** Drops values that are not to be computed any more. */
  forget(values: ReadonlySet<Value>): void {
    if (values.size === 0) return;
    this.#log.clear();
    this.#pending = this.#pending.filter((value) => !values.has(value));
    this.#apart = this.#apart.filter((value) => !values.has(value));
    this.#roots = this.#roots.filter((value) => !values.has(value));
  }

  /** The plan has been used: it is not the next to be thrown away. False if it has been thrown away already. */
  touch(plan: CachedPlan): boolean {
    return this.#plans.touch(plan);
  }

  /** New memory that holds a value's host array; the caller gives it back. */
  upload(value: Value): BackendBuffer {
    const buffer = this.pool.acquire(value.size * this.elementBytes(value.dtype));
    this.backend.write(buffer, 0, this.encoded(value));
    return buffer;
  }

  /** The elements of a value on the host, as the device stores them. */
  encoded(value: Value): ArrayBufferView {
    return encode(value.dtype, value.host as HostArray, this.elementBytes(value.dtype));
  }

  /** Host arrays that are used again, or that belong in a slot, get memory of their own; others a plan uploads. */
  #upload(externals: readonly Value[]): void {
    for (const value of externals) {
      if (value.resident || value.host === null || value.size === 0) continue;
      if (!value.uploaded && value.target === null) continue;
      // A slot that is in use holds a version that this very plan may still read.
      const slot = value.target?.buffer ? null : value.target;
      const buffer = this.upload(value);
      value.region = { buffer, offset: 0 };
      if (slot) {
        value.slotVersion = this.overwrite(slot, buffer);
        value.slot = slot;
        // From now on the slot is where the value is; a later version makes this one a thing of the past.
        value.host = null;
      } else this.floating.watch(value);
    }
  }

  /** Runs everything pending because the recording has grown large; what backward passes have saved is kept. */
  #cut(): void {
    const wanted: Value[] = [];
    this.#pending.unshift(...this.#apart.splice(0));
    for (const value of this.#pending) {
      if (value.ran || value.op?.kind === 'view') continue;
      if (value.consumers === 0 || (value.requiresGrad && !value.freed) || value.op?.kind === 'aux')
        wanted.push(value);
    }
    this.run(wanted);
    this.#pending = this.#pending.filter((value) => !value.ran && value.op?.kind !== 'view');
    if (this.#pending.length >= maxPending)
      throw new Error('internal: a cut left the recording as long as it was');
  }
}

/** How a pending value hangs on memory that is overwritten: not at all, on some of it, or on what is about to be. */
type Bond = 0 | 1 | 2;
const [free, tiedToSlot, tiedToOld] = [0, 1, 2] as const;

/** Whether a value only looks at elements that exist. */
function isViewOfData(value: Value): boolean {
  if (value.resident || value.host !== null) return true;
  return value.op?.kind === 'view' && value.inputs.every(isViewOfData);
}
