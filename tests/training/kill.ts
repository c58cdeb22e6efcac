/// <reference types="node" />
/** Kills a training run again and again, and compares what is left in the end with a run that nobody killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repositoryRoot, sourceAliases } from '@inkstone/harness/source-aliases';
import { build } from 'esbuild';
import { expect } from 'vitest';

/** Steps of one life at most: it is killed before it has made so many. */
const longestLife = 12;

/** Bundles the program; it then runs without a build of the packages. */
async function bundle(folder: string): Promise<string> {
  const outfile = join(folder, 'program.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('killed-program.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    absWorkingDir: repositoryRoot,
    alias: sourceAliases(),
    loader: { '.wgsl': 'text' },
    external: ['webgpu'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  return outfile;
}

/** Runs the program to its end; `mayGoOn` is told each step of this life, counted from 1, and gives leave for the next. */
async function life(
  args: readonly string[],
  mayGoOn: (step: number, child: ChildProcess) => boolean,
): Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }> {
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let steps = 0;
  let stderr = '';
  child.on('message', () => {
    // It may be dead by now.
    if (mayGoOn(++steps, child)) child.send('go on', () => {});
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stderr };
}

/** Everything that says what was trained, as bytes. */
async function result(run: string): Promise<Record<string, string>> {
  const latest = (await readFile(join(run, 'latest'), 'utf8')).trim();
  const files = ['model.safetensors', 'training_state.safetensors'];
  const bytes = await Promise.all(files.map((file) => readFile(join(run, latest, file))));
  return Object.fromEntries(files.map((file, i) => [file, (bytes[i] as Buffer).toString('base64')]));
}

/**
 * @param kills how often the run is ended with SIGKILL, each time after a random number of steps and a random while more:
 *   in a step, in a save, in an evaluation
 */
export async function killAndCompare(kills: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'inkstone-killed-'));
  try {
    const program = await bundle(folder);
    const steps = String(kills * longestLife + 6);
    const whole = await life([program, join(folder, 'whole'), steps], () => true);
    expect(whole, whole.stderr).toMatchObject({ code: 0, signal: null });

    const run = join(folder, 'run');
    for (let kill = 0; kill < kills; kill++) {
      const last = 1 + Math.floor(Math.random() * (longestLife - 1));
      const more = Math.random() * 30;
      const ended = await life([program, run, steps], (step, child) => {
        if (step === last) setTimeout(() => child.kill('SIGKILL'), more);
        // A fast machine makes many steps in that while: it must not come to its end.
        return step < longestLife;
      });
      const moment = `kill ${kill + 1}, ${last} steps and ${more.toFixed(1)} ms into its life`;
      expect(ended, `${moment}: ${ended.stderr}`).toMatchObject({ signal: 'SIGKILL' });
    }
    const end = await life([program, run, steps], () => true);
    expect(end, end.stderr).toMatchObject({ code: 0, signal: null });
    expect(await result(run)).toEqual(await result(join(folder, 'whole')));
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
