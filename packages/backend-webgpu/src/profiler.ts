/**
 * Time per kernel, from timestamp queries: while profiling, every dispatch gets a compute pass of its own, and the times of
 * a run are added up by label when they arrive. Slower than a plain run (one pass for all), but the shares are right.
 */
import type { Dispatch } from './kernel.js';

export interface ProfileEntry {
  /** What ran: the label of the step, or the kind of kernel. */
  readonly label: string;
  readonly dispatches: number;
  readonly milliseconds: number;
}

/** Dispatches of one run that can be timed: WebGPU's limit of 4096 queries in a set. */
const largestRun = 2048;

export class Profiler {
  private readonly totals = new Map<string, { dispatches: number; nanoseconds: number }>();
  private readonly pending = new Set<Promise<void>>();

  constructor(private readonly gpu: GPUDevice) {}

  /** Queries for a run of these dispatches: `pass(i)` describes the pass of dispatch i, `finish` goes before the submit. */
  start(dispatches: readonly Dispatch[], encoder: GPUCommandEncoder) {
    const count = Math.min(dispatches.length, largestRun);
    const querySet = this.gpu.createQuerySet({ type: 'timestamp', count: 2 * count });
    const { COPY_SRC, COPY_DST, QUERY_RESOLVE, MAP_READ } = GPUBufferUsage;
    const size = 16 * count;
    const resolved = this.gpu.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
    const staging = this.gpu.createBuffer({ size, usage: COPY_DST | MAP_READ });
    return {
      pass: (i: number): GPUComputePassDescriptor =>
        i < count
          ? {
              timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
            }
          : {},
      finish: () => {
        encoder.resolveQuerySet(querySet, 0, 2 * count, resolved, 0);
        encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
      },
      /** To be called after the submit. */
      collect: () => {
        const reading = staging.mapAsync(GPUMapMode.READ).then(() => {
          const times = new BigUint64Array(staging.getMappedRange());
          for (let i = 0; i < count; i++) {
            const { label } = dispatches[i];
            const total = this.totals.get(label) ?? { dispatches: 0, nanoseconds: 0 };
            total.dispatches++;
            total.nanoseconds += Number(times[2 * i + 1] - times[2 * i]);
            this.totals.set(label, total);
          }
          for (const resource of [staging, resolved, querySet]) resource.destroy();
          this.pending.delete(reading);
        });
        this.pending.add(reading);
      },
    };
  }

  /** What has run since the last call, the most expensive first. */
  async take(): Promise<ProfileEntry[]> {
    await Promise.all(this.pending);
    const entries = [...this.totals].map(([label, { dispatches, nanoseconds }]) => ({
      label,
      dispatches,
      milliseconds: nanoseconds / 1e6,
    }));
    this.totals.clear();
    return entries.sort((a, b) => b.milliseconds - a.milliseconds);
  }
}
