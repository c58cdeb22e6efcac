/** The default device: the one piece of global state, set in the open by `use`. */
import { type Backend, BackendUnavailable } from './backend/contract.js';
import { watchIfAsked } from './debug/environment.js';
import { type DeviceOptions, GraphDevice } from './graph/device.js';

export type Device = GraphDevice;

let current: Device | null = null;

/**
 * Opens the first backend that this machine has, and makes it the default device.
 *
 * @param backends recipes such as `webgpu()` and `cpu()`, in order of preference.
 * @returns the device; `device.name` and `device.description` say which it is.
 * @throws (rejects) BackendUnavailable that gives the reason of each.
 * @example
 * const device = await use(webgpu(), cpu());
 * console.log(`${device}`); // cpu (WebAssembly SIMD, 2 threads)
 */
export async function use(...backends: readonly Backend[]): Promise<Device> {
  const device = await open(...backends);
  current = device;
  return device;
}

/** As `use`, without touching the default: for two devices side by side. Pass it as `{ device }`. */
export async function open(...backends: readonly Backend[]): Promise<Device> {
  if (backends.length === 0) throw new Error('use: give at least one backend, such as cpu() or webgpu()');
  const reasons: Error[] = [];
  for (const backend of backends) {
    try {
      return await openDevice(backend);
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
      reasons.push(error);
    }
  }
  if (reasons.length === 1) throw reasons[0];
  throw new BackendUnavailable('no backend', reasons.map((reason) => reason.message).join('; '), {
    cause: new AggregateError(reasons),
  });
}

async function openDevice(backend: Backend, options?: DeviceOptions): Promise<Device> {
  const device = new GraphDevice(await backend.open(), options);
  watchIfAsked(device);
  return device;
}

/** The default device, or null before the first `use`. */
export const currentDevice = (): Device | null => current;

/** The default device. @throws Error before the first `use`. */
export function defaultDevice(): Device {
  if (!current)
    throw new Error('no device yet: call `await use(cpu())` (or webgpu()) first, or pass { device }');
  return current;
}

/** Makes an open device the default. */
export function setDefaultDevice(device: Device): void {
  current = device;
}
