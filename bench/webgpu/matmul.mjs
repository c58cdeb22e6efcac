/**
 * Matrix products on WebGPU beside jax-js and TensorFlow.js, GFLOP/s, and how far ours with plain and transposed sides are apart.
 * Build the packages first.
 *
 *   node bench/webgpu/matmul.mjs [--adapter lavapipe|swiftshader|system] [--rounds 5] [--ms 300] [--clock wall|cpu]
 */
import { compare } from './compare.mjs';

const unitOf = (n) => (ms) => `${((2 * n ** 3) / ms / 1e6).toFixed(1)} GFLOP/s`;
const cases = [256, 512].flatMap((n) =>
  ['NN', 'NT', 'TN'].map((layout) => ({
    name: `${n} ${layout}`,
    goal: layout === 'NN' ? 2.5 : 2,
    unit: unitOf(n),
    what: { kind: 'matmul', m: n, n, k: n, layout },
  })),
);
const spreads = [256, 512, 1024].map((n) => ({
  name: `${n} layouts`,
  goal: 1.15,
  unit: unitOf(n),
  what: { kind: 'layouts', n },
  spread: true,
}));
await compare([...cases, ...spreads]);
