/**
 * Beam search: of all texts that go on from each prompt, the most probable `numBeams` are pursued, token by token. As
 * Hugging Face does it: whole texts are scored by their log-probability over their length to the power lengthPenalty.
 */
import { nextTask } from '../next-task.js';
import type { GenerationConfig } from './options.js';
import { applyRules, logSoftmax } from './processors.js';
import type { Texts } from './texts.js';

/** A text that has ended, and how good it is. */
export interface Hypothesis {
  /** Prompt and new tokens. */
  readonly ids: readonly number[];
  /** Log-probability over length ** lengthPenalty. */
  readonly score: number;
  /** Log-probabilities of the new tokens, given what came before each. */
  readonly logProbs: readonly number[];
}

interface Candidate {
  /** Among the beams of its prompt. */
  readonly beam: number;
  readonly token: number;
  readonly score: number;
  readonly logProb: number;
}

/** The whole texts of one prompt, the best first, `numBeams` at most. */
class Finished {
  readonly list: Hypothesis[] = [];
  done = false;

  constructor(
    private readonly config: GenerationConfig,
    private readonly promptLength: number,
  ) {}

  /** @param ids with the token that ends the text, if there is one */
  add(ids: readonly number[], sum: number, logProbs: readonly number[]): void {
    const { numBeams, lengthPenalty } = this.config;
    const score = sum / (ids.length - this.promptLength) ** lengthPenalty;
    this.list.push({ ids, score, logProbs });
    this.list.sort((a, b) => b.score - a.score);
    this.list.length = Math.min(this.list.length, numBeams);
  }

  /** Whether no open text can still win, given the best of them after `newTokens` tokens. */
  close(bestOpen: number, newTokens: number): void {
    const { numBeams, lengthPenalty, earlyStopping } = this.config;
    if (this.list.length < numBeams) return;
    const worst = this.list[numBeams - 1].score;
    this.done ||= earlyStopping || worst >= bestOpen / newTokens ** lengthPenalty;
  }
}

/**
 * @param texts `numBeams` equal texts for each prompt, one prompt after the other
 * @returns for each prompt the best texts, at most `numReturnSequences`
 */
export async function beamSearch(texts: Texts, config: GenerationConfig): Promise<Hypothesis[][]> {
  const { numBeams, maxNewTokens, ends, signal } = config;
  const prompts = texts.rows.length / numBeams;
  const finished = Array.from(
    { length: prompts },
    (_, i) => new Finished(config, texts.rows[i * numBeams].length),
  );
  // At first all beams of a prompt are the same, so only one takes part.
  const sums = Float64Array.from(texts.rows, (_, i) => (i % numBeams === 0 ? 0 : Number.NEGATIVE_INFINITY));
  let logs: number[][] = texts.rows.map(() => []);
  const rest = new Set(finished);
  for (let step = 0; step < maxNewTokens && rest.size > 0 && !signal?.aborted; step++) {
    const scores = await texts.scores();
    const width = scores.length / texts.rows.length;
    const from = Int32Array.from(texts.rows.keys());
    const tokens = new Int32Array(texts.rows.length);
    const nextLogs = logs.map((list) => list);
    for (let prompt = 0; prompt < prompts; prompt++) {
      const whole = finished[prompt];
      if (whole.done) continue;
      const first = prompt * numBeams;
      const beams = Array.from({ length: numBeams }, (_, beam) => {
        const part = scores.subarray((first + beam) * width, (first + beam + 1) * width);
        logSoftmax(part);
        applyRules(part, texts.rows[first + beam], step, config);
        return part;
      });
      // Twice as many candidates as beams: at most half of them end.
      const candidates = bestCandidates(
        beams,
        sums.subarray(first, first + numBeams),
        numBeams * (1 + Math.max(1, ends.size)),
      );
      let open = 0;
      const newSums: number[] = [];
      candidates.forEach(({ beam, token, score, logProb }, rank) => {
        if (open === numBeams) return;
        const row = first + beam;
        if (ends.has(token)) {
          if (rank < numBeams) whole.add([...texts.rows[row], token], score, [...logs[row], logProb]);
          return;
        }
        from[first + open] = row;
        tokens[first + open] = token;
        nextLogs[first + open] = [...logs[row], logProb];
        newSums[open] = score;
        open++;
      });
      sums.set(newSums, first);
      whole.close(candidates[0]?.score ?? Number.NEGATIVE_INFINITY, step + 1);
      if (whole.done) rest.delete(whole);
    }
    texts.select(from);
    texts.append(tokens);
    logs = nextLogs;
    await nextTask();
  }
  return finished.map((whole, prompt) => {
    if (!whole.done) {
      for (let row = prompt * numBeams; row < (prompt + 1) * numBeams; row++)
        if (sums[row] > Number.NEGATIVE_INFINITY) whole.add([...texts.rows[row]], sums[row], logs[row]);
    }
    return whole.list.slice(0, config.numReturnSequences);
  });
}

/** The best `count` ways to go on, the best first; of equals the first beam's, then the first token. */
function bestCandidates(beams: readonly Float32Array[], sums: Float64Array, count: number): Candidate[] {
  const best: Candidate[] = [];
  beams.forEach((logProbs, beam) => {
    for (let token = 0; token < logProbs.length; token++) {
      // PyTorch adds in float32, and so do we, so that ties are its ties.
      const score = Math.fround(sums[beam] + logProbs[token]);
      if (score === Number.NEGATIVE_INFINITY) continue;
      if (best.length === count && !(score > best[count - 1].score)) continue;
      let at = best.length;
      while (at > 0 && best[at - 1].score < score) at--;
      best.splice(at, 0, { beam, token, score, logProb: logProbs[token] });
      best.length = Math.min(best.length, count);
    }
  });
  return best;
}
