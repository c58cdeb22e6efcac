/** What NumPy's and Python's streams ask of MT19937 and PyTorch's do not: seeds of many words, and doubles in another way. */
import { Mt19937 } from './mt19937.js';

/** MT19937 as NumPy's legacy generator and Python's `random` seed it and draw from it. */
export class KeyedMt19937 extends Mt19937 {
  /**
   * Seeds from a key of 32-bit words (`init_by_array`), as Python does for every seed and NumPy for arrays.
   *
   * @throws if the key is empty
   */
  seedByArray(key: ArrayLike<number>): void {
    if (key.length === 0)
      throw new RangeError('seedByArray: the key needs at least one 32-bit word, got none');
    this.seed(19650218);
    const words = this.words;
    const n = words.length;
    let i = 1;
    let j = 0;
    for (let k = Math.max(n, key.length); k > 0; k--) {
      const before = words[i - 1];
      words[i] = (words[i] ^ Math.imul(before ^ (before >>> 30), 1664525)) + key[j] + j;
      i++;
      j++;
      if (i >= n) {
        words[0] = words[n - 1];
        i = 1;
      }
      if (j >= key.length) j = 0;
    }
    for (let k = n - 1; k > 0; k--) {
      const before = words[i - 1];
      words[i] = (words[i] ^ Math.imul(before ^ (before >>> 30), 1566083941)) - i;
      i++;
      if (i >= n) {
        words[0] = words[n - 1];
        i = 1;
      }
    }
    words[0] = 0x80000000;
  }

  /** `genrand_res53`: the top 27 and 26 bits of two draws, in [0, 1): what NumPy and Python call `random()`. */
  res53(): number {
    const a = this.nextInt() >>> 5;
    const b = this.nextInt() >>> 6;
    return (a * 67108864 + b) / 9007199254740992;
  }
}
