/**
 * Choosing tokens where the scores are: rules, narrowing and drawing as ordinary ops on the device, so that of each step
 * only ids leave it. What comes from the host is small or drawn: which tokens a rule is about, and the random numbers.
 *
 * A token is drawn as `torch.multinomial` draws one: each probability is divided by a draw from the exponential
 * distribution, and the largest quotient wins. The draws come from the host's generator, so that a seed gives the same
 * text on every device.
 */
import { type Device, fromTypedArray, type Tensor, where, zeros } from '@inkstone/core';
import { exponential } from '@inkstone/core/random';
import type { GenerationConfig } from './options.js';
import { barredTokens, hasRules } from './processors.js';

/** Marks of tokens that rules are about. */
const [seen, barred] = [1, 2] as const;

const NEVER = Number.NEGATIVE_INFINITY;

/** How the next token of each text is chosen: the same for a whole call of `generate`. */
export class Choice {
  /** Two choices with one name take the same inputs and compute the same. */
  readonly name: string;
  readonly #ruled: boolean;

  constructor(
    private readonly config: GenerationConfig,
    private readonly vocabSize: number,
  ) {
    const { doSample, temperature, topK, topP, minP, repetitionPenalty } = config;
    this.#ruled = hasRules(config);
    const drawing = doSample ? [temperature, topK, topP, minP] : 'best';
    this.name = JSON.stringify([drawing, this.#ruled, repetitionPenalty]);
  }

  /**
   * Draws what one step needs.
   *
   * @param newTokens how many tokens each text has got before
   * @returns the inputs of `choose` for some of the texts, by their numbers
   */
  inputs(
    texts: readonly (readonly number[])[],
    newTokens: number,
    device: Device,
  ): (rows: readonly number[]) => Tensor[] {
    const { vocabSize: width, config } = this;
    const all: (Float32Array | Uint8Array)[] = [];
    if (config.doSample) {
      const draws = new Float32Array(texts.length * width);
      exponential(config.generator, draws);
      all.push(draws);
    }
    if (this.#ruled) {
      const marks = new Uint8Array(texts.length * width);
      texts.forEach((text, row) => {
        if (config.repetitionPenalty !== 1) for (const token of text) marks[row * width + token] = seen;
        // An end that is no token of the model's bars nothing.
        for (const token of barredTokens(text, newTokens, config))
          if (token >= 0 && token < width) marks[row * width + token] = barred;
      });
      all.push(marks);
    }
    return (rows) =>
      all.map((array) => fromTypedArray(part(array, rows, width), [rows.length, width], { device }));
  }

  /** @param scores [texts, vocabSize] @returns int32 [texts]; -1 for a text whose scores are no numbers. */
  choose(scores: Tensor, inputs: readonly Tensor[]): Tensor {
    const { doSample } = this.config;
    const ruled = this.#ruled ? this.#rule(scores, inputs[inputs.length - 1]) : scores;
    if (!doSample) return ruled.argmax(-1);
    const probabilities = this.#narrow(ruled).softmax(-1);
    const token = probabilities.div(inputs[0]).argmax(-1);
    return where(probabilities.amax(-1).isnan(), -1, token);
  }

  #rule(scores: Tensor, marks: Tensor): Tensor {
    const { repetitionPenalty: penalty } = this.config;
    const penalised = where(scores.lt(0), scores.mul(penalty), scores.div(penalty));
    return where(marks.eq(barred), NEVER, where(marks.eq(seen), penalised, scores));
  }

  /** As `narrow` of processors.ts does on the host. */
  #narrow(scores: Tensor): Tensor {
    const { temperature, topK, topP, minP } = this.config;
    const width = this.vocabSize;
    const count = topK > 0 ? Math.min(topK, width) : width;
    let kept = temperature === 1 ? scores : scores.div(temperature);
    if (count < width) {
      const least = kept.topk(count).values.narrow(-1, count - 1, 1);
      kept = where(kept.lt(least), NEVER, kept);
    }
    if (topP < 1) kept = nucleus(kept, topP);
    if (minP > 0) {
      const least = kept.amax(-1, true).add(Math.log(minP));
      kept = where(kept.lt(least), NEVER, kept);
    }
    return kept;
  }
}

/**
 * The fewest of the most probable tokens that sum up to p: those before which less than p has come. Of equal ones the
 * last come first, since on the host the first are dropped first. All are sorted: of those tied with the last that topK
 * keeps there may be any number.
 */
function nucleus(scores: Tensor, p: number): Tensor {
  const backwards = scores.flip([-1]);
  const { indices } = backwards.topk(scores.shape[1]);
  const probabilities = backwards.softmax(-1).gather(-1, indices);
  const before = probabilities.cumsum(-1).sub(probabilities);
  const nobody = zeros(scores.shape, { dtype: 'int32', device: scores.device });
  const places = indices.neg().add(scores.shape[1] - 1);
  return where(nobody.scatter(-1, places, before.lt(p).to('int32')).eq(1), scores, NEVER);
}

/** The rows of a matrix that lies in an array. */
function part<T extends Float32Array | Uint8Array>(array: T, rows: readonly number[], width: number): T {
  if (rows.length * width === array.length) return array;
  const out = array.slice(0, rows.length * width) as T;
  rows.forEach((row, i) => {
    out.set(array.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}
