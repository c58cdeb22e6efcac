import { joinKinds } from '../pipeline/kinds.js';
import { kinds as cl100kKinds } from '../scan/cl100k.js';
import { kinds as deepseekKinds } from '../scan/deepseek.js';
import { kinds as o200kKinds } from '../scan/o200k.js';

/** The split patterns of all families but GPT-2's, which is among those of `bytes.ts`. */
export const scannerKinds = /* @__PURE__ */ joinKinds(cl100kKinds, o200kKinds, deepseekKinds);
