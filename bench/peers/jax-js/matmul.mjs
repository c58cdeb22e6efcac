import { normal, uniform } from '../gpt-data.mjs';

/** One product, the transposes inside the compiled function. */
export function matmul({ numpy: np, jit }, { layout, m, k, n, batch }) {
  const random = uniform(1);
  const shape = (rows, columns) => (batch > 1 ? [batch, rows, columns] : [rows, columns]);
  const swap = batch > 1 ? [0, 2, 1] : [1, 0];
  const a = np.array(normal(random, batch * m * k, 1)).reshape(layout[0] === 'T' ? shape(k, m) : shape(m, k));
  const b = np.array(normal(random, batch * k * n, 1)).reshape(layout[1] === 'T' ? shape(n, k) : shape(k, n));
  const product = jit((x, y) =>
    np.matmul(layout[0] === 'T' ? x.transpose(swap) : x, layout[1] === 'T' ? y.transpose(swap) : y),
  );
  return {
    run: async () => {
      const c = product(a.ref, b.ref);
      await c.blockUntilReady();
      c.dispose();
    },
  };
}
