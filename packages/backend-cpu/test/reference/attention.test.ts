/** The oracle's attention against the definition with explicit matrices, and its gradients against differences. */
import type { AttentionStep } from '@inkstone/core/backend';
import { describe, expect, it } from 'vitest';
import { compute } from './compute.js';
import { countedFactor } from './counted-factor.js';

interface Setting {
  readonly heads: number;
  readonly keyHeads: number;
  readonly queries: number;
  readonly keys: number;
  readonly headSize: number;
  readonly causal: number | null;
  readonly keyLength: number | null;
  readonly mask: 'none' | 'bool' | 'float';
  readonly dropout: boolean;
  /** Dropout's factors follow from this seed. */
  readonly seed?: number;
}

const batch = 2;
const scale = 0.7;

/** Smooth, irregular numbers in (-1, 1). */
const waves = (count: number, phase: number) =>
  Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + phase * 2.3 + i * i * 0.01));

const probability = 0.4;

function dataOf({ heads, keyHeads, queries, keys, headSize, mask, dropout, seed }: Setting) {
  const scores = batch * heads * queries * keys;
  return {
    q: waves(batch * heads * queries * headSize, 1),
    k: waves(batch * keyHeads * keys * headSize, 2),
    v: waves(batch * keyHeads * keys * headSize, 3),
    dout: waves(batch * heads * queries * headSize, 4),
    mask: mask === 'bool' ? waves(scores, 5).map((x) => (x > -0.3 ? 1 : 0)) : waves(scores, 5),
    dropout: waves(scores, 6).map((x, place) => {
      if (seed !== undefined) return countedFactor(place, seed, probability);
      return dropout && x < -0.5 ? 0 : dropout ? 1.5 : 1;
    }),
  };
}

type Data = ReturnType<typeof dataOf>;

/** out[b, h] = (softmax(q k^T * scale + mask) * dropout) v, with the whole matrix of probabilities. */
function explicit(setting: Setting, data: Data): { out: number[]; logSumExp: number[] } {
  const { heads, keyHeads, queries, keys, headSize, causal, keyLength, mask } = setting;
  const out: number[] = [];
  const logSumExp: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      const keyHead = b * keyHeads + Math.floor((h * keyHeads) / heads);
      for (let t = 0; t < queries; t++) {
        const row = (b * heads + h) * queries + t;
        const weights: number[] = [];
        for (let s = 0; s < keys; s++) {
          let score = 0;
          for (let e = 0; e < headSize; e++) {
            score += data.q[row * headSize + e] * data.k[(keyHead * keys + s) * headSize + e];
          }
          score *= scale;
          const added = data.mask[row * keys + s];
          if (mask === 'float') score += added;
          const hidden =
            (mask === 'bool' && added === 0) ||
            (causal !== null && s > t + causal) ||
            (keyLength !== null && s >= keyLength);
          weights.push(hidden ? 0 : Math.exp(score));
        }
        const sum = weights.reduce((total, w) => total + w, 0);
        logSumExp.push(sum === 0 ? 0 : Math.log(sum));
        for (let e = 0; e < headSize; e++) {
          let value = 0;
          for (let s = 0; s < keys; s++) {
            const p = sum === 0 ? 0 : weights[s] / sum;
            value += p * data.dropout[row * keys + s] * data.v[(keyHead * keys + s) * headSize + e];
          }
          out.push(value);
        }
      }
    }
  }
  return { out, logSumExp };
}

/** The same on the reference, in float64, with gradients. */
async function attend(setting: Setting, data: Data) {
  const { heads, keyHeads, queries, keys, headSize, causal, keyLength } = setting;
  const query = [batch, heads, queries, headSize];
  const key = [batch, keyHeads, keys, headSize];
  const scores = [batch, heads, queries, keys];
  const [out, logSumExp, dq, dk, dv] = await compute((b, write) => {
    const outputs = [query, [batch, heads, queries], query, key, key].map((shape) => write('float64', shape));
    const shared: Omit<AttentionStep, 'kind' | 'out' | 'logSumExp'> = {
      batch,
      heads,
      keyHeads,
      queries,
      keys,
      headSize,
      keyLength: keyLength === null ? null : b.scalar('int32', keyLength),
      scale,
      causal: causal === null ? null : causal - 1,
      causalShift: causal === null ? null : b.scalar('int32', 1),
      q: b.input('float64', query, data.q),
      k: b.input('float64', key, data.k),
      v: b.input('float64', key, data.v),
      mask:
        setting.mask === 'none'
          ? null
          : b.input(setting.mask === 'bool' ? 'bool' : 'float64', scores, data.mask),
      dropout:
        setting.seed !== undefined
          ? b.input('int32', [], [setting.seed])
          : setting.dropout
            ? b.input('float64', scores, data.dropout)
            : null,
      dropoutP: setting.seed === undefined ? null : probability,
    };
    const [o, l, q, k, v] = outputs;
    b.step({ ...shared, kind: 'attention', out: o, logSumExp: l });
    const dout = b.input('float64', query, data.dout);
    b.step({ ...shared, kind: 'attentionBackward', out: o, logSumExp: l, dout, dq: q, dk: k, dv: v });
  });
  return { out, logSumExp, q: dq, k: dk, v: dv };
}

const plain: Setting = {
  heads: 2,
  keyHeads: 2,
  queries: 4,
  keys: 5,
  headSize: 3,
  causal: null,
  keyLength: null,
  mask: 'none',
  dropout: false,
};

const settings: Record<string, Setting> = {
  plain,
  causal: { ...plain, causal: 0, keys: 4 },
  'causal with an offset': { ...plain, causal: 1 },
  'causal, with queries that see nothing': { ...plain, causal: -2 },
  'fewer keys at run time': { ...plain, keyLength: 3 },
  'no keys at run time': { ...plain, keyLength: 0 },
  'a bool mask': { ...plain, mask: 'bool' },
  'a float mask': { ...plain, mask: 'float' },
  dropout: { ...plain, dropout: true },
  'dropout from a seed': { ...plain, seed: 77 },
  'dropout from a negative seed, grouped queries': { ...plain, heads: 4, keyHeads: 2, seed: -(2 ** 31) },
  'grouped queries': { ...plain, heads: 4, keyHeads: 2 },
  'all at once': { ...plain, heads: 6, keyHeads: 3, causal: 1, keyLength: 4, mask: 'bool', dropout: true },
};

const worst = (got: readonly number[], want: readonly number[]) => {
  expect(got).toHaveLength(want.length);
  return got.reduce((error, x, i) => Math.max(error, Math.abs(x - want[i])), 0);
};

describe('attention', () => {
  for (const [name, setting] of Object.entries(settings)) {
    it(`is the definition: ${name}`, async () => {
      const data = dataOf(setting);
      const got = await attend(setting, data);
      const want = explicit(setting, data);
      expect(worst(got.out, want.out)).toBeLessThan(1e-14);
      expect(worst(got.logSumExp, want.logSumExp)).toBeLessThan(1e-14);
    });

    it(`has the gradients that differences show: ${name}`, async () => {
      const data = dataOf(setting);
      const got = await attend(setting, data);
      const loss = (changed: Data) =>
        explicit(setting, changed).out.reduce((sum, x, i) => sum + x * data.dout[i], 0);
      for (const input of ['q', 'k', 'v'] as const) {
        const differences = data[input].map((x, i) => {
          const at = (value: number) => loss({ ...data, [input]: data[input].with(i, value) });
          return (at(x + 1e-5) - at(x - 1e-5)) / 2e-5;
        });
        expect(worst(got[input], differences), input).toBeLessThan(1e-9);
      }
    });
  }
});
