/**
 * What a page has to fetch, gzipped, in bytes: a program is bundled by Vite with its parts apart, run in Node on a file
 * of each family, and asked which of them it fetched.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TINY_FILES } from './support/tiny-files.js';

const sources = fileURLToPath(new URL('../src/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'inkstone-size-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The bundle of a program that imports from `src`. */
async function bundle(contents: string, inOnePiece = false): Promise<Rolldown.OutputChunk[]> {
  const name = 'virtual:program';
  const program = {
    name: 'program',
    resolveId: (id: string, importer: string | undefined) =>
      id === name
        ? `${sources}program.ts`
        : importer === `${sources}program.ts`
          ? join(sources, id)
          : undefined,
    load: (id: string) => (id === `${sources}program.ts` ? contents : undefined),
  };
  const built = await build({
    root: sources,
    configFile: false,
    logLevel: 'error',
    plugins: [program],
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rolldownOptions: {
        input: name,
        external: ['@huggingface/jinja'],
        output: { inlineDynamicImports: inOnePiece },
      },
    },
  });
  const { output } = built as Rolldown.RolldownOutput;
  return output.filter((file) => file.type === 'chunk');
}

const sizeOf = (chunk: Rolldown.OutputChunk) => gzipSync(chunk.code, { level: 9 }).length;

test.each([
  [
    'the character tokenizer alone',
    "import { CharTokenizer } from './index.ts'; globalThis.program = CharTokenizer",
    2_900,
  ],
  [
    'every kind at once',
    "import { tokenizerFromJSON } from './index.ts'; globalThis.program = tokenizerFromJSON",
    28_500,
  ],
  [
    'everything but the trainers and the matcher, in one piece',
    "import * as a from './index.ts'; import * as b from './formats.ts'; import * as c from './chat.ts'; globalThis.program = { ...a, ...b, ...c }",
    36_000,
  ],
  [
    'the matcher for other patterns',
    "import { compileRegex } from './regex.ts'; globalThis.program = compileRegex",
    6_000,
  ],
])('%s', async (_, contents, limit) => {
  const [program] = await bundle(contents, true);
  const size = sizeOf(program as Rolldown.OutputChunk);
  expect(size).toBeLessThan(limit);
  // A bundle that lost its contents would be small too.
  expect(size).toBeGreaterThan(limit * 0.8);
});

describe('loadTokenizer fetches what the file asks for', () => {
  let chunks: Rolldown.OutputChunk[];
  let entry = '';

  beforeAll(async () => {
    chunks = await bundle("import { loadTokenizer } from './index.ts'; globalThis.program = loadTokenizer");
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    for (const { fileName, code, isEntry } of chunks) {
      // Each part says that it is there.
      const mark = `(globalThis.fetched ??= []).push(${JSON.stringify(fileName)});`;
      writeFileSync(join(folder, fileName), mark + code);
      if (isEntry) entry = pathToFileURL(join(folder, fileName)).href;
    }
  });

  test.each([
    ['GPT-2', 23_700],
    ['Qwen', 25_000],
    ['BERT', 17_900],
    ['Llama 2', 22_300],
    ['T5', 20_200],
  ])('%s', (name, limit) => {
    const program = `
      await import('${entry}');
      const file = new TextEncoder().encode(${JSON.stringify(JSON.stringify(TINY_FILES[name]))});
      const tokenizer = await globalThis.program(async (name) => (name === 'tokenizer.json' ? file : undefined));
      console.log(JSON.stringify({ ids: tokenizer.encode('ab aab'), fetched }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const { ids, fetched } = JSON.parse(stdout) as { ids: number[]; fetched: string[] };
    expect(ids.length).toBeGreaterThan(2);
    const size = chunks
      .filter(({ fileName }) => fetched.includes(fileName))
      .reduce((sum, chunk) => sum + sizeOf(chunk), 0);
    expect(size).toBeLessThan(limit);
    expect(size).toBeGreaterThan(limit * 0.8);
  });
});
