/// <reference types="node" />
/** The command as a test runs it: bundled from the sources, in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceAliases } from '@inkstone/harness/source-aliases';
import { build } from 'esbuild';

const app = fileURLToPath(new URL('../', import.meta.url));

/** What a process said and how it ended. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all that stdout has said so far, each time that it says more. */
  readonly onOutput?: (stdout: string, child: ChildProcess) => void;
}

/** The built command and an empty folder to run it in. */
export interface Command {
  readonly script: string;
  /** Where it runs. */
  readonly folder: string;
  run(args: readonly string[], options?: RunOptions): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Bundles the command and the packages that it is made of into a temporary folder. */
export async function buildCommand(): Promise<Command> {
  const folder = await mkdtemp(join(tmpdir(), 'inkstone-cli-'));
  const script = join(folder, 'app', 'dist', 'inkstone.js');
  await build({
    entryPoints: [join(app, 'src', 'inkstone.ts'), join(app, 'src', 'gpu-probe.ts')],
    outdir: join(folder, 'app', 'dist'),
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    alias: sourceAliases(),
    loader: { '.wgsl': 'text' },
    external: ['webgpu'],
    // Packages in CommonJS call `require`, which a module does not have.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  // Dawn lies beside the command, as `npm install webgpu` puts it; without it there is no WebGPU in Node.
  const dawn = dawnFolder();
  if (dawn !== undefined) {
    await mkdir(join(folder, 'app', 'node_modules'));
    await symlink(dawn, join(folder, 'app', 'node_modules', 'webgpu'), 'junction');
  }
  // The version is read from there, as in the package.
  await copyFile(join(app, 'package.json'), join(folder, 'app', 'package.json'));
  return {
    script,
    folder,
    run: (args, options) => runScript(script, args, folder, options),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

function dawnFolder(): string | undefined {
  try {
    const harness = createRequire(import.meta.url).resolve('@inkstone/harness/fixtures');
    return dirname(createRequire(harness).resolve('webgpu/package.json'));
  } catch {
    return undefined;
  }
}

async function runScript(
  script: string,
  args: readonly string[],
  cwd: string,
  { env = {}, onOutput }: RunOptions = {},
): Promise<Outcome> {
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    onOutput?.(stdout, child);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** The events of `--json`. */
export interface JSONEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export function events(stdout: string): JSONEvent[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JSONEvent);
}

/** A text with something to learn: a line a day. */
export const diary: string = Array.from({ length: 200 }, (_, i) => `第${i + 1}天，天气很好。\n`).join('');

/** Options for a model so small that a test need not wait. */
export const tiny: readonly string[] = [
  ...['--layers', '1', '--heads', '2', '--width', '16', '--block', '16', '--batch', '4'],
  ...['--backend', 'cpu', '--threads', '1'],
];
