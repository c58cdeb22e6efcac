/**
 * The package as a user's bundler sees it: built as for npm, bundled by esbuild, Vite and webpack without any
 * configuration, run in a page and (esbuild's bundle) in a bare Node.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { launchChromium } from '@inkstone/harness/chromium';
import { requireFixture } from '@inkstone/harness/fixtures';
import { serve } from '@inkstone/harness/server';
import { build as esbuild } from 'esbuild';
import type { Browser } from 'playwright-core';
import { build as tsup } from 'tsup';
import { build as vite } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack from 'webpack';

const root = fileURLToPath(new URL('..', import.meta.url));
const core = fileURLToPath(new URL('../../core/src/backend.ts', import.meta.url));

/** 2 + 2, four thousand times over, on two threads; writes the description and a sum. */
const program = `
import { cpu } from './package/index.js';
const length = 1 << 18;
const operand = (buffer) => ({ buffer, dtype: 'float32', shape: [length], strides: [1], offset: 0 });
export async function main(threads) {
  const device = await cpu({ threads }).open();
  const buffers = [0, 1].map(() => device.createBuffer(length * 4));
  device.write(buffers[0], 0, new Float32Array(length).fill(2));
  const executable = device.compile({
    buffers: [{ byteLength: length * 4 }, { byteLength: length * 4 }],
    scalars: [],
    uploads: [],
    steps: [{
      kind: 'pointwise', shape: [length], inputs: [operand(0)], scalars: [], outputs: [operand(1)],
      program: {
        instructions: [
          { op: 'load', type: 'float32', input: 0 },
          { op: 'add', type: 'float32', a: 0, b: 0 },
        ],
        outputs: [1],
      },
    }],
  });
  executable.run(buffers, [], []);
  const sum = new Float32Array(await device.read(buffers[1], 0, length * 4)).reduce((a, b) => a + b, 0);
  return device.description + ': ' + sum / length;
}
`;
const pageMain = `import { main } from './program.js'; main(2).then((text) => { globalThis.result = text; }, (error) => { globalThis.result = String(error); });`;
const nodeMain = `
import { main } from './program.js';
console.log(await main(2));
`;

let folder = '';
let browser: Browser | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inkstone-bundlers-'));
  await tsup({
    config: false,
    silent: true,
    entry: [join(root, 'src/index.ts')],
    outDir: join(folder, 'package'),
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    splitting: true,
    tsconfig: join(root, 'tsconfig.json'),
    esbuildOptions: (options) => {
      options.alias = { '@inkstone/core/backend': core };
    },
    noExternal: [/^@inkstone/],
  });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'program.js'), program);
  await writeFile(join(folder, 'page.js'), pageMain);
  await writeFile(join(folder, 'node.js'), nodeMain);
  await writeFile(
    join(folder, 'index.html'),
    '<!doctype html><script type="module" src="./page.js"></script>',
  );
  if (requireFixture('browser')) browser = await launchChromium();
}, 300_000);

afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

const bundlers: Record<string, (out: string) => Promise<string>> = {
  esbuild: async (out) => {
    await esbuild({
      entryPoints: [join(folder, 'page.js')],
      bundle: true,
      format: 'esm',
      splitting: true,
      outdir: out,
      logLevel: 'error',
    });
    return '<!doctype html><script type="module" src="./page.js"></script>';
  },
  vite: async (out) => {
    await vite({
      root: folder,
      base: './',
      configFile: false,
      logLevel: 'error',
      build: { outDir: out, emptyOutDir: true },
    });
    return readFile(join(out, 'index.html'), 'utf8');
  },
  webpack: async (out) => {
    const compiler = webpack({
      mode: 'production',
      entry: join(folder, 'page.js'),
      output: { path: out, filename: 'page.js' },
    });
    await new Promise<void>((resolve, reject) => {
      compiler?.run((error, stats) => {
        if (error ?? stats?.hasErrors()) reject(error ?? new Error(stats?.toString('errors-only')));
        else resolve();
      });
    });
    return '<!doctype html><script src="./page.js"></script>';
  },
};

describe.each(Object.keys(bundlers))('a bundle by %s', (name) => {
  it('runs in a page on two threads, and fetches one build of the kernels', async (context) => {
    requireFixture('browser', context);
    const out = join(folder, `out-${name}`);
    const html = await bundlers[name](out);
    const server = await serve({ folder: out, isolated: true, routes: { '/start.html': html } });
    const page = await (browser as Browser).newPage();
    const fetched: number[] = [];
    page.on('response', async (response) => {
      const body = await response.body().catch(() => Buffer.alloc(0));
      // A build is 45 KB or more as base64, and nothing else is.
      if (/[A-Za-z0-9+/]{45000}/.test(body.toString())) fetched.push(gzipSync(body).length);
    });
    await page.goto(`${server.origin}/start.html`);
    await page.waitForFunction(() => 'result' in globalThis);
    const result = await page.evaluate(() => (globalThis as unknown as { result: string }).result);
    expect(result).toBe('WebAssembly relaxed SIMD, 2 threads: 4');
    expect(fetched).toHaveLength(1);
    await page.close();
    await server.close();
  }, 120_000);
});

describe('the package', () => {
  it('has builds of at most 40 KB, gzipped', async () => {
    const names = (await readdir(join(folder, 'package'))).filter((name) => /^simd.*\.js$/.test(name));
    expect(names).toHaveLength(4);
    for (const name of names) {
      const text = await readFile(join(folder, 'package', name), 'utf8');
      const wasm = Buffer.from(text.match(/[A-Za-z0-9+/=]{1000,}/)?.[0] ?? '', 'base64');
      expect(WebAssembly.validate(wasm) || /relaxed/.test(name), name).toBe(true);
      expect(gzipSync(wasm).length).toBeLessThan(40 * 1024);
      expect(gzipSync(text).length).toBeLessThan(40 * 1024);
    }
  });

  it('runs in Node with threads, and the process ends by itself', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'node.js')], {
      timeout: 30_000,
    });
    expect(stdout).toMatch(/^WebAssembly (relaxed )?SIMD, 2 threads: 4\n$/);
  });

  it('is found by Node without a bundler', () => {
    const manifest = createRequire(import.meta.url)('../package.json') as {
      exports: Record<string, unknown>;
    };
    expect(Object.keys(manifest.exports)).toEqual(['.', './reference', './package.json']);
  });
});
