/**
 * The lessons give the tutorials' numbers on the CPU and on WebGPU, in Node and in a page of headless Chromium: within 10
 * times the distance that training in float64 has from float32.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, launchChromium, openPage, type TestPage } from '@inkstone/harness/chromium';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import { type DoneEvent, type LessonEvent, lessons } from '@inkstone/models';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Case, cases, near, shakespeare } from './expect.js';
import { type BackendName, run } from './program.js';

interface Recorded {
  readonly initial_loss: number;
  readonly losses: readonly number[];
  readonly gen10_untrained: string;
  readonly gen10: string;
  readonly context_target: readonly (readonly [readonly number[], number])[];
  readonly encode_你好: readonly number[];
}

/** Epochs where a step waits for a software GPU; the long test runs them all. */
const few = 20;

let browser: Browser | undefined;
let page: TestPage | undefined;
let text: string | undefined;

beforeAll(async () => {
  if (requireFixture('shared'))
    text = readFileSync(join(sharedFolder, 'data', 'tinyshakespeare.txt'), 'utf8');
  if (!requireFixture('browser')) return;
  browser = await launchChromium();
  page = await openPage(browser);
}, 120_000);

afterAll(async () => {
  await page?.close();
  await browser?.close();
});

function compare({ check, lesson }: Case, events: LessonEvent[]): void {
  const done = events.at(-1) as DoneEvent;
  expect(done).toMatchObject({ event: 'done', lesson });
  check(done, events);
}

async function inPage(backend: BackendName, { lesson, options }: Case): Promise<LessonEvent[]> {
  try {
    return await (page as TestPage).call('tests/lessons/program.ts', 'run', backend, lesson, options);
  } catch (error) {
    throw new Error(`in the page: ${(error as Error).message}\n${page?.log.join('\n')}`, { cause: error });
  }
}

const places = [
  { place: 'Node', backend: 'cpu', epochs: 1000, needs: [] },
  { place: 'Node', backend: 'webgpu', epochs: few, needs: ['adapter'] },
  { place: 'a page', backend: 'cpu', epochs: few, needs: ['browser'] },
  { place: 'a page', backend: 'webgpu', epochs: few, needs: ['browser'] },
] as const;

describe.each(places)('$backend in $place', ({ place, backend, epochs, needs }) => {
  const start = (one: Case) =>
    place === 'Node' ? run(backend, one.lesson, one.options) : inPage(backend, one);

  for (const one of cases(epochs === few ? { epochs, cells: ['lstm'] } : { epochs })) {
    test(one.title, async (context) => {
      for (const fixture of needs) requireFixture(fixture, context);
      compare(one, await start(one));
    }, 240_000);
  }

  test('bigram-shakespeare, 100 steps', async (context) => {
    for (const fixture of [...needs, 'shared'] as const) requireFixture(fixture, context);
    const one = shakespeare(text as string, 100);
    compare(one, await start(one));
  }, 240_000);
});

describe('the recorded programs beside the checkout', () => {
  const golden = (name: string): unknown =>
    JSON.parse(readFileSync(join(sharedFolder, 'goldens', name), 'utf8')) as unknown;

  test('bigram-zh on the tutorial’s sample', async (context) => {
    requireFixture('shared', context);
    const want = (golden('seed001_bigram.json') as { sample3: { AdamW: Recorded } }).sample3.AdamW;
    const sample = readFileSync(join(sharedFolder, 'goldens', 'seed001_corpus_sample3.txt'), 'utf8');
    const done = (await run('cpu', 'bigram-zh', { data: { name: 'sample', text: sample } })).at(
      -1,
    ) as DoneEvent;
    near(done.losses, want.losses, 1e-5, 'losses');
    near(done.result.initialLoss, [want.initial_loss], 1e-6, 'initial loss');
    expect(done.result).toMatchObject({
      hello: want.encode_你好,
      untrained: want.gen10_untrained,
      generated: want.gen10,
    });
    expect(done.result.contexts).toHaveLength(want.context_target.length);
  });

  test('bigram-shakespeare with the sampling of the official wheels', async (context) => {
    requireFixture('shared', context);
    const want = (
      golden('mkl_flavour_emulated.json') as {
        notebook_100: { gen100_untrained: string; losses: Record<string, number>; gen_after: string };
      }
    ).notebook_100;
    const data = { name: 'tinyshakespeare', text: text as string };
    const events = await run('cpu', 'bigram-shakespeare', { steps: 100, flavour: 'mkl', data });
    const { losses, result } = events.at(-1) as DoneEvent;
    expect(result.untrained).toBe(want.gen100_untrained);
    // The recorded text is shorter.
    expect(want.gen_after.length).toBeGreaterThan(400);
    expect(result.generated).toContain(want.gen_after);
    const places = Object.keys(want.losses).map(Number);
    near(
      places.map((step) => losses[step]),
      Object.values(want.losses),
      1e-5,
      'losses',
    );
  });
});

test('dialogue: a small GPT learns to answer, and stops at the end of its turn', async () => {
  const said = {
    你好: '你好，请坐。',
    喝茶吗: '喝，谢谢！',
    'What is ink?': 'Soot and glue.',
    再见: '慢走。',
  };
  const exchanges = Object.entries(said).map((turns) => turns.join('\n'));
  const data = { name: 'four', text: `${exchanges.join('\n\n')}\n` };
  const events = await run('cpu', 'dialogue', { steps: 80, data });
  const { losses, result } = events.at(-1) as DoneEvent;
  expect(losses).toHaveLength(80);
  expect(losses[0]).toBeGreaterThan(3);
  expect(losses[79]).toBeLessThan(0.3);
  const replies = result.replies as { said: string; reply: string; stopped: boolean }[];
  expect(replies.map((one) => [one.said, one.reply, one.stopped])).toEqual(
    Object.entries(said).map(([question, answer]) => [question, answer, true]),
  );
}, 120_000);

test('a lesson refuses what it does not know, and says what it has', async () => {
  const refused = (name: string, options: object) => expect(run('cpu', name, options)).rejects;
  await refused('xor', { cell: 'gru' }).toThrow('lesson xor has no option cell; it has seed, steps');
  await refused('activations-and-losses', { seed: 1 }).toThrow('has no option seed; it has none');
  await refused('hello-lstm', { cell: 'qrnn' }).toThrow('cell is "qrnn", must be one of rnn, gru, lstm');
  await refused('xor', { steps: 0 }).toThrow('steps is 0, must be a whole number from 1 on');
  await refused('bigram-shakespeare', {}).toThrow('lesson bigram-shakespeare needs data');
  await refused('bigram-zh', { data: { name: 'haiku', text: '古池' } }).toThrow('haiku is too short');
  await refused('dialogue', { data: { name: 'notes', text: 'one\n\ntwo' } }).toThrow(
    'notes has no exchanges',
  );
});

test('a lesson says everything in 中文 and in English', () => {
  expect(new Set(lessons.map(({ name }) => name)).size).toBe(lessons.length);
  for (const { title, summary } of lessons) {
    for (const words of [title, summary]) {
      expect(words.zh).toMatch(/\p{Script=Han}/u);
      expect(words.en).toMatch(/[a-z]{3}/);
    }
  }
});
