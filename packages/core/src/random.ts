/**
 * '@inkstone/core/random': the random streams on plain typed arrays: PyTorch's, NumPy's (legacy and `default_rng`) and
 * Python's. Nothing here needs a device.
 */
export * from './random/index.js';
export { KeyedMt19937 } from './random/mt19937-keyed.js';
export { type NumpyChoiceOptions, type NumpySize, RandomState } from './random/numpy.js';
export { defaultRng, NumpyGenerator } from './random/numpy-generator.js';
export type { NumpyIntegers, NumpyIntegerType } from './random/numpy-integers.js';
export type { Pcg64State } from './random/pcg64.js';
export { type PythonChoicesOptions, PythonRandom } from './random/python.js';
