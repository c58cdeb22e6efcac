import { readFileSync } from 'node:fs';
import { configDefaults, defineConfig } from 'vitest/config';
import { sourceAliases } from './tests/harness/source-aliases.js';

/** The same meaning that tsup's `loader` gives to these files in a build: WGSL is text, WASM is bytes. */
function kernelSources() {
  return {
    name: 'inkstone-kernel-sources',
    enforce: 'pre' as const,
    load(id: string) {
      if (id.endsWith('.wgsl')) return `export default ${JSON.stringify(readFileSync(id, 'utf8'))};`;
      if (id.endsWith('.wasm')) {
        const base64 = readFileSync(id).toString('base64');
        return `export default Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0));`;
      }
      return undefined;
    },
  };
}

const long = process.env.INKSTONE_LONG === '1';

export default defineConfig({
  plugins: [kernelSources()],
  resolve: {
    alias: Object.entries(sourceAliases()).map(([path, file]) => ({
      find: new RegExp(`^${path}$`),
      replacement: file,
    })),
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(long ? [] : ['**/*.long.test.ts'])],
    globalSetup: ['tests/harness/global-setup.ts'],
    // Dawn must run in forked processes: in a worker thread it takes the process down when the thread ends.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: long ? 600_000 : 60_000,
    hookTimeout: 120_000,
    // Its default of a second is short for a page on a busy machine.
    expect: { poll: { timeout: 20_000 } },
  },
});
