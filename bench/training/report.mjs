/**
 * The page about the curves that compare.mjs wrote: README.md and curves.svg beside this file.
 *
 *   node bench/training/report.mjs [curves.json]
 *
 * compare.mjs calls it itself where it writes curves.json here.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const mean = (values) => values.reduce((a, b) => a + b) / values.length;
const last = (list) => list[list.length - 1];

/** The standard deviation of a sample. */
function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (values.length - 1));
}

/** What the curves say: mean validation losses of both sides, how much worse ours is, and one standard deviation. */
export function verdict(curves) {
  const ends = (side) => curves.map((curve) => last(curve[side].validation)[1]);
  const [ours, theirs] = [ends('inkstone'), ends('pytorch')];
  return {
    ours: mean(ours),
    theirs: mean(theirs),
    worse: mean(ours) - mean(theirs),
    deviation: curves.length > 1 ? deviation(theirs) : null,
  };
}

const sides = [
  { name: 'pytorch', label: 'PyTorch', color: '#c05a1c', width: 3 },
  { name: 'inkstone', label: 'Inkstone', color: '#1b1f3b', width: 1.2 },
];

/** Training losses of the first seed (means of 10 steps) and validation losses of all seeds, one side over the other. */
function chart({ settings, curves }) {
  const [width, height, left, bottom, top] = [720, 360, 48, 36, 12];
  const means = (losses) => {
    const parts = Array.from({ length: Math.floor(losses.length / 10) }, (_, i) =>
      losses.slice(10 * i, 10 * i + 10),
    );
    return parts.map((part, i) => [10 * i + 5, mean(part)]);
  };
  const lines = sides.flatMap(({ name, color, width: stroke }) => [
    { points: means(curves[0][name].losses), color, stroke },
    ...curves.map((curve) => ({ points: curve[name].validation, color, stroke, dashed: true })),
  ]);
  const values = lines.flatMap(({ points }) => points.map(([, loss]) => loss));
  const [low, high] = [Math.floor(2 * Math.min(...values)) / 2, Math.ceil(2 * Math.max(...values)) / 2];
  const x = (step) => left + ((width - left - 12) * step) / settings.maxSteps;
  const y = (loss) => top + ((height - bottom - top) * (high - loss)) / (high - low);
  const n = (value) => value.toFixed(1);
  const text = (at, down, words, anchor = 'middle') =>
    `<text x="${n(at)}" y="${n(down)}" text-anchor="${anchor}">${words}</text>`;
  const grid = Array.from({ length: Math.round(2 * (high - low)) + 1 }, (_, i) => low + i / 2).map(
    (loss) =>
      `<path d="M${left} ${n(y(loss))}H${width - 12}" stroke="#ddd"/>${text(left - 6, y(loss) + 4, loss.toFixed(1), 'end')}`,
  );
  const ticks = Array.from({ length: 6 }, (_, i) => (settings.maxSteps * i) / 5).map((step) =>
    text(x(step), height - bottom + 16, step),
  );
  const drawn = lines.map(
    ({ points, color, stroke, dashed }) =>
      `<polyline fill="none" stroke="${color}" stroke-width="${stroke}"${dashed ? ' stroke-dasharray="5 3"' : ''} points="${points.map(([step, loss]) => `${n(x(step))},${n(y(loss))}`).join(' ')}"/>`,
  );
  const legend = sides.map(
    ({ label, color, width: stroke }, i) =>
      `<path d="M${width - 190} ${top + 16 + 18 * i}h28" stroke="${color}" stroke-width="${stroke}"/>${text(width - 156, top + 20 + 18 * i, label, 'start')}`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    '<title>Losses of a character GPT here and in PyTorch</title>',
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...grid,
    ...ticks,
    text(
      width / 2,
      height - 4,
      'step; lines: training loss of the first seed, dashes: validation loss of each seed',
    ),
    ...drawn,
    ...legend,
    '</svg>\n',
  ].join('\n');
}

function page({ data, settings, curves }) {
  const { ours, theirs, worse, deviation: one } = verdict(curves);
  const { maxSteps, batchSize, blockSize, nLayer, nHead, nEmbd, vocabSize } = settings;
  const first = Math.min(100, maxSteps);
  const rows = curves.map(({ seed, apart, inkstone, pytorch }) => {
    const end = (side) => last(side.validation)[1].toFixed(4);
    return `| ${seed} | ${apart.toExponential(1)} | ${last(inkstone.losses).toFixed(4)} | ${last(pytorch.losses).toFixed(4)} | ${end(inkstone)} | ${end(pytorch)} |`;
  });
  const share = one === null ? '' : `: ${worse > 0 ? 'worse' : 'better'} by ${Math.abs(worse).toExponential(1)}, where one standard deviation of the seeds is ${one.toExponential(1)}`; // biome-ignore format: one line
  return `<!-- Written by report.mjs from curves.json. -->

# A character GPT on verse, here and in PyTorch

The same text (\`${data}\`), the same initial weights and the same batches by the same seed: ${nLayer} layers of width ${nEmbd} with
${nHead} heads, ${vocabSize} characters known, ${maxSteps} steps of ${batchSize} blocks of ${blockSize}. One thread each, float32.

| seed | the first ${first} losses are apart by at most | last loss | PyTorch | last validation loss | PyTorch |
|---|---|---|---|---|---|
${rows.join('\n')}

Mean validation loss ${ours.toFixed(4)}, PyTorch ${theirs.toFixed(4)}${share}.

![Training and validation losses of both](curves.svg)

\`curves.json\` has every loss. To make it again (PyTorch is needed, and some minutes for each seed):

\`\`\`sh
node bench/training/compare.mjs --steps ${maxSteps} --seeds ${curves.map(({ seed }) => seed).join(',')} --out bench/training/curves.json
\`\`\`
`;
}

/** Writes README.md and curves.svg beside this file. */
export async function report(kept) {
  await writeFile(here('curves.svg'), chart(kept));
  await writeFile(here('README.md'), page(kept));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await report(JSON.parse(await readFile(process.argv[2] ?? here('curves.json'), 'utf8')));
