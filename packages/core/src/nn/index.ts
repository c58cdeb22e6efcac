/** `nn`: layers, containers, activations and losses as modules. */

export { Parameter } from '../tensor/tensor.js';
export * from './activations.js';
export * from './containers.js';
export * as init from './init.js';
export { Dropout, Embedding, LayerNorm, Linear, type ModuleOptions, RMSNorm } from './layers.js';
export * from './losses.js';
export { type ForwardHook, Module, type StateDict } from './module.js';
