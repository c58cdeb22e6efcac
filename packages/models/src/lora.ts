/**
 * LoRA: a large model learns something new through small matrices beside its own, which stay as they are.
 * https://arxiv.org/abs/2106.09685
 *
 *     y = x W^T + b + (loraAlpha / r) dropout(x) A^T B^T      A [r, in], B [out, r], B = 0 at first
 */
import { nn, noGrad, type Tensor } from '@inkstone/core';

export interface LoraConfig {
  /** The rank: rows of A (default 8). */
  readonly r: number;
  /** What is learnt counts loraAlpha / r times (default 8). */
  readonly loraAlpha: number;
  /** Probability of dropping an input of A in training (default 0). */
  readonly loraDropout: number;
  /** Which Linear layers: the last parts of their paths, such as 'q_proj' or 'attn.c_attn'. */
  readonly targetModules: readonly string[];
}

/** A Linear layer with an adapter, in the place of the layer whose weight and bias it holds. */
export class LoraLinear extends nn.Linear {
  /** Assignable here, to take over the layer's. */
  declare bias: nn.Parameter | null;
  readonly lora_A: nn.Linear;
  readonly lora_B: nn.Linear;
  readonly lora_dropout: nn.Dropout;
  readonly loraAlpha: number;
  readonly scaling: number;

  constructor(
    readonly base: () => nn.Linear,
    { r, loraAlpha, loraDropout }: LoraConfig,
    options: nn.ModuleOptions,
  ) {
    const { inFeatures, outFeatures, weight, bias } = base();
    const own = { ...options, device: weight.device, bias: false };
    super(inFeatures, outFeatures, own);
    this.weight = weight;
    this.bias = bias;
    this.lora_A = new nn.Linear(inFeatures, r, own);
    this.lora_B = new nn.Linear(r, outFeatures, own);
    this.lora_dropout = new nn.Dropout(loraDropout, options);
    this.loraAlpha = loraAlpha;
    this.scaling = loraAlpha / r;
  }

  override forward(x: Tensor): Tensor {
    const learnt = this.lora_B.forward(this.lora_A.forward(this.lora_dropout.forward(x)));
    return super.forward(x).add(learnt.mul(this.scaling));
  }

  /** W + (loraAlpha / r) B A */
  get merged(): Tensor {
    return this.weight.add(this.lora_B.weight.matmul(this.lora_A.weight).mul(this.scaling));
  }
}

const defaults = { r: 8, loraAlpha: 8, loraDropout: 0 };

/** @throws Error that names the field, its value and what is allowed. */
export function loraConfig(given: Pick<LoraConfig, 'targetModules'> & Partial<LoraConfig>): LoraConfig {
  const config = { ...defaults, ...given };
  const { r, loraAlpha, loraDropout, targetModules } = config;
  const wrong = (field: keyof LoraConfig, allowed: string): Error =>
    new Error(`LoRA: ${field} is ${JSON.stringify(config[field])}, must be ${allowed}`);
  if (!Number.isSafeInteger(r) || r < 1) throw wrong('r', 'a whole number from 1 on');
  if (!(loraAlpha > 0)) throw wrong('loraAlpha', 'greater than 0');
  if (!(loraDropout >= 0 && loraDropout < 1)) throw wrong('loraDropout', 'at least 0 and less than 1');
  if (targetModules.length === 0) throw wrong('targetModules', 'at least one name of a Linear layer');
  return config;
}

/**
 * Puts adapters beside layers of a model, and freezes all else: train `parameters().filter((p) => p.requiresGrad)`.
 *
 * @returns the paths of the layers that have one now
 * @throws Error if a name fits no layer
 * @example
 * addLora(model, { r: 8, loraAlpha: 16, targetModules: ['q_proj', 'v_proj'] });
 * const optimizer = new optim.AdamW(model.parameters().filter((p) => p.requiresGrad), { lr: 1e-4 });
 */
export function addLora(
  model: nn.Module,
  given: Pick<LoraConfig, 'targetModules'> & Partial<LoraConfig>,
  options: nn.ModuleOptions = {},
): string[] {
  const config = loraConfig(given);
  const [known] = loraLayers(model);
  if (known) throw new Error(`addLora: ${known[0]} has an adapter already; merge it first`);
  const modules = [...model.namedModules()];
  const targets = modules.filter(
    ([path, module]) =>
      module instanceof nn.Linear && config.targetModules.some((name) => endsIn(path, name)),
  ) as [string, nn.Linear][];
  for (const name of config.targetModules) {
    if (targets.some(([path]) => endsIn(path, name))) continue;
    const linear = modules.filter(([, module]) => module instanceof nn.Linear);
    const last = new Set(linear.map(([path]) => path.split('.').pop()));
    throw new Error(
      `addLora: no Linear layer is called ${JSON.stringify(name)}; there are ${[...last].join(', ')}`,
    );
  }
  model.requiresGrad_(false);
  for (const [path, layer] of targets) {
    const lora = nn.init.skipInit(() => new LoraLinear(() => layer, config, options));
    // As PEFT: A as a Linear layer begins, B at 0, so that nothing changes at first.
    nn.init.kaimingUniform_(lora.lora_A.weight, { a: Math.sqrt(5), ...options });
    replace(model, path, lora.train(layer.training));
  }
  return targets.map(([path]) => path);
}

/** Layers that have an adapter, with their paths. */
export function loraLayers(model: nn.Module): [path: string, layer: LoraLinear][] {
  return [...model.namedModules()].filter(([, module]) => module instanceof LoraLinear) as [
    string,
    LoraLinear,
  ][];
}

/** Adds what the adapters have learnt to the weights and takes them out; the model is one without adapters then. */
export function mergeLora(model: nn.Module): void {
  unload(model, true);
}

/** Takes the adapters out; the model is as it was before them. */
export function removeLora(model: nn.Module): void {
  unload(model, false);
}

function unload(model: nn.Module, merge: boolean): void {
  for (const [path, lora] of loraLayers(model)) {
    const layer = lora.base();
    if (merge) noGrad(() => layer.weight.copy_(lora.merged));
    replace(model, path, layer.train(lora.training));
  }
  model.requiresGrad_(true);
}

/** Puts another module into the field that a path leads to. */
function replace(model: nn.Module, path: string, module: nn.Module): void {
  const parts = path.split('.');
  const field = parts.pop() as string;
  const parent = new Map(model.namedModules()).get(parts.join('.'));
  (parent as unknown as Record<string, nn.Module>)[field] = module;
}

function endsIn(path: string, name: string): boolean {
  return path === name || path.endsWith(`.${name}`);
}
