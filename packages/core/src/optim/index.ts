/** `optim`: optimizers, gradient clipping and learning rate schedules with PyTorch's names, defaults and arithmetic. */
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions, AdamW } from './adam.js';
export { clipGradNorm, clipGradValue } from './clip.js';
export * as lrScheduler from './lr-scheduler.js';
export { Muon, type MuonOptions } from './muon.js';
export { Optimizer, type OptimizerInput, type OptimizerState, type ParamGroup } from './optimizer.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { SGD, type SGDOptions } from './sgd.js';
