/** Which file computes which kind of step. */
import type { Step } from '@inkstone/core/backend';
import { compileAttention, compileAttentionBackward } from './attention.js';
import type { Kernel } from './buffer.js';
import { compileCrossEntropy, compileCrossEntropyBackward } from './cross-entropy.js';
import { compileGather, compileIndexAdd, compileIndexSelect, compileScatter } from './indexing.js';
import { compileMatmul } from './matmul.js';
import { compileNorm, compileNormBackward } from './norm.js';
import { compileScan, compileSort } from './ordering.js';
import { compilePointwise } from './pointwise.js';
import { compileQuantisedMatmul } from './quantised.js';
import { compileRecurrent, compileRecurrentBackward } from './recurrent.js';
import { compileReduce } from './reduce.js';
import { compileSoftmax, compileSoftmaxBackward } from './softmax.js';

export function compileStep(step: Step): Kernel {
  switch (step.kind) {
    case 'pointwise':
      return compilePointwise(step);
    case 'reduce':
      return compileReduce(step);
    case 'matmul':
      return compileMatmul(step);
    case 'quantisedMatmul':
      return compileQuantisedMatmul(step);
    case 'softmax':
      return compileSoftmax(step);
    case 'softmaxBackward':
      return compileSoftmaxBackward(step);
    case 'crossEntropy':
      return compileCrossEntropy(step);
    case 'crossEntropyBackward':
      return compileCrossEntropyBackward(step);
    case 'norm':
      return compileNorm(step);
    case 'normBackward':
      return compileNormBackward(step);
    case 'attention':
      return compileAttention(step);
    case 'attentionBackward':
      return compileAttentionBackward(step);
    case 'recurrent':
      return compileRecurrent(step);
    case 'recurrentBackward':
      return compileRecurrentBackward(step);
    case 'indexSelect':
      return compileIndexSelect(step);
    case 'indexAdd':
      return compileIndexAdd(step);
    case 'gather':
      return compileGather(step);
    case 'scatter':
      return compileScatter(step);
    case 'sort':
      return compileSort(step);
    case 'scan':
      return compileScan(step);
  }
}
