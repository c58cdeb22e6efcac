/** One training run: a tokenizer and a model made for a text, trained in steps that can be held and ended. */
import { type Device, Generator, manualSeed, setDefaultDevice } from '@inkstone/core';
import { type EndEvent, GPT, splitTokens, Trainer, type TrainingEvent } from '@inkstone/models';
import { CharTokenizer } from '@inkstone/tokenizer';
import type { Report, Settings, Writing } from '../protocol.js';
import { packCheckpoint } from './checkpoint.js';
import { FailureError } from './failure-error.js';
import { Gate } from './gate.js';
import { ProgressReporter } from './progress.js';

/** The share of the text that the model is not trained on. */
const validationShare = 0.1;

const sampleTokens = 120;

type Post = (report: Report) => void;

export class Run {
  readonly #tokenizer: CharTokenizer;
  readonly #tokens: Int32Array;
  readonly #model: GPT;
  readonly #gate = new Gate();
  /** Ends the trainer's run that is under way. */
  #session = new AbortController();
  /** What the user asked of it, if it is not to run to its end. */
  #wish: 'pause' | 'stop' | null = null;
  /** Writing draws from a stream of its own: the same seed trains the same model, whatever is written meanwhile. */
  readonly #draws = new Generator({ seed: crypto.getRandomValues(new Uint32Array(1))[0] });
  #writing = new AbortController();

  /** @throws FailureError if the text is shorter than a block. */
  constructor(
    text: string,
    private readonly settings: Settings,
    device: Device,
    private readonly post: Post,
  ) {
    const { layers, heads, width, block, seed } = settings;
    this.#tokenizer = CharTokenizer.train(text);
    this.#tokens = Int32Array.from(this.#tokenizer.encode(text));
    const needed = Math.ceil((block + 1) / (1 - validationShare));
    const characters = this.#tokens.length;
    if (characters < needed) throw new FailureError({ code: 'too-short', characters, needed, block });
    setDefaultDevice(device);
    manualSeed(seed);
    this.#model = new GPT({
      vocabSize: this.#tokenizer.vocabSize,
      blockSize: block,
      nLayer: layers,
      nHead: heads,
      nEmbd: width,
    });
  }

  /** Trains to the end, or until `stop`; reports all the way. */
  async train(): Promise<void> {
    const { batch, learningRate, steps } = this.settings;
    const every = (times: number) => Math.max(1, Math.round(steps / times));
    const trainer = new Trainer({
      ...splitTokens(this.#tokens, { validation: validationShare }),
      model: this.#model,
      tokenizer: this.#tokenizer,
      maxSteps: steps,
      batchSize: batch,
      learningRate,
      minLearningRate: learningRate / 10,
      loggingSteps: 1,
      evalSteps: every(20),
      sampleSteps: every(10),
      sampleTokens,
    });
    const { post } = this;
    const progress = new ProgressReporter(post);
    // A pause ends the trainer's run, and going on is a run of its own: its clock does not count the time between.
    while ((await this.#trainOn(trainer, progress)) === 'stopped' && this.#wish === 'pause') {
      post({ type: 'paused' });
      await this.#gate.pass();
      if (this.#wish !== 'pause') break;
      this.#wish = null;
      post({ type: 'resumed' });
    }
    post({ type: 'ended', end: trainer.step < steps ? 'stopped' : 'finished', step: trainer.step });
  }

  /** @returns why the trainer's run ended */
  async #trainOn(trainer: Trainer, progress: ProgressReporter): Promise<EndEvent['reason']> {
    const { signal } = (this.#session = new AbortController());
    let reason: EndEvent['reason'] = 'stopped';
    for await (const event of trainer.run({ signal })) {
      this.#report(event, progress);
      if (event.type === 'end') reason = event.reason;
    }
    progress.flush();
    return reason;
  }

  #report(event: TrainingEvent, progress: ProgressReporter): void {
    const { post } = this;
    switch (event.type) {
      case 'start':
        if (event.step > 0) break; // it goes on after a pause
        post({ type: 'started', parameters: event.parameters, vocabulary: this.#tokenizer.vocabSize });
        break;
      case 'step':
        progress.step({ step: event.step, loss: event.loss }, event);
        break;
      case 'evaluation':
        progress.flush();
        post({ type: 'validation', point: { step: event.step, loss: event.validationLoss } });
        break;
      case 'sample':
        progress.flush();
        post({ type: 'sample', step: event.step, text: event.prompt + event.text });
        break;
    }
  }

  pause(): void {
    this.#wish = 'pause';
    this.#gate.close();
    this.#session.abort();
  }

  resume(): void {
    this.#gate.open();
  }

  stop(): void {
    this.#wish = 'stop';
    this.#session.abort();
    this.#gate.open();
  }

  /**
   * Writes on from a prompt, between two steps while it trains.
   * @throws FailureError if the prompt has characters that the text has not.
   */
  async write({ prompt, temperature, topK, length }: Writing): Promise<void> {
    this.stopWriting();
    const { signal } = (this.#writing = new AbortController());
    const start = prompt === '' ? this.#start() : prompt;
    const unknown = Array.from(start).filter(
      (character) => this.#tokenizer.tokenToId(character) === undefined,
    );
    if (unknown.length > 0) {
      throw new FailureError({ code: 'unknown-characters', characters: [...new Set(unknown)].join(' ') });
    }
    const choice =
      temperature === 0 ? { doSample: false } : { doSample: true, temperature, topK, generator: this.#draws };
    const pieces = this.#model.stream(this.#tokenizer.encode(start), {
      ...choice,
      tokenizer: this.#tokenizer,
      maxNewTokens: length,
      signal,
    });
    for await (const piece of pieces) this.post({ type: 'written', piece });
    this.post({ type: 'writing-ended' });
  }

  stopWriting(): void {
    this.#writing.abort();
  }

  /** The model as it is now, as a zip. */
  pack(): Promise<Uint8Array<ArrayBuffer>> {
    return packCheckpoint(this.#model, this.#tokenizer);
  }

  /** What to write on from without a prompt: a line break, or in a text of one line its first character. */
  #start(): string {
    return this.#tokenizer.tokenToId('\n') === undefined ? this.#tokenizer.decode([this.#tokens[0]]) : '\n';
  }
}
