import { defineConfig } from 'tsup';
import { buildWasm } from './scripts/build-wasm.mjs';

await buildWasm();

export default defineConfig({
  entry: ['src/index.ts', 'src/reference.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  dts: true,
  sourcemap: true,
  clean: true,
  splitting: true,
});
