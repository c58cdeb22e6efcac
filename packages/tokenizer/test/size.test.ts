/**
 * What a page has to load: bundled and minified by esbuild, then gzipped, in bytes. The aim for all but the
 * trainers and the regular expressions is 15 KB; these limits hold what has been reached, so that it does not grow.
 */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const sources = fileURLToPath(new URL('../src/', import.meta.url));

async function sizeOf(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: sources, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: ['@huggingface/jinja'],
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents as Uint8Array, { level: 9 }).length;
}

test.each([
  ['the character tokenizer alone', "export { CharTokenizer } from './index.js'", 2_800],
  ['every family and tokenizer.json', "export * from './index.js'", 26_500],
  [
    'all files and chat templates too',
    "export * from './index.js'; export * from './formats.js'; export * from './chat.js'",
    31_500,
  ],
  ['the matcher for other patterns', "export * from './regex.js'", 6_000],
])('%s', async (_, contents, limit) => {
  const size = await sizeOf(contents);
  expect(size).toBeLessThan(limit);
  // A bundle that lost its contents would be small too.
  expect(size).toBeGreaterThan(limit * 0.8);
});
