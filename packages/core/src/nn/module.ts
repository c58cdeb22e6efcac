/** `Module`: parameters, buffers and modules found through fields, named as in PyTorch's state dict. */
import { noGrad } from '../autograd.js';
import { sameShape, showShape } from '../tensor/host.js';
import { Parameter, persistent, Tensor } from '../tensor/tensor.js';
import { noteChange, observer, tracer } from '../tensor/trace.js';
import { type BackwardHook, Watch } from './backward-hooks.js';

export type StateDict = Map<string, Tensor>;

/** Called before `forward`; a list of arguments that it returns takes the place of those given. */
export type ForwardPreHook = (module: Module, args: readonly unknown[]) => readonly unknown[] | undefined;

/** Called after `forward`; what it returns (if anything) replaces the result. */
export type ForwardHook = (module: Module, args: readonly unknown[], output: unknown) => unknown;

/**
 * The base of all layers and models.
 *
 * Fields that hold a `Parameter`, a `Module` or an array-like of modules (`ModuleList`) are found by reflection, in the
 * order of assignment; a field's name is its key in the state dict.
 *
 * @example
 * class Net extends Module {
 *   fc = new nn.Linear(2, 1);
 *   forward(x: Tensor) { return this.fc.forward(x).sigmoid(); }
 * }
 */
export abstract class Module {
  /** Whether the module behaves as in training (dropout draws) or as in use. */
  training = true;
  readonly #buffers = new Map<string, { tensor: Tensor; persistent: boolean }>();
  readonly #hooks: ForwardHook[] = [];
  readonly #preHooks: ForwardPreHook[] = [];
  readonly #backwardHooks: BackwardHook[] = [];

  constructor() {
    // Calling `forward` is calling the module, as `module(x)` in PyTorch: hooks run around it.
    const { forward } = this;
    Object.defineProperty(this, 'forward', {
      value: (...args: unknown[]): unknown => {
        if (tracer?.visits(this)) {
          const hooks = hookChanges;
          tracer.guard(() => hooks === hookChanges);
        }
        let given: readonly unknown[] = args;
        for (const hook of this.#preHooks) given = hook(this, given) ?? given;
        const watch = this.#backwardHooks.length > 0 ? new Watch(this, this.#backwardHooks) : null;
        if (watch) given = watch.inputs(given);
        let output: unknown;
        observer?.enters(this);
        try {
          output = forward.apply(this, given as never[]);
        } finally {
          observer?.leaves();
        }
        for (const hook of this.#hooks) output = hook(this, given, output) ?? output;
        return watch ? watch.outputs(output) : output;
      },
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }

  abstract forward(...args: never[]): unknown;

  /** Adds a hook that sees (and may replace) each result of `forward`; returns a function that removes it. */
  registerForwardHook(hook: ForwardHook): () => void {
    return listed(this.#hooks, hook);
  }

  /** Adds a hook that sees (and may replace) the arguments of `forward`; returns a function that removes it. */
  registerForwardPreHook(hook: ForwardPreHook): () => void {
    return listed(this.#preHooks, hook);
  }

  /**
   * Adds a hook that sees the gradients of the module's tensor arguments and results once a backward pass has them; it
   * may give others for the arguments. Returns a function that removes it.
   */
  registerFullBackwardHook(hook: BackwardHook): () => void {
    return listed(this.#backwardHooks, hook);
  }

  /** A tensor that belongs to the state but is not trained. */
  registerBuffer(name: string, tensor: Tensor, options: { persistent?: boolean } = {}): Tensor {
    const own = new Tensor(persistent(tensor.value, name));
    this.#buffers.set(name, { tensor: own, persistent: options.persistent ?? true });
    return own;
  }

  /** Direct sub-modules with their names. */
  *namedChildren(): Generator<[string, Module]> {
    for (const [name, field] of Object.entries(this)) if (field instanceof Module) yield [name, field];
  }

  /** This module and all below it, depth first, with dotted paths. */
  *namedModules(prefix = ''): Generator<[string, Module]> {
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) yield* child.namedModules(join(prefix, name));
  }

  *modules(): Generator<Module> {
    for (const [, module] of this.namedModules()) yield module;
  }

  /** Parameters with their state dict keys; one that is shared appears once, under its first name. */
  *namedParameters(): Generator<[string, Parameter]> {
    const seen = new Set<Parameter>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, field] of Object.entries(module)) {
        if (!(field instanceof Parameter) || seen.has(field)) continue;
        seen.add(field);
        yield [join(path, name), field];
      }
    }
  }

  parameters(): Parameter[] {
    return Array.from(this.namedParameters(), ([, parameter]) => parameter);
  }

  *namedBuffers(): Generator<[string, Tensor]> {
    for (const [path, module] of this.namedModules()) {
      for (const [name, { tensor }] of module.#buffers) yield [join(path, name), tensor];
    }
  }

  /** Switches to training (dropout draws) for this module and all below; `train(false)` is `eval()`. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Calls `fn` on every module, children before parents. */
  apply(fn: (module: Module) => void): this {
    for (const [, child] of this.namedChildren()) child.apply(fn);
    fn(this);
    return this;
  }

  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** Switches gradients of all parameters on or off. */
  requiresGrad_(requires = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(requires);
    return this;
  }

  /** Number of elements in all parameters. */
  numParameters(): number {
    return this.parameters().reduce((total, parameter) => total + parameter.numel(), 0);
  }

  /** Parameters and persistent buffers by key, shared ones under each of their names. The tensors are detached. */
  stateDict(): StateDict {
    const out: StateDict = new Map();
    for (const [path, module] of this.namedModules()) {
      for (const [name, field] of Object.entries(module)) {
        if (field instanceof Parameter) out.set(join(path, name), field.detach());
      }
      for (const [name, buffer] of module.#buffers)
        if (buffer.persistent) out.set(join(path, name), buffer.tensor.detach());
    }
    return out;
  }

  /**
   * Copies values in by key.
   * @param options.strict (default true) missing and unexpected keys are errors.
   * @returns the keys that were missing and unexpected.
   * @throws Error that names every key that does not fit; nothing has been loaded then.
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
    options: { strict?: boolean } = {},
  ): { missingKeys: string[]; unexpectedKeys: string[] } {
    const given = state instanceof Map ? state : new Map(Object.entries(state as Record<string, Tensor>));
    const own = new Map<string, Tensor>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, field] of Object.entries(module))
        if (field instanceof Parameter) own.set(join(path, name), field);
      for (const [name, buffer] of module.#buffers)
        if (buffer.persistent) own.set(join(path, name), buffer.tensor);
    }
    const missingKeys = [...own.keys()].filter((key) => !given.has(key));
    const unexpectedKeys = [...given.keys()].filter((key) => !own.has(key));
    const problems: string[] = [];
    if (options.strict ?? true) {
      if (missingKeys.length > 0) problems.push(`missing keys: ${missingKeys.join(', ')}`);
      if (unexpectedKeys.length > 0) problems.push(`unexpected keys: ${unexpectedKeys.join(', ')}`);
    }
    for (const [key, tensor] of own) {
      const source = given.get(key);
      if (source && !sameShape(source.shape, tensor.shape)) {
        problems.push(
          `${key} has shape ${showShape(source.shape)}, the model wants ${showShape(tensor.shape)}`,
        );
      }
    }
    if (problems.length > 0) throw new Error(`loadStateDict: ${problems.join('; ')}`);
    noGrad(() => {
      for (const [key, tensor] of own) {
        const source = given.get(key);
        if (source) tensor.copy_(source);
      }
    });
    return { missingKeys, unexpectedKeys };
  }

  /** The module tree with its parameters' shapes, as text. */
  summary(): string {
    const lines: string[] = [];
    for (const [path, module] of this.namedModules()) {
      const depth = path === '' ? 0 : path.split('.').length;
      const own = Object.entries(module).filter(([, field]) => field instanceof Parameter);
      const shapes = own
        .map(([name, field]) => `${name} ${showShape((field as Parameter).shape)}`)
        .join(', ');
      const title = path === '' ? '' : `(${path.split('.').pop()}) `;
      lines.push(`${'  '.repeat(depth)}${title}${module.constructor.name}${shapes ? `: ${shapes}` : ''}`);
    }
    lines.push(`${this.numParameters().toLocaleString('en-US')} parameters`);
    return lines.join('\n');
  }
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

/** How often hooks have been added or removed, on any module: a compiled call looks whether they are the same. */
let hookChanges = 0;

/** Adds to a list; returns what takes it out again. */
function listed<T>(list: T[], item: T): () => void {
  const changed = (): void => {
    hookChanges++;
    noteChange();
  };
  list.push(item);
  changed();
  return () => {
    changed();
    const at = list.indexOf(item);
    if (at >= 0) list.splice(at, 1);
  };
}
