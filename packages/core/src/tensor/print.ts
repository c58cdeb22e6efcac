/** Tensors as text, in PyTorch's format. */
import type { DType } from '../backend/dtype.js';
import type { Shape } from '../graph/shape.js';
import type { HostArray } from '../graph/value.js';

/** PyTorch's defaults: 4 digits, summarised above 1000 elements to 3 at each end. */
const precision = 4;
const threshold = 1000;
const edge = 3;

export function formatTensor(host: HostArray, shape: Shape, dtype: DType): string {
  const suffix = dtype === 'float32' || dtype === 'bool' || dtype === 'int32' ? '' : `, dtype=${dtype}`;
  if (host.length === 0) return `tensor([], shape=[${shape.join(', ')}]${suffix})`;
  const summarise = host.length > threshold;
  const show = formatter(shownValues(host, shape, summarise), dtype);
  return `tensor(${block(host, shape, 0, 0, 'tensor('.length, summarise, show)}${suffix})`;
}

function shownIndices(n: number, summarise: boolean): number[] {
  const all = Array.from({ length: n }, (_, i) => i);
  return summarise && n > 2 * edge ? [...all.slice(0, edge), ...all.slice(n - edge)] : all;
}

function shownValues(host: HostArray, shape: Shape, summarise: boolean): number[] {
  let offsets = [0];
  shape.forEach((n, dim) => {
    const step = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
    offsets = offsets.flatMap((o) => shownIndices(n, summarise).map((i) => o + i * step));
  });
  return offsets.map((o) => host[o]);
}

/** All numbers of a tensor share one format and one width. */
function formatter(values: readonly number[], dtype: DType): (x: number) => string {
  let one: (x: number) => string;
  if (dtype === 'bool') one = (x) => (x ? 'True' : 'False');
  else if (dtype === 'int32' || dtype === 'uint8') one = (x) => String(x);
  else {
    const finite = values.filter((x) => Number.isFinite(x) && x !== 0).map(Math.abs);
    const largest = Math.max(...finite, 0);
    const smallest = Math.min(...finite, Number.POSITIVE_INFINITY);
    const whole = values.every((x) => !Number.isFinite(x) || Number.isInteger(x));
    const special = (x: number): string | null =>
      Number.isNaN(x) ? 'nan' : Number.isFinite(x) ? null : x > 0 ? 'inf' : '-inf';
    const scientific =
      finite.length > 0 && (largest / smallest > 1000 || largest > 1e8 || (!whole && smallest < 1e-4));
    if (scientific) one = (x) => special(x) ?? exponential(x);
    else if (whole) one = (x) => special(x) ?? `${x}.`;
    else one = (x) => special(x) ?? x.toFixed(precision);
  }
  const width = Math.max(...values.map((x) => one(x).length));
  return (x) => one(x).padStart(width);
}

function exponential(x: number): string {
  const [mantissa, exponent] = x.toExponential(precision).split('e');
  const sign = exponent.startsWith('-') ? '-' : '+';
  return `${mantissa}e${sign}${exponent.replace(/^[+-]/, '').padStart(2, '0')}`;
}

function block(
  host: HostArray,
  shape: Shape,
  dim: number,
  offset: number,
  indent: number,
  summarise: boolean,
  show: (x: number) => string,
): string {
  if (dim === shape.length) return show(host[offset]);
  const n = shape[dim];
  const step = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
  const cut = summarise && n > 2 * edge;
  const items = shownIndices(n, summarise).map((i) =>
    block(host, shape, dim + 1, offset + i * step, indent + 1, summarise, show),
  );
  if (cut) items.splice(edge, 0, dim === shape.length - 1 ? ' ...' : '...');
  if (dim === shape.length - 1) return `[${wrapLine(items, indent + 1)}]`;
  const newlines = '\n'.repeat(shape.length - 1 - dim);
  return `[${items.join(`,${newlines}${' '.repeat(indent + 1)}`)}]`;
}

/** Rows longer than 80 columns are broken, as PyTorch does. */
function wrapLine(items: readonly string[], indent: number): string {
  const perLine = Math.max(
    1,
    Math.floor((80 - indent) / (Math.max(...items.map((item) => item.length)) + 2)),
  );
  const lines: string[] = [];
  for (let i = 0; i < items.length; i += perLine) lines.push(items.slice(i, i + perLine).join(', '));
  return lines.join(`,\n${' '.repeat(indent)}`);
}
