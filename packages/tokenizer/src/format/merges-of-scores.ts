import { HASH_FACTOR, hashOf, type Vocab } from '../model/vocab.js';

/**
 * The merges that a vocabulary without a merge list stands for: every two tokens that make a third may be
 * merged. `priority` says how early, lower first; ties go as in `transformers`' converters, so that a saved
 * file is the same: for rank files by the parts' ids, for SentencePiece by the parts' lengths too.
 *
 * @returns the ids of left, right and merged token of each.
 */
export function impliedMerges(vocab: Vocab, priority?: (id: number) => number): Int32Array {
  const { letters, starts, ends } = vocab;
  const merges: (readonly [left: number, right: number, merged: number])[] = [];
  for (let id = 0; id < vocab.length; id++) {
    const start = starts[id] as number;
    const end = ends[id] as number;
    if (start < 0) continue;
    const all = hashOf(letters, start, end);
    const first = merges.length;
    // The hash of what is left behind each place: that of the whole without the part before, moved up as far.
    let before = 0;
    for (let at = start + 1; at < end; at++) {
      before = (Math.imul(before, HASH_FACTOR) + (letters[at - 1] as number)) | 0;
      if (((letters[at] as number) & 0xc0) === 0x80) continue;
      const left = vocab.find(letters, start, at, before);
      if (left < 0) continue;
      const right = vocab.find(letters, at, end, (all - Math.imul(before, power(end - at))) | 0);
      if (right >= 0) merges.push([left, right, id]);
    }
    if (merges.length - first > 1) {
      merges.push(...merges.splice(first).sort((a, b) => a[0] - b[0] || a[1] - b[1]));
    }
  }
  if (priority) {
    const length = (id: number) => {
      let characters = 0;
      for (let at = starts[id] as number; at < (ends[id] as number); at++)
        if (((letters[at] as number) & 0xc0) !== 0x80) characters++;
      return characters;
    };
    merges.sort(
      (a, b) => priority(a[2]) - priority(b[2]) || length(b[0]) - length(a[0]) || length(b[1]) - length(a[1]),
    );
  }
  const flat = new Int32Array(3 * merges.length);
  for (const [i, merge] of merges.entries()) flat.set(merge, 3 * i);
  return flat;
}

const powers = [1];

function power(n: number): number {
  while (powers.length <= n) powers.push(Math.imul(powers.at(-1) as number, HASH_FACTOR));
  return powers[n] as number;
}
