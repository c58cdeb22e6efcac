/** A run killed with SIGKILL and gone on with ends with the same bits; ten times in the long tests. */
import { test } from 'vitest';
import { killAndCompare } from './kill.js';

test('killed twice, the same weights, bit for bit', () => killAndCompare(2), 240_000);
