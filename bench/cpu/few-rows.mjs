/**
 * What a generated token costs in products: one row (or a few) by the weights of a model, far larger than the caches.
 * Float weights, stored as [out, in] as `Linear` has them, and int8 and int4 weights, beside the speed at which this
 * machine reads memory (a loop of vector loads and additions in WebAssembly over 1 GiB, as many threads).
 *
 *   node bench/cpu/few-rows.mjs [--threads 1] [--rows 1] [--rounds 7] [--clock wall|cpu] [--json FILE]
 *
 * Rounds take turns; ratios are medians over rounds. --clock cpu takes the time that the process had a core for, the
 * steadier figure for one thread where others use the machine. Build the packages first.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cpu } from '@inkstone/backend-cpu';
import { median } from '../contender.mjs';
import { readers } from './read-memory.mjs';

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '1' },
    rows: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '7' },
    clock: { type: 'string', default: 'wall' },
    json: { type: 'string' },
  },
});
const threads = Number(options.threads);
const rows = Number(options.rows);
/** The products of one layer of GPT-2 small, and how many layers there are: 340 MB of float weights. */
const layers = 12;
const shapes = [
  [2304, 768],
  [768, 768],
  [3072, 768],
  [768, 3072],
];
const weights = layers * shapes.reduce((sum, [n, k]) => sum + n * k, 0);

const operand = (buffer, dtype, shape, offset = 0) => ({
  buffer,
  dtype,
  shape,
  strides: [shape[1], 1],
  offset,
});

/** A plan of all products; x, the weights, the scales and y are buffers 0 to 3. */
function model(device, bits) {
  const perRow = (k) => (bits === 32 ? k : (k * bits) / 32);
  let at = 0;
  let scaleAt = 0;
  const steps = [];
  for (let layer = 0; layer < layers; layer++) {
    for (const [n, k] of shapes) {
      const x = operand(0, 'float32', [rows, k]);
      const y = operand(3, 'float32', [rows, n]);
      const groupSize = bits === 4 ? 128 : k;
      if (bits === 32) {
        const b = { buffer: 1, dtype: 'float32', shape: [k, n], strides: [1, k], offset: at };
        const rest = { scalars: [], epilogue: null, epilogueInputs: [], outputs: [y] };
        steps.push({ kind: 'matmul', batch: [], m: rows, n, k, a: x, b, ...rest });
      } else {
        const weight = operand(1, 'int32', [n, perRow(k)], at);
        const scale = operand(2, 'float32', [n, k / groupSize], scaleAt);
        const sizes = { bits, rows, columns: n, depth: k, groupSize };
        steps.push({ kind: 'quantisedMatmul', ...sizes, x, weight, scale, y });
      }
      at += n * perRow(k);
      scaleAt += (n * k) / groupSize;
    }
  }
  const bytes = [rows * 3072 * 4, at * 4, scaleAt * 4, rows * 3072 * 4];
  const buffers = bytes.map((size) => device.createBuffer(size));
  const some = Int32Array.from({ length: 1 << 20 }, (_, i) => Math.imul(i, 0x9e3779b1));
  if (bits === 32) for (let i = 0; i < some.length; i++) some[i] = (some[i] & 0x80ffffff) | 0x3c000000;
  for (let from = 0; from < bytes[1]; from += some.byteLength) {
    device.write(buffers[1], from, some.subarray(0, Math.min(some.length, (bytes[1] - from) / 4)));
  }
  device.write(
    buffers[0],
    0,
    Float32Array.from({ length: bytes[0] / 4 }, () => Math.random() - 0.5),
  );
  const executable = device.compile({
    buffers: bytes.map((byteLength) => ({ byteLength })),
    scalars: [],
    uploads: [],
    steps,
  });
  return { bytes: bytes[1], run: () => executable.run(buffers, [], []) };
}

const read = await readers(threads);
const device = await cpu({ threads }).open();
console.log(
  `${device.description}, ${rows} row${rows === 1 ? '' : 's'}, ${(weights / 1e6).toFixed(0)} M weights`,
);
const sides = {
  memory: read,
  float32: model(device, 32),
  int8: model(device, 8),
  int4: model(device, 4),
};
const now = () => {
  if (options.clock !== 'cpu') return performance.now();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const rounds = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
for (let round = -1; round < Number(options.rounds); round++) {
  for (const [name, { run }] of Object.entries(sides)) {
    const start = now();
    await run();
    if (round >= 0) rounds[name].push(now() - start);
  }
}
const over = (a, b) => median(rounds[a].map((ms, i) => ms / rounds[b][i]));
const results = Object.entries(sides).map(([name, { bytes }]) => {
  const ms = median(rounds[name]);
  return { name, ms, gigabytes: bytes / ms / 1e6, rounds: rounds[name] };
});
for (const { name, ms, gigabytes } of results) {
  console.log(`${name.padEnd(8)} ${ms.toFixed(1).padStart(7)} ms  ${gigabytes.toFixed(2)} GB/s`);
}
const share = median(
  rounds.float32.map((ms, i) => sides.float32.bytes / ms / (sides.memory.bytes / rounds.memory[i])),
);
console.log(`float32 reads at ${(100 * share).toFixed(0)} % of the machine's speed (to reach: 80 %)`);
console.log(`int8 is ${over('float32', 'int8').toFixed(2)} times as fast (to reach: 1.7)`);
console.log(`int4 is ${over('float32', 'int4').toFixed(2)} times as fast`);
if (options.json) writeFileSync(options.json, `${JSON.stringify({ options, weights, results }, null, 2)}\n`);
await device.close();
await read.close();
