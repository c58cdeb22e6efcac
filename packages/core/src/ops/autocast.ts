/** The two lists of autocast: what goes into products is lowered, what needs float32's range is raised. */
import { autocastDType } from '../graph/autocast-mode.js';
import type { Value } from '../graph/value.js';
import { cast } from './cast.js';

/** An operand of a product or of attention: half precision, under autocast. */
export function lowered(x: Value): Value {
  const dtype = autocastDType();
  return dtype !== null && x.dtype === 'float32' ? cast(x, dtype) : x;
}

/** An operand of a softmax, a norm or a loss: float32, under autocast. */
export function raised(x: Value): Value {
  return autocastDType() !== null && x.dtype === 'float16' ? cast(x, 'float32') : x;
}
