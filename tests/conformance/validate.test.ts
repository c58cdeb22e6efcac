/** Every rule of the contract, broken once: validation must say so, and name the place. */
import {
  type DeviceRules,
  InvalidPlanError,
  type Plan,
  type Step,
  validatePlan,
  validateRun,
} from '@inkstone/core/backend';
import { describe, expect, it } from 'vitest';
import { brokenAttention } from './broken-attention.js';
import { broken, changed, copy, operand, plan, right } from './broken-plans.js';
import { allCases } from './cases/index.js';

const device: DeviceRules = {
  name: 'test device',
  limits: { maxBufferBytes: 2 ** 20, maxBuffersPerStep: 8, bufferAlignment: 4 },
  bytesPerElement: { float32: 4, int32: 4, bool: 1, uint8: 1 },
};

describe('validatePlan', () => {
  it('passes every case of the suite', () => {
    const rules: DeviceRules = {
      ...device,
      limits: { ...device.limits, maxBufferBytes: 2 ** 28 },
      bytesPerElement: { float32: 4, float64: 8, int32: 4, uint8: 1, bool: 1, float16: 2 },
    };
    const dtypes = ['float32', 'float64', 'int32', 'uint8', 'bool', 'float16'] as const;
    for (const testCase of Object.values(allCases(dtypes)).flat()) {
      const { name, buffers, scalars, steps } = testCase;
      const sizes = buffers.map(({ initial }) => ({ byteLength: initial.length * 8 }));
      validatePlan({ label: name, buffers: sizes, scalars, uploads: [], steps }, rules);
    }
  });

  for (const [kind, step] of Object.entries(right)) {
    it(`passes a right ${kind}`, () => validatePlan(plan(step as Step), device));
  }

  for (const [what, step, message] of [...broken, ...brokenAttention]) {
    it(`refuses ${what}`, () => {
      const run = () => validatePlan(plan(right.softmax, { ...step, label: 'layer.0' } as Step), device);
      expect(run).toThrow(InvalidPlanError);
      expect(run).toThrow(message);
      expect(run).toThrow(/^plan 'p', step 1 \(\w+, 'layer.0'\): /);
    });
  }

  it('refuses impossible buffers, scalars and uploads', () => {
    const base = plan();
    const upload = (buffer: number, byteOffset: number, byteLength: number) => () =>
      validatePlan({ ...base, uploads: [{ buffer, byteOffset, byteLength }] }, device);
    expect(() => validatePlan({ ...base, buffers: [{ byteLength: 0 }] }, device)).toThrow(
      /buffer 0 has 0 bytes/,
    );
    expect(() => validatePlan({ ...base, buffers: [{ byteLength: 2 ** 21 }] }, device)).toThrow(
      /1 to 1048576/,
    );
    expect(() => validatePlan({ ...base, scalars: ['float64'] }, device)).toThrow(
      /test device has no float64/,
    );
    expect(upload(9, 0, 4)).toThrow(/plan has 9 buffers/);
    expect(upload(0, 2, 4)).toThrow(/multiple of 4/);
    expect(upload(0, 60, 8)).toThrow(/leaves the buffer of 64 bytes/);
    expect(upload(0, 60, 4)).not.toThrow();
  });

  it('allows outputs that interleave in one buffer', () => {
    const outputs = [0, 1].map((offset) => operand(1, { shape: [2, 2], strides: [4, 2], offset }));
    const inputs = [operand(0, { shape: [2, 2] })];
    validatePlan(
      plan(changed('pointwise', { shape: [2, 2], inputs, outputs, program: { ...copy, outputs: [0, 0] } })),
      device,
    );
  });
});

describe('validateRun', () => {
  const shifted = operand(0, { shape: [4], strides: [1], shift: { scalar: 0, stride: 4 } });
  const target = operand(1, { shape: [4], strides: [1] });
  const two: Plan = {
    ...plan(changed('pointwise', { shape: [4], inputs: [shifted], outputs: [target] })),
    buffers: [{ byteLength: 64 }, { byteLength: 64 }],
    uploads: [{ buffer: 0, byteOffset: 0, byteLength: 8 }],
  };
  const [large, larger] = [{ byteLength: 64 }, { byteLength: 100 }];
  const upload = new Uint8Array(8);
  const run =
    (buffers = [large, larger], scalars = [3, 0.5], uploads: ArrayBufferView[] = [upload]) =>
    () =>
      validateRun(two, device, buffers, scalars, uploads);

  it('passes a right run', run());

  it('refuses what does not fit the plan', () => {
    expect(run([large])).toThrow(/run of plan 'p': 1 buffers instead of 2/);
    expect(run([large, { byteLength: 60 }])).toThrow(/buffer 1 has 60 bytes; 64 are needed/);
    expect(run([large, large])).toThrow(/bound twice/);
    expect(run(undefined, [1])).toThrow(/1 scalars instead of 2/);
    expect(run(undefined, [1.5, 0])).toThrow(/scalar 0 is 1.5, which is no int32/);
    expect(run(undefined, undefined, [])).toThrow(/0 uploads instead of 1/);
    expect(run(undefined, undefined, [new Uint8Array(4)])).toThrow(/upload 0 has 4 bytes instead of 8/);
    expect(run(undefined, [4, 0])).toThrow(/step 0 \(pointwise\): inputs\[0\] .*moved by 16/);
    expect(run(undefined, [-1, 0])).toThrow(/moved by -4/);
  });

  it('refuses more keys than there are', () => {
    const attention = plan(changed('attention', { keyLength: 0 }));
    const buffers = attention.buffers.map(() => ({ byteLength: 64 }));
    validateRun(attention, device, buffers, [3, 0], []);
    expect(() => validateRun(attention, device, buffers, [4, 0], [])).toThrow(
      /keyLength is 4, not in 0 ... 3/,
    );
  });
});
