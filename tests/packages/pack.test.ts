/// <reference types="node" />
/**
 * The packages as a user gets them: packed, installed with npm into an empty folder, and used to train the model of the
 * README on both backends.
 */
import { type ExecFileOptions, execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout, environment, programs } from './readme.js';

const execute = promisify(execFile);
const run = (command: string, args: string[], options: ExecFileOptions = {}) =>
  execute(command, args, { env: environment, ...options, encoding: 'utf8' });
const folders = ['tokenizer', 'core', 'backend-cpu', 'backend-webgpu', 'models'].map(
  (name) => `packages/${name}`,
);

let work = '';
let project = '';
const tarballs: string[] = [];

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'inkstone-pack-'));
  project = join(work, 'project');
  const npm = (args: string[], cwd: string) => run('npm', args, { cwd, maxBuffer: 2 ** 26 });
  const manifest = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as {
    packageManager: string;
  };
  for (const folder of [...folders, 'apps/cli']) {
    if (!existsSync(join(checkout, folder, 'dist')))
      throw new Error(`${folder} is not built: run npm run build first`);
    // pnpm writes the versions of the workspace into the packed manifests.
    const { stdout } = await run(
      'npx',
      ['--yes', manifest.packageManager, 'pack', '--json', '--pack-destination', work],
      { cwd: join(checkout, folder), maxBuffer: 2 ** 26 },
    );
    tarballs.push((JSON.parse(stdout) as { filename: string }).filename);
  }
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  await npm(['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs, 'webgpu@0.6.2'], project);
}, 300_000);

afterAll(() => rm(work, { recursive: true, force: true }));

/** Runs a program in the project and returns what it prints. */
async function runProgram(name: string, text: string): Promise<string> {
  await writeFile(join(project, name), text);
  const { stdout } = await run(process.execPath, [name], { cwd: project, timeout: 240_000 });
  return stdout;
}

function checkOutput(output: string, device: RegExp): void {
  expect(output).toMatch(device);
  const losses = Array.from(output.matchAll(/step (\d+): loss (\d+\.\d+)/g), ([, , loss]) => Number(loss));
  expect(losses).toHaveLength(4);
  // The untrained model knows nothing of 1,034 characters: ln 1034 = 6.94.
  expect(losses[3]).toBeLessThan(5);
  expect(losses[3]).toBeLessThan(losses[0]);
  const written = output
    .slice(output.lastIndexOf('\n', output.lastIndexOf('loss')) + 1)
    .split('\n')
    .slice(1)
    .join('\n');
  expect(written.length).toBeGreaterThan(20);
}

describe('installed from tarballs', () => {
  test('the program of the README trains on the CPU', async () => {
    checkOutput(await runProgram('cpu.mjs', programs('README.md').cpu), /Training on cpu/);
  }, 300_000);

  test('changed as the README says, it trains on WebGPU', async (context) => {
    requireFixture('adapter', context);
    // A software adapter takes its time: a tenth of the steps will do.
    const program = programs('README.md').webgpu.replace('step <= 200', 'step <= 20').replace('% 50', '% 5');
    checkOutput(await runProgram('webgpu.mjs', program), /Training on webgpu/);
  }, 300_000);

  test('the command trains, goes on and writes', async () => {
    const inkstone = (...args: string[]) =>
      run(process.execPath, [join(project, 'node_modules/inkstone/dist/inkstone.js'), ...args], {
        cwd: project,
      });
    const text = Array.from({ length: 200 }, (_, i) => `第${i}天，天气很好。\n`).join('');
    await writeFile(join(project, 'diary.txt'), text);
    const size = ['--layers', '1', '--heads', '2', '--width', '16', '--block', '16', '--batch', '4'];
    await inkstone(
      'train',
      '--data',
      'diary.txt',
      '--out',
      'run',
      '--steps',
      '20',
      '--backend',
      'cpu',
      ...size,
    );
    await inkstone('train', '--resume', 'run', '--steps', '30', '--backend', 'cpu');
    const { stdout } = await inkstone(
      'generate',
      'run',
      '--prompt',
      '第',
      '--tokens',
      '12',
      '--backend',
      'cpu',
    );
    expect(stdout).toContain('第');
    const { stdout: doctor } = await inkstone('doctor');
    expect(doctor).toMatch(/Node/);
  }, 120_000);

  test('no package carries sources, tests or what only this checkout has', async () => {
    for (const tarball of tarballs) {
      const { stdout } = await run('tar', ['-tzf', tarball]);
      const outside = stdout
        .split('\n')
        .filter((file) => file !== '' && !/^package\/(dist\/|package\.json|README|LICENSE)/.test(file));
      expect(outside, tarball).toEqual([]);
    }
  });
});
