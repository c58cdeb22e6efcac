import { reference } from '@inkstone/backend-cpu/reference';
import { Generator, manualSeed, rand, use } from '@inkstone/core';
import { CharTokenizer } from '@inkstone/tokenizer';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  AutoModelForCausalLM,
  type CausalLM,
  GPT,
  learningRateAt,
  MemoryFolder,
  readRun,
  Trainer,
  type TrainerOptions,
  type TrainingEvent,
} from '../src/index.js';

beforeAll(async () => {
  await use(reference());
});

const text = '床前明月光,疑是地上霜.举头望明月,低头思故乡.\n'.repeat(12);
const tokenizer = CharTokenizer.train(text);
const train = Int32Array.from(tokenizer.encode(text));
const shape = { vocabSize: tokenizer.vocabSize, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 16 };

function newTrainer(change: Partial<TrainerOptions> = {}, dropout = 0): Trainer {
  manualSeed(42);
  const model = new GPT({ ...shape, dropout });
  return new Trainer({
    model,
    tokenizer,
    train,
    validation: train.subarray(0, 60),
    batchSize: 4,
    learningRate: 1e-2,
    warmupSteps: 2,
    evalSteps: 0,
    ...change,
  });
}

async function collect(trainer: Trainer, each?: (event: TrainingEvent) => void): Promise<TrainingEvent[]> {
  return collectWith(trainer, {}, each);
}

async function collectWith(
  trainer: Trainer,
  options: { signal?: AbortSignal },
  each?: (event: TrainingEvent) => void,
): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of trainer.run(options)) {
    events.push(event);
    each?.(event);
  }
  return events;
}

const lossesOf = (events: TrainingEvent[]): [number, number][] =>
  events.flatMap((event) => (event.type === 'step' ? [[event.step, event.loss] as [number, number]] : []));

const weightsOf = async (model: CausalLM): Promise<Map<string, Float32Array>> =>
  new Map(
    await Promise.all(
      [...model.namedParameters()].map(async ([key, p]) => [key, (await p.data()) as Float32Array] as const),
    ),
  );

describe('a run', () => {
  test('learns a text by heart and tells what it does, in order', async () => {
    const output = new MemoryFolder('poet');
    const trainer = newTrainer({
      maxSteps: 120,
      loggingSteps: 20,
      evalSteps: 60,
      saveSteps: 50,
      sampleSteps: 100,
      sampleTokens: 12,
      sampleTopK: 1,
      samplePrompt: '床前',
      output,
    });
    const events = await collect(trainer);
    expect(events.map(({ type, step }) => `${type} ${step}`)).toEqual([
      'start 0',
      'step 1',
      'step 20',
      'step 40',
      'step 50',
      'checkpoint 50',
      'step 60',
      'evaluation 60',
      'step 80',
      'step 100',
      'sample 100',
      'checkpoint 100',
      'step 120',
      'evaluation 120',
      'checkpoint 120',
      'end 120',
    ]);
    const losses = lossesOf(events);
    expect(losses[0][1]).toBeGreaterThan(2.5);
    expect(losses.at(-1)?.[1]).toBeLessThan(0.5);
    const sample = events.find((event) => event.type === 'sample');
    expect(sample).toMatchObject({ prompt: '床前', text: '明月光,疑是地上霜.举头' });
    const end = events.at(-1);
    expect(end).toMatchObject({ reason: 'steps' });
    expect(end?.type === 'end' && end.validationLoss).toBeLessThan(0.5);
    expect(events[0]).toMatchObject({
      parameters: trainer.model.numParameters(),
      tokensPerStep: 32,
      totalSteps: 120,
    });
    const loaded = await AutoModelForCausalLM.fromPretrained(output);
    expect(await weightsOf(loaded)).toEqual(await weightsOf(trainer.model));
  });

  test('stopped by its signal at any step, it saves and goes on to the same losses, bit for bit', async () => {
    const change = { maxSteps: 24, loggingSteps: 1, notes: { source: 'a poem' } };
    const whole = newTrainer(change, 0.2);
    const expected = await collect(whole);
    expect(lossesOf(expected).length).toBe(24);

    for (const stopAt of [1, 7]) {
      const output = new MemoryFolder('run');
      const controller = new AbortController();
      const first = newTrainer({ ...change, output }, 0.2);
      const before = await collectWith(first, { signal: controller.signal }, (event) => {
        if (event.type === 'step' && event.step === stopAt) controller.abort();
      });
      const stopped = first.step;
      expect(stopped).toBeLessThan(stopAt + 3);
      expect(before.slice(-2).map(({ type }) => type)).toEqual(['checkpoint', 'end']);
      expect(before.at(-1)).toMatchObject({ reason: 'stopped', step: stopped });

      expect(await readRun(output)).toMatchObject({
        step: stopped,
        totalSteps: 24,
        notes: { source: 'a poem' },
      });
      const second = await Trainer.resume(output, { train });
      // What is drawn in between has no say.
      manualSeed(1);
      await rand(100).data();
      const after = await collect(second);
      const losses = new Map([...lossesOf(before), ...lossesOf(after)]);
      expect([...losses]).toEqual(lossesOf(expected));
      expect(await weightsOf(second.model)).toEqual(await weightsOf(whole.model));
    }
  });

  test('goes on after its end with more steps, and draws batches from a stream of its own if told', async () => {
    const output = new MemoryFolder('run');
    const generator = new Generator({ seed: 5 });
    const options = { lrSchedulerType: 'constant' as const, warmupSteps: 0, loggingSteps: 1, saveSteps: 3 };
    const expected = await collect(newTrainer({ ...options, maxSteps: 8, generator: generator.clone() }));
    await collect(newTrainer({ ...options, maxSteps: 5, output, generator }));
    const done = await Trainer.resume(output, { train });
    expect((await collect(done)).map(({ type }) => type)).toEqual(['start', 'end']);
    const more = await Trainer.resume(output, { train, maxSteps: 8, generator: new Generator() });
    expect(lossesOf(await collect(more))).toEqual(lossesOf(expected).slice(5));
  });

  test('samples and evaluations leave no trace in the losses', async () => {
    const options = { maxSteps: 6, loggingSteps: 1 };
    const plain = await collect(newTrainer(options, 0.1));
    const busy = await collect(
      newTrainer({ ...options, evalSteps: 1, sampleSteps: 2, sampleTokens: 3 }, 0.1),
    );
    expect(lossesOf(busy)).toEqual(lossesOf(plain));
    expect(busy.filter(({ type }) => type === 'evaluation').length).toBe(6);
  });

  test('ends when the time is over, with the learning rate down', async () => {
    const events = await collect(newTrainer({ maxSeconds: 1.5, loggingSteps: 1, warmupSteps: 0 }));
    const end = events.at(-1);
    expect(end?.type).toBe('end');
    const steps = events.filter((event) => event.type === 'step');
    expect(steps[0].totalSteps).toBe(null);
    const planned = steps.at(-1)?.totalSteps;
    expect(planned).toBeGreaterThan(4);
    if (end?.type !== 'end') return;
    expect(end.seconds).toBeLessThan(4);
    // A machine that slowed down in the last quarter runs out of time before it runs out of steps.
    if (end.reason === 'time') return;
    expect(end).toMatchObject({ reason: 'steps', step: planned });
    expect(end.seconds).toBeGreaterThan(0.75 * 1.5);
    expect(steps.at(-1)?.learningRate).toBeCloseTo(1e-4, 9);
  });

  test('a time limit counts the sessions before, and a new end replaces the old one', async () => {
    const output = new MemoryFolder('run');
    await collect(newTrainer({ maxSeconds: 0.6, output }));
    const over = await Trainer.resume(output, { train });
    const { step } = over;
    expect((await collect(over)).at(-1)).toMatchObject({ type: 'end', step });
    const more = await Trainer.resume(output, { train, maxSteps: step + 3 });
    expect(more.arguments).toMatchObject({ maxSteps: step + 3, maxSeconds: null });
    expect((await collect(more)).at(-1)).toMatchObject({ reason: 'steps', step: step + 3 });
  });

  test('a loss that is no number stops it, and the checkpoint before stays', async () => {
    const output = new MemoryFolder('run');
    const options = {
      maxSteps: 40,
      saveSteps: 1,
      warmupSteps: 0,
      learningRate: 1e30,
      lrSchedulerType: 'constant' as const,
    };
    const failing = collect(newTrainer({ ...options, output }));
    await expect(failing).rejects.toThrow(/the loss of step [23] is (NaN|Infinity); a smaller learningRate/);
    expect((await readRun(output)).step).toBeLessThan(3);
  });

  test('stopped before its first step, it leaves nothing', async () => {
    const output = new MemoryFolder('run');
    const events = await collectWith(newTrainer({ maxSteps: 3, output }), { signal: AbortSignal.abort() });
    expect(events.map(({ type }) => type)).toEqual(['start', 'end']);
    expect(await output.exists('latest')).toBe(false);
  });
});

describe('what is refused', () => {
  test.each<[string, Partial<TrainerOptions> & Record<string, unknown>, string]>([
    ['no end', {}, 'give maxSteps or maxSeconds'],
    ['a wrong number', { maxSteps: 0 }, 'maxSteps is 0, must be null or a whole number from 1 on'],
    ['an unknown argument', { maxSteps: 1, epochs: 3 }, "there is no argument 'epochs'"],
    [
      'a schedule not known',
      { maxSteps: 1, lrSchedulerType: 'polynomial' as 'cosine' },
      'lrSchedulerType is "polynomial"',
    ],
    [
      'a block longer than the model',
      { maxSteps: 1, blockSize: 9 },
      'blockSize is 9, the model sees at most 8',
    ],
    ['a text too short', { maxSteps: 1, train: train.subarray(0, 8) }, 'the text is too short: 8 tokens'],
    [
      'a token not known',
      { maxSteps: 1, train: Int32Array.of(1, 99, 2, 3, 4, 5, 6, 7, 8) },
      'train[1] is 99',
    ],
    ['a prompt not known', { maxSteps: 1, sampleSteps: 1, samplePrompt: '龘' }, '龘'],
  ])('%s', (_, change, message) => {
    expect(() => newTrainer(change as Partial<TrainerOptions>)).toThrow(message);
  });

  test('going on with another text, or from a broken state', async () => {
    const output = new MemoryFolder('run');
    await collect(newTrainer({ maxSteps: 1, output }));
    const other = train.slice();
    other[3] = (other[3] + 1) % shape.vocabSize;
    await expect(Trainer.resume(output, { train: other })).rejects.toThrow(
      'run: the run was trained on other tokens',
    );
    await expect(Trainer.resume(output, { train, batchSize: 0 })).rejects.toThrow('batchSize is 0');

    const path = 'checkpoints/001/training_state.json';
    const json = JSON.parse(new TextDecoder().decode(await output.read(path)));
    const broken = async (change: object) => {
      await output.write(path, new TextEncoder().encode(JSON.stringify({ ...json, ...change })));
      return Trainer.resume(output, { train });
    };
    await expect(broken({ version: 2 })).rejects.toThrow(`run/${path}: version is 2`);
    await expect(broken({ format: 1 })).rejects.toThrow('format is 1');
    await expect(broken({ step: -1 })).rejects.toThrow('step is -1');
    await expect(broken({ arguments: { batchSize: 'x' } })).rejects.toThrow('batchSize is "x"');
    await expect(broken({ optimizer: { paramGroups: [] } })).rejects.toThrow('lists other parameters');
    await output.remove('checkpoints/001/training_state.safetensors');
    await expect(broken({})).rejects.toThrow('there is no training_state.safetensors');
    await output.remove(path);
    await expect(Trainer.resume(output, { train })).rejects.toThrow('there is no training_state.json');
  });
});

test('the learning rate is that of nanoGPT', () => {
  const args = { learningRate: 1, minLearningRate: 0.1, lrSchedulerType: 'cosine' as const, warmupSteps: 10 };
  const at = (step: number, total: number | null = 101) => learningRateAt(step, total, args);
  expect(at(0)).toBeCloseTo(1 / 11, 12);
  expect(at(9)).toBeCloseTo(10 / 11, 12);
  expect(at(10)).toBe(1);
  expect(at(55)).toBeCloseTo(0.55, 12);
  expect(at(100)).toBeCloseTo(0.1, 12);
  expect(at(500)).toBeCloseTo(0.1, 12);
  expect(at(50, null)).toBe(1);
  expect(at(3, 20)).toBeGreaterThan(at(19, 20));
});
