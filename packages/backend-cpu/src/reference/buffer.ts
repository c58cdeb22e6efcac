/** Memory of the reference device, and what a kernel gets to see of a run. */
import type { BackendBuffer, DType } from '@inkstone/core/backend';
import type { Scratch } from './scratch.js';

/** Bytes of one element in a buffer: packed, as in a file. */
export const bytesPerElement = { float32: 4, float64: 8, int32: 4, uint8: 1, bool: 1, float16: 2 } as const;

/** Rounding buffer sizes to this lets every dtype be viewed over the whole buffer. */
export const bufferAlignment = 8;

/** How elements lie in a buffer; float16 as bit patterns, bool as bytes. */
export type Storage = Float32Array | Float64Array | Int32Array | Uint16Array | Uint8Array;

/** Values as kernels compute with them: float32 and float64 in their arrays, int32 and bool (0 or 1) in Int32Array. */
export type Values = Float32Array | Float64Array | Int32Array;

export class ReferenceBuffer implements BackendBuffer {
  readonly byteLength: number;
  private readonly views: Partial<Record<DType, Storage>> = {};
  /** null once destroyed */
  private memory: ArrayBuffer | null;

  constructor(byteLength: number) {
    this.byteLength = Math.ceil(byteLength / bufferAlignment) * bufferAlignment;
    this.memory = new ArrayBuffer(this.byteLength);
    // The content of new memory is undefined: make it NaN, -1 and 255, so that nobody relies on zeros.
    new Uint8Array(this.memory).fill(0xff);
  }

  get bytes(): ArrayBuffer {
    if (this.memory === null) throw new Error('reference: this buffer was destroyed');
    return this.memory;
  }

  /** The whole buffer as elements of one type. */
  view(dtype: DType): Storage {
    const bytes = this.bytes;
    const view = this.views[dtype] ?? viewAs(dtype, bytes);
    this.views[dtype] = view;
    return view;
  }

  destroy(): void {
    void this.bytes; // throws when destroyed twice
    this.memory = null;
    for (const dtype of Object.keys(this.views) as DType[]) delete this.views[dtype];
  }
}

function viewAs(dtype: DType, bytes: ArrayBuffer): Storage {
  switch (dtype) {
    case 'float32':
      return new Float32Array(bytes);
    case 'float64':
      return new Float64Array(bytes);
    case 'int32':
      return new Int32Array(bytes);
    case 'float16':
      return new Uint16Array(bytes);
    case 'uint8':
    case 'bool':
      return new Uint8Array(bytes);
  }
}

/** What changes from run to run of a plan. */
export interface Run {
  readonly buffers: readonly ReferenceBuffer[];
  readonly scalars: readonly number[];
  /** emptied before each step */
  readonly scratch: Scratch;
}

/** A compiled step. */
export type Kernel = (run: Run) => void;
