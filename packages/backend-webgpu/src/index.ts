import type { Backend } from '@inkstone/core/backend';
import { type AdapterOptions, openAdapter } from './adapter.js';
import { WebGPUDevice } from './device.js';
import type { Profiler } from './profiler.js';
import type { Tuning } from './tuning.js';

export type { AdapterOptions } from './adapter.js';
export { type ProfileEntry, Profiler } from './profiler.js';
export type { Tuning } from './tuning.js';

export interface WebGPUOptions extends AdapterOptions {
  /** Overrides of the kernel variants that are chosen by adapter. */
  readonly tuning?: Partial<Tuning>;
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
      return new WebGPUDevice(await openAdapter({ ...options, features: needed }), tuning, profiler);
    },
  };
}
