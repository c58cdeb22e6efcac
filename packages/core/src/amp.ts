/** '@inkstone/core/amp': automatic mixed precision, as PyTorch's `torch.amp`. */
export { type AutocastOptions, autocast } from './amp/autocast.js';
export { GradScaler, type GradScalerOptions, type GradScalerState } from './amp/grad-scaler.js';
