/** Whether products are computed in half precision now (PyTorch's autocast mode). */

import { Scoped } from './scoped.js';

const mode = new Scoped<'float16' | null>(null);

/** What float32 operands of products become; null outside of autocast. */
export const autocastDType = (): 'float16' | null => mode.value;

/** Runs `fn` in a mode, which is restored however it ends. */
export const withAutocast = <T>(dtype: 'float16' | null, fn: () => T): T => mode.within(dtype, fn);
