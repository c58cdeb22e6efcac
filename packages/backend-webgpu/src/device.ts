/** The contract's device on WebGPU: memory, ordered work, errors that surface at the next read. */
import {
  type BackendBuffer,
  type BackendDevice,
  type DeviceLimits,
  DeviceLostError,
  type DType,
  type Executable,
  OutOfMemoryError,
  type Plan,
} from '@inkstone/core/backend';
import type { Adapter } from './adapter.js';
import { type Limits, withinLimits } from './limits.js';
import { GPUMemory, type WebGPUBuffer } from './memory.js';
import { PipelineCache } from './pipelines.js';
import { PlanExecutable } from './plan/executable.js';
import { lower } from './plan/lower.js';
import type { Profiler } from './profiler.js';
import { type Readiness, WorkQueue } from './queue.js';
import { Readback } from './readback.js';
import { chooseTuning, type Tuning } from './tuning.js';
import { Waiting } from './waiting.js';

/** Sizes are multiples of this, so that every buffer can be bound as an array of vec4<f32>. */
const alignment = 16;

export class WebGPUDevice implements BackendDevice {
  readonly name = 'webgpu';
  readonly description: string;
  readonly limits: DeviceLimits;
  /** WebGPU's limits, or lower ones that were asked for. */
  readonly bounds: Limits;
  readonly bytesPerElement: Readonly<Partial<Record<DType, number>>>;
  readonly lost: Promise<DeviceLostError>;
  readonly gpu: GPUDevice;
  readonly pipelines: PipelineCache;
  readonly tuning: Tuning;
  readonly memory: GPUMemory;
  /** Set by whoever keeps memory for reuse: gives it back, for a GPU that has no more. */
  giveBack?: () => void;
  private readonly queue = new WorkQueue();
  /** Commands recorded and not yet submitted: a run and the reads that follow it go together. */
  private recording: { encoder: GPUCommandEncoder; submitted: Promise<void>; resolve: () => void } | null =
    null;
  private readonly readback: Readback;
  private readonly waiting: Waiting | null;
  /** The first thing that went wrong. From then on nothing runs, and every read rejects with it. */
  private failure: Error | null = null;
  /** Reads and waits under way: rejected when the device fails, so that they do not wait for what will not come. */
  private readonly pending = new Set<(error: Error) => void>();
  /** What those reads wait for. */
  private readonly reads = new Set<Promise<unknown>>();
  private closed = false;

  constructor(
    private adapter: Adapter | null,
    tuning: Partial<Tuning>,
    readonly profiler: Profiler | null = null,
  ) {
    const opened = adapter as Adapter;
    this.gpu = opened.device;
    this.description = opened.description;
    this.bounds = opened.limits;
    this.limits = {
      maxBufferBytes: Math.floor(this.bounds.maxBufferSize / alignment) * alignment,
      maxBuffersPerStep: this.bounds.maxStorageBuffersPerShaderStage,
      bufferAlignment: alignment,
    };
    this.bytesPerElement = {
      float32: 4,
      int32: 4,
      bool: 4,
      uint8: 4,
      ...(this.gpu.features.has('shader-f16') ? { float16: 2 } : {}),
    };
    this.tuning = withinLimits({ ...chooseTuning(opened), ...tuning }, this.bounds);
    this.waiting = opened.polls ? new Waiting() : null;
    this.pipelines = new PipelineCache(this.gpu, this.waiting);
    this.memory = new GPUMemory(this.gpu, () => this.giveBack?.());
    this.readback = new Readback(this.gpu, this.bounds.maxBufferSize);
    this.gpu.addEventListener('uncapturederror', this.onError);
    this.lost = this.gpu.lost.then(({ reason, message }) => {
      const error = new DeviceLostError(`webgpu: the GPU device was lost (${reason}): ${message}`);
      if (this.closed) return new Promise<never>(() => {});
      this.fail(error);
      return error;
    });
  }

  private readonly onError = (event: Event): void => {
    // It is reported by the next read; Dawn need not print it too.
    event.preventDefault();
    const { error } = event as GPUUncapturedErrorEvent;
    const OutOfMemory = globalThis.GPUOutOfMemoryError;
    this.fail(
      OutOfMemory && error instanceof OutOfMemory
        ? new OutOfMemoryError(`webgpu: the GPU is out of memory: ${error.message}`)
        : new Error(`webgpu: ${error.message}`),
    );
  };

  private fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    for (const reject of this.pending) reject(error);
    this.pending.clear();
  }

  /** Queues work of this device in the order of the calls; after a failure nothing runs any more. */
  enqueue(work: () => void, ready: Readiness | null = null): void {
    this.queue.push(() => {
      if (this.failure || this.closed) return;
      try {
        work();
      } catch (error) {
        this.fail(error as Error);
      }
    }, ready);
  }

  /** The encoder that takes commands now. They are submitted before the next write, or when the calling job ends. */
  encoder(): GPUCommandEncoder {
    return this.openRecording().encoder;
  }

  private openRecording() {
    if (!this.recording) {
      let resolve = () => {};
      const submitted = new Promise<void>((done) => {
        resolve = done;
      });
      this.recording = { encoder: this.gpu.createCommandEncoder(), submitted, resolve };
      queueMicrotask(() => this.flush());
    }
    return this.recording;
  }

  /** Submits what has been recorded. */
  flush(): void {
    const { recording } = this;
    if (!recording) return;
    this.recording = null;
    if (!this.closed) this.gpu.queue.submit([recording.encoder.finish()]);
    recording.resolve();
  }

  createBuffer(byteLength: number): WebGPUBuffer {
    this.assertOpen();
    if (!(byteLength > 0))
      throw new RangeError(`webgpu: a buffer needs at least one byte, got ${byteLength}`);
    const { maxBufferBytes } = this.limits;
    if (byteLength > maxBufferBytes) {
      throw new OutOfMemoryError(
        `webgpu: a buffer of ${byteLength} bytes is over this adapter's limit of ${maxBufferBytes} bytes (maxBufferSize)`,
      );
    }
    const size = Math.ceil(byteLength / alignment) * alignment;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return this.memory.make(size, usage);
  }

  private assertOpen(): void {
    if (this.closed) throw new Error('webgpu: this device has been closed');
  }

  destroyBuffer(buffer: BackendBuffer): void {
    const own = buffer as WebGPUBuffer;
    if (own.destroyed) return;
    own.destroyed = true;
    const destroy = (): void => {
      this.flush();
      this.memory.destroy(own);
    };
    // Other work may wait for the memory that this gives back.
    if (this.memory.isIdle(own)) destroy();
    else this.queue.push(destroy);
  }

  write(buffer: BackendBuffer, byteOffset: number, data: ArrayBufferView): void {
    this.assertOpen();
    const own = buffer as WebGPUBuffer;
    checkRange('write', own, byteOffset, data.byteLength);
    // The caller may reuse its array at once, so what cannot be written now is copied.
    const bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    const { begin, ready } = this.memory.use([own]);
    const stable = ready || this.queue.blocked ? bytes.slice() : bytes;
    this.enqueue(() => {
      begin();
      own.unmade = own.missing;
      if (!own.missing) this.upload(own, byteOffset, stable);
    }, ready);
  }

  /** Writes at once; for work that already runs in order. */
  upload(buffer: WebGPUBuffer, byteOffset: number, data: ArrayBufferView): void {
    if (data.byteLength === 0) return;
    if (byteOffset % 4 !== 0)
      throw new Error(`webgpu: writes start at a multiple of 4 bytes, got offset ${byteOffset}`);
    let bytes = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    if (bytes.byteLength % 4 !== 0) {
      // Half a word at the end (an odd count of float16): sizes are rounded up, so the padding lies in the buffer.
      const padded = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
      padded.set(bytes);
      bytes = padded;
    }
    this.flush();
    this.gpu.queue.writeBuffer(buffer.gpu, byteOffset, bytes);
  }

  read(buffer: BackendBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    const own = buffer as WebGPUBuffer;
    checkRange('read', own, byteOffset, byteLength);
    const { begin, ready } = this.memory.use([own]);
    return this.await(() => {
      begin();
      const lacks = own.missing ?? own.unmade;
      if (lacks) return Promise.reject(lacks);
      if (byteLength === 0) return Promise.resolve(new ArrayBuffer(0));
      const { encoder, submitted } = this.openRecording();
      return this.readback.read(own.gpu, byteOffset, byteLength, encoder, submitted);
    }, ready);
  }

  idle(): Promise<void> {
    return this.await(() => {
      this.flush();
      return this.gpu.queue.onSubmittedWorkDone();
    });
  }

  /** Starts something in the order of the queue; rejects if the device fails before it is done. */
  private await<T>(start: () => Promise<T>, ready: Readiness | null = null): Promise<T> {
    return new Promise((resolve, reject) => {
      this.queue.push(() => {
        if (this.failure || this.closed) {
          reject(this.failure ?? new Error('webgpu: the device was closed before this read'));
          return;
        }
        this.pending.add(reject);
        const work = start();
        this.reads.add(work);
        this.waiting?.during(work);
        work.then(
          // A validation error of earlier work makes the result worthless, even where it arrives.
          (value) => {
            this.reads.delete(work);
            this.pending.delete(reject);
            if (this.failure) reject(this.failure);
            else resolve(value);
          },
          (error: Error) => {
            this.reads.delete(work);
            this.pending.delete(reject);
            reject(this.failure ?? error);
          },
        );
      }, ready);
    });
  }

  compile(plan: Plan): Executable {
    this.assertOpen();
    const { dispatches, scratchBytes } = lower(plan, this.tuning, this.bounds);
    return new PlanExecutable(this, plan, dispatches, scratchBytes);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    // Drivers do not take it well when a device goes while it compiles or computes.
    await this.pipelines.settled();
    await this.memory.settled();
    const computed = this.gpu.queue.onSubmittedWorkDone().catch(() => {});
    await Promise.race([computed, this.gpu.lost]);
    await Promise.allSettled(this.reads);
    this.gpu.removeEventListener('uncapturederror', this.onError);
    this.readback.destroy();
    // A device that an app lent stays its own.
    if (this.adapter?.owned) {
      this.gpu.destroy();
      await this.gpu.lost;
    }
    holdUntil(computed, this.adapter?.instance);
    this.adapter = null;
  }
}

/** Entry objects of Dawn that something still waits for. */
const held = new Set<unknown>();

/**
 * Dawn keeps the process alive for as long as its entry object is referenced, so a closed device lets go of it; but not
 * before the last promise has settled. On a lost device that is later than the loss, and each turn of the event loop
 * until then asks the entry object, collected or not.
 */
function holdUntil(settled: Promise<unknown>, instance: unknown): void {
  // A hold of its own for each device: they may share the entry object.
  const hold = { instance };
  held.add(hold);
  // It settles within such a turn.
  void settled.then(() => setTimeout(() => held.delete(hold), 0));
}

function checkRange(what: string, buffer: WebGPUBuffer, byteOffset: number, byteLength: number): void {
  if (buffer.destroyed) throw new Error(`webgpu: ${what} of a buffer that was destroyed`);
  if (byteOffset < 0 || byteOffset + byteLength > buffer.byteLength) {
    throw new RangeError(
      `webgpu: ${what} of bytes ${byteOffset} to ${byteOffset + byteLength} in a buffer of ${buffer.byteLength}`,
    );
  }
}
