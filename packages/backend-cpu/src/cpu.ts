/** `cpu()`: the backend that every machine has. */
import { type Backend, type BackendDevice, BackendUnavailable } from '@inkstone/core/backend';
import { type BuildName, hasRelaxedSimd, hasSimd, loadBuild } from './build.js';
import { CpuDevice } from './device.js';
import { canShareMemory, hardwareThreads } from './threads.js';

export interface CpuOptions {
  /**
   * How many threads run a plan, this one included. 'auto' (default): one for each core, at most 8, where memory can
   * be shared (always in Node; in a page that is cross-origin isolated), else 1. Results do not depend on it.
   */
  readonly threads?: number | 'auto';
  /**
   * The kernels: 'simd', 'simd-relaxed' (fused multiply-add), or 'auto' (default): relaxed where the engine has it.
   * The same build gives the same bits on the same kind of processor.
   */
  readonly build?: BuildName | 'auto';
}

/** More threads than this help no plan that is known. */
const mostThreads = 64;
const mostAutoThreads = 8;

/**
 * The CPU backend: WebAssembly SIMD kernels, on as many threads as the machine has cores.
 *
 * Opening it rejects with `BackendUnavailable` where the engine lacks SIMD, or lacks what an option asks for.
 *
 * @throws RangeError for an option that is not one of those above.
 *
 * @example
 * import { use } from '@inkstone/core';
 * import { cpu } from '@inkstone/backend-cpu';
 * await use(cpu({ threads: 2 }));
 */
export function cpu(options: CpuOptions = {}): Backend {
  const { threads = 'auto', build = 'auto' } = options;
  const isCount =
    typeof threads === 'number' && Number.isInteger(threads) && threads >= 1 && threads <= mostThreads;
  if (threads !== 'auto' && !isCount) {
    throw new RangeError(
      `cpu: threads is 'auto' or a whole number from 1 to ${mostThreads}, got ${shown(threads)}`,
    );
  }
  if (build !== 'auto' && build !== 'simd' && build !== 'simd-relaxed') {
    throw new RangeError(`cpu: build is 'auto', 'simd' or 'simd-relaxed', got ${shown(build)}`);
  }
  return { name: 'cpu', open: () => open(threads, build) };
}

/** A value as it would stand in a program. */
const shown = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

async function open(threads: number | 'auto', wanted: BuildName | 'auto'): Promise<BackendDevice> {
  if (!hasSimd()) {
    throw new BackendUnavailable('cpu', 'this JavaScript engine has no WebAssembly SIMD; update it');
  }
  const relaxed = hasRelaxedSimd();
  if (wanted === 'simd-relaxed' && !relaxed) {
    throw new BackendUnavailable('cpu', "this engine has no relaxed SIMD; use build 'simd' or 'auto'");
  }
  const build: BuildName = wanted === 'auto' ? (relaxed ? 'simd-relaxed' : 'simd') : wanted;
  const kind = build === 'simd-relaxed' ? 'WebAssembly relaxed SIMD' : 'WebAssembly SIMD';
  const single = async () => CpuDevice.open(await loadBuild(build, false), 1, kind);

  const shares = canShareMemory();
  if (threads === 'auto') {
    const count = shares ? Math.min(hardwareThreads(), mostAutoThreads) : 1;
    if (count <= 1) return single();
    // A page may forbid workers from text (its content security policy): one thread does the same work.
    return CpuDevice.open(await loadBuild(build, true), count, kind).catch(single);
  }
  if (threads === 1) return single();
  if (!shares) {
    throw new BackendUnavailable(
      'cpu',
      `${threads} threads need shared memory, which a page has when it is cross-origin isolated ` +
        `(headers Cross-Origin-Opener-Policy: same-origin, Cross-Origin-Embedder-Policy: require-corp)`,
    );
  }
  return CpuDevice.open(await loadBuild(build, true), threads, kind);
}
