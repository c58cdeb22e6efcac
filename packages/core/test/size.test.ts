/// <reference types="node" />
/**
 * What a page pays for the package: built as for npm, bundled by Vite as an app would be, minified and gzipped. What is
 * not imported must not be there.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const kilobyte = 1000;

/** Texts that minifying keeps, by what they stand for. */
const parts = {
  "NumPy's generators": /RandomState\.seed|default_rng|defaultRng: a seed/,
  "Python's generator": /PythonRandom|randrange/,
  'file formats': /__metadata__|NUMPY/,
  optimizers: /exp_avg|momentum_buffer|square_avg/,
  'learning rate schedules': /OneCycleLR|CosineAnnealing/,
  'recurrent layers': /weight_hh|weight_ih/,
  attention: /in_proj_weight/,
  data: /DataLoader/,
  compile: /compile: /,
  'special functions': /multigammaln/,
  'the watch for NaN': /made an infinity|made \$\{/,
};

interface Manifest {
  sideEffects: unknown;
  type: unknown;
  browser: Readonly<Record<string, string>>;
  exports: Readonly<Record<string, string | { import: string }>>;
}
const manifest = async (): Promise<Manifest> =>
  JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Manifest;

/** The files that the package's entries are, './dist/io.js' as './package/io.js'. */
const entries = async (): Promise<string[]> =>
  Object.values((await manifest()).exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : [entry.import.replace('dist', 'package')],
  );

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkstone-size-'));
  // The package's own build, into a folder of this test's.
  const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
  await promisify(execFile)(process.execPath, [tsup, '--out-dir', join(folder, 'package')], { cwd: root });
  const { sideEffects, type, browser } = await manifest();
  const given = JSON.stringify({ sideEffects, type, browser }).replaceAll('./dist/', './');
  await writeFile(join(folder, 'package', 'package.json'), given);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The bundle of a program that imports './package/...'. */
async function bundled(name: string, program: string): Promise<{ code: string; bytes: number }> {
  const entry = join(folder, `${name}.js`);
  await writeFile(entry, program);
  const outDir = join(folder, `${name}-out`);
  await vite({
    configFile: false,
    logLevel: 'silent',
    root: folder,
    build: { outDir, minify: true, target: 'es2022', modulePreload: false, rollupOptions: { input: entry } },
  });
  const assets = join(outDir, 'assets');
  const files = await readdir(assets);
  const code = (await Promise.all(files.map((file) => readFile(join(assets, file), 'utf8')))).join('\n');
  return { code, bytes: gzipSync(code, { level: 9 }).length };
}

const present = (code: string): string[] =>
  Object.entries(parts).flatMap(([part, text]) => (text.test(code) ? [part] : []));

describe('a bundle holds what is imported and nothing else', () => {
  const programs: Readonly<
    Record<string, readonly [program: string, kilobytes: number, ...parts: string[]]>
  > = {
    'a seed': ["import { manualSeed } from './package/index.js'; manualSeed(1);", 1.7],
    tensors: ["import { tensor, use } from './package/index.js'; globalThis.x = [tensor, use];", 36],
    'a training step': [
      "import { functional as F, nn, optim, use } from './package/index.js';" +
        'globalThis.x = [() => new nn.Linear(2, 2), (p) => new optim.AdamW(p), F.crossEntropy, use];',
      43,
      'optimizers',
    ],
    'an LSTM': [
      "import { nn, use } from './package/index.js'; globalThis.x = [() => new nn.LSTM(2, 2), use];",
      43,
      'recurrent layers',
    ],
    "NumPy's legacy generator": [
      "import { RandomState } from './package/random.js'; globalThis.x = RandomState;",
      4,
      "NumPy's generators",
    ],
    safetensors: [
      "import { readSafetensors } from './package/io.js'; globalThis.x = readSafetensors;",
      2.5,
      'file formats',
    ],
  };
  it.each(Object.entries(programs))('%s', async (name, [program, kilobytes, ...wanted]) => {
    const { code, bytes } = await bundled(name.replaceAll(/\W/g, '-'), program);
    expect(bytes).toBeGreaterThan(kilobyte);
    expect(present(code)).toEqual(wanted);
    expect(bytes).toBeLessThanOrEqual(kilobytes * kilobyte);
  });
});

it('the whole', async () => {
  const { code, bytes } = await bundled(
    'whole',
    "import * as core from './package/index.js'; globalThis.x = core;",
  );
  // All of it is there: the marks above are not just absent.
  expect(present(code)).toEqual(['optimizers', 'learning rate schedules', 'recurrent layers', 'attention']);
  console.log(`@inkstone/core, everything: ${bytes} bytes`);
  expect(bytes).toBeLessThanOrEqual(65 * kilobyte);
  const all = await bundled(
    'all',
    (await entries())
      .map((file, i) => `import * as entry${i} from '${file}'; globalThis.entry${i} = entry${i};`)
      .join('\n'),
  );
  expect(present(all.code)).toEqual(Object.keys(parts));
  console.log(`all entries: ${all.bytes} bytes`);
  expect(all.bytes).toBeLessThanOrEqual(100 * kilobyte);
});
