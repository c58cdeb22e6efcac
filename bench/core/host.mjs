/**
 * What the graph costs the host: recording an op, finding the plan of a step of 1,000 ops, replaying a compiled step.
 * Microseconds, medians of many short samples. Build the packages first.
 *
 *   node bench/core/host.mjs [--cpu-time] [--json FILE]
 *
 * The device runs nothing (idle-backend.mjs), so that only the host's work is timed; the last rows are of the CPU
 * backend, with its kernels and without them.
 */
import { cpu } from '@inkstone/backend-cpu';
import { nn, randn, use } from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { idle } from './idle-backend.mjs';
import { median, microseconds, now, report } from './measure.mjs';
import { training } from './step.mjs';

const rows = [];
const add = (what, unit, result, limit) => rows.push({ what, unit, ...result, limit });

// ---- recording --------------------------------------------------------------------------------------------------------

await use(idle());
const x = randn(4, 6).keep();
const y = randn(4, 6).keep();
const weight = new nn.Parameter(randn(6, 6));
const linear = new nn.Linear(6, 6);

/** Each takes a tensor of shape [4, 6] and gives another: so many ops of the graph. */
const ops = {
  'a.add(b)': [1, (t) => t.add(y)],
  'a.mul(number)': [1, (t) => t.mul(0.99)],
  'a.tanh()': [1, (t) => t.tanh()],
  'a.add(bias), with a gradient': [1, (t) => t.add(linear.bias)],
  'a.transpose(0, 1)': [2, (t) => t.transpose(0, 1).transpose(0, 1)],
  'a.reshape(...)': [2, (t) => t.reshape(2, 12).reshape(4, 6)],
  'a.view(...).permute(...)': [4, (t) => t.view(2, 2, 6).permute(1, 0, 2).permute(1, 0, 2).view(4, 6)],
  'a.narrow, a.select, expand': [3, (t) => t.narrow(0, 1, 2).select(0, 0).expand(4, 6)],
  'a.sum(0, true), broadcast': [2, (t) => t.add(t.sum(0, true))],
  'a.softmax(-1)': [1, (t) => t.softmax(-1)],
  'a.matmul(w)': [1, (t) => t.matmul(weight)],
  'linear.forward(a)': [1, (t) => linear.forward(t)],
};
const length = 200;
const all = [];
for (const [what, [count, op]] of Object.entries(ops)) {
  const result = await microseconds(async () => {
    let t = x;
    const start = now();
    for (let i = 0; i < length; i++) t = op(t);
    const time = now() - start;
    await t.data();
    return time;
  }, length * count);
  all.push(result.median);
  add(`recording ${what}`, 'us/op', result);
}
add('recording an op, median of these', 'us/op', { median: median(all), least: Math.min(...all) }, 1);

// ---- finding a plan -----------------------------------------------------------------------------------------------------

const thousand = () => {
  let t = x;
  for (let i = 0; i < 250; i++) t = t.add(y).mul(0.99).transpose(0, 1).transpose(0, 1);
  return t;
};
add(
  'a plan hit for a step of 1,000 ops',
  'us',
  await microseconds(async () => {
    const t = thousand();
    const start = now();
    t.keep();
    const time = now() - start;
    await t.data();
    return time;
  }, 1),
  100,
);

// ---- a training step ----------------------------------------------------------------------------------------------------

/** Milliseconds of some calls, awaiting a value after them. */
const timed = (step, batch, calls) => async () => {
  const batches = Array.from({ length: calls }, (_, i) => batch(i).map((t) => t.keep()));
  const start = now();
  let loss;
  for (const [inputs, targets] of batches) loss = step(inputs, targets);
  const time = now() - start;
  await loss.item();
  return time;
};

{
  const device = await use(idle());
  const { step, batch } = training();
  const before = device.stats().opsRecorded;
  step(...batch(0));
  const nodes = device.stats().opsRecorded - before;
  add(
    `a recorded training step, ${nodes} ops (idle)`,
    'us',
    await microseconds(timed(step, batch, 5), 5, 100),
  );
  const compiled = compile(step);
  add('the same, compiled (idle)', 'us', await microseconds(timed(compiled, batch, 20), 20, 200), 10);
}

// ---- on the CPU -----------------------------------------------------------------------------------------------------------

{
  // Only the call into WebAssembly is taken off, and each step makes it: what surrounds it (the backend's part too) runs
  // between kernels that have used the caches, as in a training loop. The clock that takes it off counts against us.
  let inside = 0;
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...args) => {
    const { exports } = await instantiate(...args);
    const run = (commands) => {
      const start = now();
      exports.run(commands);
      inside += now() - start;
    };
    return { exports: { ...exports, run } };
  };
  const device = await use(cpu({ threads: 1 }));
  WebAssembly.instantiate = instantiate;

  /** Microseconds of a call besides its kernels and in them: one of ten that follow each other, what has to be cleared away included. */
  const sample = async (compiled, batches) => {
    inside = 0;
    const start = now();
    let loss;
    for (const batch of batches) loss = compiled(...batch);
    const time = now() - start;
    const kernels = inside;
    await loss.item();
    return {
      outside: ((time - kernels) * 1000) / batches.length,
      kernels: (kernels * 1000) / batches.length,
    };
  };
  const row = (numbers) => ({ median: median(numbers), least: Math.min(...numbers) });
  const { step, batch, hostBatch } = training();
  const compiled = compile(step);
  const resident = Array(10).fill(batch(0).map((t) => t.keep()));
  const samples = { resident: [], host: [] };
  for (let i = 0; i < 600; i++) {
    const given = await sample(compiled, resident);
    const fresh = await sample(
      compiled,
      resident.map((_, n) => hostBatch(n)),
    );
    if (i < 100) continue;
    samples.resident.push(given);
    samples.host.push(fresh);
  }
  const kernels = row(samples.resident.map((s) => s.kernels));
  add('kernels of a compiled step (cpu)', 'us', kernels);
  const outside = (list) => row(list.map((s) => s.outside));
  add('a compiled step besides its kernels (cpu)', 'us', outside(samples.resident), 10);
  // On a machine that others use: the samples whose kernels took hardly longer than they can.
  const calm = samples.resident.filter((s) => s.kernels < kernels.least * 1.05);
  add(
    `the same, ${calm.length} of ${samples.resident.length} samples that nobody disturbed`,
    'us',
    outside(calm),
  );
  add('the same, with a new batch from the host each time', 'us', outside(samples.host));
  await device.close();
}

report('the host', rows);
