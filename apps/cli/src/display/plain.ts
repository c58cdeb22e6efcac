/** Lines for a log file, a pipe, or a person who does not want a moving picture. */
import type { Colors } from 'picocolors/types';
import type { Reporter, StepEvent, TrainEvent, ValidationEvent } from '../train/events.js';
import { clock, count, nats } from './format.js';
import { sparse } from './json.js';
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

/** A line of progress at least so often, in milliseconds. */
const interval = 5000;

export function plainReporter(write: (text: string) => void, colors: Colors): Reporter {
  const wanted = sparse();
  let unigramEntropy = 0;
  let step: StepEvent | undefined;
  let printed = Number.NEGATIVE_INFINITY;
  const line = (text: string) => write(`${text}\n`);

  const progress = (event: StepEvent, validation?: ValidationEvent) => {
    printed = performance.now();
    const { loss, tokensPerSecond, secondsLeft } = event;
    const words = [`step ${stepWords(event.step, event.steps)}`, `training loss ${nats(loss)}`];
    if (validation) {
      words.push(
        `validation loss ${nats(validation.loss)}, ${comparedWith(unigramEntropy, validation.loss)} unigram`,
      );
    }
    words.push(`${count(tokensPerSecond)} tokens/s`, `${clock(secondsLeft)} left`);
    line(words.join('  '));
  };

  const report = (event: TrainEvent): void => {
    switch (event.event) {
      case 'fetch':
        if (wanted(event)) line(fetchWords(event));
        break;
      case 'notice':
        line(`note: ${event.message}`);
        break;
      case 'data':
        unigramEntropy = event.unigramEntropy;
        for (const text of dataWords(event, colors)) line(text);
        break;
      case 'model':
        for (const text of modelWords(event, colors)) line(text);
        break;
      case 'step':
        step = event;
        if (event.step === 1 || performance.now() - printed > interval) progress(event);
        break;
      case 'validation':
        if (step) progress(step, event);
        else line(`validation loss ${nats(event.loss)} before the first step`);
        break;
      case 'sample':
        line(`a sample at step ${count(event.step)}:`);
        for (const text of sampleLines(event.text, Number.POSITIVE_INFINITY, 8, colors)) line(text);
        break;
      case 'checkpoint':
        break;
      case 'end':
        for (const text of endWords(event)) line(text);
        for (const [i, sample] of event.samples.entries()) {
          line(`sample ${i + 1}:`);
          for (const text of sampleLines(sample, Number.POSITIVE_INFINITY, 12, colors)) line(text);
        }
        for (const text of nextWords(event, colors)) line(text);
        break;
    }
  };
  return { report, recall() {}, close() {} };
}
