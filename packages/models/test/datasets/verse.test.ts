import { describe, expect, test } from 'vitest';
import { ci, mobyDick, namesFemale, yuanqu } from '../../src/datasets/index.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (value: unknown): Uint8Array => bytes(JSON.stringify(value));

/** A ci poem in the package's form. */
const poem = (rhythmic: string, ...paragraphs: string[]) => ({ author: '无名氏', paragraphs, rhythmic });
const path = 'dist/songci/ci.song.0.json';
const ciText = (...poems: unknown[]): string => ci.toText(new Map([[path, json(poems)]]));

/** Two sentences of our own, long enough to be a poem. */
const verses = ['昨夜东风来过我家。', '今朝檐下有新燕子。'] as const;

describe('ci', () => {
  test('is a title, the verses a line each, and a blank line between poems', () => {
    const text = ciText(
      poem('如梦令', ...verses),
      poem('浣溪沙', '小楼无事听春雨，', '一盏清茶半卷书，不知日暮。'),
    );
    expect(text).toBe(
      '如梦令\n昨夜东风来过我家。\n今朝檐下有新燕子。\n\n浣溪沙\n小楼无事听春雨，\n一盏清茶半卷书，不知日暮。\n',
    );
  });

  test('has the common name of the tune where two are given, and no title where it is none', () => {
    expect(ciText(poem('凤栖梧・蝶恋花', ...verses))).toMatch(/^蝶恋花\n昨夜/);
    expect(ciText(poem('“僮至”念奴娇', ...verses))).toMatch(/^昨夜/);
    expect(ciText(poem('', ...verses))).toMatch(/^昨夜/);
  });

  test.each([
    ['a lost character', '昨夜□风来过我家。'],
    ['U+FFFD', '昨夜\uFFFD风来过我家。'],
    ['hiragana', '昨夜け风来过我家。'],
    ['katakana', '昨夜シ风来过我家。'],
    ['bopomofo', '昨夜ㄋ风来过我家。'],
    ['Cyrillic', '昨夜Н风来过我家。'],
    ['a box drawing', '昨夜┾风来过我家。'],
    ["an editor's remark", '昨夜东风来过（下缺）'],
    ['a gap', '昨夜　东风来过我家。'],
  ])('leaves out a poem with %s', (_, line) => {
    const whole = poem('如梦令', ...verses);
    expect(ciText(poem('如梦令', line, verses[1]), whole)).toBe(ciText(whole));
  });

  test('keeps rare characters, also those outside the BMP', () => {
    expect(ciText(poem('玉楼春', '少年才把笙歌𧣴，夏日非长秋夜短。'))).toContain('笙歌𧣴，');
  });

  test('leaves out fragments and repetitions', () => {
    const whole = poem('如梦令', ...verses);
    expect(ciText(poem('失调名', '金斗熨秋江。'), whole, poem('又名', ...verses))).toBe(ciText(whole));
    expect(ciText(poem('失调名', '金斗熨秋江。'))).toBe('');
  });

  test('reads the files in the order of their numbers', () => {
    const tunes = ['春', '夏', '秋'].map((season) => [
      poem('如梦令', `${season}夜东风来过我家。`, verses[1]),
    ]);
    const text = ci.toText(
      new Map([
        ['dist/songci/ci.song.0.json', json(tunes[0])],
        ['dist/songci/ci.song.10000.json', json(tunes[2])],
        ['dist/songci/ci.song.2000.json', json(tunes[1])],
      ]),
    );
    expect(text.match(/.(?=夜)/g)).toEqual(['春', '夏', '秋']);
  });

  test.each<[string, unknown, RegExp]>([
    ['an object', {}, /ci\.song\.0\.json: must be a JSON array of poems/],
    ['a null', [null], /poem 0: rhythmic must be a string/],
    ['no title', [{ paragraphs: [] }], /poem 0: rhythmic must be a string/],
    ['no verses', [{ rhythmic: '' }], /poem 0: paragraphs must be an array of strings/],
    ['a number for a verse', [{ rhythmic: '', paragraphs: [1] }], /poem 0: paragraphs must be an array/],
  ])('refuses a file that holds %s', (_, value, message) => {
    expect(() => ci.toText(new Map([[path, json(value)]]))).toThrow(message);
  });
});

describe('yuanqu', () => {
  const song = (title: string, ...paragraphs: string[]) => ({
    dynasty: 'yuan',
    author: '',
    title,
    paragraphs,
  });
  const text = (...songs: unknown[]): string =>
    yuanqu.toText(new Map([['dist/yuanqu/yuanqu.json', json(songs)]]));

  test('keeps what is sung, without the stage directions and unpaired quotation marks', () => {
    const staged = song(
      '一出戏・仙吕/点绛唇',
      '(正末唱)"昨夜东风来过！。',
      '(做看科，',
      '云)今朝檐下有"新燕子．',
      '（下）。',
    );
    expect(text(staged)).toBe('点绛唇\n昨夜东风来过！\n今朝檐下有新燕子。\n');
  });

  test('leaves out pieces without words, with lost characters, or with the page that they came from', () => {
    const whole = song('山坡羊', ...verses);
    const odd = [
      song('折桂令'),
      song('寨儿令', '□□□□，昨夜东风来过我家。'),
      song('尾', '首页,{Connection=[close]}昨夜东风来过我家，今朝'),
    ];
    expect(text(...odd, whole)).toBe(text(whole));
  });

  test('takes a title that holds verses for what it is', () => {
    expect(text(song('梁州・银蟾影里孤根瘦，玉兔光中万粟稠', ...verses))).toMatch(/^昨夜/);
  });
});

describe('the English texts', () => {
  test('Moby-Dick has its chapters in the order of reading', () => {
    const chapters = ['1', '10', '2'].map((n): [string, Uint8Array] => [
      `data/chapter_${n}.txt`,
      bytes(`CHAPTER ${n}.\r\n\r\nCall me ${n}.\n\n`),
    ]);
    expect(mobyDick.toText(new Map(chapters))).toBe(
      'CHAPTER 1.\n\nCall me 1.\n\nCHAPTER 2.\n\nCall me 2.\n\nCHAPTER 10.\n\nCall me 10.\n',
    );
  });

  test('names stand a line each, once each', () => {
    expect(namesFemale.toText(new Map([['data/names.txt', bytes('Ada\r\nMei\nAda\n\nZoe')]]))).toBe(
      'Ada\nMei\nZoe\n',
    );
  });
});
