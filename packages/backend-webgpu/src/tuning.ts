/**
 * Which variant of a kernel runs: decided once per device, by what the adapter is.
 *
 * On a GPU, lanes are plentiful and memory is far: tiles go through workgroup memory, rows are shared by many lanes. An
 * adapter that runs on a CPU (SwiftShader, lavapipe) pays for every barrier with a switch of stacks and has caches
 * of its own: there a row belongs to one lane, and tiles live in registers.
 */
import type { Adapter } from './adapter.js';

export interface Tuning {
  /** Invocations of a pointwise workgroup. */
  readonly pointwiseWorkgroup: number;
  /** Whether tiles go through workgroup memory. */
  readonly sharedTiles: boolean;
  /** The most lanes that share one row of a softmax, a norm or a reduction. */
  readonly rowLanes: number;
  /** Work items below which more lanes are given to each. */
  readonly parallelism: number;
}

export function chooseTuning({ info }: Adapter): Tuning {
  const name = `${info?.description ?? ''} ${info?.vendor ?? ''} ${info?.architecture ?? ''}`.toLowerCase();
  const software = /swiftshader|llvmpipe|lavapipe|software|warp|basic render/.test(name);
  return software
    ? { pointwiseWorkgroup: 64, sharedTiles: false, rowLanes: 8, parallelism: 64 }
    : { pointwiseWorkgroup: 256, sharedTiles: true, rowLanes: 256, parallelism: 16384 };
}
