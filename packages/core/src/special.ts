/**
 * '@inkstone/core/special': functions that few programs call, with the names of `torch.special` and of `torch`. They are
 * recorded, fused and differentiated as all others are, and run on every backend; those of `torch.special` that more
 * programs call are methods of tensors (`x.lgamma()`, `x.erfinv()`, `x.xlogy(y)` ...).
 */
export { i0, i0e, i1, i1e } from './special/bessel.js';
export { multigammaln, polygamma } from './special/gamma.js';
export { entr, erfcx, logNdtr, ndtr, ndtri } from './special/normal.js';
export {
  deg2rad,
  floatPower,
  frexp,
  gcd,
  hardshrink,
  lcm,
  ldexp,
  logaddexp2,
  rad2deg,
  signbit,
  softshrink,
  xlog1py,
} from './special/numbers.js';
export {
  aminmax,
  type BincountOptions,
  bincount,
  countNonzero,
  diff,
  histc,
  kthvalue,
  median,
  nanmean,
  nansum,
  type QuantileOptions,
  quantile,
  type Unique,
  unique,
} from './special/statistics.js';
