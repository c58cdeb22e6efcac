/** The reference device: memory in ArrayBuffers, steps run at once on the calling thread. */
import {
  type Backend,
  type BackendBuffer,
  type BackendDevice,
  type DeviceLimits,
  type DeviceLostError,
  type Executable,
  OutOfMemoryError,
  type Plan,
  validatePlan,
  validateRun,
} from '@inkstone/core/backend';
import { bufferAlignment, bytesPerElement, type Kernel, ReferenceBuffer, type Run } from './buffer.js';
import { compileStep } from './kernels.js';
import { Scratch } from './scratch.js';

export interface ReferenceOptions {
  /** Check every plan against the rules of the contract when it is compiled, and every run of it. Default true. */
  readonly validate?: boolean;
}

/**
 * The plain TypeScript backend: slow, obvious, with float64; the oracle that other backends are tested against.
 *
 * @example
 * const device = await reference().open();
 * const buffer = device.createBuffer(16);
 * device.write(buffer, 0, Float32Array.of(1, 2, 3, 4));
 * console.log(new Float32Array(await device.read(buffer, 0, 16)));
 */
export function reference(options: ReferenceOptions = {}): Backend {
  const { validate = true } = options;
  return { name: 'reference', open: async () => new ReferenceDevice(validate) };
}

class ReferenceDevice implements BackendDevice {
  readonly name = 'reference';
  readonly description = 'plain TypeScript';
  readonly limits: DeviceLimits = {
    maxBufferBytes: 2 ** 32,
    maxBuffersPerStep: Number.POSITIVE_INFINITY,
    bufferAlignment,
  };
  readonly bytesPerElement = bytesPerElement;
  /** Nothing here can break: this never resolves. */
  readonly lost = new Promise<DeviceLostError>(() => {});
  private readonly scratch = new Scratch();
  private readonly buffers = new Set<ReferenceBuffer>();
  private closed = false;

  constructor(private readonly validate: boolean) {}

  createBuffer(byteLength: number): BackendBuffer {
    this.assertOpen();
    if (!Number.isInteger(byteLength) || byteLength <= 0) {
      throw new RangeError(`reference: a buffer has a whole number of bytes, at least 1; got ${byteLength}`);
    }
    const { maxBufferBytes } = this.limits;
    if (byteLength > maxBufferBytes) {
      throw new OutOfMemoryError(
        `reference: a buffer of ${byteLength} bytes was asked for; the largest is ${maxBufferBytes} bytes`,
      );
    }
    let buffer: ReferenceBuffer;
    try {
      buffer = new ReferenceBuffer(byteLength);
    } catch (cause) {
      throw new OutOfMemoryError(`reference: no memory for a buffer of ${byteLength} bytes`, { cause });
    }
    this.buffers.add(buffer);
    return buffer;
  }

  destroyBuffer(buffer: BackendBuffer): void {
    const own = this.own(buffer);
    own.destroy();
    this.buffers.delete(own);
  }

  write(buffer: BackendBuffer, byteOffset: number, data: ArrayBufferView): void {
    const own = this.own(buffer);
    this.assertRange(own, byteOffset, data.byteLength, 'write');
    copyBytes(own, byteOffset, data);
  }

  async read(buffer: BackendBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    const own = this.own(buffer);
    this.assertRange(own, byteOffset, byteLength, 'read');
    return own.bytes.slice(byteOffset, byteOffset + byteLength);
  }

  compile(plan: Plan): Executable {
    this.assertOpen();
    return new ReferenceExecutable(this, plan, this.validate);
  }

  /** Called by executables. */
  execute(kernels: readonly Kernel[], run: Omit<Run, 'scratch'>): void {
    this.assertOpen();
    const complete: Run = { ...run, scratch: this.scratch };
    for (const kernel of kernels) {
      this.scratch.reset();
      kernel(complete);
    }
  }

  /** The buffer as one of this device's, which is still alive. */
  own(buffer: BackendBuffer): ReferenceBuffer {
    this.assertOpen();
    if (!(buffer instanceof ReferenceBuffer) || !this.buffers.has(buffer)) {
      throw new Error('reference: this buffer was destroyed, or belongs to another device');
    }
    return buffer;
  }

  async idle(): Promise<void> {}

  async close(): Promise<void> {
    this.closed = true;
    this.buffers.clear();
  }

  private assertOpen(): void {
    if (this.closed) throw new Error('reference: the device is closed');
  }

  private assertRange(buffer: BackendBuffer, offset: number, length: number, what: string): void {
    if (!Number.isInteger(offset) || offset < 0 || !(length >= 0) || offset + length > buffer.byteLength) {
      throw new RangeError(
        `reference: ${what} of ${length} bytes at ${offset} leaves the buffer of ${buffer.byteLength} bytes`,
      );
    }
  }
}

class ReferenceExecutable implements Executable {
  private readonly kernels: readonly Kernel[];
  private disposed = false;

  constructor(
    private readonly device: ReferenceDevice,
    private readonly plan: Plan,
    private readonly validate: boolean,
  ) {
    if (validate) validatePlan(plan, device);
    this.kernels = plan.steps.map(compileStep);
  }

  run(
    buffers: readonly BackendBuffer[],
    scalars: readonly number[],
    uploads: readonly ArrayBufferView[],
  ): void {
    if (this.disposed) throw new Error('reference: this executable was disposed');
    const { plan, device } = this;
    if (this.validate) validateRun(plan, device, buffers, scalars, uploads);
    const own = buffers.map((buffer) => device.own(buffer));
    plan.uploads.forEach(({ buffer, byteOffset }, i) => {
      copyBytes(own[buffer], byteOffset, uploads[i]);
    });
    device.execute(this.kernels, {
      buffers: own,
      scalars: scalars.map((value, i) => round(value, plan.scalars[i])),
    });
  }

  dispose(): void {
    this.disposed = true;
  }
}

function round(value: number, type: Plan['scalars'][number]): number {
  if (type === 'float32') return Math.fround(value);
  return type === 'int32' ? value | 0 : value;
}

function copyBytes(buffer: ReferenceBuffer, byteOffset: number, data: ArrayBufferView): void {
  new Uint8Array(buffer.bytes).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), byteOffset);
}
