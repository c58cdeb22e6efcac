/**
 * The dialogue corpus that ships inside the package: short exchanges in Chinese and English, written for
 * Inkstone. It is what `inkstone train` falls back to without a network, and the smallest real text that the
 * lessons and the demo page can start from.
 *
 * Format: a turn a line, a blank line between exchanges, no speaker names (the speakers take turns).
 */
import { animals } from './animals.js';
import { bedtime } from './bedtime.js';
import { errands } from './errands.js';
import { family } from './family.js';
import { feelings } from './feelings.js';
import { food } from './food.js';
import { greetings } from './greetings.js';
import { jokes } from './jokes.js';
import { languages } from './languages.js';
import { maths } from './maths.js';
import { models } from './models.js';
import { numbers } from './numbers.js';
import { poems } from './poems.js';
import { programming } from './programming.js';
import { study } from './study.js';
import { tea } from './tea.js';
import { travel } from './travel.js';
import { weather } from './weather.js';

const topics = [
  greetings,
  weather,
  food,
  tea,
  study,
  languages,
  programming,
  maths,
  models,
  poems,
  travel,
  family,
  jokes,
  numbers,
  feelings,
  animals,
  errands,
  bedtime,
];

/**
 * Deals the exchanges of all topics out evenly, each topic in its own order. A training run keeps the end of
 * the text for validation; written topic after topic, that end would be English bedtime stories only.
 */
function interleave(sources: readonly string[]): string {
  const dealt = sources.flatMap((source) => {
    const exchanges = source.trim().split('\n\n');
    return spread(exchanges);
  });
  dealt.sort((a, b) => a.position - b.position); // stable: ties stay in the order of the topics
  return `${dealt.map((entry) => entry.exchange).join('\n\n')}\n`;
}

/** Positions in [0, 1): Chinese and English, each evenly over the whole, so that both are everywhere. */
function spread(exchanges: readonly string[]): { exchange: string; position: number }[] {
  const chinese = exchanges.filter((exchange) => isChinese(exchange));
  const english = exchanges.filter((exchange) => !isChinese(exchange));
  return [chinese, english].flatMap((group) =>
    group.map((exchange, index) => ({ exchange, position: index / group.length })),
  );
}

/** An exchange counts as Chinese if its first letter is: the language lessons mix the two. */
function isChinese(exchange: string): boolean {
  return /^\P{L}*\p{Script=Han}/u.test(exchange);
}

/** The whole corpus as one text of about 52 KB in UTF-8, with a line feed at the end. */
export const dialogueCorpus: string = /* @__PURE__ */ interleave(topics);
