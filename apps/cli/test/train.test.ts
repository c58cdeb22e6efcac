/// <reference types="node" />
/** Training from the command line: its output, its files, interruptions and going on. */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildCommand, type Command, diary, events, type JSONEvent, type Outcome, tiny } from './command.js';

let command: Command;
const at = (...path: string[]): string => join(command.folder, ...path);

beforeAll(async () => {
  command = await buildCommand();
  await writeFile(at('diary.txt'), diary);
}, 60_000);
afterEach(() => rm(at('runs'), { recursive: true, force: true }));
afterAll(() => command.remove());

/** Trains on the diary. */
async function train(...args: string[]): Promise<Outcome> {
  const outcome = await command.run(['train', '--data', 'diary.txt', ...tiny, ...args]);
  expect(outcome.stderr).toBe('');
  return outcome;
}

const losses = (all: readonly JSONEvent[]): Map<unknown, unknown> =>
  new Map(all.filter(({ event }) => event === 'step').map(({ step, loss }) => [step, loss]));

/** Starts a long run and interrupts it once it has made so many steps. */
function interrupted(
  steps: number,
  signals: readonly NodeJS.Signals[],
  args: readonly string[],
): Promise<Outcome> {
  let sent = false;
  return command.run(['train', '--data', 'diary.txt', ...tiny, '--json', ...args], {
    onOutput: (stdout, child) => {
      if (sent || stdout.split('"event":"step"').length <= steps) return;
      sent = true;
      for (const signal of signals) child.kill(signal);
    },
  });
}

describe('inkstone train', () => {
  test('trains, prints lines, and leaves a checkpoint that is a Hugging Face folder', async () => {
    const { stdout, code } = await train('--steps', '20');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^text +diary\.txt, 2,292 characters, 18 different$/m);
    expect(stdout).toMatch(/^unigram +2\.590 nats/m);
    expect(stdout).toMatch(/^model +GPT, 1 layer, 2 heads, width 16, block 16; [\d,]+ parameters$/m);
    expect(stdout).toMatch(/^device +cpu \(/m);
    expect(stdout).toMatch(
      /^step 20\/20 {2}training loss \d\.\d{3} {2}validation loss \d\.\d{3}, .* unigram/m,
    );
    expect(stdout).toMatch(
      /^20 steps in 0:\d\d\nvalidation loss \d\.\d{3}, \d\.\d{3} (above|below) the unigram entropy of 2\.590 nats$/m,
    );
    expect(stdout.match(/^sample \d:$/gm)).toHaveLength(3);
    expect(stdout).toMatch(/^checkpoint +runs\/diary$/m);
    expect(stdout).toMatch(/^go on +node .*inkstone\.js train --resume runs\/diary --steps 40$/m);
    expect(stdout).toMatch(/^write +node .*inkstone\.js generate runs\/diary --prompt 第1天$/m);
    const latest = (await readFile(at('runs/diary/latest'), 'utf8')).trim();
    expect((await readdir(at('runs/diary', latest))).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
      'training_state.json',
      'training_state.safetensors',
    ]);
  });

  test('learns', async () => {
    const { stdout } = await train('--steps', '300', '--json');
    const end = events(stdout).at(-1);
    expect(end).toMatchObject({ event: 'end', reason: 'steps', step: 300, folder: 'runs/diary' });
    expect(end?.validationLoss).toBeLessThan((end?.unigramEntropy as number) - 1);
  });

  test('--json is one object a line, in order, and the same goes to the log', async () => {
    const { stdout } = await train('--steps', '20', '--json');
    const all = events(stdout);
    const names = all.map(({ event }) => event);
    expect(names.slice(0, 3)).toEqual(['data', 'model', 'step']);
    expect(names.at(-1)).toBe('end');
    expect(new Set(names)).toEqual(new Set(['data', 'model', 'step', 'validation', 'checkpoint', 'end']));
    expect(all.filter(({ event }) => event === 'step').map(({ step }) => step)).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 1),
    );
    for (const { event, loss } of all) {
      if (event === 'step' || event === 'validation') expect(loss).toBeGreaterThan(0);
    }
    expect(await readFile(at('runs/diary/log.jsonl'), 'utf8')).toBe(stdout);
  });

  test('the same seed gives the same losses, another seed others', async () => {
    const run = async (seed: string) =>
      losses(events((await train('--steps', '5', '--seed', seed, '--json')).stdout));
    const first = await run('7');
    expect(await run('7')).toEqual(first);
    expect(await run('8')).not.toEqual(first);
    expect((await readdir(at('runs'))).sort()).toEqual(['diary', 'diary-2', 'diary-3']);
  });

  test('--minutes ends a run in time', async () => {
    const { stdout, code } = await train('--minutes', '0.03', '--json');
    const end = events(stdout).at(-1) as JSONEvent;
    expect(code).toBe(0);
    expect(end.seconds).toBeLessThan(6);
    expect(end.step).toBeGreaterThan(1);
  });

  test('--out must not hold a run already', async () => {
    await train('--steps', '1', '--out', 'runs/mine');
    const again = await command.run([
      'train',
      '--data',
      'diary.txt',
      ...tiny,
      '--steps',
      '1',
      '--out',
      'runs/mine',
    ]);
    expect(again.stderr).toBe(
      'inkstone: runs/mine: holds a run already; go on with --resume runs/mine, or choose another --out\n',
    );
    expect(again.code).toBe(1);
  });
});

describe('Ctrl-C', () => {
  // npm passes a Ctrl-C on to a process that has got it from the terminal: two in a row are one.
  test.each([[['SIGINT']], [['SIGINT', 'SIGINT']], [['SIGTERM']]] as const)(
    '%s saves, and --resume goes on as if nothing had happened',
    async (signals) => {
      const whole = losses(events((await train('--steps', '60', '--out', 'runs/whole', '--json')).stdout));
      const first = await interrupted(25, signals, ['--steps', '60', '--out', 'runs/part']);
      expect(first.stderr).toBe('');
      expect(first.code).toBe(signals[0] === 'SIGINT' ? 130 : 143);
      const before = events(first.stdout);
      const end = before.at(-1) as JSONEvent;
      expect(end).toMatchObject({ event: 'end', reason: 'interrupted', steps: 60 });
      expect(end.step).toBeGreaterThanOrEqual(25);
      expect(end.step).toBeLessThan(60);

      const second = await command.run(['train', '--resume', 'runs/part', '--json', '--backend', 'cpu']);
      expect(second.stderr).toBe('');
      const after = events(second.stdout);
      expect(after.find(({ event }) => event === 'model')).toMatchObject({ step: end.step });
      expect(after.at(-1)).toMatchObject({ event: 'end', reason: 'steps', step: 60 });
      expect(new Map([...losses(before), ...losses(after)])).toEqual(whole);
    },
  );

  test('after the first step already leaves a checkpoint', async () => {
    const { stdout, code } = await interrupted(1, ['SIGINT'], ['--steps', '5000']);
    expect(code).toBe(130);
    expect(events(stdout).at(-1)).toMatchObject({ reason: 'interrupted', folder: 'runs/diary' });
    expect(existsSync(at('runs/diary/latest'))).toBe(true);
  });

  test('a closed pipe ends the run in order', async () => {
    const { code } = await command.run(
      ['train', '--data', 'diary.txt', ...tiny, '--steps', '5000', '--json'],
      {
        onOutput: (stdout, child) => {
          if (stdout.includes('"event":"step"')) child.stdout?.destroy();
        },
      },
    );
    expect(code).toBe(141);
    expect(existsSync(at('runs/diary/latest'))).toBe(true);
  });
});

describe('--resume', () => {
  test('without a folder takes the latest run, and a finished one does as many steps again', async () => {
    await train('--steps', '4', '--out', 'runs/old');
    await train('--steps', '6', '--out', 'runs/new');
    const { stdout, code } = await command.run(['train', '--resume', '--json', '--backend', 'cpu']);
    expect(code).toBe(0);
    expect(events(stdout).at(-1)).toMatchObject({ folder: 'runs/new', step: 12 });
  });

  test('--steps says how many in all, more than were done', async () => {
    await train('--steps', '6');
    const resume = (steps: string) =>
      command.run(['train', '--resume', 'runs/diary', '--steps', steps, '--json', '--backend', 'cpu']);
    expect(events((await resume('9')).stdout).at(-1)).toMatchObject({ step: 9 });
    const { stderr, code } = await resume('9');
    expect(stderr).toBe(
      'inkstone: --steps is 9, but the run in runs/diary has done 9 already; ask for more\n',
    );
    expect(code).toBe(1);
  });

  test('refuses another text, and says what to do when the text has moved', async () => {
    await writeFile(at('moving.txt'), diary);
    await command.run(['train', '--data', 'moving.txt', ...tiny, '--steps', '2', '--out', 'runs/moving']);
    await rm(at('moving.txt'));
    const gone = await command.run(['train', '--resume', 'runs/moving']);
    expect(gone.stderr).toMatch(/moving\.txt: there is no such file; .* say with --data where it is now\n$/);
    await writeFile(at('other.txt'), diary.replaceAll('好', '坏'));
    const other = await command.run(['train', '--resume', 'runs/moving', '--data', 'other.txt']);
    expect(other.stderr).toBe(
      'inkstone: other.txt: is not the text that the run in runs/moving began with\n',
    );
    await writeFile(at('moved.txt'), diary);
    const moved = await command.run([
      'train',
      '--resume',
      'runs/moving',
      '--data',
      'moved.txt',
      '--steps',
      '3',
    ]);
    expect(moved.stdout).toMatch(/^3 steps in/m);
  });

  test('a damaged checkpoint is told by file and field', async () => {
    await train('--steps', '2');
    const state = at('runs/diary/checkpoints/001/training_state.json');
    await writeFile(state, (await readFile(state, 'utf8')).replace('"step": 2', '"step": -2'));
    const { stderr, code } = await command.run(['train', '--resume', 'runs/diary']);
    expect(stderr).toMatch(/^inkstone: .*training_state\.json: step is -2, must be a whole number\n$/);
    expect(code).toBe(1);
  });
});

describe('on a GPU', () => {
  const steps = ['train', '--data', 'diary.txt', ...tiny.slice(0, -4), '--steps', '5', '--json'];
  const deviceOf = ({ stdout }: Outcome) => events(stdout).find(({ event }) => event === 'model')?.device;

  test('the losses are those of the CPU', async (context) => {
    requireFixture('adapter', context);
    const gpu = await command.run([...steps, '--backend', 'webgpu']);
    expect(gpu.stderr).toBe('');
    expect(deviceOf(gpu)).toMatch(/^webgpu \(/);
    const cpu = losses(events((await command.run([...steps, '--backend', 'cpu'])).stdout));
    for (const [step, loss] of losses(events(gpu.stdout))) {
      expect(Math.abs((loss as number) - (cpu.get(step) as number)), `step ${step}`).toBeLessThan(1e-4);
    }
  }, 120_000);

  test('auto leaves a GPU that is only software alone', async (context) => {
    requireFixture('adapter', context);
    if (process.env.INKSTONE_ADAPTER === 'system') return context.skip('this machine may have a real GPU');
    expect(deviceOf(await command.run(steps))).toMatch(/^cpu \(/);
  });
});

test('without a network it says so in one line and trains on the embedded dialogues', async () => {
  const { stdout, stderr, code } = await command.run(['train', '--steps', '1', '--plain', ...tiny], {
    // The discard port: nobody answers there.
    env: { INKSTONE_CACHE: at('empty-cache'), npm_config_registry: 'http://127.0.0.1:9/' },
  });
  expect(stderr).toBe('');
  expect(stdout).toMatch(
    /^note: dataset 'ci' is unavailable: .*; training on the embedded dialogues instead$/m,
  );
  expect(stdout).toMatch(/^text +dialogue, /m);
  expect(code).toBe(0);
});
