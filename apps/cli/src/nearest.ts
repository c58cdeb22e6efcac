/** "Did you mean": the known word that is nearest to a mistyped one. */
import { distance } from 'fastest-levenshtein';

/** The nearest of the known words, or undefined when none is near: at most two edits, and less than half the word. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, edits: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const [best] = ranked;
  return best !== undefined && best.edits <= 2 && best.edits < word.length / 2 ? best.candidate : undefined;
}
