/// <reference types="node" />
/** Writing from the command line, and what the machine has. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reference } from '@inkstone/backend-cpu/reference';
import { open } from '@inkstone/core';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import { llamaFromLlama2c, tokenizerFromLlama2c } from '@inkstone/models';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCommand, type Command, diary, tiny } from './command.js';

let command: Command;

beforeAll(async () => {
  command = await buildCommand();
  await writeFile(join(command.folder, 'diary.txt'), diary);
  const { code } = await command.run(['train', '--data', 'diary.txt', ...tiny, '--steps', '300']);
  expect(code).toBe(0);
}, 120_000);

afterAll(() => command.remove());

const generate = (...args: string[]) => command.run(['generate', 'runs/diary', '--backend', 'cpu', ...args]);

describe('inkstone generate', () => {
  test('goes on from the prompt for so many tokens', async () => {
    const { stdout, stderr, code } = await generate('--prompt', '第7天', '--tokens', '40');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect([...stdout]).toHaveLength(3 + 40 + 1);
    expect(stdout).toMatch(/^第7天/);
    // It has learned what a day is like.
    expect(stdout).toContain('天气很好。');
  });

  test('a seed makes it repeatable; without one each text is another', async () => {
    const write = async (...args: string[]) =>
      (await generate('--tokens', '60', '--temperature', '2', ...args)).stdout;
    expect(await write('--seed', '5')).toBe(await write('--seed', '5'));
    expect(await write('--seed', '5')).not.toBe(await write('--seed', '6'));
    expect(await write()).not.toBe(await write());
  });

  test('at temperature 0, and with one choice, the text is always the same', async () => {
    const greedy = await generate('--tokens', '30', '--temperature', '0');
    expect(greedy.code).toBe(0);
    expect((await generate('--tokens', '30', '--top-k', '1')).stdout).toBe(greedy.stdout);
  });

  test('reads a checkpoint as well as a run', async () => {
    const latest = (await readFile(join(command.folder, 'runs/diary/latest'), 'utf8')).trim();
    const { stdout, code } = await command.run(['generate', `runs/diary/${latest}`, '--tokens', '5']);
    expect(code).toBe(0);
    expect([...stdout]).toHaveLength(6);
  });

  test('writes with any model in Hugging Face’s layout', async (context) => {
    requireFixture('shared', context);
    const file = (name: string) => readFile(`${sharedFolder}data/stories260K/${name}`);
    const device = await open(reference());
    const model = llamaFromLlama2c(await file('stories260K.bin'), { device });
    await model.savePretrained(join(command.folder, 'stories'), {
      tokenizer: tokenizerFromLlama2c(await file('tok512.bin')),
    });
    await device.close();
    const text = await readFile(`${sharedFolder}data/stories260K/expected-greedy-200.txt`, 'utf8');
    const write = (...args: string[]) =>
      command.run(['generate', 'stories', '--backend', 'cpu', '--temperature', '0', ...args]);
    const { stdout, stderr, code } = await write('--tokens', '80');
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout.length).toBeGreaterThan(100);
    expect(text.startsWith(stdout.trimEnd())).toBe(true);
    const prompt = 'Once upon a time, there was a little girl named';
    expect((await write('--prompt', prompt, '--tokens', '4')).stdout).toBe(`${prompt} Lily. She lo\n`);
  });

  test('names the character of a prompt that the model does not know', async () => {
    const { stderr, code } = await generate('--prompt', '第1天龘');
    expect(stderr).toBe('inkstone: --prompt: the model does not know the character "龘"; it knows 18\n');
    expect(code).toBe(1);
  });

  test('a closed pipe ends it quietly', async () => {
    const { stderr } = await command.run(
      ['generate', 'runs/diary', '--tokens', '100000', '--backend', 'cpu'],
      {
        onOutput: (_, child) => child.stdout?.destroy(),
      },
    );
    expect(stderr).toBe('');
  });
});

describe('inkstone', () => {
  test('doctor lists what the machine has, and that it can train', async () => {
    const { stdout, stderr, code } = await command.run(['doctor'], {
      env: { INKSTONE_CACHE: join(command.folder, 'cache') },
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^✓ Node +${process.versions.node}$`, 'm'));
    expect(stdout).toMatch(/^✓ cpu +WebAssembly (relaxed )?SIMD.* GFLOP\/s$/m);
    expect(stdout).toMatch(/^✓ reference +plain TypeScript, [\d.]+ GFLOP\/s$/m);
    expect(stdout).toMatch(/^. webgpu +\S/m);
    expect(stdout).toMatch(/^- ci +not in the cache; 85\.5 MB to download on first use$/m);
    expect(stdout).toMatch(/^✓ dialogue +inside this program$/m);
    expect(stdout).toMatch(/This machine can train\.\n$/);
    expect(code).toBe(0);
  });

  test('--version is that of package.json, --help has examples', async () => {
    expect((await command.run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
    for (const args of [['--help'], ['train', '--help'], ['generate', '--help'], []]) {
      const { stdout, code } = await command.run(args);
      expect(stdout).toMatch(/Usage: inkstone[\s\S]*Examples:/);
      expect(code).toBe(0);
    }
  });
});
