/** `optim`: optimizers with PyTorch's names, defaults and arithmetic. */
export { Adam, type AdamOptions, AdamW } from './adam.js';
export { Optimizer, type OptimizerInput, type OptimizerState, type ParamGroup } from './optimizer.js';
export { SGD, type SGDOptions } from './sgd.js';
