/** One token after the other, for each text of a batch: the most probable one, or one that is drawn. */
import { multinomial } from '@inkstone/core/random';
import { nextTask, Pace } from '../next-task.js';
import { Choice } from './choice.js';
import type { GenerationConfig } from './options.js';
import { applyRules, argmax, logSoftmax, narrow, softmax } from './processors.js';
import { StopStrings } from './stop-strings.js';
import type { Texts } from './texts.js';

/** The tokens of one step: for each text the token, or -1 for one that has ended before. */
export interface Step {
  readonly tokens: Int32Array;
  /** Log-probabilities of the tokens, if asked for: those of the distribution that they were chosen from. */
  readonly logProbs: Float32Array | null;
}

/** @param withLogProbs tells the probabilities too, which takes all scores off the device. */
export async function* sampleSteps(
  texts: Texts,
  config: GenerationConfig,
  withLogProbs = false,
): AsyncGenerator<Step, void, undefined> {
  const { maxNewTokens, ends, signal } = config;
  const count = texts.rows.length;
  const open = new Array<boolean>(count).fill(true);
  const stops = texts.rows.map(() => (config.stopStrings.length > 0 ? new StopStrings(config) : null));
  const pace = new Pace();
  const choice = withLogProbs ? null : new Choice(config, texts.vocabSize);
  for (let i = 0; i < maxNewTokens && !signal?.aborted && open.includes(true); i++) {
    const { tokens, logProbs } = choice
      ? { tokens: await texts.chosen(choice, i), logProbs: null }
      : choose(await texts.scores(), texts.rows, i, config);
    texts.append(tokens);
    yield { tokens: tokens.map((token, row) => (open[row] ? token : -1)), logProbs };
    for (let row = 0; row < count; row++)
      if (open[row] && (ends.has(tokens[row]) || stops[row]?.complete(tokens[row]))) open[row] = false;
    if (pace.due()) await nextTask();
  }
}

/** On the host, which then knows all scores. */
function choose(
  scores: Float32Array,
  rows: readonly (readonly number[])[],
  step: number,
  config: GenerationConfig,
): { tokens: Int32Array; logProbs: Float32Array } {
  const width = scores.length / rows.length;
  const each = rows.map((_, row) => scores.subarray(row * width, (row + 1) * width));
  each.forEach((part, row) => {
    applyRules(part, rows[row], step, config);
    if (config.doSample) narrow(part, config);
  });
  const logs = scores.slice();
  for (let row = 0; row < rows.length; row++) logSoftmax(logs.subarray(row * width, (row + 1) * width));
  let tokens: Int32Array;
  if (config.doSample) {
    for (const part of each) softmax(part);
    tokens = Int32Array.from(multinomial(config.generator, scores, rows.length, width, 1));
  } else tokens = Int32Array.from(each, argmax);
  return { tokens, logProbs: Float32Array.from(tokens, (token, row) => logs[row * width + token]) };
}
