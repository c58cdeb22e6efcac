import type { Vocab } from '../model/vocab.js';

/**
 * The merges that a vocabulary without a merge list stands for: every two tokens that make a third may be
 * merged. `priority` says how early, lower first; ties go as in `transformers`' converters, so that a saved
 * file is the same: for rank files by the parts' ids, for SentencePiece by the parts' lengths too.
 */
export function impliedMerges(vocab: Vocab, priority?: (id: number) => number): [string, string][] {
  const merges: { left: number; right: number; pair: [string, string]; order: number }[] = [];
  for (const [id, token] of vocab.tokens.entries()) {
    if (token === undefined) continue;
    const from = merges.length;
    for (let i = 1; i < token.length; i++) {
      const low = token.charCodeAt(i);
      if (low >= 0xdc00 && low < 0xe000) continue;
      const left = vocab.ids.get(token.slice(0, i));
      const right = left === undefined ? undefined : vocab.ids.get(token.slice(i));
      if (left !== undefined && right !== undefined) {
        merges.push({ left, right, pair: [token.slice(0, i), token.slice(i)], order: priority?.(id) ?? 0 });
      }
    }
    if (merges.length - from > 1) {
      const ways = merges.splice(from).sort((a, b) => a.left - b.left || a.right - b.right);
      merges.push(...ways);
    }
  }
  if (priority) {
    const length = (text: string) => Array.from(text).length;
    merges.sort(
      (a, b) =>
        a.order - b.order || length(b.pair[0]) - length(a.pair[0]) || length(b.pair[1]) - length(a.pair[1]),
    );
  }
  return merges.map(({ pair }) => pair);
}
