/** What both displays for people say in the same words. */
import type { Colors } from 'picocolors/types';
import type { DataEvent, EndEvent, FetchEvent, ModelEvent } from '../train/events.js';
import { clock, compact, count, fitLines, nats, printable } from './format.js';

const phases = {
  download: 'downloading',
  verify: 'checking',
  extract: 'unpacking',
  convert: 'reading',
} as const;

export function fetchWords({ dataset, phase, done, total }: FetchEvent): string {
  const bytes = `${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
  return phase === 'convert' ? `${phases[phase]} ${dataset}` : `${phases[phase]} ${dataset}  ${bytes}`;
}

/** A name in front of what it names, in a column of its own. */
function named(name: string, words: string, colors: Colors): string {
  return `${colors.dim(name.padEnd(10))} ${words}`;
}

export function dataWords(event: DataEvent, colors: Colors): string[] {
  const { source, characters, distinct, vocabulary, unigramEntropy } = event;
  const known = vocabulary < distinct ? `, ${count(vocabulary)} of them known` : '';
  const words = `${source}, ${count(characters)} characters, ${count(distinct)} different${known}`;
  const entropy = `${nats(unigramEntropy)} nats, the loss of knowing only how frequent each character is`;
  return [named('text', words, colors), named('unigram', entropy, colors)];
}

function some(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? '' : 's'}`;
}

export function modelWords(event: ModelEvent, colors: Colors): string[] {
  const { layers, heads, width, block, parameters, dropout, rng, device } = event;
  const words = `GPT, ${some(layers, 'layer')}, ${some(heads, 'head')}, width ${width}, block ${block}; ${compact(parameters)} parameters`;
  const drops = rng && `dropout ${dropout}, drawn on the ${rng}`;
  return [named('model', drops ? `${words}; ${drops}` : words, colors), named('device', device, colors)];
}

/** '340/1,200', or '340' while the number of all steps is not known. */
export function stepWords(step: number, steps: number | null): string {
  return steps === null ? count(step) : `${count(step)}/${count(steps)}`;
}

/** '0.743 below' or '0.120 above'. */
export function comparedWith(unigramEntropy: number, loss: number): string {
  const below = unigramEntropy - loss;
  return `${nats(Math.abs(below))} ${below >= 0 ? 'below' : 'above'}`;
}

/** How the run ended, and how well. */
export function endWords(event: EndEvent): string[] {
  const { reason, step, steps, seconds, validationLoss, unigramEntropy } = event;
  const part =
    steps !== null && step < steps ? `${count(step)} of ${count(steps)} steps` : `${count(step)} steps`;
  const how = {
    steps: `${part} in ${clock(seconds)}`,
    minutes: `time is up after ${part} in ${clock(seconds)}`,
    interrupted: `interrupted after ${part}`,
  }[reason];
  if (validationLoss === null) return [how];
  const compared = comparedWith(unigramEntropy, validationLoss);
  return [
    how,
    `validation loss ${nats(validationLoss)}, ${compared} the unigram entropy of ${nats(unigramEntropy)} nats`,
  ];
}

/** Where the checkpoint lies and what to type next. */
export function nextWords({ folder, resume, generate }: EndEvent, colors: Colors): string[] {
  return [
    named('checkpoint', folder, colors),
    named('go on', resume, colors),
    named('write', generate, colors),
  ];
}

/** A sample as indented lines. Line ends at its start, and more than one blank line in a row, show nothing. */
export function sampleLines(text: string, columns: number, mostLines: number, colors: Colors): string[] {
  const lines = fitLines(
    printable(text)
      .trim()
      .replace(/\n{3,}/g, '\n\n'),
    columns - 4,
    mostLines,
  );
  return lines.map((line) => `  ${colors.dim('│')} ${line}`);
}
