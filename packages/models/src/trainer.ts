/**
 * Training as a library: a loop that steps, evaluates, writes samples and saves, and tells all of it as events. The
 * command line and the page draw the same events.
 */
import {
  type Device,
  defaultGenerator,
  type Generator,
  type nn,
  optim,
  type Tensor,
  withRng,
} from '@inkstone/core';
import type { Tokenizer } from '@inkstone/tokenizer';
import { AutoModelForCausalLM, AutoTokenizer } from './auto.js';
import type { CausalLM } from './causal-lm.js';
import { numberedCheckpoint, resolveCheckpoint, writeCheckpoint } from './checkpoint.js';
import { type Batch, evaluationBatches, RandomBlocks } from './data.js';
import type { Folder } from './folder.js';
import { folderAt } from './folder-at.js';
import { nextTask } from './next-task.js';
import { savePretrained } from './pretrained.js';
import { type TrainingArguments, trainingArguments } from './training/arguments.js';
import { Clock } from './training/clock.js';
import { dropsSomething } from './training/dropout.js';
import { meanLoss } from './training/evaluation.js';
import type { EndEvent, StepEvent, TrainingEvent } from './training/events.js';
import {
  checkNeeds,
  checkTokens,
  type ResumeOptions,
  type TrainerOptions,
  type TrainingControl,
} from './training/options.js';
import { Precision } from './training/precision.js';
import { learningRateAt } from './training/schedule.js';
import {
  fingerprint,
  readTrainingState,
  type SavedState,
  type TrainingState,
  writeTrainingState,
} from './training/state.js';

/**
 * @example
 * manualSeed(1337);
 * const { train, validation } = splitTokens(Int32Array.from(tokenizer.encode(text)));
 * const model = new GPT({ vocabSize: tokenizer.vocabSize, blockSize: 64, nLayer: 4, nHead: 4, nEmbd: 128 });
 * const trainer = new Trainer({ model, tokenizer, train, validation, output: './poet', maxSteps: 2000 });
 * for await (const event of trainer.run()) if (event.type === 'step') console.log(event.step, event.loss);
 */
export class Trainer implements TrainingControl {
  readonly model: CausalLM;
  readonly tokenizer: Tokenizer | null;
  readonly arguments: TrainingArguments;
  readonly optimizer: optim.AdamW;
  readonly #options: TrainerOptions;
  readonly #generator: Generator;
  readonly #blocks: RandomBlocks;
  readonly #evaluation: readonly Batch[];
  /** The optimizer's parameters, group by group. */
  readonly #names: readonly (readonly string[])[];
  readonly #trained: readonly nn.Parameter[];
  readonly #precision: Precision;
  readonly #tokensPerStep: number;
  #step = 0;
  #totalSteps: number | null;
  #seconds = 0;
  /** The share of the time at which the number of steps is estimated next. */
  #nextPlan = 0.05;
  #best: { loss: number; step: number } | null = null;
  /** Evaluations since the best that were no better. */
  #evaluationsSinceBest = 0;
  /** The number of the checkpoint that holds the best. */
  #bestCheckpoint: number | null = null;
  #evaluated: { step: number; loss: number } | null = null;
  /** Of the last step: of each of its batches, divided by their number. */
  #lastLosses: readonly Tensor[] = [];
  #stopped = false;
  /** While paused: what the run waits for, and what ends the wait. */
  #pause: { readonly over: Promise<void>; readonly end: () => void } | null = null;
  /** The step that the newest checkpoint holds. */
  #savedStep = 0;
  /** Random generators of a checkpoint, put back when the run begins, so that nothing else draws in between. */
  #restore: SavedState['restoreGenerators'] | null = null;

  /** @throws Error that names the argument that is wrong, or says that the text is too short. */
  constructor(options: TrainerOptions) {
    const {
      model,
      train,
      validation,
      tokenizer,
      output,
      generator,
      notes: _,
      callbacks: __,
      ...given
    } = options;
    const args = trainingArguments(given);
    const { vocabSize, blockSize: longest } = model.config;
    const { batchSize } = args;
    const blockSize = args.blockSize ?? longest;
    if (blockSize > longest) {
      throw new Error(`Trainer: blockSize is ${blockSize}, the model sees at most ${longest} tokens`);
    }
    checkTokens('train', train, vocabSize);
    if (validation) checkTokens('validation', validation, vocabSize);
    this.arguments = args;
    this.#options = options;
    this.model = model;
    this.tokenizer = tokenizer ?? null;
    this.#precision = new Precision(args.precision, this.device);
    this.#totalSteps = args.maxSteps;
    this.#tokensPerStep = batchSize * blockSize * args.gradientAccumulationSteps;
    this.#generator = generator ?? defaultGenerator;
    const blocks = { blockSize, batchSize, device: this.device };
    this.#blocks = new RandomBlocks(train, { ...blocks, generator: this.#generator });
    this.#evaluation = evaluationBatches(validation ?? new Int32Array(0), {
      ...blocks,
      batches: args.evalBatches,
    });
    if (args.sampleSteps > 0) this.#prompt();
    checkNeeds(options, args, this.#evaluation.length);

    // As nanoGPT: matrices and embeddings decay, biases and norms do not. What is frozen is not trained.
    const named = [...model.namedParameters()].filter(([, parameter]) => parameter.requiresGrad);
    if (named.length === 0) throw new Error('Trainer: no parameter of the model requires a gradient');
    const groups = [
      { weightDecay: args.weightDecay, entries: named.filter(([, parameter]) => parameter.ndim >= 2) },
      { weightDecay: 0, entries: named.filter(([, parameter]) => parameter.ndim < 2) },
    ].filter(({ entries }) => entries.length > 0);
    this.#trained = named.map(([, parameter]) => parameter);
    this.#names = groups.map(({ entries }) => entries.map(([name]) => name));
    this.optimizer = new optim.AdamW(
      groups.map(({ entries, weightDecay }) => ({ params: entries.map(([, p]) => p), weightDecay })),
      { lr: args.learningRate, betas: [args.adamBeta1, args.adamBeta2], eps: args.adamEpsilon },
    );
  }

  /**
   * A trainer that goes on from the latest checkpoint of a run, as if it had never stopped.
   *
   * @param options the same tokens as before, and what should change: more `maxSteps` or `maxSeconds`, for one (either
   *   replaces what the run had of both).
   * @throws Error that names the file that is wrong, or says that the tokens are others.
   */
  static async resume(run: string | Folder, options: ResumeOptions): Promise<Trainer> {
    const output = await folderAt(run);
    const checkpoint = await resolveCheckpoint(output);
    const saved = await readTrainingState(checkpoint);
    const { train, validation, device, generator, callbacks, ...changes } = options;
    const { state } = saved;
    const data = fingerprint(train);
    if (data.tokens !== state.data.tokens || data.hash !== state.data.hash) {
      throw new Error(
        `${output.name}: the run was trained on other tokens (${state.data.tokens} of hash ${state.data.hash}, ` +
          `not ${data.tokens} of hash ${data.hash})`,
      );
    }
    const model = await AutoModelForCausalLM.fromPretrained(checkpoint, device ? { device } : {});
    saved.freeze(model);
    const hasTokenizer = await checkpoint.exists('tokenizer.json');
    const newEnd = changes.maxSteps !== undefined || changes.maxSeconds !== undefined;
    const trainer = new Trainer({
      ...state.arguments,
      ...(newEnd ? { maxSteps: null, maxSeconds: null } : {}),
      ...changes,
      model,
      train,
      output,
      notes: { ...state.notes },
      ...(validation ? { validation } : {}),
      ...(hasTokenizer ? { tokenizer: await AutoTokenizer.fromPretrained(checkpoint) } : {}),
      ...(generator ? { generator } : {}),
      ...(callbacks ? { callbacks } : {}),
    });
    trainer.#step = state.step;
    trainer.#savedStep = state.step;
    trainer.#seconds = state.seconds;
    if (state.bestValidationLoss !== null)
      trainer.#best = { loss: state.bestValidationLoss, step: state.bestStep ?? state.step };
    trainer.#evaluationsSinceBest = state.evaluationsSinceBest;
    trainer.#bestCheckpoint = state.bestCheckpoint;
    if (!newEnd) trainer.#totalSteps = state.totalSteps;
    trainer.optimizer.loadStateDict(saved.optimizer(trainer.#names));
    trainer.#precision.restore(state.lossScale);
    trainer.#restore = saved.restoreGenerators;
    return trainer;
  }

  get device(): Device {
    return this.model.device;
  }

  /** Steps done. */
  get step(): number {
    return this.#step;
  }

  /** Whether the run holds, or will hold, before its next step. */
  get paused(): boolean {
    return this.#pause !== null;
  }

  /** Holds the run before its next step, until `unpause`, `stop` or the signal. The time does not count. */
  pause(): void {
    if (this.#pause) return;
    let end = (): void => {};
    const over = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#pause = { over, end };
  }

  unpause(): void {
    this.#pause?.end();
    this.#pause = null;
  }

  /** Ends the run before its next step, as the signal does: a checkpoint is saved, and `run` may be called again. */
  stop(): void {
    this.#stopped = true;
    this.unpause();
  }

  /**
   * Trains until all steps are done, the time is over or the signal comes. Whichever it is, a checkpoint is saved (given
   * an output, and a step since the last) before the end is told. May be called again to go on.
   *
   * @throws Error if the loss is no longer a finite number; the checkpoint before that stays.
   */
  async *run(options: { signal?: AbortSignal } = {}): AsyncGenerator<TrainingEvent, void, undefined> {
    const { callbacks = [] } = this.#options;
    this.#stopped = false;
    for await (const event of this.#events(options.signal)) {
      for (const callback of callbacks) await callback(event, this);
      yield event;
    }
  }

  async *#events(signal: AbortSignal | undefined): AsyncGenerator<TrainingEvent, void, undefined> {
    const { loggingSteps, evalSteps, saveSteps, sampleSteps } = this.arguments;
    this.#restore?.(this.#generator);
    this.#restore = null;
    const clock = new Clock(this.#seconds);
    this.model.train();
    yield this.#startEvent();

    let told: Promise<StepEvent> | null = null;
    let reason = this.#reasonToEnd(clock, signal);
    while (reason === null) {
      if (this.#pause) {
        if (told !== null) yield await told;
        told = null;
        await this.#holdOn(clock, signal);
        reason = this.#reasonToEnd(clock, signal);
        if (reason !== null) break;
      }
      const rate = await this.#trainStep();
      clock.step();
      // While the device works on this step, the loss of one before arrives and is told.
      if (told !== null) yield await told;
      told = null;
      await nextTask();
      this.#planSteps(clock);

      reason = this.#reasonToEnd(clock, signal);
      const due = (every: number): boolean => every > 0 && this.#step % every === 0;
      const evaluate = due(evalSteps) || (evalSteps > 0 && reason !== null && reason !== 'stopped');
      const sample = due(sampleSteps);
      const save = due(saveSteps) || reason !== null;
      if (due(loggingSteps) || this.#step === 1 || evaluate || sample || save)
        told = this.#stepEvent(rate, clock);
      if (!(evaluate || sample || save)) continue;
      if (told !== null) yield await told;
      told = null;
      if (evaluate) yield* this.#evaluate(clock, signal);
      if (sample) yield* this.#sample(clock, signal);
      const isBest = evaluate && this.#best?.step === this.#step && this.arguments.loadBestModelAtEnd;
      if (save || isBest) yield* this.#save(clock, isBest);
      reason ??= this.#reasonToEnd(clock, signal);
    }
    // A reason to end may have come after the last save.
    yield* this.#save(clock, false);
    const bestStep = reason === 'stopped' ? null : await this.#loadBest();
    const evaluated = this.#evaluated?.step === this.#step ? this.#evaluated.loss : null;
    const validationLoss = bestStep === null ? evaluated : (this.#best?.loss ?? null);
    yield { type: 'end', step: this.#step, reason, validationLoss, bestStep, seconds: clock.seconds };
  }

  /** Waits until the pause is over, or a reason to stop comes. */
  async #holdOn(clock: Clock, signal: AbortSignal | undefined): Promise<void> {
    const unpause = (): void => this.unpause();
    signal?.addEventListener('abort', unpause, { once: true });
    // The signal may have come before anyone listened.
    if (signal?.aborted) unpause();
    await clock.hold(async () => {
      while (this.#pause) await this.#pause.over;
    });
    signal?.removeEventListener('abort', unpause);
  }

  /** Puts the best weights into the model, where the run keeps them and they are not those of the last step. */
  async #loadBest(): Promise<number | null> {
    const { output } = this.#options;
    if (!this.arguments.loadBestModelAtEnd || !this.#best || this.#bestCheckpoint === null) return null;
    if (output === undefined || this.#best.step === this.#step) return null;
    const checkpoint = numberedCheckpoint(await folderAt(output), this.#bestCheckpoint);
    const { device } = this;
    const best = await AutoModelForCausalLM.fromPretrained(checkpoint, { device });
    this.model.loadStateDict(best.stateDict());
    return this.#best.step;
  }

  #startEvent(): TrainingEvent {
    const { train, validation } = this.#options;
    return {
      type: 'start',
      step: this.#step,
      totalSteps: this.#totalSteps,
      parameters: this.model.numParameters(),
      trainTokens: train.length,
      validationTokens: validation?.length ?? 0,
      tokensPerStep: this.#tokensPerStep,
      device: String(this.device),
      rng: dropsSomething(this.model) ? this.arguments.rng : null,
    };
  }

  #reasonToEnd(clock: Clock, signal: AbortSignal | undefined): EndEvent['reason'] | null {
    this.#seconds = clock.seconds;
    if (signal?.aborted || this.#stopped) return 'stopped';
    const { maxSeconds, earlyStoppingPatience: patience } = this.arguments;
    if (patience !== null && this.#evaluationsSinceBest >= patience) return 'patience';
    if (this.#totalSteps !== null && this.#step >= this.#totalSteps) return 'steps';
    return maxSeconds !== null && clock.seconds >= maxSeconds ? 'time' : null;
  }

  /** @returns the learning rate of the step. */
  async #trainStep(): Promise<number> {
    const { model, optimizer } = this;
    const rate = learningRateAt(this.#step, this.#totalSteps, this.arguments);
    for (const group of optimizer.paramGroups) group.lr = rate;
    const { gradientAccumulationSteps: batches, maxGradNorm, rng } = this.arguments;
    optimizer.zeroGrad();
    this.#lastLosses = Array.from({ length: batches }, () => {
      const { inputs, targets } = this.#blocks.next();
      const part = withRng(rng, () => {
        const { loss } = this.#precision.forward(() => model.forward(inputs, targets));
        return batches === 1 ? loss : loss.div(batches);
      });
      this.#precision.backward(part);
      return part;
    });
    await this.#precision.step(optimizer, () => {
      if (maxGradNorm > 0) optim.clipGradNorm(this.#trained, maxGradNorm);
    });
    this.#step++;
    return rate;
  }

  /**
   * Where only the time is given, counts the steps that fit into it: first at a twentieth of the time, then again at each
   * tenth, until three quarters are over: from there on the end is fixed.
   */
  #planSteps(clock: Clock): void {
    const { maxSteps, maxSeconds, evalSteps, evalBatches } = this.arguments;
    const { secondsPerStep, seconds } = clock;
    if (maxSteps !== null || maxSeconds === null || secondsPerStep === null || clock.steps < 4) return;
    const share = seconds / maxSeconds;
    const early = this.#totalSteps !== null && this.#step >= this.#totalSteps;
    if (share > 0.75 ? this.#totalSteps !== null : share < this.#nextPlan && !early) return;
    this.#nextPlan = share + 0.1;
    // A forward pass is about a third of a step. A few hundredths are left for samples, checkpoints and bad luck.
    const evaluations = evalSteps > 0 ? Math.min(evalBatches, this.#evaluation.length) / (3 * evalSteps) : 0;
    const left = 0.97 * maxSeconds - seconds;
    this.#totalSteps = this.#step + Math.max(1, Math.floor(left / (secondsPerStep * (1 + evaluations))));
  }

  /** Reads the loss of the step just made. */
  #stepEvent(learningRate: number, clock: Clock): Promise<StepEvent> {
    const step = this.#step;
    const totalSteps = this.#totalSteps;
    const tokensPerSecond = clock.lap() * this.#tokensPerStep;
    const seconds = clock.seconds;
    const { maxSeconds } = this.arguments;
    const byTime = maxSeconds === null ? Number.POSITIVE_INFINITY : Math.max(0, maxSeconds - clock.seconds);
    const perStep = clock.secondsPerStep ?? clock.session;
    const bySteps = totalSteps === null ? Number.POSITIVE_INFINITY : (totalSteps - step) * perStep;
    const secondsLeft = Math.min(byTime, bySteps);
    const event = this.#readLoss(step).then((loss): StepEvent => {
      return { type: 'step', step, totalSteps, loss, learningRate, tokensPerSecond, seconds, secondsLeft };
    });
    // It is awaited a little later; until then a failure is not one that nobody handles.
    event.catch(() => {});
    return event;
  }

  async #readLoss(step: number): Promise<number> {
    const parts = await Promise.all(this.#lastLosses.map((part) => part.item()));
    const loss = parts.reduce((a, b) => a + b);
    if (Number.isFinite(loss)) return loss;
    throw new Error(
      `Trainer: the loss of step ${step} is ${loss}; a smaller learningRate (${this.arguments.learningRate} now) may help`,
    );
  }

  async *#evaluate(clock: Clock, signal: AbortSignal | undefined): AsyncGenerator<TrainingEvent, void> {
    const loss = await clock.pause(() => meanLoss(this.model, this.#evaluation, signal));
    if (loss === null) return;
    const step = this.#step;
    this.#evaluated = { step, loss };
    if (this.#best === null || loss < this.#best.loss - this.arguments.earlyStoppingThreshold) {
      this.#best = { loss, step };
      this.#evaluationsSinceBest = 0;
    } else this.#evaluationsSinceBest++;
    const { loss: bestValidationLoss, step: bestStep } = this.#best;
    yield { type: 'evaluation', step, validationLoss: loss, bestValidationLoss, bestStep };
  }

  async *#sample(clock: Clock, signal: AbortSignal | undefined): AsyncGenerator<TrainingEvent, void> {
    const { tokenizer } = this;
    if (!tokenizer) return;
    const { sampleTokens, sampleTemperature, sampleTopK } = this.arguments;
    const prompt = this.#prompt();
    const options = {
      maxNewTokens: sampleTokens,
      temperature: sampleTemperature,
      topK: sampleTopK,
      // A stream of its own: samples do not change the run.
      seed: this.#step,
      ...(signal ? { signal } : {}),
    };
    const ids = await clock.pause(() => this.model.generate(prompt, options));
    const decode = (part: number[]): string => tokenizer.decode(part, { skipSpecialTokens: true });
    const text = decode(ids.slice(prompt.length));
    yield { type: 'sample', step: this.#step, prompt: decode(prompt), text };
  }

  /** The ids that samples go on from. */
  #prompt(): number[] {
    const { tokenizer } = this;
    const { samplePrompt } = this.arguments;
    if (!tokenizer) throw new Error('Trainer: sampleSteps needs a tokenizer');
    if (samplePrompt !== null) {
      const ids = tokenizer.encode(samplePrompt);
      if (ids.length > 0) return ids;
      throw new Error(`Trainer: samplePrompt ${JSON.stringify(samplePrompt)} has no tokens`);
    }
    const lineBreak = tokenizer.tokenToId('\n');
    return [lineBreak ?? this.#options.train[0]];
  }

  async *#save(clock: Clock, isBest: boolean): AsyncGenerator<TrainingEvent, void> {
    const { output, train, notes = {} } = this.#options;
    if (output === undefined || this.#savedStep === this.#step) return;
    // Nothing but a sound model replaces the checkpoint before.
    await this.#readLoss(this.#step);
    const state: Omit<TrainingState, 'bestCheckpoint'> = {
      step: this.#step,
      totalSteps: this.#totalSteps,
      seconds: clock.seconds,
      bestValidationLoss: this.#best?.loss ?? null,
      bestStep: this.#best?.step ?? null,
      evaluationsSinceBest: this.#evaluationsSinceBest,
      arguments: this.arguments,
      lossScale: this.#precision.state,
      data: fingerprint(train),
      notes,
      madeBy: { device: String(this.device) },
    };
    const checkpoint = await clock.pause(async () => {
      const live = {
        names: this.#names,
        generator: this.#generator,
        optimizer: await this.optimizer.stateDict(),
      };
      let bestCheckpoint = this.#bestCheckpoint;
      const write = async (folder: Folder, number: number): Promise<void> => {
        if (isBest) bestCheckpoint = number;
        await writeTrainingState(folder, { ...live, state: { ...state, bestCheckpoint } });
        await savePretrained(this.model, folder, this.tokenizer ? { tokenizer: this.tokenizer } : {});
      };
      const written = await writeCheckpoint(await folderAt(output), write, {
        limit: this.arguments.saveTotalLimit,
        keep: isBest ? null : bestCheckpoint,
      });
      this.#bestCheckpoint = bestCheckpoint;
      return written;
    });
    this.#savedStep = this.#step;
    yield { type: 'checkpoint', step: this.#step, path: checkpoint.name, best: isBest };
  }
}
