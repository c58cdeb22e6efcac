/** In what a model's products are computed in training, and what that asks of a step. */
import type { Device, optim, Tensor } from '@inkstone/core';
import * as amp from '@inkstone/core/amp';
import type { TrainingArguments } from './arguments.js';

export class Precision {
  readonly #scaler: amp.GradScaler | null;

  /** @throws Error where the device has no float16 and that is asked for. */
  constructor(precision: TrainingArguments['precision'], device: Device) {
    this.#scaler = precision === 'f16' ? new amp.GradScaler() : null;
    if (precision === 'f32') return;
    try {
      device.elementBytes('float16');
    } catch (cause) {
      throw new Error(`Trainer: precision is 'f16', but ${device} has no float16; 'f32' works everywhere`, {
        cause,
      });
    }
  }

  forward<T>(fn: () => T): T {
    return this.#scaler ? amp.autocast(fn) : fn();
  }

  backward(loss: Tensor): void {
    (this.#scaler?.scale(loss) ?? loss).backward();
  }

  /** Clips and steps. A step whose gradients left float16's range is left out, and the next ones are scaled less. */
  async step(optimizer: optim.AdamW, clip: () => void): Promise<void> {
    const scaler = this.#scaler;
    scaler?.unscale_(optimizer);
    clip();
    if (!scaler) return optimizer.step();
    await scaler.step(optimizer);
    scaler.update();
  }

  /** What a checkpoint keeps: null in float32. */
  get state(): amp.GradScalerState | null {
    return this.#scaler?.stateDict() ?? null;
  }

  /** Goes on from a checkpoint; one of a run in float32 has no scale. */
  restore(state: amp.GradScalerState | null): void {
    if (state) this.#scaler?.loadStateDict(state);
  }
}
