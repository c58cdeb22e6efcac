/// <reference types="node" />
/**
 * The GPU that tests run on. A machine with nothing but Node and npm has none, so tests bring a software one:
 * SwiftShader, out of the npm package that also brings the browser. Mesa's lavapipe is about three times as
 * fast and has `shader-f16`; it is used where it is installed and asked for.
 *
 * The environment variable INKSTONE_ADAPTER chooses: `swiftshader` (the default), `lavapipe`, or `system`,
 * which leaves the machine's own Vulkan, Metal or Direct3D in charge. Off Linux x64 only `system` exists.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveRunsHere, unpackBrowserArchive } from './browser-archive.js';

/** What tests run on. */
export type AdapterName = 'swiftshader' | 'lavapipe' | 'system';

/** The chosen adapter, and the environment that a process needs from its start for Dawn to find it. */
export interface SoftwareGpu {
  readonly adapter: AdapterName;
  readonly env: Readonly<Record<string, string>>;
}

const DRIVER_MANIFESTS = '/usr/share/vulkan/icd.d';

/** The driver manifest of Mesa's lavapipe, or undefined where it is not installed. */
export function lavapipeManifest(): string | undefined {
  if (!existsSync(DRIVER_MANIFESTS)) return undefined;
  // Debian's file names the architecture (lvp_icd.x86_64.json); newer Mesa drops it (lvp_icd.json).
  const name = readdirSync(DRIVER_MANIFESTS).find((file) => /^lvp_icd(\.x86_64)?\.json$/.test(file));
  return name && join(DRIVER_MANIFESTS, name);
}

/** The adapter that INKSTONE_ADAPTER asks for; throws on a name it does not know or a driver that is not there. */
export function chosenAdapter(): AdapterName {
  const wanted = process.env.INKSTONE_ADAPTER || (archiveRunsHere ? 'swiftshader' : 'system');
  if (wanted !== 'swiftshader' && wanted !== 'lavapipe' && wanted !== 'system') {
    throw new Error(`INKSTONE_ADAPTER is '${wanted}'; it can be swiftshader, lavapipe or system`);
  }
  if (wanted !== 'system' && !archiveRunsHere) {
    throw new Error(
      `INKSTONE_ADAPTER is '${wanted}', which tests bring for Linux x64 only; this is ${process.platform} ${process.arch}: use system`,
    );
  }
  if (wanted === 'lavapipe' && lavapipeManifest() === undefined) {
    throw new Error(
      `INKSTONE_ADAPTER is 'lavapipe', but no lvp_icd*.json lies in ${DRIVER_MANIFESTS}: install Mesa 25 or later (mesa-vulkan-drivers), or use swiftshader`,
    );
  }
  return wanted;
}

/**
 * Makes the chosen adapter ready and returns the environment for it. The dynamic linker reads LD_LIBRARY_PATH
 * when a process starts, so setting it in a running process serves its children only: vitest's global setup
 * sets it before the test processes are forked.
 */
export async function softwareGpu(): Promise<SoftwareGpu> {
  const adapter = chosenAdapter();
  if (adapter === 'system') return { adapter, env: {} };
  const { vulkanLibraries, swiftshaderManifest } = await unpackBrowserArchive();
  const env: Record<string, string> = {
    VK_DRIVER_FILES: adapter === 'lavapipe' ? (lavapipeManifest() as string) : swiftshaderManifest,
    LD_LIBRARY_PATH: prependPath(vulkanLibraries, process.env.LD_LIBRARY_PATH),
  };
  if (adapter === 'lavapipe' && !process.env.XDG_RUNTIME_DIR) {
    // Mesa warns on standard error without one.
    env.XDG_RUNTIME_DIR = join(tmpdir(), `inkstone-runtime-${process.getuid?.() ?? 0}`);
    mkdirSync(env.XDG_RUNTIME_DIR, { recursive: true, mode: 0o700 });
  }
  return { adapter, env };
}

/** Puts a folder first in a colon-separated search path, once. */
export function prependPath(folder: string, path: string | undefined): string {
  const rest = (path ?? '').split(':').filter((entry) => entry !== '' && entry !== folder);
  return [folder, ...rest].join(':');
}
