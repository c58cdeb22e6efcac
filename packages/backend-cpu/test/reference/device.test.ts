/** What the reference device refuses, beyond what the suite asks of every device. */
import { InvalidPlanError, type Plan } from '@inkstone/core/backend';
import { expect, it } from 'vitest';
import { reference } from '../../src/reference.js';

/** Reads behind the end of its buffer. */
const broken: Plan = {
  label: 'too far',
  buffers: [{ byteLength: 16 }, { byteLength: 64 }],
  scalars: [],
  uploads: [],
  steps: [
    {
      kind: 'softmax',
      log: false,
      rows: 1,
      columns: 8,
      x: { buffer: 0, dtype: 'float32', shape: [1, 8], strides: [8, 1], offset: 0 },
      y: { buffer: 1, dtype: 'float32', shape: [1, 8], strides: [8, 1], offset: 0 },
    },
  ],
};

it('validates plans and runs unless told otherwise', async () => {
  const device = await reference().open();
  expect(() => device.compile(broken)).toThrow(InvalidPlanError);
  expect(() => device.compile(broken)).toThrow(/plan 'too far', step 0 \(softmax\): x .*16 bytes/);
  const fixed = device.compile({ ...broken, buffers: [{ byteLength: 32 }, { byteLength: 64 }] });
  expect(() => fixed.run([device.createBuffer(32)], [], [])).toThrow(/1 buffers instead of 2/);
  const trusting = await reference({ validate: false }).open();
  trusting.compile(broken).dispose();
});

it('refuses buffers that are destroyed, foreign or impossible, and ranges outside', async () => {
  const device = await reference().open();
  const other = await reference().open();
  const buffer = device.createBuffer(16);
  const gone = device.createBuffer(16);
  device.destroyBuffer(gone);
  expect(() => device.destroyBuffer(gone)).toThrow(/destroyed/);
  expect(() => device.write(gone, 0, new Uint8Array(4))).toThrow(/destroyed/);
  expect(() => other.write(buffer, 0, new Uint8Array(4))).toThrow(/another device/);
  expect(() => device.write(buffer, 12, new Uint8Array(8))).toThrow(/write of 8 bytes at 12/);
  await expect(device.read(buffer, 0, 20)).rejects.toThrow(/read of 20 bytes at 0/);
  for (const size of [0, -1, 1.5, Number.NaN]) expect(() => device.createBuffer(size)).toThrow(RangeError);
});

it('gives new memory no zeros to rely on', async () => {
  const device = await reference().open();
  const buffer = device.createBuffer(8);
  expect(new Float32Array(await device.read(buffer, 0, 8))).toEqual(Float32Array.of(Number.NaN, Number.NaN));
});

it('runs nothing once it is disposed or closed', async () => {
  const device = await reference().open();
  const executable = device.compile({ buffers: [], scalars: [], uploads: [], steps: [] });
  executable.dispose();
  expect(() => executable.run([], [], [])).toThrow(/disposed/);
  await device.close();
  expect(() => device.compile(broken)).toThrow(/closed/);
});
