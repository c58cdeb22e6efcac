/** Muon: momentum whose steps are orthogonalised. https://kellerjordan.github.io/posts/muon */
import type { Value } from '../graph/value.js';
import { reshape } from '../ops/broadcast.js';
import { expectNumber } from '../ops/expect.js';
import { clamp } from '../ops/functions.js';
import { matmul } from '../ops/matmul.js';
import { add, div, mul, sub } from '../ops/pointwise.js';
import { norm } from '../ops/reduce.js';
import { cat, slice, transpose } from '../ops/views.js';
import { showShape } from '../tensor/host.js';
import type { Parameter } from '../tensor/tensor.js';
import { Optimizer, type OptimizerInput, type ParamGroup } from './optimizer.js';

export type MuonOptions = {
  /** Learning rate (default 1e-3). */
  lr: number;
  /** Decoupled decay (default 0.1). */
  weightDecay: number;
  /** Weight of the past in the running mean of gradients (default 0.95). */
  momentum: number;
  /** Looks ahead along the momentum (default true). */
  nesterov: boolean;
  /** Rounds of the Newton-Schulz iteration (default 5). */
  nsSteps: number;
  /** Least norm that a step is divided by (default 1e-7). */
  eps: number;
};

/** Coefficients of the quintic iteration: steep at 0, so that few rounds do. */
const [a, b, c] = [3.4445, -4.775, 2.0315];

/** For the weight matrices of hidden layers only; embeddings, heads, norms and biases go to AdamW. */
export class Muon extends Optimizer<MuonOptions> {
  constructor(params: OptimizerInput<MuonOptions>, options: Partial<MuonOptions> = {}) {
    super(params, {
      lr: 1e-3,
      weightDecay: 0.1,
      momentum: 0.95,
      nesterov: true,
      nsSteps: 5,
      eps: 1e-7,
      ...options,
    });
    for (const { lr, weightDecay, momentum, params: matrices } of this.paramGroups) {
      expectNumber('Muon', 'lr', lr);
      expectNumber('Muon', 'weightDecay', weightDecay);
      expectNumber('Muon', 'momentum', momentum, 0, 1);
      const other = matrices.find(({ ndim }) => ndim !== 2);
      if (other)
        throw new Error(
          `Muon: a parameter has shape ${showShape(other.shape)}, but only matrices can be orthogonalised`,
        );
    }
  }

  protected override stateFor(): Record<string, number> {
    return { momentum_buffer: 0 };
  }

  protected override update(
    p: Value,
    g: Value,
    state: Map<string, Value>,
    _step: number,
    { lr, weightDecay, momentum, nesterov, nsSteps, eps }: ParamGroup<MuonOptions>,
    parameters: readonly Parameter[],
  ): Value {
    const before = state.get('momentum_buffer') as Value;
    const buffer = add(before, mul(sub(g, before), 1 - momentum));
    state.set('momentum_buffer', buffer);
    const direction = nesterov ? add(g, mul(sub(buffer, g), momentum)) : buffer;
    let start = 0;
    const steps = parameters.map(({ shape: [rows, columns] }) => {
      const size = rows * columns;
      const matrix = reshape(slice(direction, 0, start, size), [rows, columns]);
      start += size;
      const scale = Math.sqrt(Math.max(1, rows / columns));
      return reshape(mul(orthogonalised(matrix, nsSteps, eps), scale), [size]);
    });
    const decayed = weightDecay === 0 ? p : mul(p, 1 - lr * weightDecay);
    return sub(decayed, mul(cat(steps, 0), lr));
  }
}

/** A matrix with its singular values brought near 1 by a Newton-Schulz iteration. */
function orthogonalised(matrix: Value, rounds: number, eps: number): Value {
  const [rows, columns] = matrix.shape;
  const tall = rows > columns;
  const wide = tall ? transpose(matrix, 0, 1) : matrix;
  let x = div(wide, clamp(norm(wide, 2), eps));
  for (let i = 0; i < rounds; i++) {
    const gram = matmul(x, transpose(x, 0, 1));
    const inner = add(mul(gram, b), mul(matmul(gram, gram), c));
    x = add(mul(x, a), matmul(inner, x));
  }
  return tall ? transpose(x, 0, 1) : x;
}
