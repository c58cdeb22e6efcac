/**
 * Matrix products on the CPU backend: GFLOP/s by shape and layout, on one thread and on more.
 *
 *   node bench/cpu/matmul.mjs [--threads 1,2] [--build simd] [--only TEXT] [--cpu-time] [--json FILE]
 *
 * Medians over rounds; the shapes are those of issue lists and of small language models. Build the packages first.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cpu } from '@inkstone/backend-cpu';

const { values: options } = parseArgs({
  options: {
    threads: { type: 'string', default: '1' },
    build: { type: 'string', default: 'auto' },
    json: { type: 'string' },
    only: { type: 'string' },
    'cpu-time': { type: 'boolean', default: false },
  },
});

const cpuNow = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
// Time that the process had the cores for: the steadier figure where others use the machine (one thread only).
const now = options['cpu-time'] ? cpuNow : () => performance.now();

/** name, batch, m, n, k, layout of a and b: N as in memory, T transposed. */
const shapes = [
  ...[256, 512, 1024].flatMap((n) => ['NN', 'NT', 'TN'].map((layout) => [`${n}`, 1, n, n, n, layout])),
  ['768x128 by 128x512', 1, 768, 512, 128, 'NN'],
  ['768x512 by 512x128', 1, 768, 128, 512, 'NN'],
  ['768x128 by 128x65', 1, 768, 65, 128, 'NN'],
  ['768x128 by (512x128)T', 1, 768, 512, 128, 'NT'],
  ['(768x128)T by 768x512', 1, 128, 512, 768, 'TN'],
  ['48 x 64x32 by 32x64', 48, 64, 64, 32, 'NN'],
  ['48 x 64x32 by (64x32)T', 48, 64, 64, 32, 'NT'],
  ['1x768 by (768x3072)T', 1, 1, 3072, 768, 'NT'],
  ['1x768 by 768x3072', 1, 1, 3072, 768, 'NN'],
  ['4x2 by 2x4', 1, 4, 4, 2, 'NN'],
];

function operand(buffer, batch, rows, columns, transposed) {
  const shape = batch > 1 ? [batch, rows, columns] : [rows, columns];
  const inner = transposed ? [1, rows] : [columns, 1];
  return {
    buffer,
    dtype: 'float32',
    shape,
    strides: batch > 1 ? [rows * columns, ...inner] : inner,
    offset: 0,
  };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function measure(device, [name, batch, m, n, k, layout]) {
  const bytes = [batch * m * k * 4, batch * k * n * 4, batch * m * n * 4];
  const plan = {
    buffers: bytes.map((byteLength) => ({ byteLength })),
    scalars: [],
    uploads: [],
    steps: [
      {
        kind: 'matmul',
        batch: batch > 1 ? [batch] : [],
        ...{ m, n, k },
        a: operand(0, batch, m, k, layout[0] === 'T'),
        b: operand(1, batch, k, n, layout[1] === 'T'),
        scalars: [],
        epilogue: null,
        epilogueInputs: [],
        outputs: [operand(2, batch, m, n, false)],
      },
    ],
  };
  const buffers = bytes.map((size) => device.createBuffer(size));
  for (const [i, buffer] of buffers.entries()) {
    device.write(
      buffer,
      0,
      Float32Array.from({ length: bytes[i] / 4 }, () => Math.random() - 0.5),
    );
  }
  const executable = device.compile(plan);
  const flops = 2 * batch * m * n * k;
  const times = Math.max(3, Math.round(4e8 / (flops + 20000)));
  const rounds = [];
  for (let round = 0; round < 9; round++) {
    const start = now();
    for (let i = 0; i < times; i++) executable.run(buffers, [], []);
    rounds.push((now() - start) / times);
  }
  executable.dispose();
  for (const buffer of buffers) device.destroyBuffer(buffer);
  const ms = median(rounds.slice(1));
  return { name: `${name} ${layout}`, ms, gflops: flops / ms / 1e6, best: flops / Math.min(...rounds) / 1e6 };
}

const results = [];
for (const threads of options.threads.split(',').map(Number)) {
  const device = await cpu({ threads, build: options.build }).open();
  console.log(device.description);
  for (const shape of shapes) {
    if (options.only && !shape[0].includes(options.only)) continue;
    const result = { threads, ...(await measure(device, shape)) };
    results.push(result);
    console.log(
      `${result.name.padEnd(30)} ${result.gflops.toFixed(1).padStart(7)} GFLOP/s (best ${result.best.toFixed(1)})  ${(result.ms * 1000).toFixed(1)} us`,
    );
  }
  await device.close();
}
if (options.json) writeFileSync(options.json, JSON.stringify(results, null, 2));
