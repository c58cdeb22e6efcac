import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  dts: true,
  sourcemap: true,
  clean: true,
  splitting: true,
  // Kernels are text, in the bundle too.
  loader: { '.wgsl': 'text' },
  external: ['webgpu'],
});
