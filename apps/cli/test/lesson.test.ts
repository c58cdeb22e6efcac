/// <reference types="node" />
/** Lessons from the command line: what a person sees, and what a program reads. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildCommand, type Command, events } from './command.js';

let command: Command;
beforeAll(async () => {
  command = await buildCommand();
  await writeFile(join(command.folder, 'poem.txt'), '床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n');
}, 60_000);
afterAll(() => command.remove());

const lesson = (...args: string[]) =>
  command.run(['lesson', ...args], {
    env: { INKSTONE_LECTURE_URL: 'http://127.0.0.1:1', INKSTONE_CACHE: join(command.folder, 'cache') },
  });
const onCpu = (...args: string[]) => lesson(...args, '--backend', 'cpu', '--threads', '1');

describe('a person', () => {
  test('finds the lessons in a list, in both languages', async () => {
    const { stdout, code } = await lesson();
    expect(code).toBe(0);
    for (const name of [
      'attention-zh',
      'bigram-zh',
      'bert-zh',
      'self-attention',
      'bigram-shakespeare',
      'xor',
    ])
      expect(stdout).toMatch(new RegExp(`^${name}  `, 'm'));
    for (const name of ['hello-lstm', 'activations-and-losses', 'dialogue'])
      expect(stdout).toMatch(new RegExp(`^${name}  `, 'm'));
    expect(stdout).toMatch(/^xor {2}异或：第一个神经网络 {2}XOR: the first neural network$/m);
    expect((await lesson('--lang', 'en')).stdout).not.toMatch(/异或/);
  });

  test('reads the tutorial’s lines, its matrices and its losses', async () => {
    const { stdout, stderr, code } = await onCpu('self-attention');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^step {2}1 {2}loss 1\.7862$/m);
    expect(stdout).toMatch(/^step 20 {2}loss 0\.4381$/m);
    // The tutorial's W_Q after training, to its four digits.
    expect(stdout).toMatch(/训练后 W_Q {2}W_Q after training\n +0\.0748 -0\.2188 +0\.1299 +0\.4619\n/);
    expect(stdout).toMatch(/目标：第一句 1，第二句 0。\nThe input: two sentences/);
  });

  test('sees 预测 and 正确 at each tenth step, a matrix with its names, and a curve', async () => {
    const { stdout } = await onCpu('attention-zh');
    expect(
      stdout.match(/^step +\d+0? {2}loss 0\.000\d {2}预测 predicted 美 {2}正确 right 美$/gm),
    ).toHaveLength(20);
    expect(stdout).toMatch(/^ +我 +喜 +欢 +中 +国\n +我 0\.1098 0\.0024/m);
    expect(stdout).toMatch(/[⠁-⣿]{5}/);
  });

  test('learns from a file of their own', async () => {
    const { stdout, code } = await onCpu('bigram-zh', '--data', 'poem.txt', '--steps', '3', '--lang', 'zh');
    expect(code).toBe(0);
    expect(stdout).toMatch(/读入 poem：26 个字符，其中 20 个不同/);
    expect(stdout).toMatch(/没有“你好”/);
    expect(stdout).not.toMatch(/characters/);
  });

  test('is told in one line what is wrong', async () => {
    const wrong = async (line: string) => {
      const { stderr, stdout, code } = await lesson(...line.split(' '));
      expect(stdout).toBe('');
      return `${code} ${stderr.trimEnd()}`;
    };
    expect(await wrong('self-atention')).toMatch(
      /^2 inkstone: there is no lesson 'self-atention' \(did you mean self-attention\?\); there are /,
    );
    expect(await wrong('xor --cell gru')).toBe(
      '2 inkstone: lesson xor has no --cell; it has --seed, --steps',
    );
    expect(await wrong('hello-lstm --cell qrnn')).toMatch(/^2 inkstone: .*'qrnn' is invalid.*rnn, gru, lstm/);
    expect(await wrong('bigram-zh --data nowhere.txt')).toBe(
      '1 inkstone: nowhere.txt: there is no such file',
    );
    expect(await wrong('bigram-shakespeare')).toMatch(
      /^1 inkstone: .*tinyshakespeare.*run again with a network, or give the text yourself with --data FILE$/,
    );
  });
});

describe('a program', () => {
  test('reads one object a line, and all losses in the last', async () => {
    const { stdout, code } = await onCpu('xor', '--json');
    expect(code).toBe(0);
    const told = events(stdout);
    expect(told[0]).toMatchObject({ event: 'begin', lesson: 'xor', settings: { seed: 42, steps: 1000 } });
    expect(told.filter(({ event }) => event === 'step').map(({ step }) => step)).toEqual(
      Array.from({ length: 10 }, (_, i) => 100 * (i + 1)),
    );
    const done = told.at(-1) as unknown as { losses: number[]; result: Record<string, unknown> };
    expect(Object.keys(done)).toEqual(['event', 'lesson', 'losses', 'result']);
    expect(done).toMatchObject({ event: 'done', lesson: 'xor' });
    expect(done.losses).toHaveLength(1000);
    expect(done.losses[0]?.toFixed(4)).toBe('0.2994');
    expect(done.result.initialLoss).toBe(done.losses[0]);
    expect(done.result.solved).toBe(true);
  });

  test('runs the lecture on a file, with either sampling', async (context) => {
    requireFixture('shared', context);
    const file = join(sharedFolder, 'data', 'tinyshakespeare.txt');
    const args = ['bigram-shakespeare', '--data', file, '--steps', '2', '--json'];
    const first = events((await onCpu(...args)).stdout).at(-1)?.result as Record<string, string>;
    expect(Number(first.initialLoss).toFixed(4)).toBe('4.8786');
    expect(first.untrained).toMatch(/^\nSKIcLT;AcELMoTbvZv/);
    const mkl = events((await onCpu(...args, '--flavour', 'mkl')).stdout).at(-1)?.result as typeof first;
    expect(mkl.untrained).toMatch(/^\nSr\?qP-QWktXoL&jLDJgOLVz/);
    expect((await readFile(file)).length).toBe(1_115_394);
  });

  test('lists the lessons with their options', async () => {
    const told = events((await lesson('--json')).stdout);
    expect(told.find(({ name }) => name === 'hello-lstm')).toMatchObject({
      event: 'lesson',
      options: { seed: 42, steps: 1000, cell: 'lstm' },
    });
  });
});
