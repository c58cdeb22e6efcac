/** Gradient clipping: by the norm of all gradients together, and element by element. */
import { noGrad } from '../autograd.js';
import { defaultDevice } from '../device.js';
import { reshape } from '../ops/broadcast.js';
import { full } from '../ops/create.js';
import { expectNumber } from '../ops/expect.js';
import { clamp } from '../ops/functions.js';
import { add, div, mul } from '../ops/pointwise.js';
import { norm } from '../ops/reduce.js';
import { cat } from '../ops/views.js';
import { type Parameter, Tensor } from '../tensor/tensor.js';
import { changeGradients } from './flat.js';

/** Parameters that have a gradient, by device and dtype: what can lie in one flat value. */
export function grouped(parameters: Iterable<Parameter>): Parameter[][] {
  const groups: Parameter[][] = [];
  for (const parameter of parameters) {
    if (!parameter.value.leaf?.gradient) continue;
    const like = groups.find(
      ([{ device, dtype }]) => device === parameter.device && dtype === parameter.dtype,
    );
    if (like) like.push(parameter);
    else groups.push([parameter]);
  }
  return groups;
}

/**
 * Scales all gradients so that their norm, taken over all of them together, is at most `maxNorm`. Two more kernels a
 * step, however many parameters there are, and nothing is read back.
 *
 * @param parameters those without a gradient do not count.
 * @param options.normType 2 (default), 1, Infinity ...
 * @returns the norm before the clipping, a scalar tensor.
 * @example
 * loss.backward();
 * optim.clipGradNorm(model.parameters(), 1);
 * optimizer.step();
 */
export function clipGradNorm(
  parameters: Iterable<Parameter>,
  maxNorm: number,
  options: { normType?: number } = {},
): Tensor {
  const { normType = 2 } = options;
  expectNumber('clipGradNorm', 'maxNorm', maxNorm);
  return noGrad(() => {
    const groups = grouped(parameters);
    if (groups.length === 0) return new Tensor(full(defaultDevice(), [], 0, 'float32'));
    if (groups.some(([{ device }]) => device !== groups[0][0].device))
      throw new Error('clipGradNorm: the parameters lie on several devices');
    const norms = groups.map((group) => {
      const flat = changeGradients(group, (value) => value);
      return reshape(norm(flat, normType), [1]);
    });
    const total = norms.length === 1 ? reshape(norms[0], []) : norm(cat(norms, 0), normType);
    const factor = clamp(div(full(total.device, [], maxNorm, total.dtype), add(total, 1e-6)), undefined, 1);
    for (const group of groups) changeGradients(group, (flat) => mul(flat, factor));
    return new Tensor(total);
  });
}

/** Limits each element of each gradient to [-clipValue, clipValue]. */
export function clipGradValue(parameters: Iterable<Parameter>, clipValue: number): void {
  expectNumber('clipGradValue', 'clipValue', clipValue);
  noGrad(() => {
    for (const group of grouped(parameters))
      changeGradients(group, (flat) => clamp(flat, -clipValue, clipValue));
  });
}
