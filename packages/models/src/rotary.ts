/**
 * Rotary positions: pairs of features are turned by angles that grow with the position, so that the product of a query
 * and a key depends on how far apart they stand. https://arxiv.org/abs/2104.09864
 *
 * Feature i turns with feature i + size / 2, as Hugging Face lays heads out. Angles are computed on the host, exactly.
 */
import { type Device, fromTypedArray, type Tensor } from '@inkstone/core';
import type { Positions } from './cache.js';

/** How a model that was trained on short texts is stretched to long ones: `rope_scaling` in config.json. */
export type RopeScaling =
  | { readonly ropeType: 'linear'; readonly factor: number }
  | {
      /** Slow turns are slowed by `factor`, fast ones stay, with a ramp in between (Llama 3.1). */
      readonly ropeType: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      /** https://arxiv.org/abs/2309.00071 */
      readonly ropeType: 'yarn';
      readonly factor: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Multiplies cosines and sines; null: 0.1 ln(factor) + 1. */
      readonly attentionFactor: number | null;
      readonly originalMaxPositionEmbeddings: number;
    };

/** Factors of a rotation: what a pair's first and its second feature contribute, [batch, 1, positions, 2, size / 2] each. */
export type Angles = readonly [first: Tensor, second: Tensor];

export interface RotaryConfig {
  readonly headDim: number;
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling | null;
}

const { fround } = Math;

export class Rotary {
  /** Radians per position of each pair. */
  readonly frequencies: Float32Array;
  readonly #scale: number;
  /** Angles of positions 0 ... n - 1 by n, for texts that are seen whole. */
  readonly #whole = new Map<number, Angles>();

  constructor(config: RotaryConfig) {
    const { headDim, ropeTheta, ropeScaling } = config;
    const plain = Float32Array.from(
      { length: headDim / 2 },
      (_, i) => 1 / fround(ropeTheta ** fround((2 * i) / headDim)),
    );
    this.frequencies = scaled(plain, config);
    this.#scale =
      ropeScaling?.ropeType === 'yarn'
        ? (ropeScaling.attentionFactor ?? 0.1 * Math.log(ropeScaling.factor) + 1)
        : 1;
  }

  /** Angles of the positions 0 ... count - 1. */
  upTo(count: number, device: Device): Angles {
    const known = this.#whole.get(count);
    if (known?.[0].device === device) return known;
    const values = Int32Array.from({ length: count }, (_, i) => i);
    const angles = this.at({ shape: [1, count], values }, device);
    // Texts come in few lengths; were they all different, the tables must not pile up.
    if (this.#whole.size >= 8) this.#whole.clear();
    this.#whole.set(count, angles);
    return angles;
  }

  at({ shape: [batch, count], values: positions }: Positions, device: Device): Angles {
    const { frequencies } = this;
    const half = frequencies.length;
    const first = new Float32Array(positions.length * 2 * half);
    const second = new Float32Array(first.length);
    for (let p = 0; p < positions.length; p++) {
      for (let i = 0; i < half; i++) {
        const angle = fround(positions[p] * frequencies[i]);
        const cos = Math.cos(angle) * this.#scale;
        const sin = Math.sin(angle) * this.#scale;
        const at = p * 2 * half + i;
        // (a, b) becomes (a cos - b sin, a sin + b cos).
        first[at] = cos;
        first[at + half] = sin;
        second[at] = -sin;
        second[at + half] = cos;
      }
    }
    const laid = (data: Float32Array): Tensor => fromTypedArray(data, [batch, 1, count, 2, half], { device });
    return [laid(first), laid(second)];
  }
}

/** @param x [batch, heads, positions, size] */
export function rotate(x: Tensor, [first, second]: Angles): Tensor {
  const pairs = x.unflatten(-1, [2, x.shape[3] / 2]);
  return pairs
    .narrow(3, 0, 1)
    .mul(first)
    .add(pairs.narrow(3, 1, 1).mul(second))
    .flatten(-2);
}

function scaled(
  frequencies: Float32Array,
  { headDim, ropeTheta, ropeScaling: scaling }: RotaryConfig,
): Float32Array {
  switch (scaling?.ropeType) {
    case undefined:
      return frequencies;
    case 'linear':
      return frequencies.map((frequency) => frequency / scaling.factor);
    case 'llama3': {
      const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: context } = scaling;
      return frequencies.map((frequency) => {
        const wavelength = (2 * Math.PI) / frequency;
        if (wavelength < context / highFreqFactor) return frequency;
        if (wavelength > context / lowFreqFactor) return frequency / factor;
        const smooth = (context / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
        return ((1 - smooth) * frequency) / factor + smooth * frequency;
      });
    }
    case 'yarn': {
      const { factor, betaFast, betaSlow, originalMaxPositionEmbeddings: context } = scaling;
      // The pair that turns so many times over the context that the model was trained on.
      const pairOf = (turns: number) =>
        (headDim * Math.log(context / (turns * 2 * Math.PI))) / (2 * Math.log(ropeTheta));
      const low = Math.max(Math.floor(pairOf(betaFast)), 0);
      const high = Math.min(Math.ceil(pairOf(betaSlow)), headDim - 1);
      return frequencies.map((frequency, i) => {
        const slow = Math.min(1, Math.max(0, (i - low) / Math.max(high - low, 0.001)));
        return (frequency / factor) * slow + frequency * (1 - slow);
      });
    }
  }
}
