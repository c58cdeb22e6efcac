/** Chinese verse from the npm package chinese-poetry: ci of the Song and songs (qu) of the Yuan. */
import { inReadingOrder, type PackageDataset } from './descriptor.js';
import { decodeUtf8Strict } from './text.js';

const chinesePoetry = {
  kind: 'package',
  package: 'chinese-poetry',
  version: '2.0.1',
  integrity:
    'sha512-KtYARvV7CWNtax0na9+Jn6PlhGgSoid7PWyDzXI4KsCEm2odZcqEQyval5koaLygZnM/EQ3lfJ//25K8p3uHNg==',
  size: 85_464_664,
  license: 'MIT',
} as const;

/** Song ci, simplified characters: a title line (the tune), then the verses, a blank line between poems. */
export const ci: PackageDataset = {
  ...chinesePoetry,
  name: 'ci',
  title: 'Song ci, 宋词: twenty thousand poems to tunes, simplified characters',
  // Not ci.song.2019y.json: its three poems mix in traditional characters.
  files: ['dist/songci/ci.song.0.json', 'dist/songci/ci.song.*000.json'],
  toText: (files) => poemsToText(readPoems(files, 'rhythmic').map(withTuneTitle)),
};

/** Yuan songs and arias from plays, simplified characters; the stage directions are left out. */
export const yuanqu: PackageDataset = {
  ...chinesePoetry,
  name: 'yuanqu',
  title: 'Yuan qu, 元曲: ten thousand songs and arias, simplified characters',
  files: ['dist/yuanqu/yuanqu.json'],
  toText: (files) => poemsToText(readPoems(files, 'title').map(withTuneTitle).map(withoutStage)),
};

/** A poem as it goes into the text: maybe a title, and its verses, a sentence each. */
interface Poem {
  readonly title: string;
  readonly verses: readonly string[];
}

/** Reads the package's JSON. The file is a stranger's: every field is checked. */
function readPoems(files: ReadonlyMap<string, Uint8Array>, titleField: 'rhythmic' | 'title'): Poem[] {
  return inReadingOrder(files).flatMap(([path, bytes]) => {
    const list: unknown = JSON.parse(decodeUtf8Strict(bytes));
    if (!Array.isArray(list)) throw new TypeError(`${path}: must be a JSON array of poems`);
    return list.map((entry: Partial<Record<string, unknown>> | null, index) => {
      const title = entry?.[titleField];
      const verses = entry?.paragraphs;
      if (typeof title !== 'string')
        throw new TypeError(`${path}: poem ${index}: ${titleField} must be a string`);
      if (!Array.isArray(verses) || verses.some((verse) => typeof verse !== 'string')) {
        throw new TypeError(`${path}: poem ${index}: paragraphs must be an array of strings`);
      }
      return { title, verses };
    });
  });
}

/**
 * The tune alone: '凤栖梧・蝶恋花' names one tune twice, '窦娥冤・正宫/滚绣球' has the play and the mode before it.
 * What is longer than any tune's name is not one (a few records hold verses there) and is left out.
 */
function withTuneTitle({ title, verses }: Poem): Poem {
  const tune = title.split(/[・/]/).at(-1)!;
  return { title: /^\p{Script=Han}{1,7}$/u.test(tune) ? tune : '', verses };
}

/**
 * Leaves out who sings and what they do, '(正末唱)', and the quotation marks, which often stand unpaired;
 * and the full stop that some records have after another mark ('！。').
 */
function withoutStage({ title, verses }: Poem): Poem {
  const sung = verses
    .join('\n') // a direction may run over a line's end
    .replace(/[(（][^()（）]*[)）]/g, '')
    .replace(/["“”‘’]/g, '')
    .replaceAll('．', '。')
    .replace(/([。，、？！；：])。+/g, '$1');
  const lines = sung.split('\n').filter((line) => /\p{Script=Han}/u.test(line));
  return { title, verses: lines };
}

/** The shortest tune, 竹枝, has fourteen characters; what is shorter is a fragment. */
const shortestPoem = 14;

/**
 * Poems with a blank line between them, without those that
 * - hold anything but Han characters and the usual marks: `□` and U+FFFD stand for lost characters, kana,
 *   Cyrillic and box drawings are characters that were decoded wrongly, brackets are editors' remarks;
 * - are fragments;
 * - occurred before: a poem in both parts of the split would make the validation loss too good.
 */
function poemsToText(poems: readonly Poem[]): string {
  const seen = new Set<string>();
  const kept: string[] = [];
  for (const { title, verses } of poems) {
    const body = verses.join('\n');
    if (!/^[\p{Script=Han}，。、？！；：《》\n]+$/u.test(body)) continue;
    if ((body.match(/\p{Script=Han}/gu) ?? []).length < shortestPoem || seen.has(body)) continue;
    seen.add(body);
    kept.push(title === '' ? body : `${title}\n${body}`);
  }
  return kept.length === 0 ? '' : `${kept.join('\n\n')}\n`;
}
