/** Where WebGPU may be coarser than the suite's 1e-6: WGSL's own functions are allowed larger errors. */
import type { ToleranceTable } from '@inkstone/conformance';
import type { DType } from '@inkstone/core/backend';

export const tolerances: ToleranceTable = {
  // A score of some hundreds, added up in float32, is uncertain by 1e-5, and so is its probability.
  attention: { scaled: 1e-5 },
};

/** lavapipe has shader-f16, SwiftShader has not. */
export const dtypes: readonly DType[] = [
  'float32',
  'int32',
  'uint8',
  'bool',
  ...(globalThis.process?.env.INKSTONE_ADAPTER === 'lavapipe' ? (['float16'] as const) : []),
];
