import type { Backend } from '@inkstone/core/backend';
import { type AdapterOptions, openAdapter } from './adapter.js';
import { autotune } from './autotune.js';
import { WebGPUDevice } from './device.js';
import { withinLimits } from './limits.js';
import type { Profiler } from './profiler.js';
import { adapterClass, chooseTuning, type Tuning } from './tuning.js';
import { platformStore } from './tuning-store.js';

export type { AdapterOptions } from './adapter.js';
export { type ProfileEntry, Profiler } from './profiler.js';
export type { Tuning } from './tuning.js';

export interface WebGPUOptions extends AdapterOptions {
  /** Overrides of the kernel variants that are chosen by adapter. */
  readonly tuning?: Partial<Tuning>;
  /**
   * On the first use of an adapter, times a few tiles of matrix products and keeps what is fastest: in Node in the user's
   * cache folder, in a page in IndexedDB. Only tiles that give the same bits are tried. Default: on GPUs, unless
   * the app lends its device or `tuning` has `measuredTiles`; software adapters keep to the tiles that suit them.
   */
  readonly autotune?: boolean;
  /** Times every kernel (slower: each dispatch gets a pass of its own). The adapter needs timestamp queries. */
  readonly profiler?: Profiler;
}

/**
 * The WebGPU backend: hand-written WGSL on the GPU of this machine, in a page, a worker or Node (there with the npm
 * package `webgpu`, Dawn).
 *
 * @param options which adapter, with what; `device` shares a GPUDevice that the app already has.
 * @example
 * await use(webgpu(), cpu()); // the GPU, or the CPU where there is none
 */
export function webgpu(options: WebGPUOptions = {}): Backend {
  return {
    name: 'webgpu',
    open: async () => {
      const { tuning = {}, profiler = null, features = [] } = options;
      const needed: readonly GPUFeatureName[] = profiler ? [...features, 'timestamp-query'] : features;
      const adapter = await openAdapter({ ...options, features: needed });
      const chosen = withinLimits({ ...chooseTuning(adapter), ...tuning }, adapter.limits);
      const isGPU = adapterClass(adapter.info) !== 'software adapter';
      const measures = options.autotune ?? (adapter.owned && isGPU && !tuning.measuredTiles);
      const tuned = measures ? await autotune(adapter, chosen, { store: platformStore() }) : chosen;
      return new WebGPUDevice(adapter, tuned, profiler);
    },
  };
}
