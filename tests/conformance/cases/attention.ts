/** Attention forward and backward: heads, layouts, causality, key lengths, masks, dropout. */
import type { AttentionBackwardStep, AttentionStep, DType, Operand } from '@inkstone/core/backend';
import {
  broadcast,
  type Case,
  type CaseBuilder,
  type Check,
  contiguous,
  define,
  type Layout,
  offsetBy,
  permuted,
  product,
} from '../case.js';
import { uniform } from '../values.js';

export interface Attention {
  readonly batch?: number;
  readonly heads?: number;
  readonly keyHeads?: number;
  readonly queries: number;
  readonly keys: number;
  readonly headSize: number;
  readonly causal?: number | null;
  /** run-time values of the scalars */
  readonly causalShift?: number;
  readonly keyLength?: number;
  /** `rows` masks whole queries */
  readonly mask?: 'bool' | 'float' | 'infinite' | 'rows' | 'broadcast';
  readonly dropout?: number;
  /** Dropout's factors are computed from this instead of given. */
  readonly seed?: number;
  /** of q, k, v, out and their gradients */
  readonly layout?: Layout;
  readonly logSumExp?: boolean;
  readonly dtype?: DType;
  /** of the scores, before the scale; large scores make a sharp softmax */
  readonly spread?: number;
}

type Shared = Omit<AttentionStep, 'kind' | 'out' | 'logSumExp' | 'label'>;

function shared(b: CaseBuilder, spec: Attention): Shared {
  const { batch = 1, heads = 1, keyHeads = heads, queries, keys, headSize, causal = null } = spec;
  const { layout = contiguous, dtype = 'float32', spread = 2, dropout, seed } = spec;
  const query = [batch, heads, queries, headSize];
  const key = [batch, keyHeads, keys, headSize];
  const scores = [batch, heads, queries, keys];
  const make = (shape: number[], size: number) =>
    b.input(dtype, shape, uniform(b.random, product(shape), -size, size), layout);
  return {
    batch,
    heads,
    keyHeads,
    queries,
    keys,
    headSize,
    keyLength: spec.keyLength === undefined ? null : b.scalar('int32', spec.keyLength),
    scale: 1 / Math.sqrt(headSize),
    causal,
    causalShift: spec.causalShift === undefined ? null : b.scalar('int32', spec.causalShift),
    q: make(query, spread),
    k: make(key, spread),
    v: make(key, 1),
    mask: spec.mask === undefined ? null : maskOf(b, scores, spec.mask, dtype),
    dropout:
      dropout === undefined
        ? null
        : seed === undefined
          ? b.input(dtype, scores, dropoutOf(b, product(scores), dropout))
          : b.input('int32', [], [seed], offsetBy(2)),
    dropoutP: seed === undefined ? null : (dropout ?? null),
  };
}

function maskOf(
  b: CaseBuilder,
  scores: number[],
  kind: NonNullable<Attention['mask']>,
  dtype: DType,
): Operand {
  const [, , queries, keys] = scores;
  const count = product(scores);
  if (kind === 'float') return b.input(dtype, scores, uniform(b.random, count, -3, 3));
  if (kind === 'infinite') {
    const values = Array.from({ length: count }, () =>
      b.random.next() < 0.3 ? Number.NEGATIVE_INFINITY : 0.5,
    );
    return b.input(dtype, scores, values);
  }
  if (kind === 'broadcast') {
    // One row of keys for every head and query, as padding masks are.
    const row = Array.from({ length: keys }, (_, s) => (s < Math.ceil(keys * 0.7) ? 1 : 0));
    return b.input(
      'bool',
      scores,
      Array.from({ length: count }, (_, i) => row[i % keys]),
      broadcast(0, 1, 2),
    );
  }
  const values = Array.from({ length: count }, (_, i) => {
    const query = Math.floor(i / keys) % queries;
    if (kind === 'rows' && query % 2 === 0) return 0;
    return b.random.next() < 0.7 ? 1 : 0;
  });
  return b.input('bool', scores, values, permuted(0, 1, 3, 2));
}

function dropoutOf(b: CaseBuilder, count: number, p: number): number[] {
  return Array.from({ length: count }, () => (b.random.next() < p ? 0 : 1 / (1 - p)));
}

const value = (scale: number): Check => ({ keys: ['attention', 'value'], scale });

/**
 * What a score's rounding error grows with: the sum of |terms|, in the mean, times the attention's scale. A score that
 * is off by d multiplies probabilities by e^d, so the result is off by as much.
 */
const scoreSize = ({ headSize, spread = 2 }: Attention): number =>
  Math.max(1, (spread ** 2 * Math.sqrt(headSize)) / 4);

export function attention(name: string, spec: Attention): Case {
  const { dtype = 'float32', layout = contiguous, logSumExp = true } = spec;
  return define(`attention ${name}`, (b) => {
    const step = shared(b, spec);
    const { batch, heads, queries, headSize } = step;
    b.step({
      ...step,
      kind: 'attention',
      out: b.output(dtype, [batch, heads, queries, headSize], value(2 * scoreSize(spec)), layout),
      logSumExp: logSumExp ? b.output(dtype, [batch, heads, queries], value(8 * scoreSize(spec))) : null,
    });
  });
}

/** Forward, then backward from what it stored: the backward step's own input could not be made up. */
export function attentionBackward(name: string, spec: Attention): Case {
  const { dtype = 'float32', layout = contiguous } = spec;
  return define(`attention backward ${name}`, (b) => {
    const step = shared(b, spec);
    const { batch, heads, keyHeads, queries, keys, headSize } = step;
    const query = [batch, heads, queries, headSize];
    const key = [batch, keyHeads, keys, headSize];
    const out = b.output(dtype, query, value(2 * scoreSize(spec)), layout);
    const logSumExp = b.output(dtype, [batch, heads, queries], value(8 * scoreSize(spec)));
    // Every query (of every head that shares the key head) adds to dk and dv.
    // Out and log-sum-exp come in with 11 bits: 2^-11 / 1e-5.
    const coarse = dtype === 'float16' ? 50 : 1;
    const gradient = (scale: number): Check => ({
      keys: ['attentionBackward', 'gradient'],
      scale: scale * coarse,
    });
    const [perKey, perQuery] = [gradient(queries * (heads / keyHeads)), gradient(headSize)];
    const backward: AttentionBackwardStep = {
      ...step,
      kind: 'attentionBackward',
      out,
      logSumExp,
      dout: b.input(dtype, query, uniform(b.random, product(query)), layout),
      dq: b.output(dtype, query, perQuery, layout),
      dk: b.output(dtype, key, perKey, layout),
      dv: b.output(dtype, key, perKey, layout),
    };
    b.step({ ...step, kind: 'attention', out, logSumExp });
    b.step(backward);
  });
}

/** [batch, heads, positions, headSize] with heads side by side in each position's row, as linear layers make them. */
const headsInRows = permuted(0, 2, 1, 3);

/** The rows of a fused qkv: a position's row also holds two other tensors. */
const inFusedRows: Layout = (shape) => {
  const [batch, heads, positions, headSize] = shape;
  const row = 3 * heads * headSize;
  return {
    strides: [positions * row, headSize, row, 1],
    offset: heads * headSize,
    elements: batch * positions * row,
  };
};

const variants: readonly (readonly [string, Attention])[] = [
  ['of one query and key', { queries: 1, keys: 1, headSize: 1 }],
  ['of one query, many keys', { queries: 1, keys: 100, headSize: 16 }],
  ['of many queries, one key', { queries: 33, keys: 1, headSize: 8 }],
  ['5 x 7, size 3', { queries: 5, keys: 7, headSize: 3 }],
  ['2 x 3 heads, 17 x 17, size 8', { batch: 2, heads: 3, queries: 17, keys: 17, headSize: 8 }],
  ['causal, 1 x 1', { queries: 1, keys: 1, headSize: 4, causal: 0 }],
  ['causal, 8 x 8, size 5', { queries: 8, keys: 8, headSize: 5, causal: 0 }],
  [
    'causal, 2 x 2 heads, 33 x 33, size 16',
    { batch: 2, heads: 2, queries: 33, keys: 33, headSize: 16, causal: 0 },
  ],
  ['causal, 65 x 65, size 64', { queries: 65, keys: 65, headSize: 64, causal: 0 }],
  ['causal, 130 x 130, size 31', { queries: 130, keys: 130, headSize: 31, causal: 0 }],
  ['causal, 3 queries at the end of 10 keys', { queries: 3, keys: 10, headSize: 4, causal: 7 }],
  ['causal, more queries than keys', { queries: 12, keys: 5, headSize: 4, causal: 0 }],
  ['causal, the first queries see nothing', { queries: 9, keys: 9, headSize: 4, causal: -3 }],
  ['causal, shifted at run time', { queries: 2, keys: 20, headSize: 8, causal: 1, causalShift: 9 }],
  ['causal, shifted before the start', { queries: 4, keys: 6, headSize: 8, causal: 0, causalShift: -2 }],
  ['9 of 16 keys', { heads: 2, queries: 3, keys: 16, headSize: 8, keyLength: 9 }],
  ['0 of 16 keys', { queries: 3, keys: 16, headSize: 8, keyLength: 0 }],
  ['all of 16 keys, by scalar', { queries: 3, keys: 16, headSize: 8, keyLength: 16 }],
  [
    'one new query of a cache',
    { heads: 4, queries: 1, keys: 64, headSize: 16, causal: 0, causalShift: 40, keyLength: 41 },
  ],
  ['of no keys', { queries: 3, keys: 0, headSize: 4 }],
  ['of no queries', { queries: 0, keys: 4, headSize: 4 }],
  [
    '4 heads share 2 key heads',
    { batch: 2, heads: 4, keyHeads: 2, queries: 9, keys: 9, headSize: 8, causal: 0 },
  ],
  ['6 heads share 1 key head', { heads: 6, keyHeads: 1, queries: 5, keys: 17, headSize: 4 }],
  ['masked by bool, strided', { heads: 2, queries: 17, keys: 33, headSize: 8, mask: 'bool' }],
  [
    'masked by a padding row for all',
    { batch: 2, heads: 2, queries: 5, keys: 16, headSize: 4, mask: 'broadcast' },
  ],
  ['with added floats', { heads: 2, queries: 17, keys: 31, headSize: 8, mask: 'float' }],
  ['with added -infinity, not finite', { heads: 2, queries: 17, keys: 5, headSize: 8, mask: 'infinite' }],
  ['some queries masked whole', { heads: 2, queries: 8, keys: 9, headSize: 4, mask: 'rows' }],
  ['causal and masked', { heads: 2, queries: 16, keys: 16, headSize: 8, mask: 'bool', causal: 0 }],
  ['with dropout', { heads: 2, queries: 17, keys: 17, headSize: 8, dropout: 0.3 }],
  [
    'causal, with dropout and a mask',
    { heads: 2, queries: 16, keys: 16, headSize: 8, dropout: 0.5, causal: 0, mask: 'bool' },
  ],
  ['with dropout from a seed', { heads: 2, queries: 17, keys: 17, headSize: 8, dropout: 0.3, seed: 12345 }],
  [
    'causal, grouped, with dropout from a negative seed and a mask',
    {
      batch: 2,
      heads: 4,
      keyHeads: 2,
      queries: 33,
      keys: 19,
      headSize: 31,
      dropout: 0.5,
      seed: -7,
      causal: 0,
      mask: 'bool',
    },
  ],
  [
    'with dropout from a seed, 9 of 16 keys',
    { heads: 2, queries: 3, keys: 16, headSize: 8, keyLength: 9, dropout: 0.4, seed: 2 ** 31 - 1 },
  ],
  ['with dropout of all, from a seed', { queries: 6, keys: 6, headSize: 4, dropout: 1, seed: 0 }],
  ['with everything dropped', { queries: 4, keys: 4, headSize: 4, dropout: 1 - 2 ** -20 }],
  [
    'heads side by side in rows',
    { batch: 2, heads: 3, queries: 7, keys: 7, headSize: 8, causal: 0, layout: headsInRows },
  ],
  [
    'in the rows of a fused qkv',
    { batch: 2, heads: 3, queries: 7, keys: 7, headSize: 8, causal: 0, layout: inFusedRows },
  ],
  ['of large scores', { heads: 2, queries: 9, keys: 33, headSize: 16, spread: 20 }],
  [
    '48 heads of 64 x 64, size 32',
    { batch: 12, heads: 4, queries: 64, keys: 64, headSize: 32, causal: 0, layout: headsInRows },
  ],
];

export function attentionCases(dtypes: readonly DType[]): Case[] {
  const cases = variants.flatMap(([name, spec]) => [attention(name, spec), attentionBackward(name, spec)]);
  cases.push(
    attention('log-sum-exp not wanted', {
      heads: 2,
      queries: 9,
      keys: 9,
      headSize: 8,
      causal: 0,
      logSumExp: false,
    }),
    fusedQkv(),
  );
  for (const dtype of ['float16', 'float64'] as const) {
    if (!dtypes.includes(dtype)) continue;
    const spec = { heads: 2, queries: 9, keys: 9, headSize: 8, causal: 0, dtype, spread: 1 };
    cases.push(
      attention(`in ${dtype}`, spec),
      attention(`in ${dtype}, with dropout from a seed`, { ...spec, dropout: 0.25, seed: 99 }),
    );
    cases.push(
      attentionBackward(`in ${dtype}, with dropout from a seed`, { ...spec, dropout: 0.25, seed: 99 }),
    );
    if (dtype === 'float64') cases.push(attentionBackward(`in ${dtype}`, spec));
  }
  return cases;
}

/** q, k and v in one buffer, and their gradients in one buffer: [batch, positions, 3, heads, headSize]. */
function fusedQkv(): Case {
  const [batch, heads, positions, headSize] = [2, 2, 9, 4];
  return define('attention on one fused qkv buffer, gradients likewise', (b) => {
    const whole = [batch, positions, 3, heads, headSize];
    const gradient: Check = { keys: ['attentionBackward', 'gradient'], scale: positions };
    const qkv = b.input('float32', whole, uniform(b.random, product(whole)));
    const dqkv = b.output('float32', whole, gradient);
    const shape = [batch, heads, positions, headSize];
    const row = 3 * heads * headSize;
    const part = (of: Operand, i: number): Operand => ({
      ...of,
      shape,
      strides: [positions * row, headSize, row, 1],
      offset: i * heads * headSize,
    });
    const out = b.output('float32', shape, value(2), headsInRows);
    const logSumExp = b.output('float32', [batch, heads, positions], value(8));
    const step: Shared = {
      batch,
      heads,
      keyHeads: heads,
      queries: positions,
      keys: positions,
      headSize,
      keyLength: null,
      scale: 0.5,
      causal: 0,
      causalShift: null,
      q: part(qkv, 0),
      k: part(qkv, 1),
      v: part(qkv, 2),
      mask: null,
      dropout: null,
      dropoutP: null,
    };
    b.step({ ...step, kind: 'attention', out, logSumExp });
    const dout = b.input('float32', shape, uniform(b.random, product(shape)), headsInRows);
    const [dq, dk, dv] = [0, 1, 2].map((i) => part(dqkv, i));
    b.step({ ...step, kind: 'attentionBackward', out, logSumExp, dout, dq, dk, dv });
  });
}
