/**
 * The adapter of a comparison: what INKSTONE_ADAPTER names (swiftshader, lavapipe, or system for the machine's own), as the
 * tests choose it. Vulkan finds its driver through the environment, which a process must have from its start.
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const cache = fileURLToPath(new URL('../../node_modules/.cache/inkstone/', import.meta.url));
const manifests = '/usr/share/vulkan/icd.d';

/** @returns the environment of a process that is to run on this adapter */
export function adapterEnvironment(name) {
  if (name === 'system') return {};
  const packed = existsSync(cache) && readdirSync(cache).find((entry) => entry.startsWith('chromium-'));
  if (!packed)
    throw new Error('SwiftShader and the Vulkan loader are unpacked by the tests: run npm test once');
  const folder = join(cache, packed);
  const env = { LD_LIBRARY_PATH: `${folder}:${process.env.LD_LIBRARY_PATH ?? ''}` };
  if (name === 'swiftshader') return { ...env, VK_DRIVER_FILES: join(folder, 'vk_swiftshader_icd.json') };
  if (name !== 'lavapipe')
    throw new Error(`the adapter is '${name}'; it can be swiftshader, lavapipe or system`);
  const file = existsSync(manifests) && readdirSync(manifests).find((entry) => /^lvp_icd/.test(entry));
  if (!file) throw new Error(`lavapipe is not installed: no lvp_icd*.json in ${manifests}`);
  const runtime =
    process.env.XDG_RUNTIME_DIR ?? join(tmpdir(), `inkstone-runtime-${process.getuid?.() ?? 0}`);
  mkdirSync(runtime, { recursive: true, mode: 0o700 });
  return { ...env, VK_DRIVER_FILES: join(manifests, file), XDG_RUNTIME_DIR: runtime };
}
