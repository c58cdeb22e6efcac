/**
 * Attention as it is written in the papers: one row of scores at a time, softmax, weighted sum of the values.
 * The backward step makes the probabilities again from the scores and the saved log-sum-exp.
 */
import {
  type AttentionBackwardStep,
  type AttentionStep,
  dropoutLimit,
  dropoutScale,
} from '@inkstone/core/backend';
import type { Kernel, Run } from './buffer.js';
import { Dense, denseOrNull } from './scratch.js';

type Sizes = AttentionStep | AttentionBackwardStep;

export function compileAttention(step: AttentionStep): Kernel {
  const { batch, heads, queries, headSize: d } = step;
  const inputs = new Inputs(step);
  const outs = new Dense(step.out);
  const logSums = denseOrNull(step.logSumExp);
  return (run) => {
    const scores = inputs.load(run);
    const { v } = inputs;
    const out = outs.begin(run).fill(0);
    const logSum = logSums?.begin(run).fill(0);
    for (let row = 0; row < batch * heads * queries; row++) {
      const keys = inputs.keysOf(run, row);
      const max = inputs.scoreRow(row, keys);
      if (max === Number.NEGATIVE_INFINITY) continue; // sees no key: zeros
      let sum = 0;
      for (let s = 0; s < keys; s++) sum += Math.exp(scores[s] - max);
      if (logSum) logSum[row] = max + Math.log(sum);
      const values = inputs.keyHeadOf(row) * step.keys;
      for (let s = 0; s < keys; s++) {
        const p = (Math.exp(scores[s] - max) / sum) * inputs.factorAt(row * step.keys + s);
        if (p === 0) continue;
        for (let e = 0; e < d; e++) out[row * d + e] += p * v[(values + s) * d + e];
      }
    }
    outs.store(run);
    logSums?.store(run);
  };
}

/**
 * With P = softmax(S), Z the dropout factors and O = (P * Z) V: dV = (P * Z)^T dO, dP = (dO V^T) * Z,
 * dS = P * (dP - rowsum(dO * O)), dQ = scale * dS K, dK = scale * dS^T Q. https://arxiv.org/abs/2205.14135, appendix B
 */
export function compileAttentionBackward(step: AttentionBackwardStep): Kernel {
  const { batch, heads, queries, headSize: d, scale } = step;
  const inputs = new Inputs(step);
  const outs = new Dense(step.out);
  const logSums = new Dense(step.logSumExp);
  const douts = new Dense(step.dout);
  const dqs = new Dense(step.dq);
  const dks = new Dense(step.dk);
  const dvs = new Dense(step.dv);
  return (run) => {
    const scores = inputs.load(run);
    const { q, k, v } = inputs;
    const out = outs.load(run);
    const logSum = logSums.load(run);
    const dout = douts.load(run);
    const dq = dqs.begin(run).fill(0);
    const dk = dks.begin(run).fill(0);
    const dv = dvs.begin(run).fill(0);
    for (let row = 0; row < batch * heads * queries; row++) {
      const keys = inputs.keysOf(run, row);
      if (inputs.scoreRow(row, keys) === Number.NEGATIVE_INFINITY) continue;
      let delta = 0;
      for (let e = 0; e < d; e++) delta += dout[row * d + e] * out[row * d + e];
      const keyRows = inputs.keyHeadOf(row) * step.keys;
      for (let s = 0; s < keys; s++) {
        const p = Math.exp(scores[s] - logSum[row]);
        if (p === 0) continue;
        const factor = inputs.factorAt(row * step.keys + s);
        const at = (keyRows + s) * d;
        let dp = 0;
        for (let e = 0; e < d; e++) {
          dv[at + e] += p * factor * dout[row * d + e];
          dp += dout[row * d + e] * v[at + e];
        }
        const ds = p * (dp * factor - delta) * scale;
        for (let e = 0; e < d; e++) {
          dq[row * d + e] += ds * k[at + e];
          dk[at + e] += ds * q[row * d + e];
        }
      }
    }
    dqs.store(run);
    dks.store(run);
    dvs.store(run);
  };
}

/** What forward and backward share: dense copies of the inputs, and the scores of one query. */
class Inputs {
  q: Float64Array = new Float64Array(0);
  k = this.q;
  v = this.q;
  private dropout: Float64Array | undefined;
  private mask: Float64Array | undefined;
  private scores = this.q;
  private readonly qs: Dense;
  private readonly ks: Dense;
  private readonly vs: Dense;
  private readonly masks: Dense | null;
  private readonly dropouts: Dense | null;

  constructor(private readonly step: Sizes) {
    this.qs = new Dense(step.q);
    this.ks = new Dense(step.k);
    this.vs = new Dense(step.v);
    this.masks = denseOrNull(step.mask);
    this.dropouts = denseOrNull(step.dropout);
  }

  /** Loads the operands; returns the array that `scoreRow` fills. */
  load(run: Run): Float64Array {
    this.q = this.qs.load(run);
    this.k = this.ks.load(run);
    this.v = this.vs.load(run);
    this.mask = this.masks?.load(run);
    this.dropout = this.dropouts?.load(run);
    this.scores = run.scratch.take(this.step.keys);
    return this.scores;
  }

  /** What dropout multiplies the probability at this place of batch x heads x queries x keys by. */
  factorAt(place: number): number {
    const { dropout, step } = this;
    if (!dropout) return 1;
    const p = step.dropoutP;
    if (p === null) return dropout[place];
    if (hashOf(place, dropout[0]) < dropoutLimit(p)) return 0;
    return step.q.dtype === 'float64' ? dropoutScale(p) : Math.fround(dropoutScale(p));
  }

  /** How many keys, from the first on, the query of this row (of batch x heads x queries) may see. */
  keysOf(run: Run, row: number): number {
    const { keys, keyLength, causal, causalShift, queries } = this.step;
    const length = keyLength === null ? keys : Math.min(keys, run.scalars[keyLength]);
    if (causal === null) return length;
    const offset = causal + (causalShift === null ? 0 : run.scalars[causalShift]);
    return Math.max(0, Math.min(length, (row % queries) + offset + 1));
  }

  /** The row of batch x keyHeads that this query's keys and values are in. */
  keyHeadOf(row: number): number {
    const { heads, keyHeads, queries } = this.step;
    const head = Math.floor(row / queries); // of batch x heads
    return Math.floor(head / heads) * keyHeads + Math.floor((head % heads) / (heads / keyHeads));
  }

  /** Scores of one query with its first `keys` keys (-infinity where masked); returns the largest. */
  scoreRow(row: number, keys: number): number {
    const { q, k, mask, scores, step } = this;
    const d = step.headSize;
    const keyRows = this.keyHeadOf(row) * step.keys;
    const isBool = step.mask?.dtype === 'bool';
    let max = Number.NEGATIVE_INFINITY;
    for (let s = 0; s < keys; s++) {
      let score = 0;
      for (let e = 0; e < d; e++) score += q[row * d + e] * k[(keyRows + s) * d + e];
      score *= step.scale;
      if (mask) {
        const m = mask[row * step.keys + s];
        if (!isBool) score += m;
        else if (m === 0) score = Number.NEGATIVE_INFINITY;
      }
      scores[s] = score;
      max = Math.max(max, score);
    }
    return max;
  }
}

/** The 24 bits that decide whether an element stays: see backend/dropout.ts of core. */
function hashOf(place: number, seed: number): number {
  let x = (place + seed) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15) ^ Math.imul(seed, 0x9e3779b9), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 8;
}
