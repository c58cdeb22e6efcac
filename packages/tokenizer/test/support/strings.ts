/** Strings that look for trouble: all of Unicode, runs, control characters, contractions, special tokens. */

/** A small random generator with a seed (mulberry32), so that a failure can be seen again. */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const CONTRACTIONS = ["'s", "'T", "'re", "'LL", "'ſ", "'D "];
const SPACES = ' \t\n\r\u00a0\u3000\u2028\u0085\ufeff';
const DIGITS = '0123456789٣½²';
const CHINESE = '的是一不了在人有我他这中大来上国，。！';
const LATIN = 'éüñßøçàÅǅªºʰŉﬁﬃİıΣσς';
const EMOJI = ['👍🏽', '👨‍👩‍👧', '🇩🇪', '❤️', '🦙', '¯\\_(ツ)_/¯'];
const SPECIAL = [
  '<|endoftext|>',
  '[SEP]',
  '<bos>',
  '[MASK]',
  ' [CLS] ',
  '<|im_start|>',
  '<|begin_of_text|>',
  '<start_of_turn>',
  '\n\n\n',
  '[[[[',
];

export function stringGenerator(seed: number): () => string {
  const random = randomFrom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const from = (list: string | readonly string[]) => list[below(list.length)] as string;
  const scalar = (limit: number) => {
    for (;;) {
      const code = below(limit);
      if (code < 0xd800 || code > 0xdfff) return String.fromCodePoint(code);
    }
  };
  const kinds: (() => string)[] = [
    () => String.fromCharCode(32 + below(95)),
    () => from('abcdefghijklmnopqrstuvwxyz'),
    () => from('ABCDEFGHIJ'),
    () => ' ',
    () => from(SPACES),
    () => "'",
    () => from(CONTRACTIONS),
    () => from(DIGITS),
    () => String.fromCodePoint(0x4e00 + below(0x5200)),
    () => String.fromCodePoint(0x3040 + below(0xc0)),
    () => from(CHINESE),
    () => String.fromCodePoint(0x300 + below(0x70)),
    () => from(LATIN),
    () => from(EMOJI),
    () => String.fromCodePoint(0xac00 + below(11172)),
    () => scalar(0x110000),
    () => scalar(0x10000),
    () => String.fromCharCode(below(32)),
    () => from(SPECIAL),
    () => ' '.repeat(below(9)),
    () => from('=!-_*#/.').repeat(1 + below(12)),
    () => String.fromCodePoint(0x600 + below(0x100)),
    () => String.fromCodePoint(0x900 + below(0x80)),
    () => '▁',
  ];
  return () => {
    const length = 1 + below(random() < 0.1 ? 200 : 24);
    const mine = Array.from({ length: 1 + below(5) }, () => kinds[below(kinds.length)] as () => string);
    let text = '';
    for (let i = 0; i < length; i++) {
      const kind = mine[below(mine.length)] as () => string;
      for (let run = random() < 0.2 ? 1 + below(4) : 1; run > 0; run--) text += kind();
    }
    return text;
  };
}

/** Chinese of so many characters: frequent and rare ones, alone and as words that come again, with punctuation. */
export function chinese(length: number): string {
  const random = randomFrom(9);
  const character = () => String.fromCodePoint(0x4e00 + Math.floor(0x51a6 * random() ** 2));
  const words = Array.from({ length: 5000 }, () =>
    Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
      random() < 0.5 ? CHINESE[Math.floor(random() * 20)] : character(),
    ).join(''),
  );
  let text = '';
  while (text.length < length) {
    text += words[Math.floor(words.length * random() ** 3)];
    if (random() < 0.12) text += random() < 0.3 ? '。\n' : '，';
  }
  return text;
}
