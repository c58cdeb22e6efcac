import { defineConfig } from 'tsup';

/** The declarations; the programs are built by Vite. */
export default defineConfig({
  entry: ['src/index.ts', 'src/chat.ts', 'src/formats.ts', 'src/regex.ts', 'src/train.ts'],
  format: 'esm',
  dts: { only: true },
});
