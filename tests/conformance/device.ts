/** Tests of the device itself: order, snapshots, replay, memory, closing. */
import {
  type BackendBuffer,
  type BackendDevice,
  type Executable,
  OutOfMemoryError,
  type Plan,
  type Program,
} from '@inkstone/core/backend';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Elements in the buffers of these tests. */
const count = 1000;
const bytes = count * 4;

/** A GPU in software fills each buffer with zeros first, for half a minute where the machine is busy. */
const memoryTimeout = 300_000;

const addScalar: Program = {
  instructions: [
    { op: 'load', type: 'float32', input: 0 },
    { op: 'scalar', type: 'float32', scalar: 0 },
    { op: 'add', type: 'float32', a: 0, b: 1 },
  ],
  outputs: [2],
};

const vector = { dtype: 'float32', shape: [count], strides: [1], offset: 0 } as const;

/** y = x + scalar (buffers x, y), or x += scalar (buffer x). */
function addPlan(inPlace: boolean): Plan {
  const x = { ...vector, buffer: 0 };
  const y = inPlace ? x : { ...vector, buffer: 1 };
  return {
    buffers: (inPlace ? [x] : [x, y]).map(() => ({ byteLength: bytes })),
    scalars: ['float32'],
    uploads: [],
    steps: [
      { kind: 'pointwise', shape: [count], inputs: [x], scalars: [0], program: addScalar, outputs: [y] },
    ],
  };
}

/** The same as `addPlan(true)`, on data that is uploaded with each run, into elements 100 ... 599 of x. */
const uploadPlan: Plan = {
  ...addPlan(false),
  uploads: [{ buffer: 0, byteOffset: 400, byteLength: 2000 }],
};

export function deviceTests(openDevice: () => Promise<BackendDevice>): void {
  describe('device', () => {
    let device: BackendDevice;
    beforeEach(async () => {
      device = await openDevice();
    });
    afterEach(async () => {
      await device.close();
    });

    const filled = (value: number): BackendBuffer => {
      const buffer = device.createBuffer(bytes);
      device.write(buffer, 0, new Float32Array(count).fill(value));
      return buffer;
    };
    const read = async (buffer: BackendBuffer) => new Float32Array(await device.read(buffer, 0, bytes));
    const expectAll = async (reading: Promise<Float32Array>, value: number) =>
      expect(await reading).toEqual(new Float32Array(count).fill(value));

    it('says what it is', () => {
      expect(device.name).not.toBe('');
      expect(device.description).not.toBe('');
      const { maxBufferBytes, maxBuffersPerStep, bufferAlignment } = device.limits;
      expect(maxBufferBytes).toBeGreaterThanOrEqual(2 ** 27);
      // An AdamW step over one parameter touches 4; a fused chain needs a few more to be worth fusing.
      expect(maxBuffersPerStep).toBeGreaterThanOrEqual(8);
      expect(bufferAlignment).toBeGreaterThanOrEqual(1);
      expect(bufferAlignment % 4).toBe(0);
    });

    it('makes buffers of at least the size asked for, rounded up', () => {
      for (const size of [1, 3, 4, 17, 4096, 100_001]) {
        const buffer = device.createBuffer(size);
        expect(buffer.byteLength).toBeGreaterThanOrEqual(size);
        expect(buffer.byteLength % device.limits.bufferAlignment).toBe(0);
      }
    });

    it('writes and reads parts', async () => {
      const buffer = filled(1);
      device.write(buffer, 40, Float32Array.of(2, 3));
      device.write(buffer, 3996, new Uint8Array(Float32Array.of(4).buffer));
      const source = Float32Array.of(9, 5, 6, 9);
      device.write(buffer, 80, source.subarray(1, 3));
      const want = new Float32Array(count).fill(1);
      want.set([2, 3], 10);
      want.set([5, 6], 20);
      want[999] = 4;
      expect(await read(buffer)).toEqual(want);
      expect(new Float32Array(await device.read(buffer, 40, 8))).toEqual(Float32Array.of(2, 3));
      expect(new Uint8Array(await device.read(buffer, 40, 3))).toEqual(new Uint8Array([0, 0, 0]));
      expect((await device.read(buffer, 40, 0)).byteLength).toBe(0);
    });

    it('copies what is written at the call', async () => {
      const buffer = device.createBuffer(bytes);
      const data = new Float32Array(count).fill(1);
      device.write(buffer, 0, data);
      data.fill(2);
      await expectAll(read(buffer), 1);
    });

    it('reads the value as of the call, in the order of calls', async () => {
      const buffer = filled(1);
      const executable = device.compile(addPlan(true));
      const order: number[] = [];
      const reads = [1, 2, 3, 4].map(async (_, i) => {
        const reading = read(buffer);
        executable.run([buffer], [10], []);
        if (i === 2) device.write(buffer, 0, new Float32Array(count).fill(-1));
        const values = await reading;
        order.push(i);
        return values[count - 1];
      });
      expect(await Promise.all(reads)).toEqual([1, 11, 21, -1]);
      expect(order).toEqual([0, 1, 2, 3]);
      await expectAll(read(buffer), 9);
    });

    it('runs hundreds of times without anyone waiting, each with its own scalar', async () => {
      const buffer = filled(0);
      const executable = device.compile(addPlan(true));
      let sum = 0;
      for (let i = 0; i < 500; i++) {
        executable.run([buffer], [i % 7], []);
        sum += i % 7;
      }
      await expectAll(read(buffer), sum);
    });

    it('uploads before the steps of its own run', async () => {
      const x = filled(1);
      const ys = Array.from({ length: 20 }, () => device.createBuffer(bytes));
      const executable = device.compile(uploadPlan);
      ys.forEach((y, i) => {
        executable.run([x, y], [0.5], [new Float32Array(500).fill(i)]);
      });
      for (const [i, y] of ys.entries()) {
        const values = await read(y);
        expect([values[99], values[100], values[599], values[600]]).toEqual([1.5, i + 0.5, i + 0.5, 1.5]);
      }
    });

    it('runs on other buffers and on the first ones again', async () => {
      const [a, b, c] = [filled(1), filled(2), filled(3)];
      const executable = device.compile(addPlan(false));
      executable.run([a, b], [10], []); // b = 11
      executable.run([b, c], [10], []); // c = 21
      executable.run([c, a], [10], []); // a = 31
      executable.run([a, b], [10], []); // b = 41
      await expectAll(read(a), 31);
      await expectAll(read(b), 41);
      await expectAll(read(c), 21);
    });

    it('takes buffers that are larger than the plan asks for', async () => {
      const [x, y] = [device.createBuffer(bytes * 3), device.createBuffer(bytes * 2)];
      device.write(x, 0, new Float32Array(3 * count).fill(4));
      device.write(y, 0, new Float32Array(2 * count).fill(-1));
      device.compile(addPlan(false)).run([x, y], [1], []);
      await expectAll(read(y), 5);
      expect(new Float32Array(await device.read(y, bytes, 8))).toEqual(Float32Array.of(-1, -1));
    });

    it('interleaves two executables, and outlives the disposal of one', async () => {
      const [a, b] = [filled(1), filled(2)];
      const first: Executable = device.compile(addPlan(true));
      const second: Executable = device.compile(addPlan(false));
      first.run([a], [1], []);
      second.run([a, b], [1], []);
      first.run([a], [1], []);
      first.dispose();
      second.run([a, b], [2], []);
      await expectAll(read(b), 5);
      second.run([b, a], [0], []);
      second.dispose();
      await expectAll(read(a), 5);
    });

    it('runs plans without steps, and without anything', async () => {
      const x = filled(1);
      const onlyUpload = { ...uploadPlan, buffers: uploadPlan.buffers.slice(0, 1), scalars: [], steps: [] };
      device.compile(onlyUpload).run([x], [], [new Float32Array(500).fill(7)]);
      device.compile({ buffers: [], scalars: [], uploads: [], steps: [] }).run([], [], []);
      const values = await read(x);
      expect([values[99], values[100], values[599], values[600]]).toEqual([1, 7, 7, 1]);
    });

    it('destroys buffers after the work that was submitted', async () => {
      const [x, y, z] = [filled(1), filled(0), filled(0)];
      const executable = device.compile(addPlan(false));
      executable.run([x, y], [1], []);
      const pending = read(x);
      device.destroyBuffer(x);
      executable.run([y, z], [1], []);
      device.destroyBuffer(y);
      await expectAll(pending, 1);
      await expectAll(read(z), 3);
    });

    it('gives memory back: makes and destroys 6 GB in small parts', { timeout: memoryTimeout }, async () => {
      const size = 2 ** 22;
      for (let i = 0; i < 1500; i++) {
        const buffer = device.createBuffer(size);
        device.write(buffer, size - 4, Float32Array.of(i));
        device.destroyBuffer(buffer);
        if (i % 50 === 0) await device.idle();
      }
      await expectAll(read(filled(3)), 3);
    });

    it('refuses a buffer beyond its limit with the sizes, and goes on', async () => {
      const before = filled(1);
      const tooLarge = device.limits.maxBufferBytes + device.limits.bufferAlignment;
      let error: unknown;
      try {
        device.createBuffer(tooLarge);
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(OutOfMemoryError);
      expect((error as Error).message).toMatch(/\d/);
      device.compile(addPlan(true)).run([before], [1], []);
      await expectAll(read(before), 2);
    });

    it('is idle when all is done', async () => {
      const x = filled(1);
      const executable = device.compile(addPlan(true));
      for (let i = 0; i < 50; i++) executable.run([x], [1], []);
      await device.idle();
      await expectAll(read(x), 51);
    });

    it('lives beside another device', async () => {
      const other = await openDevice();
      const [mine, its] = [filled(1), other.createBuffer(bytes)];
      other.write(its, 0, new Float32Array(count).fill(5));
      device.compile(addPlan(true)).run([mine], [1], []);
      other.compile(addPlan(true)).run([its], [1], []);
      expect(new Float32Array(await other.read(its, 0, bytes))[7]).toBe(6);
      await other.close();
      await expectAll(read(mine), 2);
    });

    it('settles pending reads when it is closed, and is of no use after that', async () => {
      const other = await openDevice();
      const buffer = other.createBuffer(bytes);
      other.write(buffer, 0, new Float32Array(count));
      const pending = Promise.allSettled([other.read(buffer, 0, bytes)]);
      await other.close();
      expect(await pending).toHaveLength(1);
      expect(() => other.createBuffer(16)).toThrow();
    });
  });
}
