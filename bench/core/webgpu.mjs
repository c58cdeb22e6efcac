/**
 * What a compiled training step costs the host on WebGPU, against a bare loop that encodes and submits the same
 * dispatches: the ratio of the medians. Build the packages first; without an adapter it says so and ends.
 *
 *   node bench/core/webgpu.mjs [--json FILE]
 *
 * The GPU is idle before each sample, and what it does afterwards is not timed. The bare loop leaves out what a step has
 * to do besides: bind the batch, write the numbers of the optimizer, keep the loss.
 */
import { webgpu } from '@inkstone/backend-webgpu';
import { use } from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import { median, report } from './measure.mjs';
import { training } from './step.mjs';

const device = await use(webgpu());
console.log(`${device}`);

/** What passes are told, while `commands` is a list. */
let commands = null;
const names = ['setPipeline', 'setBindGroup', 'dispatchWorkgroups'];
const originals = names.map((name) => GPUComputePassEncoder.prototype[name]);
const listen = () =>
  names.forEach((name, i) => {
    GPUComputePassEncoder.prototype[name] = function (...args) {
      commands?.push([name, args]);
      return originals[i].apply(this, args);
    };
  });
const restore = () =>
  names.forEach((name, i) => {
    GPUComputePassEncoder.prototype[name] = originals[i];
  });
let gpu = null;
const { createCommandEncoder } = GPUDevice.prototype;
GPUDevice.prototype.createCommandEncoder = function (...args) {
  gpu = this;
  return createCommandEncoder.apply(this, args);
};

const { step, batch } = training();
const compiled = compile(step);
const given = batch(0).map((t) => t.keep());
/** A step, until it has been submitted: that happens at the end of the job. */
const ours = async () => {
  const start = performance.now();
  const loss = compiled(...given);
  await null;
  const time = performance.now() - start;
  await loss.item();
  await device.idle();
  return time;
};
for (let i = 0; i < 20; i++) await ours();

listen();
commands = [];
const loss = compiled(...given);
await null;
const replayed = commands;
commands = null;
restore();
GPUDevice.prototype.createCommandEncoder = createCommandEncoder;
await loss.item();
const dispatches = replayed.filter(([name]) => name === 'dispatchWorkgroups').length;

const bare = async () => {
  const start = performance.now();
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  for (let i = 0; i < replayed.length; i++) {
    const [name, args] = replayed[i];
    if (name === 'setBindGroup') pass.setBindGroup(args[0], args[1], args[2]);
    else if (name === 'setPipeline') pass.setPipeline(args[0]);
    else pass.dispatchWorkgroups(args[0], args[1]);
  }
  pass.end();
  gpu.queue.submit([encoder.finish()]);
  await null;
  const time = performance.now() - start;
  await gpu.queue.onSubmittedWorkDone();
  return time;
};

const times = { ours: [], bare: [] };
for (let i = 0; i < 300; i++) {
  const [a, b] = [await ours(), await bare()];
  if (i < 50) continue;
  times.ours.push(a * 1000);
  times.bare.push(b * 1000);
}
const row = (what, list) => ({ what, unit: 'us', median: median(list), least: Math.min(...list) });
const ratio = {
  median: median(times.ours) / median(times.bare),
  least: Math.min(...times.ours) / Math.min(...times.bare),
};
report('the host on WebGPU', [
  row(`a compiled step of ${dispatches} dispatches`, times.ours),
  row('a bare loop of the same dispatches', times.bare),
  { what: 'the ratio', unit: 'times', ...ratio, limit: 1.5 },
]);
await device.close();
