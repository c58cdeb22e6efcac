/** Activations as functions. */
import * as more from '../ops/activations.js';
import * as fn from '../ops/functions.js';
import { named } from '../ops/named.js';
import { Tensor } from '../tensor/tensor.js';

const wrap = (value: Tensor['value']): Tensor => new Tensor(value);

export const relu = (x: Tensor): Tensor => x.relu();
export const sigmoid = (x: Tensor): Tensor => x.sigmoid();
export const tanh = (x: Tensor): Tensor => x.tanh();
/** Gaussian error linear unit; `approximate` 'none' (default) or 'tanh'. https://arxiv.org/abs/1606.08415 */
export const gelu = (x: Tensor, options: { approximate?: 'none' | 'tanh' } = {}): Tensor =>
  wrap(fn.gelu(x.value, options.approximate));
/** x * sigmoid(x). */
export const silu = (x: Tensor): Tensor => wrap(fn.silu(x.value));
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor =>
  wrap(fn.leakyRelu(x.value, negativeSlope));
export const elu = (x: Tensor, alpha = 1): Tensor => wrap(fn.elu(x.value, alpha));
export const softplus = (x: Tensor, options: { beta?: number; threshold?: number } = {}): Tensor =>
  wrap(fn.softplus(x.value, options.beta, options.threshold));
export const softmax = (x: Tensor, dim: number): Tensor => x.softmax(dim);
export const logSoftmax = (x: Tensor, dim: number): Tensor => x.logSoftmax(dim);
/** Softmax of -x. */
export const softmin = (x: Tensor, dim: number): Tensor => named('softmin', () => x.neg().softmax(dim));
/** log(sigmoid(x)) */
export const logSigmoid = (x: Tensor): Tensor => named('logSigmoid', () => wrap(more.logSigmoid(x.value)));
/** x limited to [minVal, maxVal] (-1 and 1). */
export const hardtanh = (x: Tensor, minVal = -1, maxVal = 1): Tensor =>
  wrap(more.hardtanh(x.value, minVal, maxVal));
/** x limited to [0, 6]. */
export const relu6 = (x: Tensor): Tensor => wrap(more.relu6(x.value));
/** relu6(x + 3) / 6 */
export const hardsigmoid = (x: Tensor): Tensor => wrap(more.hardsigmoid(x.value));
/** x relu6(x + 3) / 6. https://arxiv.org/abs/1905.02244 */
export const hardswish = (x: Tensor): Tensor => wrap(more.hardswish(x.value));
/** x / (1 + |x|) */
export const softsign = (x: Tensor): Tensor => named('softsign', () => wrap(more.softsign(x.value)));
/** x - tanh(x) */
export const tanhshrink = (x: Tensor): Tensor => wrap(more.tanhshrink(x.value));
/** x tanh(softplus(x)). https://arxiv.org/abs/1908.08681 */
export const mish = (x: Tensor): Tensor => wrap(more.mish(x.value));
/** Scaled exponential linear unit. https://arxiv.org/abs/1706.02515 */
export const selu = (x: Tensor): Tensor => wrap(more.selu(x.value));
/** max(0, x) + min(0, alpha (e^(x / alpha) - 1)). https://arxiv.org/abs/1704.07483 */
export const celu = (x: Tensor, alpha = 1): Tensor => wrap(more.celu(x.value, alpha));
/** The first half of a dimension times the sigmoid of the second. https://arxiv.org/abs/1612.08083 */
export const glu = (x: Tensor, dim = -1): Tensor => wrap(more.glu(x.value, dim));
/** x where x > 0, else weight * x; weight has one element, or one for each entry of dimension 1. */
export const prelu = (x: Tensor, weight: Tensor): Tensor => wrap(more.prelu(x.value, weight.value));
