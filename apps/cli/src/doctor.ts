/** `inkstone doctor`: what this machine has for training, and what it lacks. */
import { spawnSync } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { open } from '@inkstone/core';
import { cacheFolder, datasets } from '@inkstone/models/node';
import colors from 'picocolors';
import { relaxedSimd, simd, threads } from 'wasm-feature-detect';
import { backends, probeGpu } from './backend.js';
import { count } from './display/format.js';
import { oneLine } from './failure.js';
import { measure } from './measure.js';

/** The Node versions that are tested; package.json says the same in `engines`. */
const leastNode = [20, 19] as const;

const yes = colors.green('✓');
const no = colors.red('✗');
const lacking = colors.yellow('-');

/**
 * Prints a line about each thing that training needs or uses.
 *
 * @returns the exit code: 0 if something here can train.
 */
export async function doctor(version: string): Promise<number> {
  const say = (mark: string, what: string, words: string) => {
    process.stdout.write(`${mark} ${colors.bold(what.padEnd(12))} ${words}\n`);
  };
  process.stdout.write(`inkstone ${version}\n\n`);

  const node = nodeIsNew();
  say(
    node ? yes : no,
    'Node',
    `${process.versions.node}${node ? '' : `, needs ${leastNode.join('.')} or later`}`,
  );
  const memory = `${(totalmem() / 2 ** 30).toFixed(1)} GiB of memory`;
  say(
    yes,
    'machine',
    `${availableParallelism()} CPU cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${memory}`,
  );
  for (const [name, has, without] of [
    ['SIMD', await simd(), 'the fast CPU backend needs it'],
    ['relaxed SIMD', await relaxedSimd(), 'multiply and add are two instructions'],
    ['threads', await threads(), 'the CPU backend uses one core'],
  ] as const) {
    say(has ? yes : lacking, name, `${has ? 'WebAssembly has it' : `WebAssembly lacks it: ${without}`}`);
  }

  const gpu = await probeGpu('--measure');
  const onGpu = 'reason' in gpu ? gpu.reason : deviceWords(gpu.description, gpu.speed ?? 0);
  say('reason' in gpu ? lacking : yes, 'webgpu', onGpu);
  let usable = 'reason' in gpu ? 0 : 1;
  for (const [name, size] of [
    ['cpu', 512],
    ['reference', 128],
  ] as const) {
    try {
      const device = await open(backends[name]());
      const speed = await measure(device, size).finally(() => device.close());
      usable++;
      say(yes, name, deviceWords(device.description, speed));
    } catch (error) {
      say(no, name, oneLine(error).replace(`${name}: `, ''));
    }
  }

  const npm = spawnSync('npm', ['--version'], { encoding: 'utf8', shell: process.platform === 'win32' });
  const npmVersion = npm.status === 0 ? npm.stdout.trim() : undefined;
  say(npmVersion ? yes : lacking, 'npm', npmVersion ?? 'not on the PATH: datasets cannot be fetched');
  const cache = cacheFolder();
  say(yes, 'cache', cache);
  for (const dataset of datasets) {
    if (dataset.kind === 'embedded') {
      say(yes, dataset.name, 'inside this program');
      continue;
    }
    const bytes = await cachedBytes(join(cache, 'datasets'), `${dataset.name}-${dataset.version}-r`);
    const words =
      bytes === undefined
        ? `not in the cache; ${bytesWords(dataset.size)} to download on first use`
        : `in the cache, ${bytesWords(bytes)} of text`;
    say(bytes === undefined ? lacking : yes, dataset.name, words);
  }

  process.stdout.write(
    usable > 0 && node ? '\nThis machine can train.\n' : '\nNothing on this machine can train.\n',
  );
  return usable > 0 && node ? 0 : 1;
}

function nodeIsNew(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
}

function deviceWords(description: string, speed: number): string {
  return `${description}, ${speed < 10 ? speed.toFixed(1) : count(speed)} GFLOP/s`;
}

function bytesWords(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Bytes of a dataset's text in the cache, of any revision. */
async function cachedBytes(folder: string, prefix: string): Promise<number | undefined> {
  const names = await readdir(folder).catch(() => []);
  const found = names.find((name) => name.startsWith(prefix));
  if (found === undefined) return undefined;
  return stat(join(folder, found, 'text.txt')).then(
    (file) => file.size,
    () => undefined,
  );
}
