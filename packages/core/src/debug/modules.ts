/** Names of the modules that ops belong to, for a backend's profiles. */
import { moduleOf, type Observer, observer, setObserver } from '../graph/trace.js';
import type { Value } from '../graph/value.js';

interface NamedModules {
  namedModules(): Iterable<[string, object]>;
}

/**
 * From now on the steps of new plans say which module they belong to. `detectAnomaly`, which looks at modules in its own
 * way, ends it.
 */
export function nameModules(): void {
  if (observer === null) setObserver(new ModuleNames());
}

class ModuleNames implements Observer {
  /** What is being called, the innermost last: modules and their paths. */
  readonly #called: { readonly module: NamedModules; readonly path: string }[] = [];
  readonly #children = new WeakMap<object, Map<object, string>>();
  #gradientOf: string | null = null;

  enters(module: object): void {
    const parent = this.#called.at(-1);
    const known = parent && this.#nameWithin(parent.module, module);
    const path = parent ? `${parent.path}.${known ?? module.constructor.name}` : module.constructor.name;
    this.#called.push({ module: module as NamedModules, path });
  }

  leaves(): void {
    this.#called.pop();
  }

  differentiates(value: Value | null): void {
    const path = value && moduleOf.get(value);
    this.#gradientOf = path ? `${path} (backward)` : null;
  }

  records(value: Value): void {
    const path = this.#gradientOf ?? this.#called.at(-1)?.path;
    if (path) moduleOf.set(value, path);
  }

  #nameWithin(parent: NamedModules, module: object): string | undefined {
    let names = this.#children.get(parent);
    if (!names?.has(module)) {
      names = new Map(Array.from(parent.namedModules(), ([name, child]) => [child, name]));
      this.#children.set(parent, names);
    }
    return names.get(module) || undefined;
  }
}
