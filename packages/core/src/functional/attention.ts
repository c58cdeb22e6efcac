/** Attention and positions as functions. */

import { type Device, defaultDevice } from '../device.js';
import { type Live, numberOf } from '../graph/live.js';
import { checkRng, currentRng, type Rng } from '../graph/rng-mode.js';
import { showShape, sizeOf } from '../graph/shape.js';
import { attention } from '../ops/attention.js';
import { drawSeed } from '../ops/dropout.js';
import { expectShare } from '../ops/expect.js';
import { defaultGenerator, type Generator } from '../random/index.js';
import { arange, cat, stack } from '../tensor/creation.js';
import { Tensor } from '../tensor/tensor.js';
import { dropoutFactors } from './layers.js';

const wrap = (value: Tensor['value']): Tensor => new Tensor(value);

export interface AttentionOptions {
  /** Bool (true takes part) or float (added to the scores), broadcast to [..., queries, keys]. */
  attnMask?: Tensor | null;
  dropoutP?: number;
  /** Query i sees keys 0 ... i. */
  isCausal?: boolean;
  /** Default 1 / sqrt(head size). */
  scale?: number;
  /**
   * How many of the keys and values exist, the first ones: they are a cache that has room for more (default all). It may
   * change from call to call without a new plan; a compiled function asks a function for it at each call. With it,
   * `attnMask` and `isCausal` may be given together.
   */
  keyLength?: Live;
  /** Where query 0 stands among the keys, for `isCausal` (default 0): how many a cache held before. */
  queryOffset?: Live;
  generator?: Generator;
  /**
   * Where the draws of dropout are made: see `withRng`, whose mode is the default. On the device they lie nowhere; the host's
   * fill [..., queries, keys].
   */
  rng?: Rng;
}

/** What an attention is given: q [batch, heads, queries, size], k and v [batch, keyHeads, keys, size]. */
export interface AttentionCall {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly attnMask: Tensor | null;
  readonly isCausal: boolean;
  readonly scale: number;
  /** Keys that exist, the first ones. */
  readonly keyLength: number;
  /** Where query 0 stands among the keys. */
  readonly queryOffset: number;
}

const observers = new Set<(call: AttentionCall) => void>();

/**
 * Tells of each call of `scaledDotProductAttention`, whose probabilities lie nowhere, so that who looks inside a model
 * can work them out. @returns a function that ends it.
 */
export function observeAttention(observer: (call: AttentionCall) => void): () => void {
  observers.add(observer);
  return () => observers.delete(observer);
}

/**
 * softmax(q k^T scale + mask) v. q [..., heads, queries, size], k and v [..., keyHeads, keys, size], where keyHeads
 * divides heads (grouped-query attention). The probabilities never lie in memory.
 * https://arxiv.org/abs/1706.03762, https://arxiv.org/abs/2205.14135
 */
export function scaledDotProductAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions = {},
): Tensor {
  if (q.ndim < 2 || k.ndim !== q.ndim || v.ndim !== q.ndim) {
    throw new Error(
      `scaledDotProductAttention: q ${showShape(q.shape)}, k ${showShape(k.shape)}, v ${showShape(v.shape)} need one number of dimensions, at least 2`,
    );
  }
  const { attnMask = null, dropoutP = 0, isCausal = false } = options;
  expectShare('scaledDotProductAttention', 'dropoutP', dropoutP);
  const { keyLength, queryOffset } = options;
  const cache =
    keyLength === undefined && queryOffset === undefined
      ? null
      : { length: keyLength ?? k.shape[k.ndim - 2], offset: queryOffset ?? 0 };
  if (attnMask && isCausal && !cache)
    throw new Error('scaledDotProductAttention: give attnMask or isCausal, not both');
  const four = (t: Tensor): Tensor => {
    if (t.ndim === 4) return t;
    if (t.ndim < 4) return t.reshape([...new Array<number>(4 - t.ndim).fill(1), ...t.shape]);
    return t.reshape([sizeOf(t.shape.slice(0, -3)), ...t.shape.slice(-3)]);
  };
  const [q4, k4, v4] = [four(q), four(k), four(v)];
  const shape = [q4.shape[0], q4.shape[1], q4.shape[2], k4.shape[2]];
  const mask = attnMask && attnMask.ndim > 4 ? four(attnMask) : attnMask;
  const scale = options.scale ?? 1 / Math.sqrt(q.shape[q.ndim - 1]);
  for (const observer of observers) {
    const length = numberOf(keyLength ?? k4.shape[2]);
    const places = { keyLength: length, queryOffset: numberOf(queryOffset ?? 0) };
    observer({ q: q4, k: k4, v: v4, attnMask: mask, isCausal, scale, ...places });
  }
  const { rng = currentRng(), generator = defaultGenerator } = options;
  const seeded = checkRng('scaledDotProductAttention', rng) === 'device' && dropoutP > 0;
  const out = attention(q4.value, k4.value, v4.value, {
    mask: mask?.value ?? null,
    dropout: seeded
      ? drawSeed(q.device, generator)
      : dropoutP > 0
        ? dropoutFactors(q, shape, dropoutP, generator).value
        : null,
    dropoutP: seeded ? dropoutP : null,
    causal: isCausal,
    scale,
    cache,
  });
  return wrap(out).reshape(q.shape);
}

export interface RotaryOptions {
  /** Wavelengths go from 2 pi to 2 pi base (default 10000). */
  base?: number;
  /** Position of the first entry (default 0): how many are in the cache already. */
  offset?: number;
  /** false (default): dimension i turns with i + size / 2, as in Llama; true: with its neighbour, as in the paper. */
  interleaved?: boolean;
}

/**
 * Rotary position embedding: pairs of features turned by angles that grow with the position.
 * https://arxiv.org/abs/2104.09864
 *
 * @param x [..., positions, size] with an even size
 */
export function rotary(x: Tensor, options: RotaryOptions = {}): Tensor {
  const { base = 10000, offset = 0, interleaved = false } = options;
  const [positions, size] = x.shape.slice(-2);
  if (x.ndim < 2 || size % 2 !== 0)
    throw new Error(`rotary: shape ${showShape(x.shape)} must end in [positions, an even size]`);
  const { cos, sin } = rotaryAngles(positions, size, { base, offset, device: x.device });
  if (interleaved) {
    const [a, b] = [x.slice(-1, 0, size, 2), x.slice(-1, 1, size, 2)];
    return stack([a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))], -1).flatten(-2);
  }
  const [a, b] = x.chunk(2, -1);
  return cat([a.mul(cos).sub(b.mul(sin)), b.mul(cos).add(a.mul(sin))], -1);
}

/** Cosine and sine of the angles of rotary positions, [positions, size / 2]. */
export function rotaryAngles(
  positions: number,
  size: number,
  options: { base?: number; offset?: number; device?: Device } = {},
): { cos: Tensor; sin: Tensor } {
  const { base = 10000, offset = 0, device = defaultDevice() } = options;
  const rate = arange(0, size, 2, { dtype: 'float32', device })
    .mul(-Math.log(base) / size)
    .exp();
  const angle = arange(offset, offset + positions, { dtype: 'float32', device })
    .unsqueeze(1)
    .mul(rate);
  return { cos: angle.cos(), sin: angle.sin() };
}

/**
 * The sinusoidal position table [positions, size] of "Attention is all you need": sines in even columns, cosines in odd.
 * https://arxiv.org/abs/1706.03762
 */
export function sinusoidalPositions(
  positions: number,
  size: number,
  options: { device?: Device } = {},
): Tensor {
  const { device = defaultDevice() } = options;
  const rate = arange(0, size, 2, { dtype: 'float32', device })
    .mul(-Math.log(10000) / size)
    .exp();
  const angle = arange(0, positions, { dtype: 'float32', device }).unsqueeze(1).mul(rate);
  const table = stack([angle.sin(), angle.cos()], -1).flatten(-2);
  return table.slice(-1, 0, size);
}
