/** A picture of the run that is redrawn in place, for a person at a terminal. */
import { createLogUpdate } from 'log-update';
import type { Colors } from 'picocolors/types';
import type { EndEvent, FetchEvent, Reporter, SampleEvent, StepEvent, TrainEvent } from '../train/events.js';
import { chart } from './chart.js';
import { bar, clock, count, nats } from './format.js';
import {
  comparedWith,
  dataWords,
  endWords,
  fetchWords,
  modelWords,
  nextWords,
  sampleLines,
  stepWords,
} from './words.js';

/** Milliseconds between two drawings: faster than that nobody reads. */
const interval = 100;

const widestBar = 30;
const widestChart = 64;
const chartRows = 7;
const mostSampleLines = 5;

type Point = readonly [step: number, loss: number];

export function liveReporter(stream: NodeJS.WriteStream, colors: Colors): Reporter {
  return new Live(stream, colors);
}

class Live implements Reporter {
  readonly #draw;
  #drawn = Number.NEGATIVE_INFINITY;
  #fetch: FetchEvent | undefined;
  #step: StepEvent | undefined;
  #sample: SampleEvent | undefined;
  #unigramEntropy = 0;
  #speed = 0;
  readonly #training: Point[] = [];
  readonly #validation: Point[] = [];

  constructor(
    readonly stream: NodeJS.WriteStream,
    readonly colors: Colors,
  ) {
    this.#draw = createLogUpdate(stream);
  }

  report(event: TrainEvent): void {
    const { colors } = this;
    switch (event.event) {
      case 'fetch':
        this.#fetch = event;
        this.#redraw(event.done === 0 || event.done === event.total);
        break;
      case 'notice':
        this.#above(`${colors.yellow('!')} ${event.message}`);
        break;
      case 'data':
        this.#fetch = undefined;
        this.#unigramEntropy = event.unigramEntropy;
        this.#above(dataWords(event, colors).join('\n'));
        break;
      case 'model':
        this.#above(modelWords(event, colors).join('\n'));
        break;
      case 'step':
        this.#step = event;
        // The first steps of a process make plans; an average over about twenty events calms the rest.
        this.#speed += (event.tokensPerSecond - this.#speed) * (this.#speed === 0 ? 1 : 0.1);
        this.#training.push([event.step, event.loss]);
        this.#redraw(false);
        break;
      case 'validation':
        this.#validation.push([event.step, event.loss]);
        this.#redraw(true);
        break;
      case 'sample':
        this.#sample = event;
        this.#redraw(true);
        break;
      case 'checkpoint':
        break;
      case 'end':
        this.#sample = undefined;
        this.#redraw(true, false);
        this.#draw.done();
        this.stream.write(`${this.#endLines(event).join('\n')}\n`);
        break;
    }
  }

  recall(events: readonly TrainEvent[]): void {
    for (const event of events) {
      if (event.event === 'step') this.#training.push([event.step, event.loss]);
      if (event.event === 'validation') this.#validation.push([event.step, event.loss]);
    }
  }

  close(): void {
    this.#draw.done();
  }

  /** A line that stays, over the picture. */
  #above(text: string): void {
    this.#draw.clear();
    this.stream.write(`${text}\n`);
    this.#redraw(true);
  }

  #redraw(now: boolean, running = true): void {
    if (!now && performance.now() - this.#drawn < interval) return;
    this.#drawn = performance.now();
    const lines = this.#fetch ? this.#fetchLines(this.#fetch) : this.#runLines(running);
    if (lines.length > 0) this.#draw(lines.join('\n'));
  }

  #endLines(event: EndEvent): string[] {
    const { colors } = this;
    const mark = event.reason === 'interrupted' ? colors.yellow('!') : colors.green('✓');
    const lines = ['', `${mark} ${endWords(event).join('\n  ')}`, ''];
    for (const sample of event.samples) {
      lines.push(...sampleLines(sample, this.stream.columns ?? 80, mostSampleLines, colors), '');
    }
    return [...lines, ...nextWords(event, colors)];
  }

  #fetchLines(event: FetchEvent): string[] {
    const words = fetchWords(event);
    if (event.phase === 'convert') return [words];
    return [`${this.#bar(event.done / event.total)} ${words}`];
  }

  #runLines(running: boolean): string[] {
    const step = this.#step;
    if (!step) return [];
    const { colors } = this;
    const columns = this.stream.columns ?? 80;
    const validation = this.#validation.at(-1);
    const steps = step.steps ?? 20 * step.step; // not known in the first twentieth of a run by time
    const done = step.step / steps;
    const lines = [
      '',
      [
        `step ${colors.bold(stepWords(step.step, step.steps))}`,
        `${this.#bar(done)} ${Math.floor(100 * done)} %`,
        running ? `${clock(step.secondsLeft)} left` : '',
        `${count(this.#speed)} tokens/s`,
      ]
        .filter((part) => part !== '')
        .join('  '),
      [
        `${colors.cyan('training')} ${colors.bold(nats(step.loss))}`,
        validation
          ? `${colors.magenta('validation')} ${colors.bold(nats(validation[1]))}, ${comparedWith(this.#unigramEntropy, validation[1])} unigram`
          : '',
      ].join('  '),
      '',
      ...chart(
        [
          { points: this.#training, paint: colors.cyan },
          { points: this.#validation, paint: colors.magenta },
        ],
        {
          columns: Math.max(10, Math.min(widestChart, columns - 16)),
          rows: chartRows,
          xEnd: steps,
          level: { y: this.#unigramEntropy, name: 'unigram', paint: colors.dim },
          label: (loss) => loss.toFixed(2),
        },
      ),
    ];
    if (this.#sample) {
      lines.push('', colors.dim(`a sample at step ${count(this.#sample.step)}`));
      lines.push(...sampleLines(this.#sample.text, columns, mostSampleLines, colors));
    }
    if (running) lines.push('', colors.dim('Ctrl-C saves a checkpoint and ends the run.'));
    return lines;
  }

  #bar(done: number): string {
    const columns = this.stream.columns ?? 80;
    const { filled, rest } = bar(done, Math.max(8, Math.min(widestBar, columns - 50)));
    return this.colors.cyan(filled) + this.colors.dim(rest);
  }
}
