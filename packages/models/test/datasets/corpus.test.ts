import { describe, expect, test } from 'vitest';
import { dialogueCorpus } from '../../src/corpus/dialogue.js';
import { datasets, dialogue, findDataset, loadDataset, splitText } from '../../src/datasets/index.js';

const exchanges = dialogueCorpus.trimEnd().split('\n\n');
const turns = exchanges.flatMap((exchange) => exchange.split('\n'));
const isChinese = (text: string): boolean => /\p{Script=Han}/u.test(text);
const size = (texts: readonly string[]): number => new TextEncoder().encode(texts.join('\n')).length;

describe('the embedded dialogue corpus', () => {
  test('is large enough to train on, about 60 % Chinese and 40 % English', () => {
    expect(size([dialogueCorpus])).toBeGreaterThan(50_000);
    const chinese = size(exchanges.filter(isChinese)) / size(exchanges);
    expect(chinese).toBeGreaterThan(0.55);
    expect(chinese).toBeLessThan(0.68);
  });

  test('has 2 to 6 turns in an exchange, a turn a line, a blank line between exchanges', () => {
    expect(dialogueCorpus.endsWith('\n')).toBe(true);
    expect(dialogueCorpus).not.toMatch(/\n\n\n|^\n|\n\n$|\r/);
    for (const exchange of exchanges) {
      const count = exchange.split('\n').length;
      expect(count, exchange).toBeGreaterThanOrEqual(2);
      expect(count, exchange).toBeLessThanOrEqual(6);
    }
    for (const turn of turns) expect(turn).toBe(turn.trim());
  });

  test('repeats no turn', () => {
    const seen = new Set<string>();
    const repeated = turns.filter((turn) => seen.size === seen.add(turn).size);
    expect(repeated).toEqual([]);
  });

  test('is written with Chinese marks in Chinese and ASCII marks in English', () => {
    for (const turn of turns) {
      if (!isChinese(turn)) expect(turn).toMatch(/^[\x20-\x7e]+$/);
      else if (!/[A-Za-z]/.test(turn)) expect(turn).not.toMatch(/[,.?!;:"'()]/);
    }
  });

  test('has both languages in both parts of the split', () => {
    const { train, validation } = splitText(dialogueCorpus);
    for (const part of [train, validation]) {
      const chinese = part.split('\n\n').filter(isChinese).length / part.split('\n\n').length;
      expect(chinese).toBeGreaterThan(0.4);
      expect(chinese).toBeLessThan(0.75);
    }
  });
});

describe('the catalogue', () => {
  test('has the embedded corpus, which needs no network and no cache', async () => {
    expect(findDataset('dialogue')).toBe(dialogue);
    const loaded = await loadDataset('dialogue', { cacheDir: '/nowhere/at/all' });
    expect(loaded).toEqual({ dataset: dialogue, text: dialogueCorpus, source: 'embedded' });
  });

  test('has each name once', () => {
    const names = datasets.map(({ name }) => name);
    expect(names).toEqual(['ci', 'yuanqu', 'moby-dick', 'names-female', 'names-male', 'dialogue']);
    expect(findDataset('Ci')).toBeUndefined();
  });
});
