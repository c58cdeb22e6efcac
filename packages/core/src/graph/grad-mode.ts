/** Whether what is recorded now may be differentiated later (PyTorch's grad mode). */
import { Scoped } from './scoped.js';

const mode = new Scoped(true);

export const isGradEnabled = (): boolean => mode.value;

/** Runs `fn` with or without recording for a backward pass. */
export const withGradMode = <T>(enabled: boolean, fn: () => T): T => mode.within(enabled, fn);
