/** Listens to a function while it is recorded, and makes what can replay it. */
import type { BackendBuffer } from '../backend/contract.js';
import { callSite } from '../call-site.js';
import type { Cell } from '../graph/cell.js';
import { Leaf } from '../graph/cell.js';
import { withGradMode } from '../graph/grad-mode.js';
import type { Binding } from '../graph/key.js';
import type { CachedPlan } from '../graph/plan-cache.js';
import type { Recording } from '../graph/recording.js';
import { setTracer, type Tracer } from '../graph/trace.js';
import { nextSeq, Slot, type Value } from '../graph/value.js';
import { Module } from '../nn/module.js';
import { clone } from '../ops/cast.js';
import { drawWatch } from '../random/generator.js';
import { Tensor } from '../tensor/tensor.js';
import { fieldsOf } from './fields.js';
import { again, Captured, pathOf, Register, type Run } from './registers.js';
import { type Effect, Replay } from './replay.js';
import { dissect } from './structure.js';
import { type Recorded, Walk } from './walk.js';

/** A tensor that is returned: an argument, one from outside, or one that was made in the call. */
interface Returned {
  readonly input?: number;
  readonly cell?: Tensor;
  readonly value?: Value;
  register?: Register;
}

export class Capture implements Tracer {
  readonly #start = nextSeq();
  readonly #own = new Set<Cell>();
  readonly #cells = new Map<Cell, Captured>();
  readonly #registers = new Map<Value, Register>();
  readonly #drawn = new Set<Value>();
  /** What lies in captured cells, though it may have been made only when it was asked for. */
  readonly #found = new Set<Value>();
  /** What was recorded and depends on more than constants: gone after the call. */
  readonly #passing = new Set<Value>();
  readonly #runs: Run[] = [];
  readonly #slots = new Map<Slot, BackendBuffer | null>();
  readonly #program: (Walk | Effect)[] = [];
  readonly #draws: (() => void)[] = [];
  readonly #guards: (() => boolean)[] = [];
  readonly #modules = new Map<object, readonly unknown[]>();
  readonly #live = new Map<Value, Recorded>();
  #section: Value[] | null = null;
  /** Whether the next call has to be recorded anew, as this one did what happens once. */
  once = false;
  #problem: Error | null = null;

  /**
   * @param name of the function, for messages.
   * @param inputs what it is called with, in memory that belongs to no one else.
   */
  constructor(
    readonly name: string,
    readonly inputs: readonly Tensor[],
  ) {
    for (const { value } of inputs) this.#registers.set(value, new Register(value, 'input'));
    for (const input of inputs) this.#own.add(input);
    for (const { value } of inputs) this.#passing.add(value);
  }

  /** Calls a function and listens. @throws whatever it throws, and Error for what cannot be replayed. */
  record(call: () => unknown): Replay {
    setTracer(this);
    drawWatch.onDraw = () => this.refuses('draws (or seeds) random numbers on the host');
    try {
      const value = call();
      if (!this.#problem && value instanceof Promise) this.refuses('is async');
      if (this.#problem) throw this.#problem;
      return this.#finish(value);
    } finally {
      drawWatch.onDraw = null;
      setTracer(null);
    }
  }

  // ---- what it hears ----------------------------------------------------------------------------------------------

  makes(cell: Cell): void {
    this.#own.add(cell);
  }

  outlives(cell: Cell): void {
    this.#own.delete(cell);
    this.#captured(cell).written = true;
  }

  reads(cell: Cell): void {
    if (this.#own.has(cell) || this.#cells.has(cell)) return;
    const captured = this.#captured(cell);
    // Not through the getter, which would call back. And what is made only now lay there before: it is not of this call.
    const { held } = cell;
    setTracer(null);
    const value = held && 'make' in held ? held.value : held;
    setTracer(this);
    captured.see(value);
    if (value) {
      const { views, root } = pathOf(value);
      for (const part of [...views, root]) this.#found.add(part);
    }
    if (value?.requiresGrad && value.leaf === null)
      this.refuses(
        `uses a tensor of shape [${value.shape.join(', ')}] that was computed outside of it from one that requires a gradient`,
      );
  }

  writes(cell: Cell, next: Value | null): void {
    if (this.#own.has(cell)) {
      if (this.inputs.includes(cell as Tensor)) this.refuses('changes an argument in place');
      return;
    }
    this.#captured(cell).written = true;
    // Its memory is overwritten at each call.
    if (next && !this.#isOutside(next) && next.op?.kind !== 'view' && !(cell instanceof Leaf))
      next.target ??= next.device.slot('in place');
  }

  records(value: Value): void {
    this.#section?.push(value);
    for (const input of value.inputs) {
      if (!this.#isOutside(input) && !this.#passing.has(input) && !this.#drawn.has(input)) continue;
      this.#passing.add(value);
      return;
    }
  }

  runs(recording: Recording, binding: Binding, plan: CachedPlan, scalars: readonly number[]): void {
    const { lowered } = plan;
    const { externals, nodes, outputs } = recording;
    const bound: { register: Register; place: number }[] = [];
    const places = new Set<number>();
    binding.externals.forEach((place, j) => {
      if (place < 0) return;
      places.add(place);
      bound.push({ register: this.#register(externals[j]), place });
    });
    const slots: { slot: Slot; place: number }[] = [];
    binding.outputs.forEach((place, o) => {
      const { slot } = outputs[o];
      if (!slot) return;
      if (!this.#slots.has(slot)) this.#slots.set(slot, place >= 0 ? binding.buffers[place] : null);
      if (place >= 0 && !places.has(place)) slots.push({ slot, place });
    });
    const run: Run = {
      device: nodes[0].device,
      plan,
      bound,
      slots,
      uploads: lowered.uploads.map((j) => externals[j]),
      scalars: [...scalars],
      results: lowered.outputs.map(({ node, output, buffer }) => {
        const value = nodes[node];
        // What somebody asked for before: it is computed now, and never again.
        if (this.#isOutside(value)) this.once = true;
        const register = new Register(value, 'result');
        this.#registers.set(value, register);
        return { register, buffer, slot: outputs[output].slot };
      }),
    };
    let at = 0;
    for (const node of lowered.scalarNodes) {
      this.#live.get(nodes[node])?.targets.push({ run, at });
      at += nodes[node].scalars.length;
    }
    this.#runs.push(run);
  }

  happensOnce(): void {
    this.once = true;
  }

  refuses(what: string): void {
    this.#problem ??= new Error(
      `compile: '${this.name}' ${what}, which cannot be replayed${callSite()}. Do it outside of the compiled function.`,
    );
  }

  random(step: () => void, value?: Value): void {
    const watch = drawWatch.onDraw;
    drawWatch.onDraw = null;
    step();
    drawWatch.onDraw = watch;
    this.#draws.push(step);
    if (value) this.#drawn.add(value);
  }

  live(update: () => Value): Value {
    const nodes: Value[] = [];
    this.#section = nodes;
    const result = update();
    this.#section = null;
    const recorded = nodes.map((node) => ({ node, inputs: node.inputs, targets: [] }));
    for (const entry of recorded) this.#live.set(entry.node, entry);
    this.#program.push(new Walk(update, recorded));
    return result;
  }

  effect(run: () => void, undo: () => void): void {
    run();
    this.#program.push({ run, undo });
  }

  guard(holds: () => boolean): void {
    this.#guards.push(holds);
  }

  visits(module: object): boolean {
    if (!this.#modules.has(module)) this.#modules.set(module, fieldsOf(module));
    return this.#modules.size === 1;
  }

  /** Modules that nobody calls, but through which modules are found that are called, such as lists. */
  #visitsLists(): void {
    const reaches = (module: object): boolean =>
      Object.values(module).some(
        (field) => field instanceof Module && (this.#modules.has(field) || reaches(field)),
      );
    // Goes on with those that it adds.
    for (const module of this.#modules.keys())
      for (const field of Object.values(module))
        if (field instanceof Module && !this.#modules.has(field) && reaches(field)) this.visits(field);
  }

  #isOutside(value: Value): boolean {
    return value.seq < this.#start || this.#found.has(value);
  }

  #captured(cell: Cell): Captured {
    let captured = this.#cells.get(cell);
    if (!captured) {
      captured = new Captured(cell);
      this.#cells.set(cell, captured);
    }
    return captured;
  }

  #register(value: Value): Register {
    let register = this.#registers.get(value);
    if (!register) {
      register = new Register(value, this.#drawn.has(value) ? 'drawn' : 'before');
      this.#registers.set(value, register);
    }
    return register;
  }

  // ---- the end of the call ----------------------------------------------------------------------------------------

  #finish(returned: unknown): Replay {
    const wanted: Value[] = [];
    const results: (Returned & { value: Value })[] = [];
    const make = withGradMode(false, () =>
      dissect<Returned>(this.name, returned, '', (tensor) => {
        const input = this.inputs.indexOf(tensor);
        if (input >= 0) return { input };
        if (!this.#own.has(tensor)) return { cell: tensor };
        let { value } = tensor;
        const { root } = pathOf(value);
        // What a later call overwrites, or what is not of this call, is given as a copy.
        if (value.target || this.#isOutside(root) || this.inputs.some((other) => other.value === root))
          value = clone(value);
        wanted.push(value);
        const result = { value };
        results.push(result);
        return result;
      }),
    );
    for (const { cell, written } of this.#cells.values()) {
      if (!written || !cell.value) continue;
      const { root } = pathOf(cell.value);
      if (!root.resident && root.host === null) wanted.push(root);
    }
    for (const device of new Set(wanted.map((value) => value.device)))
      device.run(wanted.filter((value) => value.device === device));
    if (this.#problem) throw this.#problem;

    setTracer(null);
    this.#visitsLists();
    const cells = [...this.#cells.values()];
    for (const captured of cells) {
      const { root, free } = captured;
      const register = root && this.#registers.get(root);
      if (register && free) captured.register = register;
      if (!captured.written) continue;
      const { value } = captured.cell;
      const end = value && (this.#registers.get(pathOf(value).root) ?? null);
      captured.leave(value, end);
      if (end) end.kept = end.stays = true;
    }
    for (const result of results) {
      const register = this.#registers.get(result.value);
      if (!register) continue;
      register.kept = true;
      result.register = register;
    }
    const registers = [...this.#registers.values()];
    const replay = new Replay({
      inputs: this.inputs.map(({ value }) => this.#registers.get(value) as Register),
      registers,
      runs: this.#runs,
      slots: this.#slots,
      cells,
      program: this.#program,
      draws: this.#draws,
      guards: this.#guards,
      modules: this.#modules,
      result: (tensors) =>
        make(({ input, cell, value, register }) => {
          if (cell) return cell;
          if (input !== undefined) return tensors[input];
          return new Tensor(register ? register.value : again(value as Value));
        }),
    });
    this.#letGo();
    replay.deliver();
    return replay;
  }

  /** What was recorded is the replay's from now on; whoever still holds on to it is told so. */
  #letGo(): void {
    for (const { like, source, slot, kept } of this.#registers.values()) {
      if (source !== 'result' || slot !== null || this.#isOutside(like)) continue;
      if (kept) like.device.floating.disown(like);
      else if (this.#passing.has(like)) like.device.release(like);
    }
    const gone = new Slot(
      '',
      `compile: this tensor was made inside the compiled function '${this.name}' and not returned by it; return it`,
    );
    for (const value of this.#passing) {
      // An argument in memory of its own; that of others is theirs.
      if (value.op === null && value.inputs.length === 0) value.device.release(value);
      value.slot = gone;
      value.slotVersion = -1;
      value.region = { buffer: nowhere, offset: 0 };
      value.host = null;
      value.inputs = [];
    }
    for (const device of new Set(Array.from(this.#passing, (value) => value.device)))
      device.forget(this.#passing);
  }
}

const nowhere: BackendBuffer = { byteLength: 0 };
