/** From `--backend` to a device. This is the only file of the command that knows which backends there are. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import { type Backend, BackendUnavailable, type Device, open, setDefaultDevice } from '@inkstone/core';
import { Failure } from './failure.js';
import type { Probe } from './gpu-probe.js';

export type BackendName = 'auto' | 'cpu' | 'webgpu' | 'reference';

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
 * Opens the backend and makes it the default device. `auto` takes a GPU where there is one, else the CPU; threads are
 * asked of the CPU, so with them it is the CPU.
 *
 * @throws Failure that says in one line why the backend cannot be had.
 */
export async function openBackend(name: BackendName, options: BackendOptions): Promise<Device> {
  if (options.threads !== undefined && (name === 'webgpu' || name === 'reference')) {
    throw new Failure(`--threads is for the CPU backend, --backend is ${name}`, 2);
  }
  try {
    const device = await open(...(await candidates(name, options)));
    setDefaultDevice(device);
    return device;
  } catch (error) {
    if (error instanceof BackendUnavailable) throw new Failure(error.message, 1, { cause: error });
    throw error;
  }
}

async function candidates(name: BackendName, options: BackendOptions): Promise<Backend[]> {
  const asked = name === 'auto' ? [backends.cpu(options), backends.reference()] : [backends[name](options)];
  if (name === 'cpu' || name === 'reference' || (name === 'auto' && options.threads !== undefined))
    return asked;
  const gpu = await probeGpu();
  if (name === 'webgpu') {
    if ('reason' in gpu) throw new Failure(`webgpu: ${gpu.reason}`);
    return asked;
  }
  return 'reason' in gpu || software.test(gpu.description) ? asked : [backends.webgpu(), ...asked];
}

/** Milliseconds: shaders are compiled for a measurement, on a software adapter at the pace of a CPU. */
const longestProbe = 60_000;

/** Looks for a GPU in a process of its own; see gpu-probe.ts. */
export async function probeGpu(...args: readonly '--measure'[]): Promise<Probe> {
  const program = fileURLToPath(new URL('./gpu-probe.js', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
      timeout: longestProbe,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Probe;
  } catch (error) {
    const { killed, signal, code } = error as { killed?: boolean; signal?: string | null; code?: unknown };
    if (killed) return { reason: `the GPU did not answer within ${longestProbe / 1000} s` };
    return { reason: `the GPU's driver ended the process that tried it (${signal ?? `exit code ${code}`})` };
  }
}
