/** Selection and scattering by index. Every operand is contiguous, so positions are plain arithmetic. */
import type { GatherStep, IndexAddStep, IndexSelectStep, Operand, ScatterStep } from '@inkstone/core/backend';
import { startOf } from './access.js';
import type { Kernel, Run } from './buffer.js';
import { Dense } from './scratch.js';

/** Stores 1 into a step's flag: an index was out of range. */
export function raiseFlag(run: Run, flag: Operand | null): void {
  if (flag !== null) run.buffers[flag.buffer].view('int32')[startOf(flag, run)] = 1;
}

/** The index operand of a step: contiguous int32. */
class Indices {
  private values: Float64Array = new Float64Array(0);
  private run: Run | undefined;
  private readonly operand: Dense;

  constructor(
    operand: Operand,
    private readonly size: number,
    private readonly flag: Operand | null,
  ) {
    this.operand = new Dense(operand);
  }

  load(run: Run): void {
    this.run = run;
    this.values = this.operand.load(run);
  }

  /** Index `i` as it is. */
  raw(i: number): number {
    return this.values[i];
  }

  /** Index `i` clamped into [0, size), and flagged if that changed it. */
  at(i: number): number {
    const index = this.values[i];
    if (index >= 0 && index < this.size) return index;
    if (this.run) raiseFlag(this.run, this.flag);
    return index < 0 ? 0 : this.size - 1;
  }
}

export function compileIndexSelect(step: IndexSelectStep): Kernel {
  const { outer, size, inner, count, input, output } = step;
  const indices = new Indices(step.index, size, step.flag);
  return (run) => {
    indices.load(run);
    const from = run.buffers[input.buffer].view(input.dtype);
    const to = run.buffers[output.buffer].view(output.dtype);
    const fromStart = startOf(input, run);
    const toStart = startOf(output, run);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        const row = fromStart + (o * size + indices.at(i)) * inner;
        to.set(from.subarray(row, row + inner), toStart + (o * count + i) * inner);
      }
    }
  };
}

export function compileGather(step: GatherStep): Kernel {
  const { outer, size, inner, count, input, output } = step;
  const indices = new Indices(step.index, size, step.flag);
  return (run) => {
    indices.load(run);
    const from = run.buffers[input.buffer].view(input.dtype);
    const to = run.buffers[output.buffer].view(output.dtype);
    const fromStart = startOf(input, run);
    const toStart = startOf(output, run);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        for (let n = 0; n < inner; n++) {
          const at = (o * count + i) * inner + n;
          to[toStart + at] = from[fromStart + (o * size + indices.at(at)) * inner + n];
        }
      }
    }
  };
}

export function compileIndexAdd(step: IndexAddStep): Kernel {
  const { outer, size, inner, count, accumulate, skip } = step;
  const indices = new Indices(step.index, size, step.flag);
  const sources = new Dense(step.source);
  const outputs = new Dense(step.output);
  return (run) => {
    indices.load(run);
    const source = sources.load(run);
    const output = accumulate ? outputs.load(run) : outputs.begin(run).fill(0);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        if (indices.raw(i) === skip) continue;
        const to = (o * size + indices.at(i)) * inner;
        const from = (o * count + i) * inner;
        for (let n = 0; n < inner; n++) output[to + n] += source[from + n];
      }
    }
    outputs.store(run);
  };
}

export function compileScatter(step: ScatterStep): Kernel {
  const { outer, size, inner, count, accumulate, reduce } = step;
  const indices = new Indices(step.index, size, step.flag);
  const sources = new Dense(step.source);
  const outputs = new Dense(step.output);
  return (run) => {
    indices.load(run);
    const source = sources.load(run);
    const output = accumulate ? outputs.load(run) : outputs.begin(run).fill(0);
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < count; i++) {
        for (let n = 0; n < inner; n++) {
          const from = (o * count + i) * inner + n;
          const to = (o * size + indices.at(from)) * inner + n;
          output[to] = reduce === 'sum' ? output[to] + source[from] : source[from];
        }
      }
    }
    outputs.store(run);
  };
}
