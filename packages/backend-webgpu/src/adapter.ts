/**
 * Finding a GPU: `navigator.gpu` in pages and workers, Dawn through the npm package `webgpu` in Node. Nothing of Node is
 * touched elsewhere, and the package is loaded only when a device is opened.
 */
import { BackendUnavailable } from '@inkstone/core/backend';
import { type Limits, limitsOf } from './limits.js';

export interface AdapterOptions {
  /** Which GPU of several: 'high-performance' (the default) or 'low-power'. */
  readonly powerPreference?: GPUPowerPreference;
  /** Part of an adapter's name, for machines with several; only Dawn in Node can choose by name. */
  readonly adapter?: string;
  /** A device that the app made, to share its buffers and its queue. It is never destroyed here. */
  readonly device?: GPUDevice;
  /** Features the device must have; without them `open` rejects. */
  readonly features?: readonly GPUFeatureName[];
  /**
   * Limits of the device, by WebGPU's names (sizes in bytes); without this each is the adapter's best. One that is lower
   * than what WebGPU gives at least is kept as well: buffers above `maxStorageBufferBindingSize` are bound in parts.
   */
  readonly limits?: Readonly<Record<string, number>>;
  /** Toggles for Dawn in Node, such as 'enable-dawn-features=dump_shaders'. */
  readonly dawn?: readonly string[];
}

/** An opened GPU. */
export interface Adapter {
  readonly device: GPUDevice;
  /** One line for people. */
  readonly description: string;
  readonly info: GPUAdapterInfo | null;
  /** What work keeps to. */
  readonly limits: Limits;
  /** False for a device that an app lent. */
  readonly owned: boolean;
  /** Dawn's entry object: held for as long as the device is open, since work stops when it is collected. */
  readonly instance: unknown;
  /** Whether promises are settled by asking in every turn of the event loop, as Dawn's binding for Node does. */
  readonly polls: boolean;
}

/** Features that kernels have variants for; asked for where the adapter has them. */
const wantedFeatures: readonly string[] = ['shader-f16', 'subgroups', 'timestamp-query'];

/** Limits worth having at the adapter's best; the others stay at WebGPU's defaults. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
] as const;

/** Opens a device. @throws BackendUnavailable saying why there is none and what to do. */
export async function openAdapter(options: AdapterOptions): Promise<Adapter> {
  if (options.device) {
    const info = options.device.adapterInfo ?? null;
    return {
      device: options.device,
      description: describe(info),
      info,
      limits: limitsOf(options.device.limits, options.limits),
      owned: false,
      instance: null,
      polls: false,
    };
  }
  const { gpu, polls } = await findGPU(options);
  const adapter = await gpu.requestAdapter({
    powerPreference: options.powerPreference ?? 'high-performance',
  });
  if (!adapter) throw new BackendUnavailable('webgpu', noAdapter(options));
  const missing = (options.features ?? []).filter((f) => !adapter.features.has(f));
  if (missing.length > 0) {
    throw new BackendUnavailable(
      'webgpu',
      `${describe(adapter.info)} lacks the feature ${missing.join(', ')}; it has ${[...adapter.features].join(', ')}`,
    );
  }
  const requiredFeatures = [
    ...new Set([...wantedFeatures.filter((f) => adapter.features.has(f)), ...(options.features ?? [])]),
  ] as GPUFeatureName[];
  const requiredLimits: Record<string, number> = {};
  for (const name of wantedLimits) requiredLimits[name] = adapter.limits[name];
  for (const [name, value] of Object.entries(options.limits ?? {})) {
    const best = adapter.limits[name as keyof GPUSupportedLimits] as number | undefined;
    const say = (what: string) => new BackendUnavailable('webgpu', `limits: ${what}`);
    if (typeof best !== 'number') throw say(`${name} is none of WebGPU's limits`);
    if (!Number.isSafeInteger(value) || value < 1)
      throw say(`${name} is ${value}, not a whole number above 0`);
    if (name.startsWith('max') && value > best)
      throw say(`${name} of ${value} is over ${best}, the most that ${describe(adapter.info)} has`);
    requiredLimits[name] = value;
  }
  let device: GPUDevice;
  let limits: Limits;
  try {
    device = await adapter.requestDevice({ label: 'inkstone', requiredFeatures, requiredLimits });
  } catch (cause) {
    throw new BackendUnavailable(
      'webgpu',
      `${describe(adapter.info)} refused the device: ${(cause as Error).message}`,
      { cause },
    );
  }
  try {
    limits = limitsOf(device.limits, options.limits);
  } catch (error) {
    device.destroy();
    throw error;
  }
  return {
    device,
    description: describe(adapter.info),
    info: adapter.info,
    limits,
    owned: true,
    instance: gpu,
    polls,
  };
}

function describe(info: GPUAdapterInfo | null): string {
  const name = info?.description || [info?.vendor, info?.architecture].filter(Boolean).join(' ');
  return name ? `${name} (WebGPU)` : 'WebGPU';
}

function isNode(): boolean {
  return typeof process === 'object' && typeof process.versions?.node === 'string';
}

async function findGPU(options: AdapterOptions): Promise<{ gpu: GPU; polls: boolean }> {
  const present = (globalThis as { navigator?: Navigator }).navigator?.gpu;
  if (present) return { gpu: present, polls: false };
  if (!isNode()) {
    throw new BackendUnavailable(
      'webgpu',
      globalThis.isSecureContext === false
        ? 'this page is not a secure context; serve it over https or from localhost'
        : 'this browser has no navigator.gpu; use a current Chrome, Edge, Firefox or Safari, or switch WebGPU on',
    );
  }
  // The name is a variable so that bundlers for the browser do not follow it.
  const name = 'webgpu';
  let dawn: { create(options: string[]): GPU; globals: object };
  try {
    dawn = await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  } catch (cause) {
    const missing = (cause as { code?: string }).code === 'ERR_MODULE_NOT_FOUND';
    throw new BackendUnavailable(
      'webgpu',
      missing
        ? 'Node has no WebGPU of its own; install it with: npm install webgpu'
        : `the package webgpu does not load here: ${(cause as Error).message}`,
      { cause },
    );
  }
  // GPUBufferUsage and its like; classes only, and only those that are not there.
  for (const [key, value] of Object.entries(dawn.globals)) {
    if (!(key in globalThis))
      Object.defineProperty(globalThis, key, { value, configurable: true, writable: true });
  }
  const flags = [...(options.dawn ?? [])];
  if (options.adapter) flags.push(`adapter=${options.adapter}`);
  return { gpu: dawn.create(flags), polls: true };
}

function noAdapter(options: AdapterOptions): string {
  if (!isNode())
    return 'this browser has WebGPU but no adapter for this GPU; check chrome://gpu or update the driver';
  if (options.adapter) return `no adapter whose name contains '${options.adapter}'`;
  return process.platform === 'linux'
    ? 'no Vulkan driver was found; install one (Debian, Ubuntu: apt install libvulkan1 mesa-vulkan-drivers)'
    : 'no GPU adapter was found; update the graphics driver';
}
