/**
 * The contract between the graph, which plans, and a backend, which runs plans.
 *
 * The graph decides what runs, in which order and in which buffers; a backend owns memory and kernels. A plan is
 * compiled once and replayed many times: all that changes between two replays is which buffers are bound, the values of
 * the scalars and the uploaded host data.
 *
 * Everything a device is asked to do (write, run, read) takes effect in the order of the calls, even where the device
 * works asynchronously; a backend that must wait (a pipeline still compiling) queues what comes after.
 */
import type { DType } from './dtype.js';
import type { Step } from './steps.js';

/** What `cpu()`, `webgpu()` and `reference()` return: a recipe for a device that may or may not exist here. */
export interface Backend {
  /** 'cpu', 'webgpu', 'reference' */
  readonly name: string;
  /** Opens the device. Rejects with `BackendUnavailable`, whose message says in one sentence why and what to do. */
  open(): Promise<BackendDevice>;
}

/** There is no such device on this machine; the message says why and what to install or switch on. */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable';
  constructor(
    readonly backend: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(`${backend}: ${reason}`, options);
  }
}

/** The device stopped working (a lost GPU, a dead worker). Reads that were pending reject with this. */
export class DeviceLostError extends Error {
  override readonly name = 'DeviceLostError';
}

/** Memory ran out, or a request is larger than the device's limit; the state is as before the request. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

/** A range of device memory. Opaque to the graph but for its size. */
export interface BackendBuffer {
  readonly byteLength: number;
}

export interface DeviceLimits {
  /** The largest buffer, in bytes. */
  readonly maxBufferBytes: number;
  /**
   * How many different buffers a `pointwise`, `reduce` or `matmul` step may touch (storage bindings of a WebGPU shader
   * stage): the planner fuses no further. The other kinds of steps have the operands they have.
   */
  readonly maxBuffersPerStep: number;
  /** Buffer sizes are rounded up to a multiple of this. */
  readonly bufferAlignment: number;
}

export interface BackendDevice {
  /** The backend's name. */
  readonly name: string;
  /** One line for people: 'WebAssembly SIMD, 2 threads', 'SwiftShader (Vulkan)'. */
  readonly description: string;
  readonly limits: DeviceLimits;
  /** Storage dtypes that this device has, and the bytes one element takes in its buffers. */
  readonly bytesPerElement: Readonly<Partial<Record<DType, number>>>;
  /**
   * New memory of at least `byteLength` bytes (more than 0), with undefined content.
   * @throws OutOfMemoryError with the sizes; nothing has changed then.
   */
  createBuffer(byteLength: number): BackendBuffer;
  /** Gives memory back once all work submitted so far is done with it. */
  destroyBuffer(buffer: BackendBuffer): void;
  /**
   * Set by whoever keeps buffers for reuse. A device that learns only while it works that memory has run out calls it, and
   * goes on with what is given back (`destroyBuffer`).
   */
  giveBack?: () => void;
  /**
   * Copies bytes in. `data` may be reused by the caller at once. `byteOffset` is a multiple of 4; if the length is not,
   * the bytes up to the next multiple of 4 may change too.
   */
  write(buffer: BackendBuffer, byteOffset: number, data: ArrayBufferView): void;
  /**
   * The bytes as they are after everything submitted so far and before anything submitted later. `byteOffset` is a
   * multiple of 4, the length any.
   */
  read(buffer: BackendBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer>;
  /** As `read`, at once and into an array, as many bytes as that has: where there is nothing to wait for. */
  readInto?(buffer: BackendBuffer, byteOffset: number, into: ArrayBufferView): void;
  /** Prepares a plan for replay. May finish its work (shader compilation) later; runs wait for it. */
  compile(plan: Plan): Executable;
  /** Resolves when all submitted work is done. */
  idle(): Promise<void>;
  /** Resolves if the device stops working before `close`. */
  readonly lost: Promise<DeviceLostError>;
  /** Releases everything, so that the process can exit. Pending reads settle; whatever is asked for later throws. */
  close(): Promise<void>;
}

/** A compiled plan. */
export interface Executable {
  /**
   * Runs the plan once, after everything submitted before.
   *
   * @param buffers one for each of `plan.buffers`, at least as large as asked there, no two the same. They may differ
   *   from run to run, but in a steady state they do not, so a backend caches what it derives from them (bind groups).
   *   The list is the caller's again when this returns.
   * @param scalars one number for each of `plan.scalars`.
   * @param uploads one array for each of `plan.uploads`, already in the device's storage layout; the caller does not
   *   change it afterwards.
   */
  run(
    buffers: readonly BackendBuffer[],
    scalars: readonly number[],
    uploads: readonly ArrayBufferView[],
  ): void;
  dispose(): void;
}

/** A list of steps over buffers: what is run in one go. */
export interface Plan {
  readonly label?: string;
  /** Minimum size of each buffer in bytes. Bound at each run: parameters, states, results and scratch alike. */
  readonly buffers: readonly { readonly byteLength: number }[];
  /** Types of the run-time scalars: learning rate, step number, positions. */
  readonly scalars: readonly ('float32' | 'float64' | 'int32')[];
  /** Host data copied into buffers before the first step of a run; offsets and lengths as for `write`. */
  readonly uploads: readonly {
    readonly buffer: number;
    readonly byteOffset: number;
    readonly byteLength: number;
  }[];
  /** In order: a step sees everything that earlier steps stored. */
  readonly steps: readonly Step[];
}
