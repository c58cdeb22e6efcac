/** Lessons as a person reads them: notes in both languages, tables, matrices, curves, and a line for each step. */
import type { Lesson, LessonEvent, Words } from '@inkstone/models';
import type { Colors } from 'picocolors/types';
import stringWidth from 'string-width';
import { chart } from '../display/chart.js';
import { count, printable } from '../display/format.js';

export type Language = 'zh' | 'en' | 'both';

const chartRows = 6;
const widestChart = 60;

/** The lines of words: 中文 first, English below it and dimmed. */
function lines({ zh, en }: Words, language: Language, colors: Colors): string[] {
  if (language === 'zh') return [zh];
  if (language === 'en') return [en];
  return [zh, colors.dim(en)];
}

/** Words on one line. */
function inline(words: Words, language: Language): string {
  return language === 'both' ? `${words.zh}  ${words.en}` : words[language];
}

/** The list of lessons. */
export function listed(lessons: readonly Lesson[], language: Language, colors: Colors): string {
  const out: string[] = [];
  for (const { name, title, summary, options } of lessons) {
    const own = Object.keys(options).map((option) => `--${option}`);
    out.push(`${colors.bold(name)}  ${inline(title, language)}`);
    out.push(...lines(summary, language, colors).map((line) => `  ${line}`));
    if (own.length > 0) out.push(`  ${colors.dim(own.join(' '))}`);
    out.push('');
  }
  out.push(`inkstone lesson ${lessons[0].name}`);
  return `${out.join('\n')}\n`;
}

/** Shows the events of a lesson, in their order. */
export function shower(
  stream: Pick<NodeJS.WriteStream, 'write' | 'columns'>,
  language: Language,
  colors: Colors,
): (event: LessonEvent) => void {
  const columns = stream.columns ?? 80;
  const say = (...text: string[]): void => {
    stream.write(`${text.join('\n')}\n`);
  };
  const titled = (title: Words, body: readonly string[]): void => {
    say('', colors.bold(inline(title, language)), ...body.map((line) => `  ${line}`));
  };
  let stepping = false;

  return (event) => {
    const first = event.event === 'step' && !stepping;
    stepping = event.event === 'step';
    if (first) say('');
    switch (event.event) {
      case 'begin': {
        const settings = Object.entries(event.settings).map(([name, value]) => `${name} ${setting(value)}`);
        say(colors.bold(inline(event.title, language)), colors.dim([event.device, ...settings].join('  ')));
        break;
      }
      case 'note':
        say('', ...lines(event.text, language, colors));
        break;
      case 'text':
        titled(
          event.title,
          printable(event.text)
            .split('\n')
            .map((line) => `${colors.dim('│')} ${line}`),
        );
        break;
      case 'table':
        titled(event.title, tableLines(event.columns, event.rows, colors));
        break;
      case 'matrix':
        titled(event.title, matrixLines(event.values, event.rows, event.columns, colors));
        break;
      case 'curves':
        titled(event.title, curveLines(event.x, event.curves, columns, colors));
        break;
      case 'step': {
        const { step, steps, loss, predicted, right } = event;
        const width = count(steps).length;
        const words = [
          `${colors.dim('step')} ${count(step).padStart(width)}`,
          `${colors.dim('loss')} ${loss.toFixed(4)}`,
        ];
        if (predicted !== undefined) words.push(`${colors.dim('预测 predicted')} ${predicted}`);
        if (right !== undefined) words.push(`${colors.dim('正确 right')} ${right}`);
        say(words.join('  '));
        break;
      }
      case 'done':
        if (event.losses.length > 20) {
          const x = event.losses.map((_, i) => i);
          const title = { zh: '损失', en: 'Loss' };
          titled(title, curveLines(x, [{ name: '', y: event.losses }], columns, colors));
        }
        break;
    }
  };
}

/** A setting as it was given: `{ name, characters }` of a text by its name. */
function setting(value: unknown): string {
  return typeof value === 'object' && value !== null && 'name' in value ? String(value.name) : String(value);
}

/** Words and figures that stand together: whole numbers as they are, or else all with four digits, as tutorials print. */
function figures(values: readonly (string | number)[]): string[] {
  const whole = values.every((value) => typeof value === 'string' || Number.isInteger(value));
  return values.map((value) => {
    if (typeof value === 'number') return whole ? String(value) : value.toFixed(4);
    return printable(value).replaceAll('\n', '⏎').replaceAll('\t', '⇥');
  });
}

const pad = (text: string, width: number, right: boolean): string => {
  const room = ' '.repeat(Math.max(0, width - stringWidth(text)));
  return right ? room + text : text + room;
};

function tableLines(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  colors: Colors,
): string[] {
  const byColumn = columns.map((_, i) => figures(rows.map((row) => row[i])));
  const cells = rows.map((_, r) => byColumn.map((column) => column[r]));
  const widths = columns.map((name, i) =>
    Math.max(stringWidth(name), ...cells.map((row) => stringWidth(row[i] ?? ''))),
  );
  const isNumber = columns.map((_, i) => rows.every((row) => typeof row[i] === 'number'));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => pad(cell, widths[i], isNumber[i]))
      .join('  ')
      .trimEnd();
  return [colors.dim(line(columns)), ...cells.map(line)];
}

function matrixLines(
  values: readonly (readonly number[])[],
  rows: readonly string[] | undefined,
  columns: readonly string[] | undefined,
  colors: Colors,
): string[] {
  const flat = figures(values.flat());
  const cells = values.map((row, i) => flat.slice(i * row.length, (i + 1) * row.length));
  const width = Math.max(
    ...cells.flat().map((cell) => cell.length),
    ...(columns ?? []).map((name) => stringWidth(name)),
  );
  const side = Math.max(0, ...(rows ?? []).map((name) => stringWidth(name)));
  const named = (i: number): string => (rows ? `${colors.dim(pad(rows[i], side, false))} ` : '');
  const head = columns
    ? [
        `${' '.repeat(rows ? side + 1 : 0)}${colors.dim(columns.map((name) => pad(name, width, true)).join(' '))}`,
      ]
    : [];
  return [...head, ...cells.map((row, i) => named(i) + row.map((cell) => cell.padStart(width)).join(' '))];
}

function curveLines(
  x: readonly number[],
  curves: readonly { readonly name: string; readonly y: readonly number[] }[],
  columns: number,
  colors: Colors,
): string[] {
  const paints = [colors.cyan, colors.magenta, colors.yellow];
  const from = x[0];
  const drawn = curves.map(({ y }, i) => ({
    points: y.map((value, j): [number, number] => [x[j] - from, value]),
    paint: paints[i % paints.length],
  }));
  // As many digits as tell the top from the bottom.
  const all = curves.flatMap(({ y }) => y);
  const range = Math.max(...all) - Math.min(...all);
  const digits = Math.min(6, Math.max(2, Math.ceil(1 - Math.log10(range || 1))));
  const plot = chart(drawn, {
    columns: Math.max(20, Math.min(widestChart, columns - 16)),
    rows: chartRows,
    xEnd: x[x.length - 1] - from,
    label: (y) => y.toFixed(digits),
  });
  const names = curves.flatMap(({ name }, i) => (name === '' ? [] : [paints[i % paints.length](name)]));
  return names.length === 0 ? plot : [...plot, names.join('  ')];
}
