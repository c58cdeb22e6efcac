import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/index.ts', 'src/backend.ts', 'src/io.ts', 'src/random.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  // Declarations come from tsc (tsconfig.build.json): bundled ones lose the types of classes behind `export * as nn`.
  dts: false,
  sourcemap: true,
  clean: true,
  splitting: true,
});
