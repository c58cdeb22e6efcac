/** The pointwise step: a program over the whole iteration space, in chunks of some blocks a task. */
import { begin, Program, run } from './program';
import { firstTask, nextTask, scratch } from './threads';

@unmanaged
export class PointwiseCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  /** Points a task takes: a multiple of the block. */
  chunk: u32;
}

export function pointwise(command: PointwiseCommand): void {
  const p = changetype<Program>(changetype<usize>(command) + offsetof<PointwiseCommand>());
  const total = p.total, chunk = command.chunk;
  const tasks = (total + chunk - 1) / chunk;
  let prepared = false;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    if (!prepared) {
      begin(p, scratch);
      prepared = true;
    }
    run(p, task * chunk, min(total, (task + 1) * chunk), scratch);
  }
}
