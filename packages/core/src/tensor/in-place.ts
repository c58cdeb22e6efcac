/** Which methods have a form that changes the tensor itself, and what types these have. What they do is in tensor.ts. */
import { TensorArithmetic } from './arithmetic.js';
import type { TensorBase } from './base.js';
import { TensorIndexing } from './indexing.js';
import { TensorSpecial } from './special.js';
import type { Tensor } from './tensor.js';

/** Functions of single elements that have no form in place, as in PyTorch. */
const without = [
  'maximum',
  'minimum',
  'fmax',
  'fmin',
  'logaddexp',
  'where',
  'isnan',
  'isinf',
  'isfinite',
  'isposinf',
  'isneginf',
  'isclose',
  'to',
  'float',
  'int',
  'bool',
] as const;

/** What else has one. */
const others = [
  'addmm',
  'baddbmm',
  'cumprod',
  'cumsum',
  'indexAdd',
  'indexFill',
  'indexPut',
  'maskedScatter',
  'scatter',
  'scatterAdd',
  'tril',
  'triu',
] as const;

type Name =
  | Exclude<keyof TensorSpecial, keyof TensorBase | (typeof without)[number]>
  | (typeof others)[number];

/**
 * PyTorch's methods with a `_`: each makes a new version of the tensor out of what the method without it gives, and
 * gives the tensor back. The result keeps shape and dtype of the tensor: a result that is larger, a float for a tensor
 * of integers and anything but a bool for one of bools is an error, and so is a leaf that requires a gradient outside
 * `noGrad`. A backward pass goes through.
 * @example
 * x.sqrt_();
 * x.sub_(y, { alpha: 0.1 });
 * x.maskedFill_(mask, -Infinity).exp_();
 */
type InPlace = { [K in Name as `${K}_`]: (...given: Parameters<TensorIndexing[K]>) => Tensor };

/** Names of methods of single elements are those of the classes that hold them, so that what is added there has both forms. */
export const inPlace: readonly string[] = [TensorArithmetic, TensorSpecial]
  .flatMap((holder) => Object.getOwnPropertyNames(holder.prototype))
  .filter((name) => name !== 'constructor' && !(without as readonly string[]).includes(name))
  .concat(others);

/** All methods, with the types of those that `Tensor` adds for `inPlace`. */
export const TensorMethods = TensorIndexing as unknown as abstract new (
  ...given: ConstructorParameters<typeof TensorIndexing>
) => TensorIndexing & InPlace;
