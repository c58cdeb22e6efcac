/** The parts that draw, by themselves. */
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import { chart } from '../src/display/chart.js';
import { bar, clock, compact, count, fitLines, printable } from '../src/display/format.js';
import { nearest } from '../src/nearest.js';

const plain = (text: string): string => text;
const level = { y: 1, name: 'unigram', paint: plain };
const label = (y: number): string => y.toFixed(1);

describe('chart', () => {
  test('draws a falling line from the top left to the bottom right', () => {
    const points = Array.from({ length: 9 }, (_, i) => [i, 8 - i] as const);
    const lines = chart([{ points, paint: plain }], {
      columns: 4,
      rows: 2,
      xEnd: 8,
      level: { ...level, y: 0 },
      label,
    });
    expect(lines).toEqual(['8.0 ⠑⢄', '0.0 ⡀ ⡑⢄ unigram']);
  });

  test('labels the level where it lies between the ends', () => {
    const points = [
      [0, 4],
      [10, 0],
    ] as const;
    const lines = chart([{ points, paint: plain }], {
      columns: 8,
      rows: 5,
      xEnd: 10,
      level: { ...level, y: 2 },
      label,
    });
    expect(lines).toHaveLength(5);
    expect(lines[2]).toMatch(/^2\.0 .* unigram$/);
  });

  test('leaves the right empty while the run goes on, and takes the mean where points share a column', () => {
    const points = Array.from({ length: 1000 }, (_, i) => [i, i % 2 === 0 ? 3 : 5] as const);
    const lines = chart([{ points, paint: plain }], { columns: 20, rows: 3, xEnd: 10_000, level, label });
    const columns = lines.map((line) => line.replace(' unigram', '').slice(4).replace(/[⠁⡀ ]/g, '').length);
    expect(Math.max(...columns)).toBeLessThanOrEqual(3);
    // The mean of 3 and 5: what is drawn is flat.
    expect(lines[0]).toMatch(/^4\.0 /);
  });

  test('is nothing before the first point, and survives a level line and many points', () => {
    expect(chart([{ points: [], paint: plain }], { columns: 4, rows: 2, xEnd: 1, level, label })).toEqual([]);
    const many = Array.from({ length: 300_000 }, (_, i) => [i, 1] as const);
    expect(
      chart([{ points: many, paint: plain }], { columns: 9, rows: 2, xEnd: 3e5, level, label }),
    ).toHaveLength(2);
  });
});

describe('figures', () => {
  test('are written as people read them', () => {
    expect([0, 999, 1234567].map(count)).toEqual(['0', '999', '1,234,567']);
    expect([999, 9999, 12_345, 1_163_008, 2.5e9].map(compact)).toEqual([
      '999',
      '9,999',
      '12 K',
      '1.16 M',
      '2.50 G',
    ]);
    expect([0, 7.4, 125, 3723].map(clock)).toEqual(['0:00', '0:07', '2:05', '1:02:03']);
  });

  test('a bar has its width at any share', () => {
    for (const done of [-1, 0, 0.01, 0.5, 0.99, 1, 2]) {
      const { filled, rest } = bar(done, 20);
      expect(filled.length + rest.length).toBe(20);
    }
    expect(bar(1, 4)).toEqual({ filled: '━━━━', rest: '' });
    expect(bar(0, 4)).toEqual({ filled: '', rest: '━━━━' });
  });

  test('lines are cut to columns, and a Chinese character takes two', () => {
    const [line] = fitLines('明月几时有，把酒问青天。', 11, 5);
    expect(line).toBe('明月几时有…');
    expect(stringWidth(line)).toBe(11);
    expect(fitLines('a\nb\nc', 5, 2)).toEqual(['a', 'b']);
  });

  test('what a terminal would act on is shown as its code', () => {
    expect(printable('a\x1b[31m\x07b\nc')).toBe('a\\x1b[31m\\x07b\nc');
  });
});

test('the nearest word, if one is near', () => {
  const names = ['ci', 'yuanqu', 'moby-dick'];
  expect(nearest('yuanqo', names)).toBe('yuanqu');
  expect(nearest('mobydick', names)).toBe('moby-dick');
  expect(nearest('cii', names)).toBe('ci');
  expect(nearest('zzz', names)).toBeUndefined();
});
