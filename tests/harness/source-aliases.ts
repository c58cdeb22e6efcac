/// <reference types="node" />
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout, with a slash at its end. */
export const repositoryRoot: string = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Where the source of each import path of the workspace's packages lies, so that tests need no build. It is
 * read from each package's own exports map ('./x' -> dist/y.js -> src/y.ts): a path that a package does not
 * export stays unresolvable, in tests as for a user.
 *
 * @returns import path ('@inkstone/core/backend') to absolute file name
 */
export function sourceAliases(): Record<string, string> {
  const packages = join(repositoryRoot, 'packages');
  const aliases: Record<string, string> = {};
  for (const folder of readdirSync(packages)) {
    const manifest = join(packages, folder, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      name: string;
      exports?: Record<string, string | { import?: string }>;
    };
    for (const [subpath, target] of Object.entries(exports)) {
      const built = typeof target === 'string' ? target : target.import;
      const source = built?.match(/^\.\/dist\/(.+)\.js$/)?.[1];
      if (source === undefined) continue;
      aliases[name + subpath.slice(1)] = join(packages, folder, 'src', `${source}.ts`);
    }
  }
  return aliases;
}
