/**
 * How long the GPU takes for something short: it is done so many times over in one pass that what the clock misses (WebGPU rounds
 * timestamps to a tenth of a millisecond or so, pages round their clock to as much as one) is little of the whole.
 */
import type { WebGPUDevice } from './device.js';
import type { WebGPUBuffer } from './memory.js';
import type { PlanExecutable } from './plan/executable.js';

/** The GPU's timestamps around the pass, or the process's clock around its submission. Times of one are never compared with the other's. */
export type Clock = 'timestamps' | 'wall';

/** What a sample lasts at least, in milliseconds: more by the wall, where the way to the GPU and back counts. */
const leastSample: Readonly<Record<Clock, number>> = { timestamps: 5, wall: 20 };

/** The most runs of a sample. */
const mostRuns = 4096;

export class Stopwatch {
  private readonly queries: { set: GPUQuerySet; resolved: GPUBuffer; staging: GPUBuffer } | null;

  constructor(
    private readonly device: WebGPUDevice,
    private readonly buffers: readonly WebGPUBuffer[],
  ) {
    const { gpu } = device;
    if (!gpu.features.has('timestamp-query')) {
      this.queries = null;
      return;
    }
    const { COPY_SRC, COPY_DST, QUERY_RESOLVE, MAP_READ } = GPUBufferUsage;
    this.queries = {
      set: gpu.createQuerySet({ type: 'timestamp', count: 2 }),
      resolved: gpu.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC }),
      staging: gpu.createBuffer({ size: 16, usage: COPY_DST | MAP_READ }),
    };
  }

  /** The clocks that there are, the better one first. */
  get clocks(): readonly Clock[] {
    return this.queries ? ['timestamps', 'wall'] : ['wall'];
  }

  /** Milliseconds that so many runs take, by both clocks; by timestamps 0 where there are none or they saw nothing. */
  async sample(executable: PlanExecutable, runs: number): Promise<Readonly<Record<Clock, number>>> {
    const { device, queries } = this;
    const timestampWrites = queries && {
      ...{ querySet: queries.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    };
    const began = performance.now();
    executable.repeat(runs, this.buffers, [], timestampWrites ? { timestampWrites } : {});
    if (queries) {
      device.enqueue(() => {
        const encoder = device.encoder();
        encoder.resolveQuerySet(queries.set, 0, 2, queries.resolved, 0);
        encoder.copyBufferToBuffer(queries.resolved, 0, queries.staging, 0, 16);
      });
    }
    await device.idle();
    const wall = performance.now() - began;
    if (!queries) return { timestamps: 0, wall };
    const { staging } = queries;
    await staging.mapAsync(GPUMapMode.READ);
    const [start, end] = new BigUint64Array(staging.getMappedRange().slice(0)) as unknown as [bigint, bigint];
    staging.unmap();
    return { timestamps: Math.max(0, Number(end - start) / 1e6), wall };
  }

  /** How many runs make a sample that lasts long enough for this clock. */
  async runsFor(executable: PlanExecutable, clock: Clock): Promise<number> {
    const least = leastSample[clock];
    let runs = 1;
    while (runs < mostRuns) {
      // The shorter of two: something else may have kept one of them waiting.
      const [a, b] = [await this.sample(executable, runs), await this.sample(executable, runs)];
      const seen = Math.min(a[clock], b[clock]);
      // The second: a clock that stands still.
      if (seen >= least || (seen === 0 && Math.min(a.wall, b.wall) >= leastSample.wall)) break;
      // No more than eightfold at once, since of a short sample a coarse clock sees too little.
      runs = Math.min(mostRuns, Math.ceil(runs * Math.min(8, (1.25 * least) / seen)));
    }
    return runs;
  }

  dispose(): void {
    for (const resource of Object.values(this.queries ?? {})) resource.destroy();
  }
}
