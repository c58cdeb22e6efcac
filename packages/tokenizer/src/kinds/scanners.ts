import { cl100kScanners } from '../scan/cl100k.js';
import { deepseekScanners } from '../scan/deepseek.js';
import { o200kScanners } from '../scan/o200k.js';

/** The split patterns of all families but GPT-2's, which is among `byteKinds`. */
export const scannerKinds = { scanner: { ...cl100kScanners, ...o200kScanners, ...deepseekScanners } };
