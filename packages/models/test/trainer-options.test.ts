/** What a trainer can be told beyond its steps: accumulation, clipping, schedules, patience, the best model, pauses. */
import { reference } from '@inkstone/backend-cpu/reference';
import { manualSeed, use } from '@inkstone/core';
import { CharTokenizer } from '@inkstone/tokenizer';
import { beforeAll, expect, test } from 'vitest';
import {
  bestCheckpoint,
  type CausalLM,
  GPT,
  learningRateAt,
  MemoryFolder,
  readRun,
  resolveCheckpoint,
  Trainer,
  type TrainerOptions,
  type TrainingEvent,
} from '../src/index.js';

beforeAll(async () => {
  await use(reference());
});

const text = '白日依山尽,黄河入海流.欲穷千里目,更上一层楼.\n'.repeat(12);
const tokenizer = CharTokenizer.train(text);
const train = Int32Array.from(tokenizer.encode(text));
/** Nothing that the text teaches: the loss on it falls at first, and rises once the text is known by heart. */
const other = Int32Array.from({ length: 60 }, (_, i) => (i * i * 7 + i) % tokenizer.vocabSize);

function newTrainer(change: Partial<TrainerOptions> = {}): Trainer {
  manualSeed(42);
  const model = new GPT({ vocabSize: tokenizer.vocabSize, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 16 });
  return new Trainer({
    model,
    train,
    batchSize: 4,
    learningRate: 1e-2,
    warmupSteps: 2,
    evalSteps: 0,
    loggingSteps: 1,
    ...change,
  });
}

async function collect(trainer: Trainer): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of trainer.run()) events.push(event);
  return events;
}

const lossesOf = (events: readonly TrainingEvent[]): number[] =>
  events.flatMap((event) => (event.type === 'step' ? [event.loss] : []));

const weightsOf = async (model: CausalLM): Promise<Map<string, Float32Array>> =>
  new Map(
    await Promise.all(
      [...model.namedParameters()].map(async ([key, p]) => [key, (await p.data()) as Float32Array] as const),
    ),
  );

test('two batches of four make the step that one of eight makes', async () => {
  const options = { maxSteps: 12, maxGradNorm: 0 };
  const whole = await collect(newTrainer({ ...options, batchSize: 8 }));
  const parts = await collect(newTrainer({ ...options, batchSize: 4, gradientAccumulationSteps: 2 }));
  expect(parts[0]).toMatchObject({ type: 'start', tokensPerStep: 64 });
  const [a, b] = [lossesOf(whole), lossesOf(parts)];
  expect(b).toHaveLength(12);
  for (const [i, loss] of b.entries()) expect(Math.abs(loss - a[i])).toBeLessThan(1e-5);
  expect(a[11]).toBeLessThan(a[0]);
});

test('gradients are clipped to a norm', async () => {
  // One step of plain gradients: Adam divides their size away, so what clipping does shows in its moments.
  const momentsOf = async (maxGradNorm: number): Promise<number> => {
    const trainer = newTrainer({ maxSteps: 1, maxGradNorm, adamBeta1: 0 });
    await collect(trainer);
    const { state } = await trainer.optimizer.stateDict();
    const squares = state.map(({ buffers }) =>
      (buffers.exp_avg.data as Float32Array).reduce((s, x) => s + x * x, 0),
    );
    return Math.sqrt(squares.reduce((s, x) => s + x, 0));
  };
  const free = await momentsOf(0);
  expect(free).toBeGreaterThan(0.2);
  expect(await momentsOf(0.01)).toBeCloseTo(0.01, 5);
  expect(await momentsOf(free * 2)).toBeCloseTo(free, 5);
});

test('a linear schedule comes down straight', () => {
  const args = { learningRate: 1, minLearningRate: 0.1, lrSchedulerType: 'linear' as const, warmupSteps: 10 };
  const at = (step: number) => learningRateAt(step, 101, args);
  expect(at(10)).toBe(1);
  expect(at(55)).toBeCloseTo(0.55, 12);
  expect(at(32) - at(33)).toBeCloseTo(0.01, 12);
  expect(at(100)).toBeCloseTo(0.1, 12);
});

test('out of patience it ends, puts the best weights back, and keeps their checkpoint', async () => {
  const output = new MemoryFolder('run');
  const trainer = newTrainer({
    maxSteps: 400,
    validation: other,
    evalSteps: 5,
    saveSteps: 5,
    saveTotalLimit: 1,
    earlyStoppingPatience: 3,
    loadBestModelAtEnd: true,
    output,
  });
  const events = await collect(trainer);
  const evaluations = events.filter((event) => event.type === 'evaluation');
  const best = evaluations.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
  const last = evaluations.at(-1);
  expect(last?.step).toBe(best.step + 15);
  expect(last?.step).toBeLessThan(400);
  expect(last).toMatchObject({ bestStep: best.step, bestValidationLoss: best.validationLoss });
  const end = events.at(-1);
  expect(end).toMatchObject({ type: 'end', reason: 'patience', step: last?.step, bestStep: best.step });
  expect(end?.type === 'end' && end.validationLoss).toBe(best.validationLoss);
  const saved = events.flatMap((event) => (event.type === 'checkpoint' && event.best ? [event.step] : []));
  expect(saved.at(-1)).toBe(best.step);

  // The last checkpoint and the best one: the limit is 1.
  expect((await output.list('checkpoints')).length).toBe(2);
  const folder = await bestCheckpoint(output);
  expect((await readRun(folder ?? output)).step).toBe(best.step);
  expect((await readRun(output)).step).toBe(last?.step);
  const kept = await GPT.fromPretrained(folder ?? output);
  expect(await weightsOf(kept)).toEqual(await weightsOf(trainer.model));
  expect(await weightsOf(await GPT.fromPretrained(output))).not.toEqual(await weightsOf(kept));
  // Going on from there, its patience is over still.
  const resumed = await Trainer.resume(output, { train, validation: other });
  expect((await collect(resumed)).map(({ type }) => type)).toEqual(['start', 'end']);
});

test('a run that does not keep its best has none', async () => {
  const output = new MemoryFolder('run');
  await collect(newTrainer({ maxSteps: 4, validation: other, evalSteps: 2, output }));
  expect(await bestCheckpoint(output)).toBe(null);
});

test('callbacks hear each event first, in turn, and the run waits for them', async () => {
  const heard: string[] = [];
  const trainer = newTrainer({
    maxSteps: 3,
    callbacks: [
      async ({ type, step }) => {
        await new Promise((done) => setTimeout(done, 1));
        heard.push(`first ${type} ${step}`);
      },
      ({ type, step }, control) => {
        heard.push(`second ${type} ${step}`);
        if (type === 'step' && step === 2) control.stop();
      },
    ],
  });
  for await (const { type, step } of trainer.run()) heard.push(`loop ${type} ${step}`);
  expect(heard.slice(0, 6)).toEqual([
    'first start 0',
    'second start 0',
    'loop start 0',
    'first step 1',
    'second step 1',
    'loop step 1',
  ]);
  expect(heard.filter((line) => line.startsWith('loop end'))).toEqual(['loop end 3']);
});

test('stopped, it saves and can go on; paused, it holds until it is let go', async () => {
  const options = { maxSteps: 9 };
  const expected = lossesOf(await collect(newTrainer(options)));

  const output = new MemoryFolder('run');
  const trainer = newTrainer({ ...options, output });
  const events: TrainingEvent[] = [];
  for await (const event of trainer.run()) {
    events.push(event);
    if (event.type === 'step' && event.step === 3) trainer.stop();
  }
  expect(events.slice(-2).map(({ type }) => type)).toEqual(['checkpoint', 'end']);
  expect(events.at(-1)).toMatchObject({ reason: 'stopped', step: trainer.step });
  expect(trainer.step).toBeLessThan(6);

  const steps: number[] = [];
  for await (const event of trainer.run()) {
    events.push(event);
    if (event.type !== 'step' || steps.length > 0) continue;
    trainer.pause();
    expect(trainer.paused).toBe(true);
    steps.push(trainer.step);
    setTimeout(() => {
      steps.push(trainer.step);
      trainer.unpause();
    }, 50);
  }
  expect(steps).toHaveLength(2);
  expect(steps[1]).toBe(steps[0]);
  expect(steps[0]).toBeLessThan(9);
  expect(lossesOf(events)).toEqual(expected);

  const held = newTrainer({ ...options, maxSteps: 4 });
  held.pause();
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  const types: string[] = [];
  for await (const { type, step } of held.run({ signal: controller.signal })) types.push(`${type} ${step}`);
  expect(types).toEqual(['start 0', 'end 0']);
});

test('with all of it, going on from a checkpoint gives the same losses', async () => {
  const options = {
    maxSteps: 16,
    gradientAccumulationSteps: 3,
    maxGradNorm: 0.5,
    lrSchedulerType: 'linear' as const,
    validation: other,
    evalSteps: 4,
    earlyStoppingPatience: 2,
    loadBestModelAtEnd: true,
  };
  const whole = newTrainer({ ...options, output: new MemoryFolder('whole') });
  const expected = await collect(whole);
  const output = new MemoryFolder('run');
  const first = newTrainer({ ...options, output });
  const before: TrainingEvent[] = [];
  for await (const event of first.run()) {
    before.push(event);
    if (event.type === 'step' && event.step === 6) first.stop();
  }
  const second = await Trainer.resume(output, { train, validation: other });
  const after = await collect(second);
  expect([...lossesOf(before), ...lossesOf(after)]).toEqual(lossesOf(expected));
  expect(after.at(-1)).toMatchObject({ ...expected.at(-1), seconds: expect.any(Number) });
  expect(await weightsOf(second.model)).toEqual(await weightsOf(whole.model));
});

test.each<[Partial<TrainerOptions>, string]>([
  [{ gradientAccumulationSteps: 0 }, 'gradientAccumulationSteps is 0, must be a whole number from 1 on'],
  [{ maxGradNorm: -1 }, 'maxGradNorm is -1, must be 0 or more'],
  [{ earlyStoppingPatience: 2 }, 'earlyStoppingPatience needs evaluations'],
  [{ loadBestModelAtEnd: true, validation: other, evalSteps: 2 }, 'loadBestModelAtEnd needs an output'],
  [{ loadBestModelAtEnd: 1 as unknown as boolean }, 'loadBestModelAtEnd is 1, must be true or false'],
])('refused: %o', (change, message) => {
  expect(() => newTrainer({ maxSteps: 1, ...change })).toThrow(message);
});

test('dropout is drawn on the device, or on the host where it is told so, and the run says which', async () => {
  const losses = async (change: Partial<TrainerOptions>, dropout = 0.4): Promise<unknown[]> => {
    manualSeed(42);
    const { vocabSize } = tokenizer;
    const model = new GPT({ vocabSize, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 16, dropout });
    const events = await collect(newTrainer({ model, maxSteps: 3, ...change }));
    return events.map((event) =>
      event.type === 'start' ? event.rng : event.type === 'step' ? event.loss : null,
    );
  };
  const [onDevice, onHost] = [await losses({}), await losses({ rng: 'host' })];
  expect(onDevice[0]).toBe('device');
  expect(onHost[0]).toBe('host');
  expect(onDevice.slice(1)).not.toEqual(onHost.slice(1));
  expect(await losses({})).toEqual(onDevice);
  const plain = await losses({}, 0);
  expect(plain[0]).toBe(null);
  expect(await losses({ rng: 'host' }, 0)).toEqual(plain);
  expect(() => newTrainer({ rng: 'gpu' as 'host' })).toThrow("rng is \"gpu\", must be 'host' or 'device'");
});

test('a checkpoint from before dropout could be drawn on the device goes on with the draws of the host', async () => {
  const withDropout = (): GPT => {
    manualSeed(42);
    const { vocabSize } = tokenizer;
    return new GPT({ vocabSize, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 16, dropout: 0.3 });
  };
  const model = withDropout();
  const expected = lossesOf(await collect(newTrainer({ model, maxSteps: 6, rng: 'host' })));
  const output = new MemoryFolder('old');
  const first = newTrainer({ model: withDropout(), maxSteps: 6, rng: 'host', output });
  for await (const event of first.run()) if (event.type === 'step' && event.step === 3) first.stop();
  const checkpoint = await resolveCheckpoint(output);
  const state = JSON.parse(new TextDecoder().decode(await checkpoint.read('training_state.json')));
  delete state.arguments.rng;
  await checkpoint.write('training_state.json', new TextEncoder().encode(JSON.stringify(state)));
  const second = await Trainer.resume(output, { train });
  const rest = lossesOf(await collect(second));
  expect(rest.length).toBeGreaterThan(0);
  expect(rest).toEqual(expected.slice(-rest.length));
});

test('what is frozen stays frozen when a run goes on', async () => {
  const frozen = (): GPT => {
    manualSeed(42);
    const model = new GPT({ vocabSize: tokenizer.vocabSize, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 16 });
    model.transformer.wpe.weight.requiresGrad_(false);
    return model;
  };
  const whole = newTrainer({ model: frozen(), maxSteps: 6 });
  const expected = lossesOf(await collect(whole));
  const output = new MemoryFolder('frozen');
  const first = newTrainer({ model: frozen(), maxSteps: 6, output });
  for await (const event of first.run()) if (event.type === 'step' && event.step === 3) first.stop();
  const second = await Trainer.resume(output, { train });
  const rest = lossesOf(await collect(second));
  expect(rest.length).toBeGreaterThan(0);
  expect(rest).toEqual(expected.slice(-rest.length));
  expect(await weightsOf(second.model)).toEqual(await weightsOf(whole.model));
});
