/**
 * Compiles assembly/ into src/generated/: one JavaScript module a build, the WebAssembly embedded as base64, so that
 * bundlers need no configuration. Does nothing where the sources have not changed since.
 *
 * Builds: simd, simd-relaxed (fused multiply-add), each also with threads (shared memory, atomics).
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(root, 'assembly');
const generated = join(root, 'src', 'generated');

const relaxed = ['--enable', 'relaxed-simd'];
const threads = ['--enable', 'threads', '--sharedMemory'];
const builds = {
  simd: [],
  'simd-relaxed': relaxed,
  'simd-threads': threads,
  'simd-relaxed-threads': [...relaxed, ...threads],
};

const common = [
  'index.ts',
  ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--initialMemory', '4'],
  ...['--maximumMemory', '65536', '--enable', 'simd'],
  // Addresses are 32 bits wide: no warnings for builds with 64.
  ...['--disableWarning', '201'],
];

function fingerprint() {
  const hash = createHash('sha256');
  for (const name of readdirSync(sources).sort()) {
    hash.update(name).update(readFileSync(join(sources, name)));
  }
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  return hash.digest('hex');
}

/** Compiles what is out of date. Rejects with the compiler's messages. */
export async function buildWasm({ log = console.log } = {}) {
  const hash = fingerprint();
  const stamp = join(generated, 'sources.sha256');
  const current = existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (current && Object.keys(builds).every((name) => existsSync(join(generated, `${name}.ts`)))) return;
  const { default: asc } = await import('assemblyscript/asc');
  mkdirSync(generated, { recursive: true });
  for (const [name, flags] of Object.entries(builds)) {
    let wasm;
    const { error, stderr } = await asc.main([...common, ...flags, '--outFile', `${name}.wasm`], {
      readFile: (file, base) => {
        const path = join(base === '.' ? sources : base, file);
        return existsSync(path) ? readFileSync(path, 'utf8') : null;
      },
      writeFile: (_, contents) => {
        wasm = contents;
      },
      listFiles: () => [],
    });
    if (error) throw new Error(`${name}: ${error.message}\n${stderr.toString().slice(0, 4000)}`);
    const base64 = Buffer.from(wasm).toString('base64');
    const target = join(generated, `${name}.ts`);
    // Written beside and renamed: another process may be reading.
    writeFileSync(`${target}.${process.pid}`, `export const wasm =\n  '${base64}';\n`);
    renameSync(`${target}.${process.pid}`, target);
    log(`${name}: ${wasm.length} bytes, ${gzipSync(wasm).length} gzipped`);
  }
  writeFileSync(stamp, hash);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWasm();
