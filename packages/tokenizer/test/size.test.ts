/**
 * What a page has to fetch, gzipped, in bytes, to load, encode and decode: the package is built, a program is bundled by Vite with its parts apart,
 * run in Node on a file of each family, and asked which of them it fetched. Vite's own loader of parts, 0.8 KB, counts.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build, type Rolldown } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TINY_FILES } from './support/tiny-files.js';

const folder = mkdtempSync(join(tmpdir(), 'inkstone-size-'));
const dist = join(folder, 'dist');
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
  await promisify(execFile)(process.execPath, [tsup, '--no-dts', '--out-dir', dist], { cwd: root });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "sideEffects": false }');
}, 60_000);

/** The bundle of a program that imports from the package as it is built. */
async function bundle(contents: string, inOnePiece = false): Promise<Rolldown.OutputChunk[]> {
  const name = join(folder, 'program.js');
  const program = {
    name: 'program',
    resolveId: (id: string) => (id === name ? id : undefined),
    load: (id: string) => (id === name ? contents : undefined),
  };
  const built = await build({
    root: folder,
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
        output: { codeSplitting: !inOnePiece },
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
    "import { CharTokenizer } from './dist/index.js'; globalThis.program = CharTokenizer",
    2_800,
  ],
  [
    'every kind at once',
    "import { tokenizerFromJSON } from './dist/index.js'; globalThis.program = tokenizerFromJSON",
    28_000,
  ],
  [
    'everything but the trainers and the matcher, in one piece',
    "import * as a from './dist/index.js'; import * as b from './dist/formats.js'; import * as c from './dist/chat.js'; globalThis.program = { ...a, ...b, ...c }",
    35_900,
  ],
  [
    'the matcher for other patterns',
    "import { compileRegex } from './dist/regex.js'; globalThis.program = compileRegex",
    5_800,
  ],
])('%s', async (_, contents, limit) => {
  const [program] = await bundle(contents, true);
  const size = sizeOf(program as Rolldown.OutputChunk);
  expect(size).toBeLessThanOrEqual(limit);
  // A bundle that lost its contents would be small too.
  expect(size).toBeGreaterThan(limit * 0.8);
});

describe('loadTokenizer fetches what the file asks for', () => {
  let chunks: Rolldown.OutputChunk[];
  let entry = '';

  beforeAll(async () => {
    chunks = await bundle(
      "import { loadTokenizer } from './dist/index.js'; globalThis.program = loadTokenizer",
    );
    mkdirSync(join(folder, 'assets'));
    for (const { fileName, code, isEntry } of chunks) {
      // Each part says that it is there.
      const mark = `(globalThis.fetched ??= []).push(${JSON.stringify(fileName)});`;
      writeFileSync(join(folder, fileName), mark + code);
      if (isEntry) entry = pathToFileURL(join(folder, fileName)).href;
    }
  });

  test.each([
    ['GPT-2', 0, 16_350],
    ['Qwen', 11_000_000, 18_950],
    ['BERT', 0, 13_300],
    ['Llama 2', 0, 16_850],
    ['T5', 0, 15_000],
  ])('%s', (name, bytes, limit) => {
    const program = `
      await import('${entry}');
      // The vocabularies of the largest files have a reader of their own, as many bytes of white space too.
      const file = new TextEncoder().encode(${JSON.stringify(JSON.stringify(TINY_FILES[name]))}.padEnd(${bytes}));
      const tokenizer = await globalThis.program(async (name) => (name === 'tokenizer.json' ? file : undefined));
      const ids = tokenizer.encode('ab aab');
      console.log(JSON.stringify({ ids, text: tokenizer.decode(ids), fetched }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const { ids, text, fetched } = JSON.parse(stdout) as { ids: number[]; text: string; fetched: string[] };
    expect(ids.length).toBeGreaterThan(2);
    expect(text).toContain('ab');
    const size = chunks
      .filter(({ fileName }) => fetched.includes(fileName))
      .reduce((sum, chunk) => sum + sizeOf(chunk), 0);
    expect(size).toBeLessThanOrEqual(limit);
    expect(size).toBeGreaterThan(limit * 0.8);
  });
});
