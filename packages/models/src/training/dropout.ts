import { nn } from '@inkstone/core';
import type { CausalLM } from '../causal-lm.js';

/** Whether something of a model is dropped in training: by itself, or by adapters, which have dropout of their own. */
export function dropsSomething(model: CausalLM): boolean {
  const { dropout = 0 } = model.config as { readonly dropout?: number };
  return dropout > 0 || [...model.modules()].some((module) => module instanceof nn.Dropout && module.p > 0);
}
