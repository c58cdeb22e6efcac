/**
 * What the graph costs the host: recording an op, finding the plan of a step of 1,000 ops, replaying a compiled step.
 * Microseconds, medians of many short samples. Build the packages first.
 *
 *   node bench/core/host.mjs [--cpu-time] [--json FILE]
 *
 * The device runs nothing (idle-backend.mjs), so that only the host's work is timed; the last rows are of the CPU
 * backend: a compiled step against the bare run of its plan.
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
  // What goes on inside of the backend is timed apart: a plan's kernels, and setting them up.
  let inside = 0;
  const backend = cpu({ threads: 1 });
  const timedBackend = {
    ...backend,
    open: async () => {
      const device = await backend.open();
      const { compile: original } = device;
      device.compile = (plan) => {
        const executable = original.call(device, plan);
        return {
          run: (...args) => {
            const start = now();
            executable.run(...args);
            inside += now() - start;
          },
          dispose: () => executable.dispose(),
        };
      };
      return device;
    },
  };
  const device = await use(timedBackend);
  const { step, batch } = training();
  const compiled = compile(step);
  const batches = batch(0).map((t) => t.keep());
  const outside = [];
  const kernels = [];
  for (let i = 0; i < 600; i++) {
    inside = 0;
    const start = now();
    let loss;
    for (let n = 0; n < 10; n++) loss = compiled(...batches);
    const time = now() - start;
    await loss.item();
    if (i < 100) continue;
    outside.push(((time - inside) * 1000) / 10);
    kernels.push((inside * 1000) / 10);
  }
  add('kernels of a compiled step (cpu)', 'us', { median: median(kernels), least: Math.min(...kernels) });
  add(
    'a compiled step besides its kernels (cpu)',
    'us',
    { median: median(outside), least: Math.min(...outside) },
    10,
  );
  await device.close();
}

report('the host', rows);
