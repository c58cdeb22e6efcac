/**
 * GPU memory that may turn out not to be there. WebGPU hands out a buffer at once and says a little later whether there is
 * memory behind it, so work that touches a new buffer waits for that. If there is none, what waits for reuse is given
 * back and the buffer is asked for once more; if there is none then either, the work is left out as if it had not been asked
 * for, whoever reads what it would have made hears why, and everything else goes on.
 */
import { type BackendBuffer, OutOfMemoryError, operandsOf, type Plan } from '@inkstone/core/backend';
import { Readiness } from './queue.js';
import { type Range, rangeOf } from './windows.js';

export class WebGPUBuffer implements BackendBuffer {
  private static count = 0;
  readonly id = WebGPUBuffer.count++;
  /** Whether it was given back; work that was asked for before that still uses it. */
  destroyed = false;
  /** Whether that work is done too. */
  gone = false;
  /** Another one if it had to be asked for again. */
  gpu!: GPUBuffer;
  /** Settles when it is known whether there is memory; null from then on. */
  asked: Readiness | null = null;
  /** Why there is none. */
  missing: OutOfMemoryError | null = null;
  /** Why what should be in it has not been computed. */
  unmade: OutOfMemoryError | null = null;
  /** The last work that was told to touch it. */
  turn = 0;

  constructor(
    readonly byteLength: number,
    readonly usage: GPUBufferUsageFlags,
    readonly label: string,
  ) {}
}

export class GPUMemory {
  private turns = 0;
  private done = 0;
  /** Of all buffers that there is memory for. */
  private bytes = 0;
  private count = 0;
  private readonly asking = new Set<Promise<unknown>>();

  /** @param giveBack destroys what waits for reuse */
  constructor(
    private readonly gpu: GPUDevice,
    private readonly giveBack: () => void,
  ) {}

  make(byteLength: number, usage: GPUBufferUsageFlags, label = ''): WebGPUBuffer {
    const buffer = new WebGPUBuffer(byteLength, usage, label);
    this.ask(buffer);
    return buffer;
  }

  private ask(buffer: WebGPUBuffer): void {
    buffer.missing = null;
    const asking = this.settle(buffer, this.create(buffer));
    this.asking.add(asking);
    const done = (): boolean => this.asking.delete(asking);
    void asking.then(done, done);
    buffer.asked = new Readiness(asking);
  }

  private create(buffer: WebGPUBuffer): Promise<GPUError | null> {
    const { gpu } = this;
    gpu.pushErrorScope('out-of-memory');
    buffer.gpu = gpu.createBuffer({ label: buffer.label, size: buffer.byteLength, usage: buffer.usage });
    // Where the device is lost, that is what will be said.
    return gpu.popErrorScope().catch(() => null);
  }

  private async settle(buffer: WebGPUBuffer, answer: Promise<GPUError | null>): Promise<void> {
    let error = await answer;
    if (error && !buffer.gone) {
      this.giveBack();
      // Until then the memory belongs to work that is under way.
      await this.gpu.queue.onSubmittedWorkDone().catch(() => {});
      error = await this.create(buffer);
    }
    buffer.asked = null;
    if (buffer.gone) {
      buffer.gpu.destroy();
      return;
    }
    if (error) {
      buffer.missing = new OutOfMemoryError(
        `webgpu: the GPU has no memory for a buffer of ${buffer.byteLength} bytes, beside ${this.bytes} bytes in ` +
          `${this.count} buffers that are there: ${error.message}`,
      );
      buffer.unmade = buffer.missing;
      return;
    }
    this.bytes += buffer.byteLength;
    this.count++;
  }

  /** Destroys a buffer; submitted work keeps the memory until it is done. */
  destroy(buffer: WebGPUBuffer): void {
    if (!buffer.asked && !buffer.missing) {
      this.bytes -= buffer.byteLength;
      this.count--;
    }
    buffer.gone = true;
    buffer.gpu.destroy();
  }

  /** Whether no work that waits will touch it. */
  isIdle({ turn }: WebGPUBuffer): boolean {
    return turn <= this.done;
  }

  /**
   * Says that work will touch these buffers. @returns what it calls as it begins, and what it has to wait for besides
   * `ready`: memory that WebGPU has not spoken about yet. Missing memory is asked for again.
   */
  use(
    buffers: readonly WebGPUBuffer[],
    ready: Readiness | null = null,
  ): { readonly begin: () => void; readonly ready: Readiness | null } {
    const turn = ++this.turns;
    let asked: Promise<void>[] | null = null;
    for (const buffer of buffers) {
      buffer.turn = turn;
      if (buffer.missing) this.ask(buffer);
      if (!buffer.asked) continue;
      asked ??= ready ? [ready.promise] : [];
      asked.push(buffer.asked.promise);
    }
    const begin = (): void => {
      this.done = turn;
    };
    return { begin, ready: asked ? new Readiness(Promise.all(asked)) : ready };
  }

  /** Resolves when nothing is being asked for. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.asking);
  }
}

/** What a plan does to its buffers: those whose old content it looks at, and those it fills without that. */
export interface Traffic {
  readonly seen: ReadonlySet<number>;
  readonly filled: ReadonlySet<number>;
}

/**
 * Why a run of a plan cannot take place: memory that is missing, or something it reads that was never made. What it would have
 * made is then not there either, and all else holds what it held, as a parameter does that was to be updated in place.
 * Null if it can; what it makes is there from now on.
 */
export function whyNot(
  traffic: () => Traffic,
  buffers: readonly WebGPUBuffer[],
  scratch: readonly WebGPUBuffer[],
): OutOfMemoryError | null {
  let isUsual = true;
  for (const { missing, unmade } of buffers) if (missing || unmade) isUsual = false;
  for (const { missing } of scratch) if (missing) isUsual = false;
  if (isUsual) return null;
  const { seen, filled } = traffic();
  const error =
    [...buffers, ...scratch].find(({ missing }) => missing)?.missing ??
    buffers.find(({ unmade }, i) => unmade && seen.has(i))?.unmade ??
    null;
  for (const i of filled) (buffers[i] as WebGPUBuffer).unmade = error;
  return error;
}

export function trafficOf({ buffers, uploads, steps }: Plan): Traffic {
  /** What has been written of each so far, from the least byte to the last. */
  const written = buffers.map((): Range => ({ start: Number.POSITIVE_INFINITY, end: 0 }));
  const seen = new Set<number>();
  const bytesOf = (buffer: number): number => buffers[buffer]?.byteLength ?? 0;
  const look = (buffer: number, { start, end }: Range): void => {
    const { start: from, end: to } = written[buffer] as Range;
    if (start < from || end > to) seen.add(buffer);
  };
  const write = (buffer: number, { start, end }: Range): void => {
    const { start: from, end: to } = written[buffer] as Range;
    written[buffer] = { start: Math.min(from, start), end: Math.max(to, end) };
  };
  for (const { buffer, byteOffset, byteLength } of uploads)
    write(buffer, { start: byteOffset, end: byteOffset + byteLength });
  for (const step of steps) {
    const { inputs, outputs } = operandsOf(step);
    for (const { operand } of inputs) look(operand.buffer, rangeOf(operand, { bytesOf }));
    for (const { name, operand } of outputs) {
      const range = rangeOf(operand, { bytesOf });
      // Flags, and what sums are added to, keep what they hold.
      if (name === 'flag' || ('accumulate' in step && step.accumulate)) look(operand.buffer, range);
      else if (!operand.shift) write(operand.buffer, range);
    }
  }
  const filled = buffers.flatMap(({ byteLength }, i) => {
    const { start, end } = written[i] as Range;
    return !seen.has(i) && start === 0 && end >= byteLength ? [i] : [];
  });
  return { seen, filled: new Set(filled) };
}
