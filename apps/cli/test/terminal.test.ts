/// <reference types="node" />
/** The live picture, in a real terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildCommand, type Command, diary, tiny } from './command.js';

let command: Command;
beforeAll(async () => {
  command = await buildCommand();
  await writeFile(join(command.folder, 'diary.txt'), diary);
}, 60_000);
afterAll(() => command.remove());
beforeEach((context) => {
  requireFixture('terminal', context);
});

/** `script` gives the program a terminal of 24 rows and 80 columns, and what it draws comes back. */
async function inTerminal(
  args: readonly string[],
  onOutput: (output: string, child: ChildProcess) => void = () => {},
): Promise<{ output: string; code: number | null }> {
  const line = [process.execPath, command.script, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn(
    'script',
    ['--quiet', '--return', '--flush', '--command', `stty rows 24 cols 80; ${line}`, '/dev/null'],
    {
      cwd: command.folder,
      env: { ...process.env, TERM: 'xterm-256color' },
      stdio: 'pipe',
    },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    onOutput(output, child);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { output, code };
}

/** What is seen of an output: without colours and movements. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are driven by them
const seen = (output: string): string => output.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');

test('a run is drawn in place: a bar, losses, a curve, and samples at the end', async () => {
  const { output, code } = await inTerminal(['train', '--data', 'diary.txt', ...tiny, '--steps', '200']);
  expect(code).toBe(0);
  // It moves up to draw over what it drew, and gives the cursor back.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  expect(output).toMatch(/\x1b\[\d*A/);
  expect(output.lastIndexOf('\x1b[?25h')).toBeGreaterThan(output.lastIndexOf('\x1b[?25l'));
  const text = seen(output);
  expect(text).toMatch(/step 200\/200 {2}━+ 100 %/);
  expect(text).toMatch(/training \d\.\d{3} {2}validation \d\.\d{3}, \d\.\d{3} below unigram/);
  expect(text).toMatch(/[⠁-⣿]{5}/);
  expect(text).toMatch(/✓ 200 steps in/);
  expect(text.slice(text.lastIndexOf('✓'))).toMatch(/│ .*天气/);
  expect(text).toMatch(/checkpoint runs\/diary/);
}, 60_000);

test('Ctrl-C leaves a checkpoint', async () => {
  let pressed = false;
  const { output, code } = await inTerminal(
    ['train', '--data', 'diary.txt', ...tiny, '--steps', '100000', '--out', 'runs/long'],
    (soFar, child) => {
      if (pressed || !seen(soFar).includes('step ')) return;
      pressed = true;
      child.stdin?.write('\x03');
    },
  );
  expect(code).toBe(130);
  expect(seen(output)).toMatch(/! interrupted after [\d,]+ of 100,000 steps/);
  expect(seen(output)).toMatch(/train --resume runs\/long/);
  expect(existsSync(join(command.folder, 'runs/long/latest'))).toBe(true);
}, 60_000);
