/**
 * Pointwise instructions on the CPU backend, one thread: nanoseconds an element for arrays that stay in cache.
 *
 *   node bench/cpu/pointwise.mjs [--build simd] [--cpu-time]
 */
import { parseArgs } from 'node:util';
import { cpu } from '@inkstone/backend-cpu';

const { values: options } = parseArgs({
  options: { build: { type: 'string', default: 'auto' }, 'cpu-time': { type: 'boolean', default: false } },
});
const cpuNow = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const now = options['cpu-time'] ? cpuNow : () => performance.now();

const length = 2048;
const operand = (buffer) => ({ buffer, dtype: 'float32', shape: [length], strides: [1], offset: 0 });
const load = { op: 'load', type: 'float32', input: 0 };
const unary = (op) => [load, { op, type: 'float32', a: 0 }];
const programs = {
  copy: [load, { op: 'neg', type: 'float32', a: 0 }],
  add: [load, { op: 'add', type: 'float32', a: 0, b: 0 }],
  div: [load, { op: 'div', type: 'float32', a: 0, b: 0 }],
  max: [load, { op: 'max', type: 'float32', a: 0, b: 0 }],
  ...Object.fromEntries(
    ['sqrt', 'exp', 'log', 'tanh', 'sigmoid', 'erf', 'expm1', 'log1p', 'sin', 'cos'].map((op) => [
      op,
      unary(op),
    ]),
  ),
  gelu: [
    load,
    { op: 'const', type: 'float32', value: Math.SQRT1_2 },
    { op: 'mul', type: 'float32', a: 0, b: 1 },
    { op: 'erf', type: 'float32', a: 2 },
    { op: 'const', type: 'float32', value: 1 },
    { op: 'add', type: 'float32', a: 3, b: 4 },
    { op: 'const', type: 'float32', value: 0.5 },
    { op: 'mul', type: 'float32', a: 0, b: 6 },
    { op: 'mul', type: 'float32', a: 7, b: 5 },
  ],
};

const device = await cpu({ threads: 1, build: options.build }).open();
console.log(device.description);
const buffers = [device.createBuffer(length * 4), device.createBuffer(length * 4)];
device.write(
  buffers[0],
  0,
  Float32Array.from({ length }, (_, i) => (i / length) * 4 + 0.01),
);
for (const [name, instructions] of Object.entries(programs)) {
  const executable = device.compile({
    buffers: buffers.map(() => ({ byteLength: length * 4 })),
    scalars: [],
    uploads: [],
    steps: [
      {
        kind: 'pointwise',
        shape: [length],
        inputs: [operand(0)],
        scalars: [],
        program: { instructions, outputs: [instructions.length - 1] },
        outputs: [operand(1)],
      },
    ],
  });
  const times = [];
  for (let round = 0; round < 15; round++) {
    const start = now();
    for (let i = 0; i < 2000; i++) executable.run(buffers, [], []);
    times.push((now() - start) / 2000);
  }
  times.sort((a, b) => a - b);
  console.log(
    `${name.padEnd(10)} ${((times[7] * 1e6) / length).toFixed(3)} ns (best ${((times[0] * 1e6) / length).toFixed(3)})`,
  );
}
await device.close();
