/** Which device the model trains on, and why not the other one. */
import { cpu } from '@inkstone/backend-cpu';
import { webgpu } from '@inkstone/backend-webgpu';
import { BackendUnavailable, type Device, open } from '@inkstone/core';
import type { DeviceChoice, DeviceName, DeviceReport, NotUsed } from '../protocol.js';
import { FailureError } from './failure-error.js';

const backends = { webgpu, cpu };

/** Open devices by name: a model that is done stays on its own when another one is chosen for the next. */
const opened = new Map<DeviceName, Device>();

/**
 * Opens the device that was chosen; 'auto' is WebGPU on a GPU, else the CPU.
 *
 * @throws FailureError if there is no such device here.
 */
export async function openDevice(
  choice: DeviceChoice,
): Promise<{ readonly device: Device; readonly report: DeviceReport }> {
  const webgpuNotUsed = choice === 'cpu' ? ({ why: 'not-asked' } as const) : await whyNotWebGPU(choice);
  if (webgpuNotUsed === null) {
    const device = await openNamed('webgpu');
    const why = choice === 'auto' ? 'second-choice' : 'not-asked';
    if (!(device instanceof BackendUnavailable)) {
      return { device, report: describe(device, 'webgpu', { name: 'cpu', notUsed: { why } }) };
    }
    return openCpu(choice, { why: 'failed', message: reasonOf(device) });
  }
  return openCpu(choice, webgpuNotUsed);
}

async function openCpu(choice: DeviceChoice, webgpuNotUsed: NotUsed) {
  if (choice === 'webgpu') {
    throw new FailureError({ code: 'no-device', name: 'webgpu', notUsed: webgpuNotUsed });
  }
  const device = await openNamed('cpu');
  if (device instanceof BackendUnavailable) {
    const notUsed = { why: 'failed', message: reasonOf(device) } as const;
    throw new FailureError({ code: 'no-device', name: 'cpu', notUsed });
  }
  return { device, report: describe(device, 'cpu', { name: 'webgpu', notUsed: webgpuNotUsed }) };
}

/** What can be known before a device is opened. Null if WebGPU is to be tried. */
async function whyNotWebGPU(choice: DeviceChoice): Promise<NotUsed | null> {
  if (!isSecureContext) return { why: 'insecure' };
  if (!navigator.gpu) return { why: 'unsupported' };
  if (choice === 'webgpu') return null; // asked for by name, a software adapter will do
  const adapter = await navigator.gpu.requestAdapter();
  const info = adapter?.info;
  if (!info) return null;
  const name = info.description || [info.vendor, info.architecture].filter(Boolean).join(' ');
  const isSoftware = info.isFallbackAdapter || /swiftshader|llvmpipe|basic render/i.test(name);
  return isSoftware ? { why: 'software', adapter: name } : null;
}

async function openNamed(name: DeviceName): Promise<Device | BackendUnavailable> {
  const existing = opened.get(name);
  if (existing) return existing;
  try {
    const device = await open(backends[name]());
    opened.set(name, device);
    void device.backend.lost.then(() => opened.delete(name));
    return device;
  } catch (error) {
    if (error instanceof BackendUnavailable) return error;
    throw error;
  }
}

function describe(device: Device, name: DeviceName, other: DeviceReport['other']): DeviceReport {
  return { name, description: device.description, other, isolated: crossOriginIsolated };
}

/** A backend's reason without its name, which the page says in its own way. */
function reasonOf(error: BackendUnavailable): string {
  return error.message.replace(`${error.backend}: `, '');
}
