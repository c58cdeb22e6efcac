/** The allocator: ranges that never overlap, that join again, and an error that leaves everything as it was. */
import { OutOfMemoryError } from '@inkstone/core/backend';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpu } from '../src/index.js';
import { alignment, LinearMemory } from '../src/memory.js';

function fresh(): LinearMemory {
  const memory = new LinearMemory(false);
  memory.start(5000);
  return memory;
}

describe('LinearMemory', () => {
  it('gives aligned ranges that do not overlap, whatever the order', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('take' as const), bytes: fc.integer({ min: 1, max: 200_000 }) }),
      fc.record({ kind: fc.constant('give' as const), index: fc.nat(1000) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const memory = fresh();
        const live: { address: number; bytes: number }[] = [];
        for (const step of actions) {
          if (step.kind === 'take') {
            const { bytes } = step;
            live.push({ address: memory.allocate(bytes), bytes });
          } else if (live.length > 0) {
            memory.release(live.splice(step.index % live.length, 1)[0].address);
          }
        }
        live.sort((a, b) => a.address - b.address);
        live.forEach(({ address, bytes }, i) => {
          expect(address % alignment).toBe(0);
          expect(address).toBeGreaterThanOrEqual(5000);
          expect(address + bytes).toBeLessThanOrEqual(live[i + 1]?.address ?? memory.u8.length - 64);
        });
        // All given back: one range again, so that all of it can be had at once without growing.
        for (const { address } of live) memory.release(address);
        expect(memory.allocatedBytes).toBe(0);
        const before = memory.u8.length;
        memory.allocate(before - 5000 - 2 * 4096);
        expect(memory.u8.length).toBe(before);
      }),
      { numRuns: 60 },
    );
  });

  it('grows to almost 4 GiB, then says how much is in use, and goes on', () => {
    const memory = fresh();
    const small = memory.allocate(1000);
    const large = memory.allocate(2 ** 31);
    const larger = memory.allocate(2 ** 31 - 2 ** 24);
    expect(larger).toBeGreaterThan(2 ** 31);
    memory.u8[larger + 2 ** 30] = 7;
    expect(() => memory.allocate(2 ** 25)).toThrow(OutOfMemoryError);
    expect(() => memory.allocate(2 ** 25)).toThrow(/33554432 bytes \(32\.0 MiB\): 4080\.0 MiB are in use/);
    memory.release(large);
    expect(memory.allocate(2 ** 25)).toBe(large);
    expect(memory.u8[larger + 2 ** 30]).toBe(7);
    memory.release(small);
  });
});

describe('a device', () => {
  it('refuses places that a buffer does not have, or that are not a multiple of 4 bytes', async () => {
    const device = await cpu({ threads: 1 }).open();
    const buffer = device.createBuffer(64);
    device.write(buffer, 0, Float32Array.of(1, 2));
    expect(() => device.readInto?.(buffer, 2, new Float32Array(1))).toThrow(/multiple of 4 bytes, got 2/);
    expect(() => device.write(buffer, 4.5, new Uint8Array(4))).toThrow(/multiple of 4 bytes, got 4.5/);
    await expect(device.read(buffer, Number.NaN, 4)).rejects.toThrow(/multiple of 4 bytes, got NaN/);
    await expect(device.read(buffer, 0, 1e12)).rejects.toThrow(
      /bytes 0 to 1000000000000 of a buffer of 64 bytes/,
    );
    await expect(device.read(buffer, 8, -1)).rejects.toThrow(/bytes 8 to 7 of a buffer of 64 bytes/);
    expect(new Float32Array(await device.read(buffer, 4, 4))).toEqual(Float32Array.of(2));
    await device.close();
  });

  it('computes beyond 2 GiB', async () => {
    const device = await cpu({ threads: 2 }).open();
    const first = device.createBuffer(2 ** 31);
    const length = 1 << 16;
    const high = device.createBuffer(length * 4);
    device.write(high, 0, new Float32Array(length).fill(20));
    const operand = { buffer: 0, dtype: 'float32' as const, shape: [length], strides: [1], offset: 0 };
    const executable = device.compile({
      buffers: [{ byteLength: length * 4 }],
      scalars: ['float32'],
      uploads: [],
      steps: [
        {
          kind: 'pointwise',
          shape: [length],
          inputs: [operand],
          scalars: [0],
          program: {
            instructions: [
              { op: 'load', type: 'float32', input: 0 },
              { op: 'scalar', type: 'float32', scalar: 0 },
              { op: 'add', type: 'float32', a: 0, b: 1 },
            ],
            outputs: [2],
          },
          outputs: [operand],
        },
      ],
    });
    executable.run([high], [22], []);
    const result = new Float32Array(await device.read(high, 0, length * 4));
    expect(new Set(result)).toEqual(new Set([42]));
    device.destroyBuffer(first);
    await device.close();
  });
});
