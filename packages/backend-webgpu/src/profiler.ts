/**
 * Time per kernel and per module, from timestamp queries: while profiling, every dispatch gets a compute pass of its own, and the times of
 * a run are added up by label when they arrive. Slower than a plain run (one pass for all), but the shares are right.
 */
import { nameModules } from '@inkstone/core/backend';
import type { Dispatch } from './kernel.js';

export interface ProfileEntry {
  /** What ran: the label of the step, or the kind of kernel. */
  readonly label: string;
  readonly dispatches: number;
  readonly milliseconds: number;
}

interface TimedDispatch {
  readonly label: string;
  readonly module: string | undefined;
  /** Nanoseconds of the GPU's clock. */
  readonly start: number;
  readonly end: number;
}

/** Dispatches of one run that can be timed: WebGPU's limit of 4096 queries in a set. */
const largestRun = 2048;

/** Dispatches that a trace keeps; of later ones only the sums are kept. */
const longestTrace = 100_000;

/** What is computed in no module: an optimizer's step. */
const outside = '(outside of modules)';

class Totals {
  private readonly byLabel = new Map<string, { dispatches: number; nanoseconds: number }>();

  add(label: string, nanoseconds: number): void {
    const total = this.byLabel.get(label) ?? { dispatches: 0, nanoseconds: 0 };
    total.dispatches++;
    total.nanoseconds += nanoseconds;
    this.byLabel.set(label, total);
  }

  /** The most expensive first. */
  entries(): ProfileEntry[] {
    return [...this.byLabel]
      .map(([label, { dispatches, nanoseconds }]) => ({ label, dispatches, milliseconds: nanoseconds / 1e6 }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  }

  clear(): void {
    this.byLabel.clear();
  }
}

function lines(title: string, entries: readonly ProfileEntry[]): string[] {
  const total = entries.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const rows = entries.map(({ label, dispatches, milliseconds }) => {
    const share = total > 0 ? (100 * milliseconds) / total : 0;
    return `${milliseconds.toFixed(3).padStart(11)} ${share.toFixed(1).padStart(6)}% ${String(dispatches).padStart(7)}  ${label}`;
  });
  return [`         ms   share   count  ${title}`, ...rows];
}

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
  private readonly kernels = new Totals();
  private readonly perModule = new Totals();
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
              const { label, module } = dispatches[i] as Dispatch;
              if (end >= start) this.add({ label, module, start, end });
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

  constructor() {
    nameModules();
  }

  private add(dispatch: TimedDispatch): void {
    const { label, module, start, end } = dispatch;
    this.kernels.add(label, end - start);
    this.perModule.add(module ?? outside, end - start);
    if (this.timed.length < longestTrace) this.timed.push(dispatch);
  }

  /** What has run since the beginning or the last `reset`, the most expensive first. */
  async entries(): Promise<ProfileEntry[]> {
    await Promise.all(this.pending);
    return this.kernels.entries();
  }

  /**
   * The same by the path of the module that a kernel belongs to, 'GPT.blocks.0.attn' and for its gradients
   * 'GPT.blocks.0.attn (backward)'; a kernel that several ops were fused into counts for the first of them. Plans are kept
   * by what they compute, so modules that compute the same in plans of their own go by the name of the first.
   */
  async modules(): Promise<ProfileEntry[]> {
    await Promise.all(this.pending);
    return this.perModule.entries();
  }

  /** `entries` and `modules` as lines of text: milliseconds, share, number of dispatches, label. */
  async table(): Promise<string> {
    return [...lines('kernel', await this.entries()), '', ...lines('module', await this.modules())].join(
      '\n',
    );
  }

  /**
   * Every timed dispatch in the trace event format (JSON), which Perfetto and chrome://tracing open: kernels on one track,
   * on another the modules that they belong to, one after the other.
   */
  async trace(): Promise<string> {
    await Promise.all(this.pending);
    const first = this.timed.reduce((least, { start }) => Math.min(least, start), Number.POSITIVE_INFINITY);
    const slice = (name: string, tid: number, { start, end }: { start: number; end: number }) => ({
      ...{ name, cat: 'gpu', ph: 'X', pid: 1, tid },
      // In microseconds.
      ts: (start - first) / 1e3,
      dur: (end - start) / 1e3,
    });
    const traceEvents = [
      ...this.timed.map((dispatch) => slice(dispatch.label, 1, dispatch)),
      ...this.runsOfModules().map((run) => slice(run.module, 2, run)),
    ];
    return JSON.stringify({ displayTimeUnit: 'ms', traceEvents });
  }

  /** Dispatches of one module that follow each other, as one span of time. */
  private runsOfModules(): { module: string; start: number; end: number }[] {
    const runs: { module: string; start: number; end: number }[] = [];
    let before: string | undefined;
    for (const { module, start, end } of this.timed) {
      const last = runs.at(-1);
      if (module !== undefined && last && module === before) last.end = Math.max(last.end, end);
      else if (module !== undefined) runs.push({ module, start, end });
      before = module;
    }
    return runs;
  }

  /** Forgets what has been timed so far. */
  async reset(): Promise<void> {
    await Promise.all(this.pending);
    this.kernels.clear();
    this.perModule.clear();
    this.timed.length = 0;
  }
}
