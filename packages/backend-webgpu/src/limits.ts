/**
 * What a device is held to: WebGPU's limits, or lower ones that `webgpu({ limits })` asks for. WebGPU itself never gives
 * less than its defaults, so what lies below them is kept here, in front of it.
 */
import { BackendUnavailable } from '@inkstone/core/backend';
import type { Tuning } from './tuning.js';

const upperLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
] as const;

/** Those limits that kernels and memory have to do with; sizes in bytes. */
export type Limits = Readonly<
  Record<(typeof upperLimits)[number] | 'minStorageBufferOffsetAlignment', number>
>;

/** The smallest workgroup that every kernel can do with. */
const leastInvocations = 64;
/** Bytes of workgroup memory that every kernel but the larger tiles of matrix products can do with. */
const leastStorage = 8192;

/**
 * The limits of a device, lowered to those asked for.
 * @throws BackendUnavailable naming a limit that is no whole number, or lower than kernels can do with
 */
export function limitsOf(given: GPUSupportedLimits, asked: Readonly<Record<string, number>> = {}): Limits {
  const align = given.minStorageBufferOffsetAlignment;
  const limits: Record<string, number> = { minStorageBufferOffsetAlignment: align };
  for (const name of upperLimits)
    limits[name] = Math.min(given[name], asked[name] ?? Number.POSITIVE_INFINITY);
  const least: Partial<Record<(typeof upperLimits)[number], number>> = {
    maxStorageBufferBindingSize: 2 * align,
    maxComputeWorkgroupStorageSize: leastStorage,
    maxComputeInvocationsPerWorkgroup: leastInvocations,
    maxComputeWorkgroupSizeX: leastInvocations,
  };
  for (const name of upperLimits) {
    const value = limits[name] as number;
    const enough = least[name] ?? 1;
    if (value >= enough) continue;
    throw new BackendUnavailable('webgpu', `the limit ${name} must be at least ${enough}, got ${value}`);
  }
  return limits as Limits;
}

/** The same variants with workgroups that the limits allow. */
export function withinLimits(tuning: Tuning, limits: Limits): Tuning {
  const { maxComputeInvocationsPerWorkgroup: invocations, maxComputeWorkgroupStorageSize: bytes } = limits;
  const { maxComputeWorkgroupSizeX: wide, maxComputeWorkgroupSizeY: high } = limits;
  const most = 2 ** Math.floor(Math.log2(Math.min(invocations, wide, tuning.largestWorkgroup)));
  const fits = ({ rows, columns4, across, down, depth }: Tuning['registerTile']): boolean =>
    across <= wide &&
    down <= high &&
    across * down <= invocations &&
    // A vector of four more for each step of depth keeps banks apart (matmul_shared.wgsl).
    (depth === 0 || depth * (rows * down + 4 * columns4 * across + 8) * 4 <= bytes);
  const atMost = (size: number): number => Math.min(size, most);
  return {
    ...tuning,
    largestWorkgroup: most,
    sharedTiles: tuning.sharedTiles.filter(fits),
    measuredTiles: tuning.measuredTiles.filter(({ tile }) => fits(tile)),
    pointwiseWorkgroup: atMost(tuning.pointwiseWorkgroup),
    rowLanes: atMost(tuning.rowLanes),
    recurrentLanes: atMost(tuning.recurrentLanes),
  };
}
