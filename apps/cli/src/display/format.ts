/** Figures and lines as people read them. */
import stringWidth from 'string-width';

/** 1,234,567 */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 1.15 M, 812 K, 85.5 M: three figures and a unit, for sizes where more would be noise. */
export function compact(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)} G`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (value >= 1e4) return `${Math.round(value / 1e3)} K`;
  return count(value);
}

/** Seconds as 0:07, 2:05 or 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [hours, minutes, rest] = parts as [number, number, number];
  const padded = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
}

/** A loss in nats: three digits say more than a batch can tell apart. */
export function nats(loss: number): string {
  return loss.toFixed(3);
}

/** A bar of `width` columns, filled by `done` in [0, 1]. */
export function bar(done: number, width: number): { filled: string; rest: string } {
  const halves = Math.round(Math.min(1, Math.max(0, done)) * width * 2);
  const filled = '━'.repeat(halves >> 1) + (halves % 2 === 1 ? '╸' : '');
  return { filled, rest: '━'.repeat(width - filled.length) };
}

/** The lines of a text, each cut to so many columns; a Chinese character takes two. */
export function fitLines(text: string, columns: number, mostLines: number): string[] {
  const lines = text.split('\n').slice(0, mostLines);
  return lines.map((line) => cut(line, columns));
}

function cut(line: string, columns: number): string {
  if (stringWidth(line) <= columns) return line;
  let kept = '';
  let width = 0;
  for (const character of line) {
    width += stringWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** What a terminal would act on (escapes, bells) is shown as its code: a model can write any character it has read. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
