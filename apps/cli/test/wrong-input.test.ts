/// <reference types="node" />
/** Whatever is wrong is told in one line on stderr, without a stack trace, and ends with an exit code above 0. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCommand, type Command, diary, tiny } from './command.js';

let command: Command;

beforeAll(async () => {
  command = await buildCommand();
  const file = (name: string, content: string | Uint8Array) => writeFile(join(command.folder, name), content);
  await file('empty.txt', '');
  await file('blank.txt', ' \n\n ');
  await file(
    'broken.txt',
    Buffer.concat([Buffer.from('春眠不覺曉'), Buffer.from([0xff, 0xfe]), Buffer.from('好')]),
  );
  await file('utf16.txt', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('春眠', 'utf16le')]));
  await file('short.txt', 'ten chars.');
  await file('middling.txt', diary.slice(0, 250));
  await file('diary.txt', diary);
  await file('.hidden', diary);
  await mkdir(join(command.folder, 'not-a-run'));
  await mkdir(join(command.folder, 'lying-run'));
  await file('lying-run/latest', '../../etc\n');
}, 60_000);

afterAll(() => command.remove());

/** The command line, the exit code, and what the line says. */
const cases: readonly (readonly [args: string, code: number, says: RegExp])[] = [
  ['train --data missing.txt', 1, /^inkstone: missing\.txt: there is no such file$/],
  [
    'train --data yuanqo',
    1,
    /no such file and no such dataset \(did you mean yuanqu\?\); datasets are ci, yuanqu,/,
  ],
  ['train --data .', 1, /^inkstone: \.: is a folder/],
  ['train --data empty.txt', 1, /^inkstone: empty\.txt: is empty/],
  ['train --data blank.txt', 1, /^inkstone: blank\.txt: has nothing but white space$/],
  ['train --data broken.txt', 1, /^inkstone: broken\.txt: not UTF-8: bad byte 0xFF at offset 15$/],
  ['train --data utf16.txt', 1, /not UTF-8: bad byte 0xFF at offset 0 \(it looks like UTF-16/],
  [
    'train --data short.txt',
    1,
    /^inkstone: short\.txt: has 10 characters, fewer than one block: a block of 32 needs 33$/,
  ],
  ['train --data middling.txt', 1, /has 250 characters, .* validation has 25, .* choose a smaller --block/],
  ['train --data diary.txt --stesp 20', 2, /^inkstone: unknown option '--stesp' \(did you mean --steps\?\)$/],
  ['trian', 2, /^inkstone: unknown command 'trian' \(did you mean train\?\)$/],
  ['train ci', 2, /too many arguments/],
  ['train --steps', 2, /option '--steps <n>' argument missing/],
  ['train --steps 0', 2, /'--steps <n>' argument '0' is invalid\. It must be a whole number from 1 /],
  ['train --steps 2.5', 2, /argument '2\.5' is invalid/],
  ['train --steps many', 2, /argument 'many' is invalid/],
  ['train --minutes -1', 2, /It must be a number above 0/],
  ['train --minutes NaN', 2, /It must be a number above 0/],
  ['train --lr 0', 2, /It must be a number above 0/],
  ['train --dropout 1', 2, /It must be a number from 0 to below 1/],
  ['train --threads 1000', 2, /It must be a whole number from 1 to 64/],
  [
    'train --width 65 --heads 2',
    2,
    /^inkstone: --width is 65, but must be a multiple of --heads, which is 2$/,
  ],
  [
    'train --data diary.txt --backend reference --threads 2',
    2,
    /^inkstone: --threads is for the CPU backend, --backend is reference$/,
  ],
  ['train --backend gpu', 2, /'gpu' is invalid\. Allowed choices are auto, cpu, webgpu, reference/],
  ['train --json --plain', 2, /'--json' cannot be used with option '--plain'/],
  ['train --resume not-a-run --layers 3', 2, /'--layers <n>' cannot be used with option '--resume \[dir\]'/],
  ['train --resume not-a-run --out elsewhere', 2, /--out cannot come with --resume/],
  ['train --resume', 1, /^inkstone: there is no run below runs\/ here; name the folder: --resume DIR$/],
  ['train --resume missing', 1, /^inkstone: missing is not a checkpoint folder: there is no such folder$/],
  ['train --resume not-a-run', 1, /^inkstone: not-a-run is not a checkpoint folder: it has neither /],
  ['train --resume diary.txt', 1, /^inkstone: diary\.txt is not a checkpoint folder/],
  ['train --resume lying-run', 1, /^inkstone: lying-run is not a checkpoint folder: 'latest' says /],
  [
    'train --data diary.txt --block 16 --steps 1 --out diary.txt/run',
    1,
    /^inkstone: diary\.txt\/run: cannot be made/,
  ],
  ['generate', 2, /missing required argument 'dir'/],
  ['generate missing', 1, /^inkstone: missing is not a checkpoint folder: there is no such folder$/],
  ['generate not-a-run', 1, /^inkstone: not-a-run is not a checkpoint folder/],
  ['generate not-a-run --temperature -1', 2, /It must be a number from 0 on/],
  ['generate not-a-run --top-k 0', 2, /It must be a whole number from 1 on/],
];

describe('one clear line for', () => {
  test.each(cases)('inkstone %s', async (args, code, says) => {
    const outcome = await command.run(args.split(' '));
    expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(outcome.stderr.trimEnd()).toMatch(says);
    expect(outcome.stderr).not.toMatch(/\n\s+at /);
    expect(outcome.code).toBe(code);
  });
});

test('INKSTONE_DEBUG=1 shows where an error comes from', async () => {
  const { stderr, code } = await command.run(['train', '--data', 'empty.txt'], {
    env: { INKSTONE_DEBUG: '1' },
  });
  expect(stderr).toMatch(/\n\s+at /);
  expect(code).toBe(1);
});

test('a backend that is not there says so', async (context) => {
  const { stderr, code } = await command.run(
    ['train', '--data', 'diary.txt', ...tiny.slice(0, -4), '--backend', 'webgpu'],
    // No driver, whatever the machine has.
    { env: { VK_DRIVER_FILES: '/dev/null', VK_ICD_FILENAMES: '/dev/null' } },
  );
  if (process.platform !== 'linux') return context.skip('a driver can be taken away on Linux only');
  expect(stderr).toMatch(/^inkstone: webgpu: .+\n$/);
  expect(code).toBe(1);
});
