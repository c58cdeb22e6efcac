/** A run killed with SIGKILL at ten random moments and gone on with ends with the bits of one that nobody killed. */
import { test } from 'vitest';
import { killAndCompare } from './kill.js';

test('killed ten times, the same weights, bit for bit', () => killAndCompare(10));
