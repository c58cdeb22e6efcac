/** Runs a case on a device. */
import { type BackendDevice, type DType, type Plan, validatePlan } from '@inkstone/core/backend';
import type { Case } from './case.js';
import { decode, encode } from './storage.js';

export function widthOf(device: BackendDevice, dtype: DType): number {
  const width = device.bytesPerElement[dtype];
  if (width === undefined) throw new Error(`${device.name} has no ${dtype}`);
  return width;
}

/** The case's plan in this device's layout. */
export function planOf(testCase: Case, device: BackendDevice): Plan {
  return {
    label: testCase.name,
    buffers: testCase.buffers.map(({ dtype, initial }) => ({
      byteLength: Math.ceil((initial.length * widthOf(device, dtype)) / 4) * 4,
    })),
    scalars: testCase.scalars,
    uploads: [],
    steps: testCase.steps,
  };
}

/** The contents of all the case's buffers after its plan ran `times` times. */
export async function runCase(testCase: Case, device: BackendDevice, times = 1): Promise<Float64Array[]> {
  const plan = planOf(testCase, device);
  validatePlan(plan, device);
  const buffers = plan.buffers.map(({ byteLength }) => device.createBuffer(byteLength));
  try {
    testCase.buffers.forEach(({ dtype, initial }, i) => {
      device.write(buffers[i], 0, encode(dtype, widthOf(device, dtype), initial));
    });
    const executable = device.compile(plan);
    try {
      for (let i = 0; i < times; i++) executable.run(buffers, testCase.scalarValues, []);
      const reads = testCase.buffers.map(({ dtype, initial }, i) =>
        device.read(buffers[i], 0, initial.length * widthOf(device, dtype)),
      );
      const bytes = await Promise.all(reads);
      return testCase.buffers.map(({ dtype, initial }, i) =>
        decode(dtype, widthOf(device, dtype), bytes[i], initial.length),
      );
    } finally {
      executable.dispose();
    }
  } finally {
    for (const buffer of buffers) device.destroyBuffer(buffer);
  }
}
