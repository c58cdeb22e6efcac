/** Loss scaling, which keeps small gradients from vanishing in float16: https://arxiv.org/abs/1710.03740, section 3.2. */
import { noGrad } from '../autograd.js';
import { drawnValue } from '../graph/record.js';
import { mul } from '../ops/pointwise.js';
import { all } from '../ops/reduce.js';
import { isfinite } from '../ops/special.js';
import { grouped } from '../optim/clip.js';
import { changeGradients } from '../optim/flat.js';
import { type Parameter, Tensor } from '../tensor/tensor.js';

export interface GradScalerOptions {
  /** The first scale (default 65536). */
  initScale?: number;
  /** What the scale is multiplied by after `growthInterval` steps without an overflow (default 2). */
  growthFactor?: number;
  /** What the scale is multiplied by after an overflow (default 0.5). */
  backoffFactor?: number;
  /** Default 2000. */
  growthInterval?: number;
}

/** What goes into a checkpoint, under PyTorch's names in camelCase. */
export interface GradScalerState {
  readonly scale: number;
  readonly growthTracker: number;
}

/** Of an optimizer: its parameters, and its step. */
interface Steps {
  readonly paramGroups: readonly { readonly params: readonly Parameter[] }[];
  step(): void;
}

/**
 * Multiplies losses by a scale, divides gradients by it, leaves out steps whose gradients are not finite, and finds the
 * scale as it goes. Names and defaults are those of `torch.amp.GradScaler`.
 *
 * @example
 * const scaler = new amp.GradScaler();
 * const loss = amp.autocast(() => F.crossEntropy(model.forward(x), y));
 * optimizer.zeroGrad();
 * scaler.scale(loss).backward();
 * scaler.unscale_(optimizer); // only where gradients are clipped
 * optim.clipGradNorm(model.parameters(), 1);
 * await scaler.step(optimizer);
 * scaler.update();
 */
export class GradScaler {
  readonly #options: Required<GradScalerOptions>;
  #scale: number;
  #growthTracker = 0;
  /** Optimizers whose gradients are unscaled since the last `update`: whether all of them are finite. */
  readonly #finite = new Map<Steps, Promise<boolean>>();
  /** Optimizers that have stepped since the last `update`, or have left their step out. */
  readonly #stepped = new Set<Steps>();
  /** Whether an optimizer left its step out since the last `update`. */
  #overflowed = false;

  /** @throws Error that names the option, its value and what is allowed. */
  constructor(options: GradScalerOptions = {}) {
    const all = { initScale: 65536, growthFactor: 2, backoffFactor: 0.5, growthInterval: 2000, ...options };
    const wrong = (name: keyof GradScalerOptions, allowed: string): Error =>
      new Error(`GradScaler: ${name} is ${all[name]}, must be ${allowed}`);
    if (!(all.initScale > 0 && all.initScale < Number.POSITIVE_INFINITY))
      throw wrong('initScale', 'greater than 0');
    if (!(all.growthFactor > 1)) throw wrong('growthFactor', 'greater than 1');
    if (!(all.backoffFactor > 0 && all.backoffFactor < 1)) throw wrong('backoffFactor', 'between 0 and 1');
    if (!Number.isSafeInteger(all.growthInterval) || all.growthInterval < 1)
      throw wrong('growthInterval', 'a whole number from 1 on');
    this.#options = all;
    this.#scale = all.initScale;
  }

  getScale(): number {
    return this.#scale;
  }

  /** The loss times the scale: call `backward` on it. */
  scale(loss: Tensor): Tensor {
    // It is what one wants to read after the step, as with a loss that backward is called on.
    loss.device.noteRoot(loss.value);
    // Data, not a number of the graph: a compiled step, and its backward pass, take the scale of each call.
    const scale = drawnValue(loss.device, [], 'float32', (out) => {
      out[0] = this.#scale;
    });
    return new Tensor(mul(loss.value, scale));
  }

  /**
   * Divides the gradients of an optimizer's parameters by the scale; `step` does so itself where this was not called.
   * @throws Error when called twice before an `update`.
   */
  unscale_(optimizer: Steps): void {
    if (this.#finite.has(optimizer))
      throw new Error('GradScaler: unscale_ was called on this optimizer since the last update');
    const factor = 1 / this.#scale;
    const parts = noGrad(() =>
      grouped(optimizer.paramGroups.flatMap(({ params }) => [...params])).map((group) => {
        const flat = changeGradients(group, (gradients) => mul(gradients, factor));
        return { flat, finite: all(isfinite(flat)) };
      }),
    );
    // In one run with the gradients, which would be worked out again otherwise.
    parts[0]?.flat.device.run(parts.flatMap(({ flat, finite }) => [flat, finite]));
    const reads = parts.map(({ finite }) => new Tensor(finite).item());
    const known = Promise.all(reads).then((answers) => answers.every(Boolean));
    // It may be asked for later, or never.
    known.catch(() => {});
    this.#finite.set(optimizer, known);
  }

  /**
   * The optimizer's step, or nothing where a gradient is infinite or NaN.
   * @returns whether the step was made.
   * @throws (rejects) when called twice before an `update`.
   */
  async step(optimizer: Steps): Promise<boolean> {
    if (this.#stepped.has(optimizer))
      throw new Error('GradScaler: step was called on this optimizer since the last update');
    this.#stepped.add(optimizer);
    if (!this.#finite.has(optimizer)) this.unscale_(optimizer);
    const finite = (await this.#finite.get(optimizer)) as boolean;
    if (finite) optimizer.step();
    else this.#overflowed = true;
    return finite;
  }

  /**
   * Finds the scale of the next step: call it once a step, after all optimizers'.
   * @throws Error when no optimizer's gradients were looked at since the last `update`.
   */
  update(): void {
    if (this.#finite.size === 0)
      throw new Error('GradScaler: update needs a step (or unscale_) of an optimizer since the last update');
    const { growthFactor, backoffFactor, growthInterval } = this.#options;
    if (this.#overflowed) {
      this.#scale *= backoffFactor;
      this.#growthTracker = 0;
    } else if (++this.#growthTracker === growthInterval) {
      this.#scale *= growthFactor;
      this.#growthTracker = 0;
    }
    this.#overflowed = false;
    this.#finite.clear();
    this.#stepped.clear();
  }

  stateDict(): GradScalerState {
    return { scale: this.#scale, growthTracker: this.#growthTracker };
  }

  /** @throws Error that names the field that is wrong. */
  loadStateDict({ scale, growthTracker }: GradScalerState): void {
    if (!(scale > 0)) throw new Error(`GradScaler: scale is ${scale}, must be greater than 0`);
    if (!Number.isSafeInteger(growthTracker) || growthTracker < 0)
      throw new Error(`GradScaler: growthTracker is ${growthTracker}, must be a whole number from 0 on`);
    this.#scale = scale;
    this.#growthTracker = growthTracker;
  }
}
