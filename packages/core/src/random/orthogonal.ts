import type { Generator } from './generator.js';
import type { Weights } from './init.js';
import { normal } from './normal.js';

/**
 * A (semi-)orthogonal matrix, like `torch.nn.init.orthogonal_`: the Q of a normal matrix, each column with the sign
 * that makes the diagonal of R positive.
 *
 * The draws are PyTorch's; the factorisation runs in double precision, so values agree with PyTorch's to about 1e-6.
 *
 * @param out `rows * cols` weights in row-major order
 * @param gain default 1
 *
 * Source: A. Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2013.
 */
export function orthogonal(generator: Generator, out: Weights, rows: number, cols: number, gain = 1): void {
  if (out.length !== rows * cols) {
    throw new RangeError(`orthogonal: ${rows} x ${cols} weights expected, got ${out.length}`);
  }
  normal(generator, out);
  // The vectors that become orthonormal are the shorter side's: rows of a wide matrix, columns of a tall one.
  const wide = rows < cols;
  const count = wide ? rows : cols;
  const length = wide ? cols : rows;
  const at = wide ? (v: number, i: number) => v * cols + i : (v: number, i: number) => i * cols + v;
  const vectors = Array.from({ length: count }, (_, v) =>
    Float64Array.from({ length }, (_, i) => out[at(v, i)]),
  );
  orthonormalise(vectors);
  vectors.forEach((vector, v) => {
    for (let i = 0; i < length; i++) out[at(v, i)] = vector[i] * gain;
  });
}

/** Gram-Schmidt, each vector projected twice ("twice is enough": W. Kahan in B. Parlett, 1980). */
function orthonormalise(vectors: Float64Array[]): void {
  vectors.forEach((vector, v) => {
    for (let pass = 0; pass < 2; pass++) {
      for (let u = 0; u < v; u++) addScaled(vector, vectors[u], -dot(vector, vectors[u]));
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < vector.length; i++) vector[i] = vector[i] / norm;
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i] + factor * source[i];
}
