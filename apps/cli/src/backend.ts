/** From `--backend` to a device. This is the only file of the command that knows which backends there are. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import { type Backend, BackendUnavailable, type Device, open, setDefaultDevice } from '@inkstone/core';
import { Failure } from './failure.js';

export const backendNames = ['auto', 'cpu', 'webgpu', 'reference'] as const;
export type BackendName = (typeof backendNames)[number];

export interface BackendOptions {
  /** Threads of the CPU backend; by default as many as there are cores. */
  readonly threads?: number | undefined;
}

export const backends: Record<Exclude<BackendName, 'auto'>, (options?: BackendOptions) => Backend> = {
  cpu: ({ threads } = {}) => cpu(threads === undefined ? {} : { threads }),
  webgpu: () => webgpu(),
  reference: () => reference(),
};

/** Adapters that compute on the CPU, and slower than the CPU backend does. */
const software = /swiftshader|llvmpipe|lavapipe|basic render|\bwarp\b/i;

/**
 * Opens the backend and makes it the default device. `auto` takes a GPU where there is one, else the CPU.
 *
 * @throws Failure that says in one line why the backend cannot be had.
 */
export async function openBackend(name: BackendName, options: BackendOptions): Promise<Device> {
  try {
    const device = name === 'auto' ? await openBest(options) : await open(backends[name](options));
    setDefaultDevice(device);
    return device;
  } catch (error) {
    if (error instanceof BackendUnavailable) throw new Failure(error.message, 1, { cause: error });
    throw error;
  }
}

async function openBest(options: BackendOptions): Promise<Device> {
  // Threads are asked of the CPU backend only.
  if (options.threads !== undefined) return open(backends.cpu(options));
  try {
    const gpu = await open(backends.webgpu());
    if (!software.test(gpu.description)) return gpu;
    await gpu.close();
  } catch (error) {
    if (!(error instanceof BackendUnavailable)) throw error;
  }
  return open(backends.cpu(options), backends.reference());
}
