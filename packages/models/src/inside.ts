/**
 * Looking inside a model while it runs: what each module gives, what attention attends to, and the gradients of both, by
 * name and without changing the model.
 */
import { arange, functional as F, keep, type nn, Tensor, where } from '@inkstone/core';

export interface LookOptions {
  /**
   * Which modules to look at, by their paths (`model.layers.0.mlp`, as in `namedModules()`; '' is the model itself):
   * names, or patterns of which one must match. Default: all.
   */
  names?: readonly (string | RegExp)[];
}

/** What was seen. Tensors are those of the run: read them with `await t.data()`. */
export class Inside<R> {
  /** What each module gave, by its path; of a module that ran more than once the last. */
  readonly activations: ReadonlyMap<string, Tensor>;
  /** Probabilities of attention [batch, heads, queries, keys], by the path of the module that attends. */
  readonly attentions: ReadonlyMap<string, Tensor>;

  constructor(
    private readonly model: nn.Module,
    /** What the run returned. */
    readonly result: R,
    activations: ReadonlyMap<string, Tensor>,
    attentions: ReadonlyMap<string, Tensor>,
  ) {
    this.activations = activations;
    this.attentions = attentions;
  }

  /** @throws Error that lists the names there are. */
  activation(name: string): Tensor {
    return found('activation', this.activations, name);
  }

  attention(name: string): Tensor {
    return found('attention', this.attentions, name);
  }

  /** The gradient of what a module gave, or of a parameter, after a backward pass in the run. */
  gradient(name: string): Tensor {
    const all = new Map(this.activations);
    for (const [path, parameter] of this.model.namedParameters()) all.set(path, parameter);
    const { grad } = found('gradient', all, name);
    if (grad) return grad;
    throw new Error(`gradient: ${JSON.stringify(name)} has none; call backward() in the run`);
  }
}

/**
 * Runs something with a model and keeps what happens inside.
 *
 * @param run calls the model, and `backward()` if gradients are wanted
 * @example
 * const inside = lookInside(model, () => model.forward(ids));
 * await inside.attention('transformer.h.0.attn').print();
 */
export function lookInside<R>(model: nn.Module, run: () => R, options: LookOptions = {}): Inside<R> {
  const { names } = options;
  const wanted = (path: string): boolean =>
    !names || names.some((name) => (typeof name === 'string' ? name === path : name.test(path)));
  const activations = new Map<string, Tensor>();
  const attentions = new Map<string, Tensor>();
  /** Paths of the modules that are running, the innermost last. */
  const running: string[] = [];
  const ends: (() => void)[] = [];
  for (const [path, module] of model.namedModules()) {
    ends.push(
      module.registerForwardPreHook(() => {
        running.push(path);
        return undefined;
      }),
      module.registerForwardHook((_module, _args, output) => {
        running.pop();
        const tensor = firstTensor(output);
        if (!tensor || !wanted(path)) return;
        activations.set(path, tensor);
        if (tensor.requiresGrad) tensor.retainGrad();
      }),
    );
  }
  ends.push(
    F.observeAttention((call) => {
      const path = running[running.length - 1];
      if (path !== undefined && wanted(path)) attentions.set(path, probabilities(call));
    }),
  );
  let result: R;
  try {
    result = run();
  } finally {
    for (const end of ends) end();
  }
  const seen = [...activations.values(), ...attentions.values()];
  const gradients = [...seen, ...model.parameters()].flatMap((tensor) => tensor.grad ?? []);
  // One plan for all of it.
  keep(...seen, ...gradients);
  return new Inside(model, result, activations, attentions);
}

/** The tensor that a module's result is, or the first in it. */
function firstTensor(output: unknown): Tensor | null {
  if (output instanceof Tensor) return output;
  if (typeof output !== 'object' || output === null) return null;
  for (const part of Object.values(output)) if (part instanceof Tensor) return part;
  return null;
}

/** What the attention kernel multiplies values with and does not store; before dropout. */
function probabilities(call: F.AttentionCall): Tensor {
  const { q, k, scale, attnMask, isCausal, queryOffset, keyLength } = call;
  const [queries, groups] = [q.shape[2], q.shape[1] / k.shape[1]];
  const never = Number.NEGATIVE_INFINITY;
  const keys = k.detach().narrow(2, 0, keyLength).repeatInterleave(groups, 1);
  let scores = q.detach().matmul(keys.transpose(-1, -2)).mul(scale);
  if (attnMask) {
    const mask = attnMask.shape[attnMask.ndim - 1] === 1 ? attnMask : attnMask.narrow(-1, 0, keyLength);
    scores = mask.dtype === 'bool' ? where(mask, scores, never) : scores.add(mask);
  }
  if (isCausal) {
    const { device } = q;
    const last = arange(queries, { device }).add(queryOffset).unsqueeze(1);
    scores = where(arange(keyLength, { device }).le(last), scores, never);
  }
  // A query that sees no key attends to nothing.
  const seen = scores.amax(-1, true).gt(never);
  return where(seen, where(seen, scores, 0).softmax(-1), 0);
}

function found(what: string, map: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = map.get(name);
  if (tensor) return tensor;
  throw new Error(
    `${what}: there is no ${JSON.stringify(name)}; there are ${[...map.keys()].map((key) => JSON.stringify(key)).join(', ')}`,
  );
}
