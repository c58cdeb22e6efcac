import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/inkstone.ts', 'src/gpu-probe.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'node',
  sourcemap: true,
  clean: true,
});
