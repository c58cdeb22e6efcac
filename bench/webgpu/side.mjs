/**
 * One side of a WebGPU comparison under Dawn. usage: node side.mjs ours|jax-js|tfjs
 *
 * What the peers need: `navigator.gpu` before they are imported; jax-js iterator helpers that Node 20 lacks; tfjs a
 * window, and a canvas that has no context. Every run waits for its last result only, so that work may queue up.
 */
import { createRequire } from 'node:module';
import { cpuNow, median, serve } from '../contender.mjs';
import { normal, uniform } from '../peers/gpt-data.mjs';

/** Products in a run: as long as a sync takes, one alone would measure that. */
const repeats = 4;

const sides = { ours, 'jax-js': jaxJs, tfjs };
const side = sides[process.argv[2]];
if (!side) throw new Error(`usage: node side.mjs ${Object.keys(sides).join('|')}`);
const kinds = await side();
await serve((what) => kinds[what.kind]?.(what) ?? null);

function dawn() {
  const { create, globals } = createRequire(import.meta.url)('webgpu');
  Object.assign(globalThis, globals);
  const value = { gpu: create([]), hardwareConcurrency: 2, userAgent: 'node' };
  Object.defineProperty(globalThis, 'navigator', { value, configurable: true });
}

async function ours() {
  const { webgpu } = await import('@inkstone/backend-webgpu');
  const { use } = await import('@inkstone/core');
  const { gpt } = await import('../cpu/ours/gpt.mjs');
  const device = await webgpu().open();
  await use(webgpu());
  const matmul = ({ m, k, n, layout, times = repeats }) => {
    const operand = (buffer, rows, columns, transposed) => ({
      ...{ buffer, dtype: 'float32', shape: [rows, columns], offset: 0 },
      strides: transposed ? [1, rows] : [columns, 1],
    });
    const [a, b, c] = [
      operand(0, m, k, layout[0] === 'T'),
      operand(1, k, n, layout[1] === 'T'),
      operand(2, m, n, false),
    ];
    const buffers = [m * k, k * n, m * n].map((count) => device.createBuffer(4 * count));
    const random = uniform(1);
    device.write(buffers[0], 0, normal(random, m * k, 1));
    device.write(buffers[1], 0, normal(random, k * n, 1));
    const step = { kind: 'matmul', batch: [], m, n, k, a, b, scalars: [], epilogue: null };
    const executable = device.compile({
      buffers: buffers.map(({ byteLength }) => ({ byteLength })),
      ...{ scalars: [], uploads: [] },
      steps: [{ ...step, epilogueInputs: [], outputs: [c] }],
    });
    const run = async () => {
      for (let i = 0; i < times; i++) executable.run(buffers, [], []);
      await device.idle();
    };
    return { run, repeats: times };
  };
  return { matmul, layouts: (what) => layouts(what, matmul), gpt, ahead: (what) => ahead(gpt(what)) };
}

/**
 * Ten steps whose losses are all asked for before the first is there, in turns with ten that are waited for one by one: what
 * slows the machine for a while slows both. The note has each turn's milliseconds a step, both ways, by both clocks.
 */
function ahead({ run: step, note: loss }) {
  const steps = 10;
  const ways = {
    waiting: async () => {
      for (let i = 0; i < steps; i++) await step();
    },
    ahead: () => Promise.all(Array.from({ length: steps }, step)),
  };
  const order = ['waiting', 'ahead'];
  const turns = [];
  const run = async () => {
    const turn = {};
    for (const way of order) {
      const [start, cpuStart] = [performance.now(), cpuNow()];
      await ways[way]();
      turn[way] = { wall: (performance.now() - start) / steps, cpu: (cpuNow() - cpuStart) / steps };
    }
    turns.push(turn);
    order.reverse();
  };
  return { run, repeats: 2 * steps, note: () => ({ ...loss(), turns: turns.splice(0) }) };
}

/**
 * Squares by all four layouts in short turns, so that what slows the machine for a while slows all of them. The note has the
 * median of each layout's times over the mean of its turn, slowest first.
 */
function layouts({ n }, matmul) {
  const times = n < 1024 ? repeats : 1;
  const sides = ['NN', 'NT', 'TN', 'TT'].map((layout) => ({
    ...{ layout, shares: [] },
    ...matmul({ m: n, n, k: n, layout, times }),
  }));
  const run = async () => {
    const turn = [];
    for (const side of sides) {
      const start = performance.now();
      await side.run();
      turn.push(performance.now() - start);
    }
    const mean = turn.reduce((a, b) => a + b) / turn.length;
    sides.forEach(({ shares }, i) => {
      shares.push(turn[i] / mean);
    });
    // Another begins the next turn, so that none always follows the same one.
    sides.push(sides.shift());
  };
  const note = () => {
    const shares = sides.map((side) => [side.layout, median(side.shares.splice(0))]);
    return { shares: shares.sort(([, a], [, b]) => b - a) };
  };
  return { run, repeats: times * sides.length, note };
}

async function jaxJs() {
  dawn();
  if (!globalThis.Iterator?.prototype?.map) {
    const iterator = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
    iterator.map = function* (f) {
      let i = 0;
      for (const value of this) yield f(value, i++);
    };
    iterator.filter = function* (f) {
      let i = 0;
      for (const value of this) if (f(value, i++)) yield value;
    };
    iterator.toArray = function () {
      return [...this];
    };
  }
  const jax = await import('@jax-js/jax');
  const { gpt } = await import('../peers/jax-js/gpt.mjs');
  await jax.init();
  jax.defaultDevice('webgpu');
  const { numpy: np, jit } = jax;
  const matmul = ({ m, k, n, layout }) => {
    const random = uniform(1);
    const [left, right] = [layout[0] === 'T', layout[1] === 'T'];
    const a = np.array(normal(random, m * k, 1)).reshape(left ? [k, m] : [m, k]);
    const b = np.array(normal(random, k * n, 1)).reshape(right ? [n, k] : [k, n]);
    const product = jit((x, y) => np.matmul(left ? x.transpose([1, 0]) : x, right ? y.transpose([1, 0]) : y));
    const run = async () => {
      const results = Array.from({ length: repeats }, () => product(a.ref, b.ref));
      for (const c of results) {
        await c.blockUntilReady();
        c.dispose();
      }
    };
    return { run, repeats };
  };
  return { matmul, gpt: (what) => gpt(jax, what, async (array) => (await array.data())[0]) };
}

async function tfjs() {
  dawn();
  globalThis.window = globalThis;
  globalThis.self = globalThis;
  globalThis.document = { createElement: () => ({ getContext: () => null }) };
  globalThis.OffscreenCanvas = undefined;
  console.warn = () => {};
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs');
  require('@tensorflow/tfjs-backend-webgpu');
  const { gpt } = await import('../peers/tfjs/gpt.mjs');
  if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs: no webgpu backend');
  await tf.ready();
  const matmul = ({ m, k, n, layout }) => {
    const random = uniform(1);
    const [left, right] = [layout[0] === 'T', layout[1] === 'T'];
    const a = tf.tensor(normal(random, m * k, 1), left ? [k, m] : [m, k]);
    const b = tf.tensor(normal(random, k * n, 1), right ? [n, k] : [k, n]);
    const run = async () => {
      const results = Array.from({ length: repeats }, () => tf.matMul(a, b, left, right));
      await results[repeats - 1].data();
      for (const c of results) c.dispose();
    };
    return { run, repeats };
  };
  const read = async (value) => (await value.data())[0];
  return { matmul, gpt: (what) => gpt(tf, what, { read, plain: true }) };
}
