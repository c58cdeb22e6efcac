/** The CPU device: WebAssembly kernels over one linear memory. Everything takes effect at once, in the calling thread. */
import {
  type BackendBuffer,
  type BackendDevice,
  type DeviceLimits,
  DeviceLostError,
  type Executable,
  OutOfMemoryError,
  type Plan,
} from '@inkstone/core/backend';
import { instantiate, type Kernels } from './build.js';
import { encodePlan } from './encode/plan.js';
import { defaultParallelWork } from './encode/step.js';
import { bytesPerElement } from './encode/storage.js';
import { CpuBuffer, CpuExecutable, copyIn, copyOut, type Host } from './executable.js';
import { alignment, LinearMemory } from './memory.js';
import { controlBytes, maySleep, ThreadPool } from './threads.js';

export class CpuDevice implements BackendDevice, Host {
  readonly name = 'cpu';
  readonly limits: DeviceLimits = {
    maxBufferBytes: 2 ** 32 - 2 ** 20,
    maxBuffersPerStep: Number.POSITIVE_INFINITY,
    bufferAlignment: alignment,
  };
  readonly bytesPerElement = bytesPerElement;
  readonly lost: Promise<DeviceLostError>;
  sharedScratch = 0;
  destroyed = 0;
  private sharedBytes = 0;
  private localScratch = 0;
  private localBytes = 0;
  private failure: DeviceLostError | null = null;
  private closed = false;
  private reportLost!: (error: DeviceLostError) => void;

  private constructor(
    readonly description: string,
    readonly memory: LinearMemory,
    private readonly kernels: Kernels,
    private readonly pool: ThreadPool | null,
    private readonly parallelWork: number,
  ) {
    this.lost = new Promise((resolve) => {
      this.reportLost = resolve;
    });
  }

  /**
   * Makes the memory, starts the threads and resolves when they wait for work.
   * @param parallelWork work (about a multiply-add each) from which on a command is shared; tests share everything.
   */
  static async open(
    module: WebAssembly.Module,
    threads: number,
    kind: string,
    parallelWork = defaultParallelWork,
  ): Promise<CpuDevice> {
    const memory = new LinearMemory(threads > 1);
    let device: CpuDevice | null = null;
    let pool: ThreadPool | null = null;
    const kernels = await instantiate(module, memory.memory, () => pool?.stalled() ?? false);
    memory.start(Number(kernels.heapBase.value));
    if (threads > 1) {
      const control = memory.allocate(controlBytes(threads));
      memory.u8.fill(0, control, control + controlBytes(threads));
      kernels.setThread(0, threads, control, maySleep());
      pool = new ThreadPool(memory.memory, control, threads, (reason) => device?.lose(reason));
      await pool.start(module);
    }
    const description = `${kind}, ${threads} thread${threads === 1 ? '' : 's'}`;
    device = new CpuDevice(description, memory, kernels, pool, parallelWork);
    return device;
  }

  createBuffer(byteLength: number): BackendBuffer {
    this.assertRunning();
    if (!Number.isInteger(byteLength) || byteLength <= 0) {
      throw new RangeError(`cpu: a buffer has a whole number of bytes, at least 1; got ${byteLength}`);
    }
    const { maxBufferBytes } = this.limits;
    if (byteLength > maxBufferBytes) {
      throw new OutOfMemoryError(
        `cpu: a buffer of ${byteLength} bytes; the largest has ${maxBufferBytes} bytes`,
      );
    }
    const rounded = Math.ceil(byteLength / alignment) * alignment;
    return new CpuBuffer(this, this.memory.allocate(rounded), rounded);
  }

  destroyBuffer(buffer: BackendBuffer): void {
    if (this.closed) return;
    const own = this.checkBuffer(buffer);
    this.memory.release(own.address);
    own.address = 0;
    this.destroyed++;
  }

  write(buffer: BackendBuffer, byteOffset: number, data: ArrayBufferView): void {
    this.assertRunning();
    const { address } = this.range(buffer, byteOffset, data.byteLength);
    copyIn(this.memory, address + byteOffset, data, data.byteLength);
  }

  async read(buffer: BackendBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    this.assertRunning();
    const { address } = this.range(buffer, byteOffset, byteLength);
    const bytes = new ArrayBuffer(byteLength);
    copyOut(this.memory, address + byteOffset, new Uint8Array(bytes));
    return bytes;
  }

  readInto(buffer: BackendBuffer, byteOffset: number, into: ArrayBufferView): void {
    this.assertRunning();
    const { address } = this.range(buffer, byteOffset, into.byteLength);
    copyOut(this.memory, address + byteOffset, into);
  }

  compile(plan: Plan): Executable {
    this.assertRunning();
    const encoded = encodePlan(plan, this.parallelWork);
    this.reserve(encoded.sharedScratch, encoded.localScratch);
    return new CpuExecutable(this, plan, encoded);
  }

  async idle(): Promise<void> {}

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    if (this.pool === null) return;
    this.kernels.stop();
    this.pool.terminate();
  }

  assertRunning(): void {
    if (this.failure) throw this.failure;
    if (this.closed) throw new DeviceLostError('cpu: the device has been closed');
  }

  checkBuffer(buffer: BackendBuffer): CpuBuffer {
    if (!(buffer instanceof CpuBuffer) || buffer.owner !== this) {
      throw new TypeError('cpu: this buffer belongs to another device');
    }
    if (buffer.address === 0) throw new TypeError('cpu: this buffer has been destroyed');
    return buffer;
  }

  execute(commands: number): void {
    this.pool?.begin();
    try {
      this.kernels.run(commands);
    } catch (cause) {
      throw this.stopped(cause);
    }
  }

  quiesce(): void {
    if (this.pool === null || this.failure !== null || this.closed) return;
    this.pool.begin();
    try {
      this.kernels.quiesce();
    } catch (cause) {
      throw this.stopped(cause);
    }
  }

  /** Whatever goes wrong in a call into the kernels is the end of the device. */
  private stopped(cause: unknown): DeviceLostError {
    return this.lose('a kernel failed or a thread does not answer', cause);
  }

  /** The device is of no more use: threads are ended, and whoever asks is told why. */
  private lose(reason: string, cause?: unknown): DeviceLostError {
    if (this.failure === null) {
      this.failure = new DeviceLostError(`cpu: ${reason}; what it was writing is lost. Open a new device.`, {
        cause,
      });
      if (!this.closed) this.reportLost(this.failure);
      if (this.pool !== null) {
        this.kernels.stop();
        this.pool.terminate();
      }
    }
    return this.failure;
  }

  /** Makes the scratch memories at least so large. A failure leaves them as they are. */
  private reserve(shared: number, local: number): void {
    if (local > this.localBytes) {
      // A page apart, so that threads share no cache line.
      const bytes = Math.ceil(local / 4096) * 4096 + 4096;
      const address = this.memory.allocate(bytes * (this.pool?.count ?? 1));
      this.quiesce();
      if (this.localScratch) this.memory.release(this.localScratch);
      this.localScratch = address;
      this.localBytes = bytes;
      this.kernels.setScratch(address);
      this.pool?.setScratch(address, bytes);
    }
    if (shared > this.sharedBytes) {
      const address = this.memory.allocate(shared);
      this.quiesce();
      if (this.sharedScratch) this.memory.release(this.sharedScratch);
      this.sharedScratch = address;
      this.sharedBytes = shared;
    }
  }

  private range(buffer: BackendBuffer, byteOffset: number, byteLength: number): CpuBuffer {
    const own = this.checkBuffer(buffer);
    if (byteOffset % 4 !== 0) {
      throw new RangeError(`cpu: an offset in a buffer is a multiple of 4 bytes, got ${byteOffset}`);
    }
    if (!(byteOffset >= 0 && byteLength >= 0 && byteOffset + byteLength <= own.byteLength)) {
      throw new RangeError(
        `cpu: bytes ${byteOffset} to ${byteOffset + byteLength} of a buffer of ${own.byteLength} bytes`,
      );
    }
    return own;
  }
}
