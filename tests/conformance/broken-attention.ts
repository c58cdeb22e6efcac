/** Steps of attention that break one rule each. */
import type { Step } from '@inkstone/core/backend';
import { changed, operand } from './broken-plans.js';

/** For dropout that counts. */
const seed = operand(4, { dtype: 'int32', shape: [], strides: [] });

export const brokenAttention: [string, Step, RegExp][] = [
  ['heads that do not divide', changed('attention', { keyHeads: 2 }), /1 heads are not a multiple of 2/],
  [
    'a key length that is a float',
    changed('attention', { keyLength: 1 }),
    /keyLength names scalar 1, which is no int32/,
  ],
  [
    'a shift of no causality',
    changed('attention', { causal: null, causalShift: 0 }),
    /causalShift without causal/,
  ],
  [
    'elements apart in a head',
    changed('attention', { q: operand(0, { shape: [1, 1, 3, 4], strides: [12, 12, 1, 3] }) }),
    /q .*the last stride must be 1/,
  ],
  [
    'a probability of no seed',
    changed('attention', { dropoutP: 0.5 }),
    /dropoutP takes a seed of int32, not undefined/,
  ],
  [
    'a seed of floats',
    changed('attention', { dropoutP: 0.5, dropout: operand(4, { shape: [], strides: [] }) }),
    /dropoutP takes a seed of int32, not float32/,
  ],
  [
    'a probability beyond 1',
    changed('attention', { dropoutP: 1.5, dropout: seed }),
    /dropoutP is 1.5, not above 0 and at most 1/,
  ],
  [
    'many seeds',
    changed('attention', { dropoutP: 0.5, dropout: { ...seed, shape: [3], strides: [1] } }),
    /dropout .*\[3\]/,
  ],
  ['a seed as factors', changed('attention', { dropout: seed }), /dropout .*\[1, 1, 3, 3\]/],
];
