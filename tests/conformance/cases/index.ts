/** All cases, by family. */
import type { DType } from '@inkstone/core/backend';
import type { Case } from '../case.js';
import { attentionCases } from './attention.js';
import { crossEntropyCases } from './cross-entropy.js';
import { indexingCases } from './indexing.js';
import { instructionCases } from './instructions.js';
import { largeCases } from './large.js';
import { matmulCases } from './matmul.js';
import { normCases } from './norm.js';
import { orderingCases } from './ordering.js';
import { placementCases } from './placement.js';
import { pointwiseCases } from './pointwise.js';
import { quantisedCases } from './quantised.js';
import { recurrentCases } from './recurrent.js';
import { reduceCases } from './reduce.js';
import { fusedReduceCases } from './reduce-fused.js';
import { shiftCases } from './shifts.js';
import { softmaxCases } from './softmax.js';

/** @param dtypes those that the device has */
export function allCases(dtypes: readonly DType[]): Readonly<Record<string, readonly Case[]>> {
  return {
    instructions: instructionCases(dtypes),
    pointwise: pointwiseCases(dtypes),
    placement: placementCases(),
    reduce: [...reduceCases(dtypes), ...fusedReduceCases()],
    matmul: matmulCases(dtypes),
    quantised: quantisedCases(dtypes),
    softmax: softmaxCases(dtypes),
    crossEntropy: crossEntropyCases(dtypes),
    norm: normCases(dtypes),
    attention: attentionCases(dtypes),
    recurrent: recurrentCases(dtypes),
    indexing: indexingCases(dtypes),
    ordering: orderingCases(dtypes),
    shifts: shiftCases(),
    large: largeCases(),
  };
}
