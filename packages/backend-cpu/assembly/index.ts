/**
 * The command interpreter: a plan is a list of commands in memory, run from here in one call.
 * Each command starts with its kind, its size in bytes and its flags; the rest is the kernel's own.
 */
import { CommandKind } from './opcodes';
import { attention, AttentionCommand } from './attention';
import { attentionBackward } from './attention-backward';
import { crossEntropy, crossEntropyBackward, CrossEntropyBackwardCommand, CrossEntropyCommand } from './cross-entropy';
import { gather, indexAdd, IndexCommand, indexSelect, scatter } from './indexing';
import { matmul, MatmulCommand } from './matmul';
import { norm, normBackward, NormBackwardCommand, NormCommand } from './norm';
import { pointwise, PointwiseCommand } from './pointwise';
import { reduce, ReduceCommand } from './reduce';
import { softmax, softmaxBackward, SoftmaxBackwardCommand, SoftmaxCommand } from './softmax';

export { setThread } from './threads';

/** Where the memory that the kernels do not use themselves begins. */
export const heapBase: usize = __heap_base;

/** Runs the commands from `at` to the end marker. */
export function run(at: usize): void {
  while (true) {
    switch (load<u32>(at)) {
      case CommandKind.End: return;
      case CommandKind.Pointwise: pointwise(changetype<PointwiseCommand>(at)); break;
      case CommandKind.Reduce: reduce(changetype<ReduceCommand>(at)); break;
      case CommandKind.Matmul: matmul(changetype<MatmulCommand>(at)); break;
      case CommandKind.Softmax: softmax(changetype<SoftmaxCommand>(at)); break;
      case CommandKind.SoftmaxBackward: softmaxBackward(changetype<SoftmaxBackwardCommand>(at)); break;
      case CommandKind.CrossEntropy: crossEntropy(changetype<CrossEntropyCommand>(at)); break;
      case CommandKind.CrossEntropyBackward: crossEntropyBackward(changetype<CrossEntropyBackwardCommand>(at)); break;
      case CommandKind.Norm: norm(changetype<NormCommand>(at)); break;
      case CommandKind.NormBackward: normBackward(changetype<NormBackwardCommand>(at)); break;
      case CommandKind.Attention: attention(changetype<AttentionCommand>(at)); break;
      case CommandKind.AttentionBackward: attentionBackward(changetype<AttentionCommand>(at)); break;
      case CommandKind.IndexSelect: indexSelect(changetype<IndexCommand>(at)); break;
      case CommandKind.IndexAdd: indexAdd(changetype<IndexCommand>(at)); break;
      case CommandKind.Gather: gather(changetype<IndexCommand>(at)); break;
      case CommandKind.Scatter: scatter(changetype<IndexCommand>(at)); break;
      default: unreachable();
    }
    at += load<u32>(at, 4);
  }
}
