/**
 * The repeated substrings of a set of words that cannot be made longer to the right without losing an
 * occurrence, each with how many words' places it starts at: the inner nodes of the words' suffix tree.
 * Found on a suffix array (Manber and Myers 1990), sorted only as deep as `maxLength` asks.
 *
 * Words count once each, however frequent, as in Hugging Face's trainer.
 */
export function repeatedSubstrings(
  words: readonly string[],
  maxLength: number,
  visit: (text: string, count: number) => void,
): void {
  // All words as code points, each ended by 0, which is in no piece.
  let total = 0;
  for (const word of words) total += word.length + 1;
  const codes = new Uint32Array(total);
  let n = 0;
  for (const word of words) {
    for (const character of word) codes[n++] = character.codePointAt(0) as number;
    codes[n++] = 0;
  }
  const depth = maxLength + 1;
  const suffixes = new Int32Array(n);
  for (let i = 0; i < n; i++) suffixes[i] = i;
  suffixes.sort((a, b) => {
    for (let k = 0; k < depth; k++) {
      const left = codes[a + k] as number;
      const right = codes[b + k] as number;
      if (left !== right) return left - right;
      if (left === 0) return 0;
    }
    return 0;
  });

  const common = (a: number, b: number): number => {
    let k = 0;
    while (k < depth && codes[a + k] === codes[b + k]) {
      k++;
      if (codes[a + k - 1] === 0) return depth;
    }
    return k;
  };
  // Intervals of suffixes with a common prefix, by a stack of their depths and first suffixes.
  const depths: number[] = [0];
  const firsts: number[] = [0];
  for (let i = 1; i <= n; i++) {
    const shared = i < n ? common(suffixes[i - 1] as number, suffixes[i] as number) : 0;
    let first = i - 1;
    while (shared < (depths[depths.length - 1] as number)) {
      const length = depths.pop() as number;
      first = firsts.pop() as number;
      if (length > 1 && length <= maxLength) {
        const at = suffixes[first] as number;
        visit(String.fromCodePoint(...codes.subarray(at, at + length)), i - first);
      }
    }
    if (shared > (depths[depths.length - 1] as number)) {
      depths.push(shared);
      firsts.push(first);
    }
  }
}
