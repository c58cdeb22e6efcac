/** What all optimizers share: parameter groups, state that follows the parameters, saving and loading. */
import { noGrad } from '../autograd.js';
import type { Slot, Value } from '../graph/value.js';
import { reshape } from '../ops/broadcast.js';
import { full } from '../ops/create.js';
import { neg } from '../ops/pointwise.js';
import { cat, slice } from '../ops/views.js';
import { hostCopy, hostTensor, type Shape, showShape } from '../tensor/host.js';
import { Parameter, Tensor } from '../tensor/tensor.js';
import { noteChange, tracer } from '../tensor/trace.js';
import { FlatParameters } from './flat.js';

/** Options of one group of parameters. */
export type GroupOptions = { lr: number } & Record<string, unknown>;

export type ParamGroup<O extends GroupOptions> = O & { params: Parameter[] };

/** Either parameters, or groups of them with options of their own. */
export type OptimizerInput<O extends GroupOptions> =
  | Iterable<Parameter>
  | readonly (Partial<O> & { params: Iterable<Parameter> })[];

export interface OptimizerState {
  /** State of each parameter, in the order of the groups: moments as host arrays with their shape. */
  readonly state: readonly {
    readonly step: number;
    readonly buffers: Readonly<
      Record<string, { readonly data: Float32Array | Float64Array; readonly shape: Shape }>
    >;
  }[];
  readonly paramGroups: readonly Record<string, unknown>[];
}

/** One flat run of parameters that are updated together, with their state. */
export interface FlatRun {
  readonly flat: FlatParameters;
  readonly slots: Map<string, Slot>;
  readonly state: Map<string, Tensor>;
  readonly steps: Steps;
  /** Steps taken when state of a name came to be, which was none before. */
  readonly since: ReadonlyMap<string, number>;
}

/** Steps taken: one count for all parameters of a run. */
interface Steps {
  count: number;
}

/**
 * The base of all optimizers. A subclass says which state it keeps for each element and how to update a flat run; the
 * same few kernels then serve any number of parameters.
 */
export abstract class Optimizer<O extends GroupOptions> {
  readonly paramGroups: ParamGroup<O>[] = [];
  /** Steps taken by each parameter (those without a gradient do not step). */
  readonly #steps = new Map<Parameter, Steps>();
  /** State of parameters outside of a run: loaded, or between two packings. */
  readonly #loose = new Map<Parameter, Map<string, Tensor>>();
  readonly #runs = new Map<ParamGroup<O>, FlatRun[]>();

  protected constructor(
    params: OptimizerInput<O>,
    protected readonly defaults: O,
  ) {
    const list = [...(params as Iterable<Parameter | (Partial<O> & { params: Iterable<Parameter> })>)];
    if (list.length === 0) throw new Error(`${this.constructor.name}: there are no parameters to optimize`);
    if (list[0] instanceof Parameter)
      this.addParamGroup({ params: list as Parameter[] } as unknown as ParamGroup<O>);
    else for (const group of list) this.addParamGroup(group as ParamGroup<O>);
  }

  addParamGroup(group: Partial<O> & { params: Iterable<Parameter> }): void {
    const params = [...group.params];
    const known = new Set(this.paramGroups.flatMap((other) => other.params));
    for (const parameter of params) {
      if (!(parameter instanceof Parameter))
        throw new Error(`${this.constructor.name}: only Parameters can be optimized`);
      if (known.has(parameter)) throw new Error(`${this.constructor.name}: a parameter appears twice`);
      known.add(parameter);
    }
    this.paramGroups.push({ ...this.defaults, ...group, params });
    noteChange();
  }

  /** Forgets all gradients. */
  zeroGrad(): void {
    for (const { params } of this.paramGroups) for (const parameter of params) parameter.grad = null;
  }

  /**
   * Updates all parameters that have a gradient, and runs what has been recorded: parameters, gradients, moments, the
   * loss that `backward` was called on, and whatever else would be lost with the old values.
   */
  step(): void {
    const written: Value[] = [];
    const retiring: Slot[] = [];
    const groups = this.paramGroups.length;
    tracer?.guard(() => this.paramGroups.length === groups);
    noGrad(() => {
      for (const group of this.paramGroups) {
        for (const run of this.#pack(group)) {
          const { flat, steps, since } = run;
          const gradients = flat.gradients();
          const values = flat.values();
          const before = Array.from(run.state, ([name, tensor]) => [name, tensor.value] as const);
          const state = new Map<string, Value>();
          const update = (): Value => {
            for (const [name, value] of before) state.set(name, value);
            const direction = group.maximize === true ? neg(gradients) : gradients;
            const fresh = (name: string): boolean => since.get(name) === steps.count;
            return this.update(values, direction, state, steps.count + 1, group, flat.parameters, fresh);
          };
          const next = tracer ? tracer.live(update) : update();
          retiring.push(...flat.update(next));
          written.push(next, gradients);
          for (const [name, value] of state) {
            value.target = run.slots.get(name) as Slot;
            (run.state.get(name) as Tensor).value = value;
            written.push(value);
          }
          const count = (by: number) => () => {
            steps.count += by;
          };
          if (tracer) {
            tracer.effect(count(1), count(-1));
            tracer.guard(() => this.#runs.get(group)?.includes(run) === true);
          } else steps.count++;
        }
      }
    });
    if (written.length > 0) written[0].device.run(written, retiring);
  }

  /** The state of each element for the parameters of a group: names (PyTorch's) and first values. */
  protected abstract stateFor(group: ParamGroup<O>): Readonly<Record<string, number>>;

  /** The names of all state that a group may have kept, if that is more than what its present options ask for. */
  protected stateNames(group: ParamGroup<O>): string[] {
    return Object.keys(this.stateFor(group));
  }

  /**
   * New values of a flat run. Writes the new state into `state`.
   * @param step counted from 1.
   * @param parameters whose elements lie end to end in the run.
   * @param fresh whether state of a name has its first value still.
   */
  protected abstract update(
    values: Value,
    gradients: Value,
    state: Map<string, Value>,
    step: number,
    group: ParamGroup<O>,
    parameters: readonly Parameter[],
    fresh: (name: string) => boolean,
  ): Value;

  /**
   * Runs of parameters with a gradient, of one device, dtype and step count; packed anew when that set changes, or when
   * an option changed since asks for state that there is none of (a momentum that was 0).
   */
  #pack(group: ParamGroup<O>): FlatRun[] {
    const kinds = new Map<string, Parameter[]>();
    for (const parameter of group.params) {
      if (!parameter.value.leaf?.gradient) continue;
      const kind = `${parameter.dtype} ${this.#steps.get(parameter)?.count ?? 0}`;
      const list = kinds.get(kind);
      if (list) list.push(parameter);
      else kinds.set(kind, [parameter]);
    }
    const wanted = [...kinds.values()];
    const runs = this.#runs.get(group) ?? [];
    const names = Object.keys(this.stateFor(group));
    const same =
      runs.length === wanted.length &&
      runs.every(
        ({ flat, state }, i) =>
          names.every((name) => state.has(name)) &&
          flat.parameters.length === wanted[i].length &&
          flat.parameters.every((p, j) => p === wanted[i][j]),
      );
    if (same) return runs;
    for (const run of runs) this.#unpack(run, this.#loose);
    const packed = wanted.map((parameters) => this.#newRun(parameters, group));
    this.#runs.set(group, packed);
    noteChange();
    return packed;
  }

  #newRun(parameters: Parameter[], group: ParamGroup<O>): FlatRun {
    const flat = new FlatParameters(parameters);
    const { device, dtype } = parameters[0];
    const first = this.stateFor(group);
    // What the options do not ask for any more is kept for when they do again.
    const kept = parameters.flatMap((parameter) => [...(this.#loose.get(parameter)?.keys() ?? [])]);
    const names = [...new Set([...Object.keys(first), ...kept])];
    const slots = new Map(names.map((name) => [name, device.slot(name)]));
    const state = new Map<string, Tensor>();
    const steps = { count: this.#steps.get(parameters[0])?.count ?? 0 };
    const since = new Map<string, number>();
    const keep = (name: string, value: Value): void => {
      const cell = new Tensor(value);
      tracer?.outlives(cell);
      state.set(name, cell);
    };
    for (const name of names) {
      const parts = parameters.map((parameter) => this.#loose.get(parameter)?.get(name)?.value ?? null);
      if (parts.every((part) => part === null)) {
        keep(name, full(device, [flat.size], first[name], dtype));
        since.set(name, steps.count);
      } else {
        const filled = parts.map(
          (part, i) => part ?? full(device, [parameters[i].numel()], first[name] ?? 0, dtype),
        );
        keep(
          name,
          filled.length === 1
            ? filled[0]
            : cat(
                filled.map((part) => reshape(part, [part.size])),
                0,
              ),
        );
      }
    }
    for (const parameter of parameters) {
      this.#loose.delete(parameter);
      this.#steps.set(parameter, steps);
    }
    return { flat, slots, state, steps, since };
  }

  #unpack({ flat, state }: FlatRun, into: Map<Parameter, Map<string, Tensor>>): void {
    let start = 0;
    for (const parameter of flat.parameters) {
      const size = parameter.numel();
      const own = new Map<string, Tensor>();
      for (const [name, { value }] of state) {
        const part = new Tensor(slice(value, 0, start, size));
        tracer?.outlives(part);
        own.set(name, part);
      }
      into.set(parameter, own);
      start += size;
    }
  }

  /** Steps, moments and options, as plain data: what a checkpoint stores. */
  async stateDict(): Promise<OptimizerState> {
    const find = new Map(this.#loose);
    for (const run of [...this.#runs.values()].flat()) this.#unpack(run, find);
    const all = this.paramGroups.flatMap(({ params }) => params);
    const state = all.map(async (parameter) => {
      const own = find.get(parameter);
      const buffers: Record<string, { data: Float32Array; shape: Shape }> = {};
      for (const [name, part] of own ?? [])
        buffers[name] = { data: (await part.data()) as Float32Array, shape: parameter.shape };
      return { step: this.#steps.get(parameter)?.count ?? 0, buffers };
    });
    return {
      state: await Promise.all(state),
      paramGroups: this.paramGroups.map(({ params: _params, ...options }) => ({ ...options })),
    };
  }

  /** Takes over what `stateDict` gave, exactly. @throws Error if it does not fit these parameters. */
  loadStateDict(saved: OptimizerState): void {
    const all = this.paramGroups.flatMap(({ params }) => params);
    const name = this.constructor.name;
    if (saved.state.length !== all.length || saved.paramGroups.length !== this.paramGroups.length) {
      throw new Error(
        `${name}: the saved state is of ${saved.state.length} parameters in ${saved.paramGroups.length} groups, ` +
          `this optimizer has ${all.length} in ${this.paramGroups.length}`,
      );
    }
    const known = this.paramGroups.flatMap((group, i) => {
      // The options that are saved say what state there is.
      const names = this.stateNames({ ...group, ...saved.paramGroups[i] });
      return group.params.map(() => names);
    });
    const loaded = saved.state.map(({ buffers }, i) => {
      const parameter = all[i];
      const own = new Map<string, Tensor>();
      for (const [key, { data, shape }] of Object.entries(buffers)) {
        if (!known[i].includes(key))
          throw new Error(`${name}: unknown state '${key}' (known: ${known[i].join(', ') || 'none'})`);
        if (showShape(shape) !== showShape(parameter.shape) || data.length !== parameter.numel()) {
          throw new Error(
            `${name}: state '${key}' of parameter ${i} has shape ${showShape(shape)}, the parameter ${showShape(parameter.shape)}`,
          );
        }
        const host = hostCopy(parameter.dtype, data);
        own.set(key, hostTensor(host, [data.length], parameter.dtype, parameter.device));
      }
      return own;
    });
    this.#runs.clear();
    noteChange();
    this.#loose.clear();
    all.forEach((parameter, i) => {
      this.#steps.set(parameter, { count: saved.state[i].step });
      if (loaded[i].size > 0) this.#loose.set(parameter, loaded[i]);
    });
    saved.paramGroups.forEach((options, i) => {
      Object.assign(this.paramGroups[i], options);
    });
  }
}
