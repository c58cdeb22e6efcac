/** The WebAssembly builds: which one this engine takes, and loading it. */

/** `simd` runs everywhere; `simd-relaxed` rounds a multiply-add once where the engine has relaxed SIMD. */
export type BuildName = 'simd' | 'simd-relaxed';

/** (func (result v128) i32.const 0 i8x16.splat i32.const 0 i8x16.splat i32.const 0 i8x16.splat f32x4.relaxed_madd) */
const relaxedProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0,
  253, 15, 65, 0, 253, 15, 253, 133, 2, 11,
];

/** (func (result v128) i32.const 0 i8x16.splat) */
const simdProbe = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15, 11,
];

function validates(bytes: readonly number[]): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(Uint8Array.from(bytes));
}

export function hasSimd(): boolean {
  return validates(simdProbe);
}

export function hasRelaxedSimd(): boolean {
  return validates(relaxedProbe);
}

async function embedded(build: BuildName, threads: boolean): Promise<string> {
  if (build === 'simd') {
    return threads
      ? (await import('./generated/simd-threads.js')).wasm
      : (await import('./generated/simd.js')).wasm;
  }
  return threads
    ? (await import('./generated/simd-relaxed-threads.js')).wasm
    : (await import('./generated/simd-relaxed.js')).wasm;
}

/** Loads and compiles one build; the others are not fetched. */
export async function loadBuild(build: BuildName, threads: boolean): Promise<WebAssembly.Module> {
  const text = atob(await embedded(build, threads));
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return WebAssembly.compile(bytes);
}

/** What the kernels export (assembly/index.ts, assembly/threads.ts). */
export interface Kernels {
  readonly heapBase: WebAssembly.Global;
  setThread(index: number, count: number, control: number, maySleep: boolean): void;
  setScratch(address: number): void;
  run(commands: number): void;
  quiesce(): void;
  stop(): void;
}

/** @param stalled asked while the main thread waits for workers: whether to give them up. */
export async function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  stalled: () => boolean,
): Promise<Kernels> {
  const abort = (): never => {
    throw new Error('cpu: a kernel stopped');
  };
  const instance = await WebAssembly.instantiate(module, { env: { memory, abort, stalled } });
  return instance.exports as unknown as Kernels;
}
