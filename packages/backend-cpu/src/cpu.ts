/** `cpu()`: the backend that every machine has. */
import { type Backend, type BackendDevice, BackendUnavailable } from '@inkstone/core/backend';
import { type BuildName, hasRelaxedSimd, hasSimd, instantiate, loadBuild } from './build.js';
import { CpuDevice } from './device.js';
import { LinearMemory } from './memory.js';

export interface CpuOptions {
  /**
   * The kernels: 'simd', 'simd-relaxed' (fused multiply-add), or 'auto' (default): relaxed where the engine has it.
   * The same build gives the same bits on the same kind of processor.
   */
  readonly build?: BuildName | 'auto';
}

/**
 * The CPU backend: WebAssembly SIMD kernels.
 *
 * @example
 * import { use } from '@inkstone/core';
 * import { cpu } from '@inkstone/backend-cpu';
 * await use(cpu());
 */
export function cpu(options: CpuOptions = {}): Backend {
  const { build = 'auto' } = options;
  if (build !== 'auto' && build !== 'simd' && build !== 'simd-relaxed') {
    throw new RangeError(`cpu: build is 'auto', 'simd' or 'simd-relaxed', got ${JSON.stringify(build)}`);
  }
  return { name: 'cpu', open: () => open(build) };
}

async function open(wanted: BuildName | 'auto'): Promise<BackendDevice> {
  if (!hasSimd()) {
    throw new BackendUnavailable('cpu', 'this JavaScript engine has no WebAssembly SIMD; update it');
  }
  const relaxed = hasRelaxedSimd();
  if (wanted === 'simd-relaxed' && !relaxed) {
    throw new BackendUnavailable('cpu', "this engine has no relaxed SIMD; use build 'simd' or 'auto'");
  }
  const build: BuildName = wanted === 'auto' ? (relaxed ? 'simd-relaxed' : 'simd') : wanted;
  const memory = new LinearMemory(false);
  const kernels = await instantiate(await loadBuild(build, false), memory.memory);
  const what = build === 'simd-relaxed' ? 'WebAssembly relaxed SIMD' : 'WebAssembly SIMD';
  return new CpuDevice(`${what}, 1 thread`, memory, kernels);
}
