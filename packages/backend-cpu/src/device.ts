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
import type { Kernels } from './build.js';
import { encodePlan } from './encode/plan.js';
import { bytesPerElement } from './encode/storage.js';
import { CpuBuffer, CpuExecutable, copyIn, type Host } from './executable.js';
import { alignment, type LinearMemory } from './memory.js';

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
  private sharedBytes = 0;
  private localScratch = 0;
  private localBytes = 0;
  private failure: DeviceLostError | null = null;
  private closed = false;
  private reportLost!: (error: DeviceLostError) => void;

  constructor(
    readonly description: string,
    readonly memory: LinearMemory,
    private readonly kernels: Kernels,
  ) {
    this.lost = new Promise((resolve) => {
      this.reportLost = resolve;
    });
    memory.start(Number(kernels.heapBase.value));
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
  }

  write(buffer: BackendBuffer, byteOffset: number, data: ArrayBufferView): void {
    this.assertRunning();
    const { address } = this.range(buffer, byteOffset, data.byteLength);
    copyIn(this.memory, address + byteOffset, data, data.byteLength);
  }

  async read(buffer: BackendBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    this.assertRunning();
    const { address } = this.range(buffer, byteOffset, byteLength);
    const bytes = new Uint8Array(byteLength);
    bytes.set(this.memory.u8.subarray(address + byteOffset, address + byteOffset + byteLength));
    return bytes.buffer;
  }

  compile(plan: Plan): Executable {
    this.assertRunning();
    const encoded = encodePlan(plan);
    this.reserve(encoded.sharedScratch, encoded.localScratch);
    return new CpuExecutable(this, plan, encoded);
  }

  async idle(): Promise<void> {}

  async close(): Promise<void> {
    this.closed = true;
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
    try {
      this.kernels.run(commands);
    } catch (cause) {
      this.failure = new DeviceLostError('cpu: a kernel failed; memory may be damaged', { cause });
      this.reportLost(this.failure);
      throw this.failure;
    }
  }

  /** Makes the scratch memories at least so large. A failure leaves them as they are. */
  private reserve(shared: number, local: number): void {
    if (local > this.localBytes) {
      const bytes = Math.ceil(local / 4096) * 4096;
      const address = this.memory.allocate(bytes);
      if (this.localScratch) this.memory.release(this.localScratch);
      this.localScratch = address;
      this.localBytes = bytes;
      this.kernels.setThread(0, 1, address);
    }
    if (shared > this.sharedBytes) {
      const address = this.memory.allocate(shared);
      if (this.sharedScratch) this.memory.release(this.sharedScratch);
      this.sharedScratch = address;
      this.sharedBytes = shared;
    }
  }

  private range(buffer: BackendBuffer, byteOffset: number, byteLength: number): CpuBuffer {
    const own = this.checkBuffer(buffer);
    if (!(byteOffset >= 0 && byteLength >= 0 && byteOffset + byteLength <= own.byteLength)) {
      throw new RangeError(
        `cpu: bytes ${byteOffset} to ${byteOffset + byteLength} of a buffer of ${own.byteLength} bytes`,
      );
    }
    return own;
  }
}
