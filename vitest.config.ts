import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

/**
 * Aliases that send '@inkstone/NAME' and '@inkstone/NAME/SUB' to the sources, so that unit tests need no
 * build. They are read from each package's own exports map ('./x' -> dist/y.js -> src/y.ts): a path that a
 * package does not export stays unresolvable, in tests as for a user.
 */
function sourceAliases(): { find: RegExp; replacement: string }[] {
  const packages = join(root, 'packages');
  return readdirSync(packages).flatMap((folder) => {
    const manifest = join(packages, folder, 'package.json');
    if (!existsSync(manifest)) return [];
    const { name, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      name: string;
      exports?: Record<string, string | { import?: string }>;
    };
    return Object.entries(exports).flatMap(([subpath, target]) => {
      const built = typeof target === 'string' ? target : target.import;
      const source = built?.match(/^\.\/dist\/(.+)\.js$/)?.[1];
      if (source === undefined) return [];
      return [
        {
          find: new RegExp(`^${name}${subpath.slice(1)}$`),
          replacement: join(packages, folder, 'src', `${source}.ts`),
        },
      ];
    });
  });
}

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
  resolve: { alias: sourceAliases() },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'tests/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(long ? [] : ['**/*.long.test.ts'])],
    // Dawn must run in forked processes: in a worker thread it takes the process down when the thread ends.
    pool: 'forks',
    testTimeout: long ? 600_000 : 60_000,
    hookTimeout: 120_000,
  },
});
