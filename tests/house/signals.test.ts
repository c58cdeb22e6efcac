import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requireFixture } from '../harness/fixtures.js';

const launcher = fileURLToPath(new URL('./programs/launch.mjs', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkstone-signals-'));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, scripts: { start: `node "${launcher}"` } }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a program, interrupts it when it is ready, and returns its exit code and what it said. */
function interrupted(
  command: string,
  args: string[],
  interrupt: (child: ReturnType<typeof spawn>) => void,
): Promise<{ code: number | null; said: string[] }> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: folder, stdio: 'pipe' });
    let output = '';
    let sent = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (sent || !output.includes('ready')) return;
      sent = true;
      interrupt(child);
    });
    child.once('error', fail);
    child.once('close', (code) => {
      const said = output
        .split(/\r?\n/)
        .filter((line) => /^(ready|interrupt|saved)/.test(line.replace('^C', '')));
      done({ code, said: said.map((line) => line.replace('^C', '')) });
    });
  });
}

const once = ['ready', 'interrupt 1', 'saved'];

test('a SIGINT sent to npm start alone reaches the command once, and its exit code is returned', async () => {
  const { code, said } = await interrupted(process.execPath, [launcher], (child) => child.kill('SIGINT'));
  expect(said).toEqual(once);
  expect(code).toBe(7);
});

test('Ctrl-C in a terminal reaches the command once, through npm too', async (context) => {
  requireFixture('terminal', context);
  // `script` gives the program a terminal; the byte 3 on it is Ctrl-C, to all that run in the foreground.
  for (const command of [`"${process.execPath}" "${launcher}"`, 'npm start --silent']) {
    const { code, said } = await interrupted(
      'script',
      // "exec": the shell that `script` starts would itself be interrupted, and some then end with 130.
      ['--quiet', '--return', '--flush', '--command', `exec ${command}`, '/dev/null'],
      (child) => child.stdin?.write('\x03'),
    );
    expect(said, command).toEqual(once);
    // The shell that npm starts may end with 130 too.
    expect(command.startsWith('npm') ? [7, 130] : [7], command).toContain(code);
  }
});
