/// <reference types="node" />
/**
 * Every command line of the README, run as it stands there from the root of a checkout, with what is named below added
 * or changed to make it short. `.ci/run` itself is the test of the line `npm test`.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isCommandBuilt, isInstalled } from '../../tools/workspace.mjs';
import { checkout, codeBlocks, environment, readmes } from './readme.js';

const size = [
  '--layers',
  '1',
  '--heads',
  '2',
  '--width',
  '16',
  '--block',
  '16',
  '--batch',
  '4',
  '--backend',
  'cpu',
];
const short = (minutes: string) => ['--minutes', minutes];

/** What is added to a command line for the test (of two `--minutes` the last counts), and what it prints when it did its work. */
const commands: ReadonlyArray<{ beginning: string; added: readonly string[]; prints: RegExp }> = [
  {
    beginning: 'node apps/cli/dist/inkstone.js train --data',
    added: [...short('0.03'), ...size],
    prints: /validation loss \d.*\n.*checkpoint +runs\/novel\n/s,
  },
  {
    beginning: 'node apps/cli/dist/inkstone.js train --resume',
    // The limit counts the session before.
    added: [...short('0.08'), '--backend', 'cpu'],
    prints: /validation loss \d.*\n.*checkpoint +runs\/novel\n/s,
  },
  {
    beginning: 'node apps/cli/dist/inkstone.js generate',
    added: ['--backend', 'cpu'],
    prints: /^春.{20,}/s,
  },
  // The loss of the tutorial's last epoch.
  {
    beginning: 'node apps/cli/dist/inkstone.js lesson self-attention',
    added: ['--backend', 'cpu'],
    prints: /0\.4381/,
  },
  { beginning: 'node apps/cli/dist/inkstone.js lesson', added: [], prints: /xor.*hello-lstm/s },
  { beginning: 'node apps/cli/dist/inkstone.js doctor', added: [], prints: /Node.*WebAssembly/s },
];

let folder = '';
beforeAll(async () => {
  // A build in here would pull the packages from under the tests that run beside this one.
  if (!isInstalled('cli') || !isCommandBuilt()) throw new Error('build first: npm test, or npm start');
  folder = await mkdtemp(join(tmpdir(), 'inkstone-readme-'));
  await symlink(join(checkout, 'apps'), join(folder, 'apps'));
  const lines = Array.from({ length: 400 }, (_, i) => `第${i}天，春天的天气很好，花开了${i % 7}朵。\n`);
  await writeFile(join(folder, 'my-novel.txt'), lines.join(''));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program and, once it has printed `until`, does `then` with it. */
function run(
  command: string,
  args: readonly string[],
  cwd: string,
  then?: { readonly until: RegExp; readonly act: (output: string, end: () => void) => Promise<void> },
): Promise<Finished> {
  return new Promise((done, fail) => {
    // Ctrl-C reaches all that a terminal runs in the foreground: here, a process group of its own.
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const child = spawn(command, args, { cwd, env: environment, stdio: [...stdio], detached: true });
    const interrupt = (signal: NodeJS.Signals) => child.pid && process.kill(-child.pid, signal);
    let output = '';
    let acted = false;
    const take = (text: string) => {
      output += stripVTControlCharacters(text);
      if (!then || acted || !then.until.test(output)) return;
      acted = true;
      then
        .act(output, () => interrupt('SIGINT'))
        .catch((error: unknown) => {
          interrupt('SIGKILL');
          fail(error);
        });
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.once('error', fail);
    child.once('close', (code) => done({ code, output }));
  });
}

const commandLines = codeBlocks('README.md')
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.trim().split('\n'));

describe('the command lines of the README', () => {
  test('are all run here', () => {
    const here = ['npm start', 'npm test', 'npm run demo', ...commands.map(({ beginning }) => beginning)];
    for (const line of commandLines)
      expect(
        here.some((beginning) => line.startsWith(beginning)),
        line,
      ).toBe(true);
    for (const beginning of here)
      expect(
        commandLines.some((line) => line.startsWith(beginning)),
        beginning,
      ).toBe(true);
  });

  test('are the same in both languages', () => {
    const [english, chinese] = readmes.map(codeBlocks);
    expect(chinese).toEqual(english);
  });

  for (const line of commandLines.filter((each) => each.startsWith('node ')))
    test(line, async () => {
      const [, file = '', ...words] = line.split(' ');
      const { added = [], prints = /^$/ } =
        commands.find(({ beginning }) => line.startsWith(beginning)) ?? {};
      const { code, output } = await run(process.execPath, [file, ...words, ...added], folder);
      expect(code, output).toBe(0);
      expect(output).toMatch(prints);
    }, 120_000);

  test('npm start', async () => {
    const out = join(folder, 'started');
    const args = [
      'start',
      '--',
      '--data',
      join(folder, 'my-novel.txt'),
      '--out',
      out,
      '--steps',
      '20',
      ...size,
    ];
    const { code, output } = await run('npm', args, checkout);
    expect(code, output).toBe(0);
    expect(output).toMatch(/unigram.*step 1\b.*validation loss.*sample 3:.*checkpoint.*go on.*write/s);
    // The command that it names goes on.
    const [, resume = ''] = /go on +npm (.*)/.exec(output) ?? [];
    const again = await run('npm', [...resume.split(' '), '--steps', '25'], checkout);
    expect(again.code, again.output).toBe(0);
    expect(again.output).toContain('25/25');
  }, 120_000);

  test('npm test is what CI runs', async () => {
    expect(await readFile(join(checkout, '.ci/run'), 'utf8')).toMatch(
      /^INKSTONE_ADAPTER=swiftshader npm test$/m,
    );
  });

  test('npm run demo', async () => {
    const { output } = await run('npm', ['run', 'demo', '--', '--port', '0'], checkout, {
      until: /http:\/\/127\.0\.0\.1:\d+\//,
      act: async (said, end) => {
        const [address = ''] = /http:\/\/127\.0\.0\.1:\d+\//.exec(said) ?? [];
        const page = await fetch(address);
        expect(page.status).toBe(200);
        expect(await page.text()).toContain('Inkstone');
        end();
      },
    });
    expect(output).toContain('http://127.0.0.1');
  }, 120_000);
});
