/**
 * A small line chart in Braille characters: each holds 2 x 4 dots, so that a curve of a few rows still shows its
 * shape. The whole run is the horizontal axis from the start, so the curve grows to the right.
 */

/** A curve: pairs of (x, y) in the order of x. */
export interface Curve {
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Colours one line of text. */
  readonly paint: (text: string) => string;
}

export interface ChartOptions {
  /** Columns and rows of text for the plot itself; labels come on top of that. */
  readonly columns: number;
  readonly rows: number;
  /** The value of x at the right edge; the left edge is 0. */
  readonly xEnd: number;
  /** A level that is drawn as a dotted line across, with its name at the right: a loss to get below. */
  readonly level?: { readonly y: number; readonly name: string; readonly paint: (text: string) => string };
  readonly label: (y: number) => string;
}

/** The bit of a dot in a Braille character, by row and column; Unicode numbers them 1-2-3-7 and 4-5-6-8. */
const braille = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;

/** The lines of the chart, curves later in the list on top of earlier ones; empty if no curve has a point. */
export function chart(curves: readonly Curve[], options: ChartOptions): string[] {
  const { level } = options;
  const canvas = new Canvas(options.columns, options.rows);
  const xDot = (x: number) => Math.round((x / Math.max(options.xEnd, 1)) * (canvas.dotColumns - 1));
  const drawn = curves.map(({ points, paint }) => ({
    dots: [...binned(points, xDot, canvas.dotColumns)],
    paint,
  }));
  const values = drawn.flatMap(({ dots }) => dots.map(([, y]) => y));
  if (values.length === 0) return [];
  if (level) values.push(level.y);
  const low = Math.min(...values);
  const high = Math.max(...values);
  const yDot = (y: number) => Math.round(((high - y) / Math.max(high - low, 1e-6)) * (canvas.dotRows - 1));

  if (level) {
    for (let x = 0; x < canvas.dotColumns; x += 4) canvas.set(x, yDot(level.y), level.paint);
  }
  for (const { dots, paint } of drawn) {
    let last: readonly [number, number] | undefined;
    for (const [x, y] of dots) {
      const at = [x, yDot(y)] as const;
      canvas.line(last ?? at, at, paint);
      last = at;
    }
  }

  const levelRow = level ? yDot(level.y) >> 2 : -1;
  // At the top and the bottom row the ends are labelled: there the level is too near to them to be told apart.
  const labels = new Map([
    [levelRow, level ? options.label(level.y) : ''],
    [0, options.label(high)],
    [options.rows - 1, options.label(low)],
  ]);
  const width = Math.max(...[...labels.values()].map((label) => label.length));
  return canvas.lines().map((line, row) => {
    const name = level && row === levelRow ? ` ${level.paint(level.name)}` : '';
    return `${(labels.get(row) ?? '').padStart(width)} ${line}${name}`;
  });
}

/** The mean of the points that fall on each dot column, so that a long run is smoothed, not overdrawn. */
function* binned(
  points: Curve['points'],
  xDot: (x: number) => number,
  columns: number,
): Generator<[number, number]> {
  const sums = new Float64Array(columns);
  const counts = new Uint32Array(columns);
  for (const [x, y] of points) {
    const column = xDot(x);
    if (column < 0 || column >= columns || !Number.isFinite(y)) continue;
    sums[column] += y;
    counts[column]++;
  }
  for (let column = 0; column < columns; column++) {
    if (counts[column] > 0) yield [column, sums[column] / counts[column]];
  }
}

/** Dots over a grid of characters; a character has the colour of the last dot set in it. */
class Canvas {
  readonly dotColumns: number;
  readonly dotRows: number;
  readonly #bits: Uint8Array;
  readonly #paints: (((text: string) => string) | undefined)[];

  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    this.dotColumns = columns * 2;
    this.dotRows = rows * 4;
    this.#bits = new Uint8Array(columns * rows);
    this.#paints = new Array(columns * rows);
  }

  set(x: number, y: number, paint: (text: string) => string): void {
    const cell = (y >> 2) * this.columns + (x >> 1);
    this.#bits[cell] |= braille[y & 3][x & 1];
    this.#paints[cell] = paint;
  }

  /** Dots from one point to another, a dot at least in each row or column between. */
  line(
    [x0, y0]: readonly [number, number],
    [x1, y1]: readonly [number, number],
    paint: Curve['paint'],
  ): void {
    const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0), 1);
    for (let i = 0; i <= steps; i++) {
      this.set(Math.round(x0 + ((x1 - x0) * i) / steps), Math.round(y0 + ((y1 - y0) * i) / steps), paint);
    }
  }

  lines(): string[] {
    return Array.from({ length: this.rows }, (_, row) => {
      let line = '';
      for (let column = 0; column < this.columns; column++) {
        const cell = row * this.columns + column;
        const character = this.#bits[cell] === 0 ? ' ' : String.fromCharCode(0x2800 + this.#bits[cell]);
        const paint = this.#paints[cell];
        line += paint ? paint(character) : character;
      }
      return line.trimEnd();
    });
  }
}
