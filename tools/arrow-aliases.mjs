/**
 * How dependency-cruiser resolves imports: '@inkstone/*' to the sources, through each package's own exports map,
 * so the check needs no build, and a path that a package does not export does not resolve. It takes this from a
 * file in webpack's form.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const packages = join(process.cwd(), 'packages');

/**
 * Import path to source file: '@inkstone/core/backend' to 'packages/core/src/backend.ts'.
 * @type {Record<string, string>}
 */
export const entries = {};
for (const folder of readdirSync(packages)) {
  const manifest = join(packages, folder, 'package.json');
  if (!existsSync(manifest)) continue;
  const { name, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
  for (const [subpath, target] of Object.entries(exports)) {
    const source = (target.import ?? target).match(/^\.\/dist\/(.+)\.js$/)?.[1];
    if (source) entries[name + subpath.slice(1)] = `packages/${folder}/src/${source}.ts`;
  }
}

export default {
  resolve: {
    // A '$' at the end: this path exactly, not what lies below it.
    alias: Object.fromEntries(
      Object.entries(entries).map(([path, file]) => [`${path}$`, join(process.cwd(), file)]),
    ),
    extensionAlias: { '.js': ['.ts', '.js'] },
  },
};
