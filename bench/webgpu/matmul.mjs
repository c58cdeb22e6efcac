/**
 * Matrix products on WebGPU beside jax-js and TensorFlow.js, GFLOP/s. Build the packages first.
 *
 *   node bench/webgpu/matmul.mjs [--adapter lavapipe|swiftshader|system] [--rounds 5] [--ms 300] [--clock wall|cpu]
 */
import { compare } from './compare.mjs';

const cases = [256, 512].flatMap((n) =>
  ['NN', 'NT', 'TN'].map((layout) => ({
    name: `${n} ${layout}`,
    goal: layout === 'NN' ? 2.5 : 2,
    unit: (ms) => `${((2 * n ** 3) / ms / 1e6).toFixed(1)} GFLOP/s`,
    what: { kind: 'matmul', m: n, n, k: n, layout },
  })),
);
await compare(cases);
