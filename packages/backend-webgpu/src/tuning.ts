/**
 * Which variant of a kernel runs: decided once per device, by what the adapter is.
 *
 * On a GPU, lanes are plentiful and memory is far: tiles go through workgroup memory, rows are shared by many lanes. An
 * adapter that runs on a CPU (SwiftShader, lavapipe) pays for every barrier with a switch of stacks and has caches
 * of its own: there a row belongs to one lane, and tiles live in registers.
 */
import type { Adapter } from './adapter.js';

/** The tile of a matrix product. */
export interface MatmulTile {
  /** Rows of an invocation's register tile. */
  readonly rows: number;
  /** Its columns, in vectors of four. */
  readonly columns4: number;
  /** Invocations of a workgroup, side by side. */
  readonly across: number;
}

export interface Tuning {
  /** The tile of large matrix products. */
  readonly matmulTile: MatmulTile;
  /** Invocations of a pointwise workgroup. */
  readonly pointwiseWorkgroup: number;
  /** Lanes that can hand values to each other (the adapter's smallest subgroup); 0 where that is not to be used. */
  readonly subgroup: number;
  /** Whether tiles go through workgroup memory. */
  readonly sharedTiles: boolean;
  /** The most lanes that share one row of a softmax, a norm or a reduction. */
  readonly rowLanes: number;
  /** Lanes of an attention workgroup, at least. */
  readonly attentionLanes: number;
  /** Queries or keys that an attention workgroup owns: a power of two, at most `attentionLanes`. */
  readonly attentionRows: number;
  /** Lanes of a workgroup of a recurrent layer, at most: a power of two. */
  readonly recurrentLanes: number;
  /** Neighbouring hidden units that a lane owns. */
  readonly recurrentVector: 1 | 4;
  /** Rows of the batch that it owns, at most: a power of two. */
  readonly recurrentRows: number;
  /** Work items below which more lanes are given to each. */
  readonly parallelism: number;
}

/** The two families of variants, by what they are for. */
export const tunings = {
  'software adapter': {
    matmulTile: { rows: 16, columns4: 1, across: 8 },
    pointwiseWorkgroup: 64,
    subgroup: 0,
    sharedTiles: false,
    rowLanes: 8,
    attentionLanes: 8,
    attentionRows: 4,
    recurrentLanes: 8,
    recurrentVector: 4,
    recurrentRows: 4,
    parallelism: 64,
  },
  GPU: {
    matmulTile: { rows: 8, columns4: 1, across: 64 },
    pointwiseWorkgroup: 256,
    subgroup: 0,
    sharedTiles: true,
    rowLanes: 256,
    attentionLanes: 32,
    attentionRows: 8,
    recurrentLanes: 256,
    recurrentVector: 1,
    recurrentRows: 4,
    parallelism: 16384,
  },
} as const satisfies Record<string, Tuning>;

export function chooseTuning({ info, device }: Adapter): Tuning {
  const name = `${info?.description ?? ''} ${info?.vendor ?? ''} ${info?.architecture ?? ''}`.toLowerCase();
  const software = /swiftshader|llvmpipe|lavapipe|software|warp|basic render/.test(name);
  if (!software) return tunings.GPU;
  const tuning = tunings['software adapter'];
  const subgroup = device.features.has('subgroups') ? (info?.subgroupMinSize ?? 0) : 0;
  const { rows, columns4, across } = tuning.matmulTile;
  // A workgroup is one subgroup, so that all its lanes can share.
  return subgroup > 1 && subgroup <= across
    ? { ...tuning, subgroup, matmulTile: { rows, columns4, across: subgroup } }
    : { ...tuning, subgroup };
}
