/**
 * Which variant of a kernel runs: decided once per device, by what the adapter is.
 *
 * On a GPU, lanes are plentiful and memory is far: tiles go through workgroup memory, rows are shared by many lanes. An
 * adapter that runs on a CPU (SwiftShader, lavapipe) pays for every barrier with a switch of stacks and has caches
 * of its own: there a row belongs to one lane, and tiles live in registers.
 */
import type { Adapter } from './adapter.js';

/** The tile of a matrix product: what a workgroup owns. */
export interface MatmulTile {
  /** Rows of an invocation's register tile; a multiple of four where tiles go through workgroup memory. */
  readonly rows: number;
  /** Its columns, in vectors of four. */
  readonly columns4: number;
  /** Invocations of a workgroup, side by side. */
  readonly across: number;
  /** Its invocations one below the other; 1 for a tile in registers only. */
  readonly down: number;
  /** Steps of the inner axis that lie in workgroup memory at once, a multiple of eight; 0 for a tile in registers only. */
  readonly depth: number;
}

export interface Tuning {
  /** The tile of matrix products that are computed in registers only. */
  readonly registerTile: MatmulTile;
  /** Tiles through workgroup memory, the largest first; none where barriers cost more than loads. */
  readonly sharedTiles: readonly MatmulTile[];
  /** What was measured to be fastest on this adapter (autotune.ts), by rows x columns of a product, rising; or nothing. */
  readonly measuredTiles: readonly { readonly area: number; readonly tile: MatmulTile }[];
  /** The most invocations of a workgroup: a power of two. */
  readonly largestWorkgroup: number;
  /** Invocations of a pointwise workgroup. */
  readonly pointwiseWorkgroup: number;
  /** Lanes that can hand values to each other (the adapter's smallest subgroup); 0 where that is not to be used. */
  readonly subgroup: number;
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

/** A tile through workgroup memory, of rows x columns elements; docs/kernels.md has what a GPU's compiler makes of each. */
export const sharedTiles = {
  /** 64 accumulators an invocation: the most arithmetic for each load, at three quarters of the waves. */
  '128 x 64': { rows: 8, columns4: 2, across: 8, down: 16, depth: 16 },
  /** 32 accumulators. */
  '64 x 64': { rows: 8, columns4: 1, across: 16, down: 8, depth: 16 },
  /** 16 accumulators, for matrices of which larger tiles would make too few workgroups. */
  '32 x 32': { rows: 4, columns4: 1, across: 8, down: 8, depth: 16 },
} as const satisfies Record<string, MatmulTile>;

const gpu: Tuning = {
  registerTile: { rows: 8, columns4: 1, across: 64, down: 1, depth: 0 },
  sharedTiles: [sharedTiles['128 x 64'], sharedTiles['64 x 64'], sharedTiles['32 x 32']],
  measuredTiles: [],
  largestWorkgroup: 256,
  pointwiseWorkgroup: 256,
  subgroup: 0,
  rowLanes: 256,
  attentionLanes: 32,
  attentionRows: 8,
  recurrentLanes: 256,
  recurrentVector: 1,
  recurrentRows: 4,
  parallelism: 16384,
};

/** The families of variants, by what they are for. */
export const tunings = {
  'software adapter': {
    registerTile: { rows: 16, columns4: 1, across: 8, down: 1, depth: 0 },
    sharedTiles: [],
    measuredTiles: [],
    largestWorkgroup: 256,
    pointwiseWorkgroup: 64,
    subgroup: 0,
    rowLanes: 8,
    attentionLanes: 8,
    attentionRows: 4,
    recurrentLanes: 8,
    recurrentVector: 4,
    recurrentRows: 4,
    parallelism: 64,
  },
  GPU: gpu,
  // A dozen cores or two, and registers that more than 32 accumulators would halve the threads of.
  'integrated GPU': { ...gpu, sharedTiles: gpu.sharedTiles.slice(1), parallelism: 4096 },
  'Apple GPU': { ...gpu, sharedTiles: gpu.sharedTiles.slice(1), parallelism: 8192 },
} as const satisfies Record<string, Tuning>;

/** What kind of adapter this is; WebGPU tells vendors, not whether a GPU has memory of its own. */
export function adapterClass(info: GPUAdapterInfo | null): keyof typeof tunings {
  const name = `${info?.description ?? ''} ${info?.vendor ?? ''} ${info?.architecture ?? ''}`.toLowerCase();
  if (/swiftshader|llvmpipe|lavapipe|software|warp|basic render/.test(name)) return 'software adapter';
  if (/\bapple\b/.test(name)) return 'Apple GPU';
  if (/\bintel\b/.test(name)) return isDiscreteIntel(info) ? 'GPU' : 'integrated GPU';
  if (/\b(arm|mali|qualcomm|adreno|img-tec|powervr|samsung|broadcom)\b/.test(name)) return 'integrated GPU';
  return 'GPU';
}

/** By the architecture: integrated ones are sold as Arc too. The name counts only where that is all there is. */
function isDiscreteIntel(info: GPUAdapterInfo | null): boolean {
  const { architecture = '', description = '' } = info ?? {};
  return architecture ? /\bgen-12hp\b|\bxe-\d?hpg/i.test(architecture) : /\barc\b/i.test(description);
}

export function chooseTuning({ info, device }: Adapter): Tuning {
  const kind = adapterClass(info);
  if (kind !== 'software adapter') return tunings[kind];
  const tuning = tunings[kind];
  const subgroup = device.features.has('subgroups') ? (info?.subgroupMinSize ?? 0) : 0;
  const { registerTile } = tuning;
  // A workgroup is one subgroup, so that all its lanes can share.
  return subgroup > 1 && subgroup <= registerTile.across
    ? { ...tuning, subgroup, registerTile: { ...registerTile, across: subgroup } }
    : { ...tuning, subgroup };
}
