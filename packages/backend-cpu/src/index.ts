/** The CPU backend: WebAssembly SIMD kernels over one linear memory. */
export type { BuildName } from './build.js';
export { type CpuOptions, cpu } from './cpu.js';
