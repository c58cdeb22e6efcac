import { defineConfig } from 'tsup';

export default defineConfig({
  // File by file: in one file the namespaces (nn, optim, data) become objects that name everything, and a bundler can
  // leave nothing out. test/size.test.ts measures it.
  entry: ['src/**/*.ts'],
  bundle: false,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  // Declarations come from tsc (tsconfig.build.json): bundled ones lose the types of classes behind `export * as nn`.
  dts: false,
  sourcemap: true,
  clean: true,
});
