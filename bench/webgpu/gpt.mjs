/**
 * A training step of a small GPT (pre-norm, GELU, AdamW, vocabulary 65) on WebGPU beside jax-js and TensorFlow.js, and
 * ours with ten steps under way at once beside ours that waits for each. Build the packages first.
 *
 *   node bench/webgpu/gpt.mjs [--adapter lavapipe|swiftshader|system] [--rounds 5] [--ms 300] [--clock wall|cpu]
 *
 * jax-js compiles for minutes on lavapipe before its first step of the largest model.
 */
import { compare } from './compare.mjs';

const sizes = [
  [2, 2, 32, 16, 8, 3],
  [4, 4, 64, 32, 16, 3],
  [4, 4, 128, 64, 12, 2.5],
];
const cases = sizes.flatMap(([layers, heads, width, block, batch, goal]) => {
  const what = { kind: 'gpt', layers, heads, width, block, batch, vocabulary: 65 };
  const name = [layers, heads, width, block, batch].join(' ');
  const unit = (ms) => `${ms.toFixed(1)} ms`;
  return [
    { name, goal, unit, what },
    { name: `${name} ahead`, goal: 1, unit, what: { ...what, kind: 'ahead' }, ahead: true },
  ];
});
await compare(cases);
