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
import { scan, ScanCommand, sort, SortCommand } from './ordering';
import { pointwise, PointwiseCommand } from './pointwise';
import { QuantisedCommand, quantisedMatmul } from './quantised';
import { recurrent, RecurrentCommand } from './recurrent';
import { recurrentBackward, RecurrentBackwardCommand } from './recurrent-backward';
import { reduce, ReduceCommand } from './reduce';
import { softmax, softmaxBackward, SoftmaxBackwardCommand, SoftmaxCommand } from './softmax';
import { enter, join, leave, part } from './threads';

export { quiesce, setScratch, setThread, stop } from './threads';

/** Where the memory that the kernels do not use themselves begins. */
export const heapBase: usize = __heap_base;

/** Runs the commands from `at` to the end marker. */
export function run(at: usize): void {
  for (; load<u32>(at) != CommandKind.End; at += load<u32>(at, 4)) {
    enter(at, load<u32>(at, 8));
    command(at);
    leave();
  }
}

/** A worker's life: it helps with commands until the device is closed. */
export function work(): void {
  let known: u32 = 0;
  while (true) {
    const at = join(known);
    if (!at) return;
    command(at);
    known = part();
  }
}

function command(at: usize): void {
  switch (load<u32>(at)) {
    case CommandKind.Pointwise: pointwise(changetype<PointwiseCommand>(at)); break;
    case CommandKind.Reduce: reduce(changetype<ReduceCommand>(at)); break;
    case CommandKind.Matmul: matmul(changetype<MatmulCommand>(at)); break;
    case CommandKind.QuantisedMatmul: quantisedMatmul(changetype<QuantisedCommand>(at)); break;
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
    case CommandKind.Recurrent: recurrent(changetype<RecurrentCommand>(at)); break;
    case CommandKind.RecurrentBackward: recurrentBackward(changetype<RecurrentBackwardCommand>(at)); break;
    case CommandKind.Sort: sort(changetype<SortCommand>(at)); break;
    case CommandKind.Scan: scan(changetype<ScanCommand>(at)); break;
    default: unreachable();
  }
}
