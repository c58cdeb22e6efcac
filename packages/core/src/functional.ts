/** `functional as F`: layers, activations and losses as functions, with PyTorch's names and defaults. */
export * from './functional/activations.js';
export {
  type AttentionCall,
  type AttentionOptions,
  observeAttention,
  type RotaryOptions,
  rotary,
  rotaryAngles,
  scaledDotProductAttention,
  sinusoidalPositions,
} from './functional/attention.js';
export {
  cosineSimilarity,
  type DropoutOptions,
  dropout,
  embedding,
  layerNorm,
  linear,
  normalize,
  oneHot,
  type PadOptions,
  pad,
  rmsNorm,
} from './functional/layers.js';
export * from './functional/losses.js';
