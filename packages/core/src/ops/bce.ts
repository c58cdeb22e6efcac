/** Binary cross-entropy, element by element: of probabilities, and of scores. */
import type { PointwiseOp } from '../graph/op.js';
import { record } from '../graph/record.js';
import type { Value } from '../graph/value.js';
import { clamp, softplus } from './functions.js';
import { add, div, log, maximum, mul, neg, sub } from './pointwise.js';

/** -(y log x + (1 - y) log(1 - x)) with logarithms from -100 on; the slope's denominator from 1e-12 on. */
const bceOp: PointwiseOp = {
  kind: 'pointwise',
  name: 'bce',
  gradient: (node, g) => {
    const [x, y] = node.inputs;
    const spread = maximum(mul(x, sub(1, x)), 1e-12);
    const ofX = (): Value => mul(g, div(sub(x, y), spread));
    const ofY = (): Value => mul(g, sub(clamp(log(sub(1, x)), -100), clamp(log(x), -100)));
    return [x.requiresGrad ? ofX() : null, y.requiresGrad ? ofY() : null];
  },
  emit: (b, [x, y]) => {
    const floor = b.like(x, -100);
    const one = b.like(x, 1);
    const yes = b.binary('max', b.unary('log', x), floor);
    const no = b.binary('max', b.unary('log', b.sub(one, x)), floor);
    return b.sub(b.mul(b.sub(y, one), no), b.mul(y, yes));
  },
};

/** Of probabilities x and targets y of one shape. */
export const bce = (x: Value, y: Value): Value => record(bceOp, [x, y], x.shape, x.dtype);

/** Of scores: (1 - y) x + log(1 + e^-x), which does not overflow. `positive` weighs the terms of positive targets. */
export function logitsBce(x: Value, y: Value, positive: Value | null): Value {
  const loss = softplus(neg(x));
  const weighed = positive ? mul(add(mul(sub(positive, 1), y), 1), loss) : loss;
  return add(mul(sub(1, y), x), weighed);
}
