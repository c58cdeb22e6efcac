/** A recorded call that can be made again without recording. */
import type { BackendBuffer } from '../backend/contract.js';
import { changes, noteChange } from '../graph/cell.js';
import type { GraphDevice } from '../graph/device.js';
import { withGradMode } from '../graph/grad-mode.js';
import type { Slot, Value } from '../graph/value.js';
import { clone } from '../ops/cast.js';
import type { Tensor } from '../tensor/tensor.js';
import { changedField, changedItem, isList } from './fields.js';
import { type Captured, pathOf, type Register, type Run } from './registers.js';
import { otherWay, type Walk } from './walk.js';

/** A change of the state on the host. */
export interface Effect {
  run(): void;
  undo(): void;
}

export interface Parts {
  readonly inputs: readonly Register[];
  readonly registers: readonly Register[];
  readonly runs: readonly Run[];
  /** Slots that are overwritten, and the memory that they had when the call began. */
  readonly slots: ReadonlyMap<Slot, BackendBuffer | null>;
  readonly cells: readonly Captured[];
  readonly program: readonly (Walk | Effect)[];
  readonly draws: readonly (() => void)[];
  readonly guards: readonly (() => boolean)[];
  readonly modules: ReadonlyMap<object, readonly unknown[]>;
  result(tensors: readonly Tensor[]): unknown;
}

/** Memory that a replay lends to a draw for the time of the call. */
interface Lent {
  readonly device: GraphDevice;
  readonly buffer: BackendBuffer;
}

/** Something that has memory before the first run, with the number of the first that shares it. */
interface Shared {
  readonly register: Register | null;
  readonly slot: Slot | null;
  readonly as: number;
}

const nothing: readonly ArrayBufferView[] = [];

export class Replay {
  readonly #parts: Parts;
  readonly #overwritten: ReadonlySet<Slot>;
  readonly #read: readonly Captured[];
  readonly #written: readonly Captured[];
  /** Cells whose memory is no slot's: it moves to the host when it is read. */
  #floating: readonly Captured[] = [];
  /** What the next call starts from, and what this one leaves there. */
  readonly #closed: readonly (readonly [register: Register, end: Register])[];
  readonly #before: readonly Register[];
  readonly #drawn: readonly Register[];
  readonly #results: readonly Register[];
  readonly #spent: readonly Register[];
  /** Modules that were called, and what their fields were: lists, and after them the others. */
  readonly #modules: readonly object[];
  readonly #fields: readonly (readonly unknown[])[];
  readonly #lists: number;
  readonly #shared: readonly Shared[];
  readonly #absent: readonly Slot[];
  readonly #inputs: readonly (Register | null)[];
  readonly #last: (BackendBuffer | null)[] = [];
  /** What `changes` was when the cells held what the last call had left. */
  #seen = -1;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { registers, cells, slots, modules } = parts;
    this.#overwritten = new Set(slots.keys());
    this.#read = cells.filter(({ read }) => read);
    this.#written = cells.filter(({ written }) => written);
    this.#findFloating();
    const closed = new Map<Register, Register>();
    for (const { register, end, closed: alike } of cells)
      if (alike && register && end && register !== end) closed.set(register, end);
    this.#closed = [...closed];
    const ofCells = new Set(cells.map(({ register }) => register));
    const from = (source: Register['source']): Register[] => registers.filter((r) => r.source === source);
    this.#before = from('before').filter((register) => !ofCells.has(register));
    this.#drawn = from('drawn');
    this.#results = from('result');
    this.#spent = this.#results.filter(({ kept, slot }) => !kept && slot === null);
    const lists = [...modules.keys()].filter(isList);
    this.#lists = lists.length;
    this.#modules = [...new Set([...lists, ...modules.keys()])];
    this.#fields = this.#modules.map((module) => modules.get(module) as readonly unknown[]);
    const first = new Map<BackendBuffer, number>();
    const shared: Shared[] = [];
    const note = (register: Register | null, slot: Slot | null, buffer: BackendBuffer): void => {
      const as = first.get(buffer) ?? shared.length;
      first.set(buffer, as);
      shared.push({ register, slot, as });
    };
    const used = new Set(parts.runs.flatMap(({ bound }) => bound.map(({ register }) => register)));
    for (const register of used)
      if (register.source !== 'result' && register.source !== 'drawn' && register.buffer)
        note(register, null, register.buffer);
    for (const [slot, buffer] of slots) if (buffer) note(null, slot, buffer);
    this.#shared = shared;
    this.#absent = Array.from(slots.keys()).filter((slot) => !slots.get(slot));
    this.#inputs = parts.inputs.map((register) => (used.has(register) ? register : null));
  }

  /**
   * Makes the call again with other arguments.
   * @returns null, or why it has to be recorded; nothing has happened then.
   */
  run(tensors: readonly Tensor[]): string | null {
    const { guards, runs, program, draws } = this.#parts;
    const same = this.#seen === changes;
    if (!same)
      for (const guard of guards)
        if (!guard()) return 'an optimizer, or the hooks of a module, are not the same';
    const modules = this.#modules;
    const fields = this.#fields;
    for (let i = 0; i < modules.length; i++) {
      const key = (i < this.#lists ? changedItem : changedField)(modules[i], fields[i]);
      if (key !== null) return `'${key}' of a ${modules[i].constructor.name} has changed`;
    }
    for (const { device, plan } of runs) if (!device.touch(plan)) return 'too many plans are in use';
    for (const { device } of runs) device.settle(this.#overwritten);
    if (this.#seen !== changes)
      for (const captured of this.#read) {
        if (captured.untouched) continue;
        if (!this.#look()) return 'a parameter or tensor that it uses is of another kind than before';
        break;
      }
    for (const { register, rootNow } of this.#floating)
      if (rootNow && !(register as Register).holds(rootNow)) return 'a tensor that it uses has moved';
    for (const register of this.#before) register.follow(register.like);
    for (const slot of this.#absent) if (slot.buffer) return 'a tensor has got memory of its own';

    const lent: Lent[] = [];
    let done = 0;
    try {
      for (let i = 0; i < tensors.length; i++) {
        const register = this.#inputs[i];
        if (register) give(register, tensors[i].value);
      }
      const other = this.#otherMemory();
      if (other) return other;
      for (; done < program.length; done++) {
        program[done].run();
      }
      for (const draw of draws) draw();
      for (const register of this.#drawn) {
        const { device } = register.like;
        register.slot = null;
        register.buffer = device.upload(register.like);
        lent.push({ device, buffer: register.buffer });
      }
      for (const run of runs) launch(run);
    } catch (error) {
      while (done-- > 0) {
        const step = program[done];
        if ('undo' in step) step.undo();
      }
      if (error === otherWay) return 'the optimizer takes another way';
      throw error;
    } finally {
      // In the order in which the next call takes them again.
      for (let i = lent.length; i-- > 0; ) lent[i].device.pool.release(lent[i].buffer);
    }
    for (const { like, buffer } of this.#spent) like.device.pool.release(buffer as BackendBuffer);
    this.deliver();
    for (const { device } of runs) device.floating.collectUnread();
    return null;
  }

  /** What the call returns. */
  result(tensors: readonly Tensor[]): unknown {
    return this.#parts.result(tensors);
  }

  /** Shows what the last call has left. */
  deliver(): void {
    for (const register of this.#results) register.renew();
    for (const [register, end] of this.#closed) register.copy(end);
    if (this.#seen === changes) return;
    for (const captured of this.#written) captured.deliver();
    if (this.#written.length > 0) noteChange();
    this.#findFloating();
    // Where cells are left as nobody found them, or the function itself changed what a guard looks at, the next call has to
    // look.
    const holds = this.#written.every(({ closed }) => closed) && this.#parts.guards.every((guard) => guard());
    this.#seen = holds ? changes : -1;
  }

  /** Whether all cells hold what this can work with; finds where it lies. */
  #look(): boolean {
    const roots = new Map<Register, Value>();
    for (const captured of this.#read) {
      const { cell, register } = captured;
      const { value } = cell;
      if (!captured.fits(value)) return false;
      if (!register || !value) continue;
      const { root } = pathOf(value);
      if ((roots.get(register) ?? root) !== root) return false;
      roots.set(register, root);
    }
    for (const [register, root] of roots) register.follow(root);
    this.#findFloating();
    for (const captured of this.#read) captured.expected = captured.cell.held;
    return true;
  }

  #findFloating(): void {
    this.#floating = this.#read.filter(
      ({ register, free }) => free && register !== null && register.slot === null,
    );
  }

  /** Why memory does not lie as it did: missing, or shared in another way. */
  #otherMemory(): string | null {
    const shared = this.#shared;
    const last = this.#last;
    let same = last.length === shared.length;
    for (let i = 0; i < shared.length; i++) {
      const { register, slot } = shared[i];
      const buffer = register ? register.buffer : (slot as Slot).buffer;
      if (!buffer || (register && !register.current)) {
        last.length = 0;
        return 'a value that it uses is gone';
      }
      same &&= buffer === last[i];
      last[i] = buffer;
    }
    if (same) return null;
    const first = new Map<BackendBuffer | null, number>();
    for (let i = 0; i < shared.length; i++) {
      const as = first.get(last[i]) ?? i;
      first.set(last[i], as);
      if (as !== shared[i].as) {
        last.length = 0;
        return 'tensors share memory in another way';
      }
    }
    return null;
  }
}

/** Brings an argument into memory. */
function give(register: Register, value: Value): void {
  const { device } = value;
  if (!value.resident && value.host === null) device.run([value]);
  if (!value.resident && value.host) {
    // What is small is copied each time: memory of its own would wait for the garbage collector.
    if (!value.uploaded || device.floating.isSmall(value)) {
      value.uploaded = true;
      register.fill(value);
      return;
    }
    value.region = { buffer: device.upload(value), offset: 0 };
    device.floating.adopt(value);
  }
  register.follow(atStart(value));
}

/** A value that begins where its memory does: itself, or a copy. */
export function atStart(value: Value): Value {
  if (value.region?.offset === 0) return value;
  const copy = withGradMode(false, () => clone(value));
  copy.device.run([copy]);
  return copy;
}

function launch({ device, plan, bound, slots, uploads, scalars, results }: Run): void {
  const { buffers } = plan;
  for (const { register, place } of bound) buffers[place] = register.buffer as BackendBuffer;
  for (const { slot, place } of slots) buffers[place] = slot.buffer as BackendBuffer;
  const encoded = uploads.length === 0 ? nothing : uploads.map((value) => device.encoded(value));
  device.launch(plan, scalars, encoded);
  for (const { register, buffer, slot } of results) {
    register.buffer = buffers[buffer];
    register.slot = slot;
    if (slot) register.version = device.overwrite(slot, buffers[buffer]);
  }
}
