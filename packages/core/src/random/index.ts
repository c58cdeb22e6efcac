/**
 * PyTorch's random streams on plain typed arrays. NumPy's and Python's generators are in '@inkstone/core/random' too.
 */
export { type BernoulliOutput, bernoulliScalar, bernoulliTensor, dropoutMask } from './bernoulli.js';
export { exponential } from './exponential.js';
export {
  defaultGenerator,
  Generator,
  type GeneratorOptions,
  getRngState,
  initialSeed,
  manualSeed,
  type RandomFlavour,
  seed,
  setRngState,
} from './generator.js';
export {
  calculateGain,
  kaimingNormal,
  kaimingUniform,
  type Nonlinearity,
  truncNormal,
  type Weights,
  xavierNormal,
  xavierUniform,
} from './init.js';
export {
  initEmbedding,
  initLinear,
  initMultiheadAttention,
  initRecurrent,
  type MultiheadAttentionParameters,
} from './init-modules.js';
export { type IntegerOutput, randint, randperm } from './integers.js';
export { Mt19937 } from './mt19937.js';
export { multinomial } from './multinomial.js';
export { normal } from './normal.js';
export { orthogonal } from './orthogonal.js';
export { drawBaseSeed, type SamplerOptions, samplerEpochEnd, samplerPermutation } from './sampler.js';
export { uniform } from './uniform.js';
