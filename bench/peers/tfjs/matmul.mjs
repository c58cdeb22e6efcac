import { normal, uniform } from '../gpt-data.mjs';

/**
 * One product. Transposed operands are slow in matMul, so the quicker of its own transposes and explicit ones is taken,
 * found before the first round.
 */
export function matmul(tf, { layout, m, k, n, batch }) {
  const random = uniform(1);
  const shape = (rows, columns) => (batch > 1 ? [batch, rows, columns] : [rows, columns]);
  const swap = batch > 1 ? [0, 2, 1] : [1, 0];
  const left = layout[0] === 'T';
  const right = layout[1] === 'T';
  const a = tf.tensor(normal(random, batch * m * k, 1), left ? shape(k, m) : shape(m, k));
  const b = tf.tensor(normal(random, batch * k * n, 1), right ? shape(n, k) : shape(k, n));
  const flags = () => tf.matMul(a, b, left, right);
  const explicit = () =>
    tf.tidy(() => tf.matMul(left ? a.transpose(swap) : a, right ? b.transpose(swap) : b));
  const time = (product) => {
    product().dispose();
    const start = performance.now();
    for (let i = 0; i < 3; i++) product().dispose();
    return performance.now() - start;
  };
  const best = layout === 'NN' || time(flags) < time(explicit) ? flags : explicit;
  return { run: async () => best().dispose() };
}
