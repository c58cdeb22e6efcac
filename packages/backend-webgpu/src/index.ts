import type { Backend } from '@inkstone/core/backend';
import { type AdapterOptions, openAdapter } from './adapter.js';
import { WebGPUDevice } from './device.js';
import type { Tuning } from './tuning.js';

export type { AdapterOptions } from './adapter.js';
export type { Tuning } from './tuning.js';

export interface WebGPUOptions extends AdapterOptions {
  /** Overrides of the kernel variants that are chosen by adapter. */
  readonly tuning?: Partial<Tuning>;
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
    open: async () => new WebGPUDevice(await openAdapter(options), options.tuning ?? {}),
  };
}
