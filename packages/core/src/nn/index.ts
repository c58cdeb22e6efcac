/** `nn`: layers, containers, activations and losses as modules. */

export { Parameter } from '../tensor/tensor.js';
export * from './activations.js';
export {
  MultiheadAttention,
  type MultiheadAttentionCall,
  type MultiheadAttentionOptions,
} from './attention.js';
export * from './containers.js';
export * as init from './init.js';
export { Dropout, Embedding, LayerNorm, Linear, type ModuleOptions, RMSNorm } from './layers.js';
export * from './losses.js';
export { type ForwardHook, Module, type StateDict } from './module.js';
export { GRU, LSTM, type RecurrentOptions, RNN } from './recurrent.js';
export { type CellOptions, GRUCell, LSTMCell, type LSTMState, RNNCell } from './recurrent-cells.js';
