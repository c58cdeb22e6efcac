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

interface TimedDispatch {
  readonly label: string;
  /** Nanoseconds of the GPU's clock. */
  readonly start: number;
  readonly end: number;
}

/** Dispatches of one run that can be timed: WebGPU's limit of 4096 queries in a set. */
const largestRun = 2048;

/** Dispatches that a trace keeps; of later ones only the sums are kept. */
const longestTrace = 100_000;

/**
 * Times every kernel of the device that it is given to.
 *
 * @example
 * const profiler = new Profiler();
 * await use(webgpu({ profiler }));
 * // ... some steps ...
 * console.log(await profiler.table());
 * await writeFile('trace.json', await profiler.trace()); // open it in https://ui.perfetto.dev
 */
export class Profiler {
  /** Whether runs are timed from now on (default true). */
  enabled = true;
  private readonly totals = new Map<string, { dispatches: number; nanoseconds: number }>();
  private readonly timed: TimedDispatch[] = [];
  private readonly pending = new Set<Promise<void>>();

  /**
   * For the device: queries for a run of these dispatches. `pass(i)` describes the pass of dispatch i, `finish` goes before
   * the submit, `collect` after it.
   * @internal
   */
  start(gpu: GPUDevice, dispatches: readonly Dispatch[], encoder: GPUCommandEncoder) {
    const count = Math.min(dispatches.length, largestRun);
    const querySet = gpu.createQuerySet({ type: 'timestamp', count: 2 * count });
    const { COPY_SRC, COPY_DST, QUERY_RESOLVE, MAP_READ } = GPUBufferUsage;
    const size = 16 * count;
    const resolved = gpu.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
    const staging = gpu.createBuffer({ size, usage: COPY_DST | MAP_READ });
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
      collect: () => {
        const reading = staging
          .mapAsync(GPUMapMode.READ)
          .then(() => {
            const times = new BigUint64Array(staging.getMappedRange());
            for (let i = 0; i < count; i++) {
              const [start, end] = [Number(times[2 * i]), Number(times[2 * i + 1])];
              // A dispatch of no workgroups writes no times.
              if (end >= start) this.add({ label: (dispatches[i] as Dispatch).label, start, end });
            }
          })
          // A device that is lost takes its times along; its reads say so.
          .catch(() => {})
          .finally(() => {
            for (const resource of [staging, resolved, querySet]) resource.destroy();
            this.pending.delete(reading);
          });
        this.pending.add(reading);
      },
    };
  }

  private add(dispatch: TimedDispatch): void {
    const { label, start, end } = dispatch;
    const total = this.totals.get(label) ?? { dispatches: 0, nanoseconds: 0 };
    total.dispatches++;
    total.nanoseconds += end - start;
    this.totals.set(label, total);
    if (this.timed.length < longestTrace) this.timed.push(dispatch);
  }

  /** What has run since the beginning or the last `reset`, the most expensive first. */
  async entries(): Promise<ProfileEntry[]> {
    await Promise.all(this.pending);
    return [...this.totals]
      .map(([label, { dispatches, nanoseconds }]) => ({ label, dispatches, milliseconds: nanoseconds / 1e6 }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  }

  /** `entries` as lines of text: milliseconds, share, number of dispatches, label. */
  async table(): Promise<string> {
    const entries = await this.entries();
    const total = entries.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    const lines = entries.map(({ label, dispatches, milliseconds }) => {
      const share = total > 0 ? (100 * milliseconds) / total : 0;
      return `${milliseconds.toFixed(3).padStart(11)} ${share.toFixed(1).padStart(6)}% ${String(dispatches).padStart(7)}  ${label}`;
    });
    return ['         ms   share   count  kernel', ...lines].join('\n');
  }

  /** Every timed dispatch in the trace event format (JSON), which Perfetto and chrome://tracing open. */
  async trace(): Promise<string> {
    await Promise.all(this.pending);
    const first = this.timed.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY);
    const traceEvents = this.timed.map(({ label, start, end }) => ({
      ...{ name: label, cat: 'gpu', ph: 'X', pid: 1, tid: 1 },
      // In microseconds.
      ts: (start - first) / 1e3,
      dur: (end - start) / 1e3,
    }));
    return JSON.stringify({ displayTimeUnit: 'ms', traceEvents });
  }

  /** Forgets what has been timed so far. */
  async reset(): Promise<void> {
    await Promise.all(this.pending);
    this.totals.clear();
    this.timed.length = 0;
  }
}
