/**
 * Devices that are held to limits far below what any adapter has: buffers are bound in parts, steps are cut, workgroups go
 * into two dimensions, and every result has the bits that it has without them. What cannot be done is an error that
 * says what about it is too large, and nothing else changes.
 */
import { reference } from '@inkstone/backend-cpu/reference';
import { allCases, type Case, define, differences, runCase, transposed } from '@inkstone/conformance';
import { planOf } from '@inkstone/conformance/run';
import { OutOfMemoryError } from '@inkstone/core/backend';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { WebGPUDevice } from '../src/device.js';
import { webgpu } from '../src/index.js';
import { contiguousStrides, Lowering } from '../src/plan/lowering.js';
import { sharedTiles, tunings } from '../src/tuning.js';
import { dtypes, tolerances } from './tolerances.js';

type Limits = Readonly<Record<string, number>>;

/** What Dawn is asked to bind and to run, at most. */
class Extremes {
  bytes = 0;
  bindings = 0;
  /** Bindings that begin behind the first byte of a buffer. */
  windows = 0;
  workgroups = 0;
  dispatches = 0;
  folded = 0;
  private readonly undo: (() => void)[] = [];

  constructor() {
    this.watch('GPUDevice', 'createBindGroup', ([descriptor]) => {
      const [, ...storage] = [...(descriptor as GPUBindGroupDescriptor).entries];
      this.bindings = Math.max(this.bindings, storage.length);
      for (const { resource } of storage) {
        const { buffer, offset = 0, size } = resource as GPUBufferBinding;
        if (offset > 0) this.windows++;
        this.bytes = Math.max(this.bytes, size ?? (buffer as GPUBuffer).size);
      }
    });
    this.watch('GPUComputePassEncoder', 'dispatchWorkgroups', ([x, y]) => {
      this.dispatches++;
      if ((y as number) > 1) this.folded++;
      this.workgroups = Math.max(this.workgroups, x as number, y as number);
    });
  }

  private watch(type: string, method: string, note: (args: unknown[]) => void): void {
    const { prototype } = (globalThis as unknown as Record<string, { prototype: Record<string, unknown> }>)[
      type
    ] as { prototype: Record<string, unknown> };
    const original = prototype[method] as (...args: unknown[]) => unknown;
    prototype[method] = function (this: unknown, ...args: unknown[]) {
      note(args);
      return original.apply(this, args);
    };
    this.undo.push(() => {
      prototype[method] = original;
    });
  }

  stop(): void {
    for (const undo of this.undo) undo();
  }
}

/** The order of sums then depends on how long they are alone, not on how many there are. */
const tuning = { parallelism: 1 };

const whole = (count: number) => Array.from({ length: count }, (_, i) => ((i * 7) % 17) - 8);
const largestBytes = (testCase: Case) => Math.max(...testCase.buffers.map((b) => b.initial.length * 4));

/** A weight many times as large as a binding may be: scores for each of many rows of it, and its gradients. */
const head = (() => {
  const [rows, width, vocabulary] = [5, 24, 700];
  const epilogue = { epilogue: null, epilogueInputs: [], scalars: [] };
  return define('a head over a large vocabulary', (builder) => {
    const x = builder.input('float32', [rows, width], whole(rows * width));
    const weight = builder.input('float32', [width, vocabulary], whole(width * vocabulary), transposed);
    const dy = builder.input('float32', [vocabulary, rows], whole(vocabulary * rows));
    const y = builder.output('float32', [rows, vocabulary], { keys: ['exact'] });
    const dw = builder.output('float32', [vocabulary, width], { keys: ['exact'] });
    const product = { kind: 'matmul', batch: [], ...epilogue } as const;
    builder.step({ ...product, m: rows, n: vocabulary, k: width, a: x, b: weight, outputs: [y] });
    builder.step({ ...product, m: vocabulary, n: width, k: rows, a: dy, b: x, outputs: [dw] });
  });
})();

/** An index tells where a point lies: in every part of a step the same as in the whole. */
const coordinates = define('coordinates of the points', (builder) => {
  const shape = [70, 3, 11];
  const output = builder.output('int32', shape, { keys: ['exact'] });
  const index = (axis: number) => ({ op: 'index', type: 'int32', axis }) as const;
  const thousand = { op: 'const', type: 'int32', value: 1000 } as const;
  const program = {
    instructions: [
      index(0),
      thousand,
      { op: 'mul', type: 'int32', a: 0, b: 1 },
      index(2),
      { op: 'add', type: 'int32', a: 2, b: 3 },
    ],
    outputs: [4],
  } as const;
  builder.pointwise(shape, [], program, [output]);
});

/** Two parts of one buffer, one read and one written nowhere near it, as parameters in a flat buffer lie. */
const parts = define('parts of a flat buffer', (builder) => {
  const count = 4000;
  const flat = builder.input('float32', [count], whole(count));
  const part = (offset: number, shape: readonly number[]) => ({
    ...flat,
    shape,
    offset,
    strides: contiguousStrides(shape),
  });
  const outputs = [builder.output('float32', [3, 5], { keys: ['exact'] })];
  const [a, b] = [part(130, [3, 7]), part(3800, [7, 5])];
  const epilogue = {
    epilogue: {
      instructions: [
        { op: 'load', type: 'float32', input: 0 },
        { op: 'load', type: 'float32', input: 1 },
        { op: 'add', type: 'float32', a: 0, b: 1 },
      ],
      outputs: [2],
    },
    epilogueInputs: [{ ...part(1999, [3, 5]), strides: [0, 1] }],
    scalars: [],
  } as const;
  builder.step({ kind: 'matmul', batch: [], m: 3, n: 5, k: 7, a, b, ...epilogue, outputs });
});

/** A few of each family: a software adapter compiles all of their kernels once more. */
const chosen = [
  /^pointwise, (gaps|broadcast rows)$/,
  /^pointwise over 1000 x 3, one transposed$/,
  /^index along each axis$/,
  /^AdamW in place over (257|5000)$/,
  /^a chain of steps, each reads what the one before stored$/,
  /^(sum|argmax) over axes \[[01]\] of \[257,33\], float32$/,
  /^(sum over axes \[3,0\]|mean over axes \[0,2\]) of \[4,5,6,7\], float32$/,
  /^matmul (65 x 65 x 64 NT|48 heads of 64 x 32)$/,
  /^softmax (backward )?of 65 x 65/,
  /^cross-entropy (backward )?of (65 x 65|33 x 17, weighted and smoothed)/,
  /^(layer|rms) norm (backward )?of 65 x 65/,
  /^attention (backward )?2 x 3 heads, 17 x 17, size 8$/,
  /^attention one new query of a cache$/,
  /^attention (backward )?with dropout from a seed$/,
  /^attention causal, grouped, with dropout from a negative seed and a mask$/,
  /^recurrent tanh: 6 steps, batch 3, 10 hidden, reverse, nothing saved$/,
  /^(index-select|gather|index-add|scatter sum) (100 of \[1, 65, 17\]|16 of \[2, 31, 33\])/,
  /^sort 3 x 1025, 1025 of it, float32/,
  /^scan \[2, 257, 5\], float32/,
];

describe.runIf(requireFixture('adapter'))('a device with low limits', () => {
  let usual: WebGPUDevice;
  let extremes: Extremes;
  beforeAll(async () => {
    usual = (await webgpu({ tuning }).open()) as WebGPUDevice;
  });
  afterAll(() => usual.close());
  beforeEach(() => {
    extremes = new Extremes();
  });
  afterEach(() => extremes.stop());

  /** A device on the same GPU that is held to less. */
  const held = async (limits: Limits, variants: Partial<typeof tunings.GPU> = {}) => {
    const options = { device: usual.gpu, tuning: { ...usual.tuning, ...variants }, limits, autotune: false };
    return (await webgpu(options).open()) as WebGPUDevice;
  };
  const runHeld = async (testCase: Case, limits: Limits) => {
    const device = await held(limits);
    try {
      return await runCase(testCase, device);
    } finally {
      await device.close();
    }
  };

  const all = Object.values(allCases(dtypes)).flat();
  const small = all.find(({ name }) => name === 'index along each axis') as Case;
  const cases = [head, coordinates, parts, ...all.filter(({ name }) => chosen.some((c) => c.test(name)))];

  test('has cases of every sort', () => {
    for (const pattern of chosen)
      expect(cases.some(({ name }) => pattern.test(name)) || `${pattern}`).toBe(true);
  });

  test.each(cases.map((c) => [c.name, c] as const))('binds buffers in parts: %s', async (_, testCase) => {
    const want = await runCase(testCase, usual);
    const most = Math.max(512, Math.ceil(largestBytes(testCase) / 1.6 / 256) * 256);
    expect(extremes.bytes).toBeGreaterThan(most);
    Object.assign(extremes, { bytes: 0, bindings: 0, windows: 0 });
    const limits = { maxStorageBufferBindingSize: most, maxStorageBuffersPerShaderStage: 10 };
    expect(await runHeld(testCase, limits)).toEqual(want);
    expect(extremes.windows).toBeGreaterThan(0);
    expect(extremes.bytes).toBeLessThanOrEqual(most);
    expect(extremes.bindings).toBeLessThanOrEqual(10);
  });

  const many = all.filter(({ name }) =>
    /^(pointwise, large|sum over axes \[1\] of \[257,33\], float32|layer norm backward of 65 x 65|index-add 100 of \[1, 65, 17\], float32)$/.test(
      name,
    ),
  );
  test('folds workgroups into two dimensions, and cuts a step that is too many for those', async () => {
    expect(many).toHaveLength(4);
    const want = await Promise.all(many.map((testCase) => runCase(testCase, usual)));
    const { dispatches } = extremes;
    expect(extremes.workgroups).toBeGreaterThan(1000);
    Object.assign(extremes, { workgroups: 0, dispatches: 0, folded: 0 });
    const few = await held({ maxComputeWorkgroupsPerDimension: 13 });
    const got = await Promise.all(many.map((testCase) => runCase(testCase, few))).finally(() => few.close());
    expect(got).toEqual(want);
    expect(extremes.workgroups).toBeLessThanOrEqual(13);
    expect(extremes.folded).toBeGreaterThan(0);
    expect(extremes.dispatches).toBeGreaterThan(dispatches);
  });

  test('keeps workgroups and their memory within what is allowed', async () => {
    const sources: string[] = [];
    const { prototype } = globalThis.GPUDevice;
    const original = prototype.createShaderModule;
    prototype.createShaderModule = function (this: GPUDevice, descriptor) {
      sources.push(descriptor.code);
      return original.call(this, descriptor);
    };
    const limits = { maxComputeInvocationsPerWorkgroup: 64, maxComputeWorkgroupStorageSize: 8192 };
    const device = await held(limits, tunings.GPU);
    const oracle = await reference().open();
    try {
      expect(device.tuning.sharedTiles).toEqual([sharedTiles['32 x 32']]);
      const comparison = { tolerances, flushesSubnormals: true, nonFinite: true, signedZeros: false };
      // All at once: their kernels are compiled side by side.
      const some = cases.filter(({ name }) => /65 x 65|5000|of \[2, 257|heads, 17/.test(name));
      const got = await Promise.all(some.map((testCase) => runCase(testCase, device)));
      for (const [i, testCase] of some.entries()) {
        const want = await runCase(testCase, oracle);
        expect(differences(testCase, got[i] as Float64Array[], want, comparison)).toBe('');
      }
    } finally {
      prototype.createShaderModule = original;
      await Promise.all([device.close(), oracle.close()]);
    }
    const sizes = sources.map((code) => {
      const [, x, y = '1'] = code.match(/@workgroup_size\((\d+)(?:, (\d+))?\)/) ?? [];
      return Number(x) * Number(y);
    });
    expect(sizes.length).toBeGreaterThan(10);
    expect(Math.max(...sizes)).toBe(64);
  });

  // What has no axis to be cut along (the rows of a table, the steps of a sequence, a sum of all) has windows; so has one head.
  const bindings = (operand: RegExp) =>
    new RegExp(
      `${operand.source} takes \\d+ bytes, and this adapter binds at most \\d+ at once \\(maxStorageBufferBindingSize\\); in parts ` +
        'it does not fit either: .* needs \\d+ bindings.* at most \\d+ here \\(maxStorageBuffersPerShaderStage\\)',
    );
  const groups = (operand: RegExp) =>
    new RegExp(
      `${operand.source} is too much, and its parts are too: .* needs \\d+ workgroups, this adapter runs at most 1 x 1 at once ` +
        '\\(maxComputeWorkgroupsPerDimension\\)',
    );
  const seeded = 'attention with dropout from a seed';
  const layer = 'recurrent backward lstm: 3 steps, batch 17, 33 hidden, reverse';
  test.each([
    ['attention causal, 65 x 65, size 64', [6656, 8], bindings(/: q \(float32 \[1, 1, 65, 64\]\)/)],
    [seeded, [512, 8], bindings(/: q \(float32 \[1, 2, 17, 8\]\)/)],
    [layer, [4096, 8], bindings(/: x \(float32 \[3, 17, 132\]\)/)],
    ['index-select 100 of [1, 65, 17], float32', [512, 8], bindings(/: output \(float32 \[1, 100, 17\]\)/)],
    ['index-add 100 of [1, 65, 17], float32', [512, 8], bindings(/: source \(float32 \[1, 100, 17\]\)/)],
    [
      'sum over axes [0,1,2,3] of [4,5,6,7], float32',
      [512, 6],
      bindings(/: inputs\[0\] \(float32 \[4, 5, 6, 7\]\)/),
    ],
    [seeded, null, groups(/: q \(float32 \[1, 2, 17, 8\]\)/)],
    [layer, null, groups(/: x \(float32 \[3, 17, 132\]\)/)],
    ['index-add 100 of [1, 65, 17], float32', null, groups(/: source \(float32 \[1, 100, 17\]\)/)],
  ] as const)('says what is too large for it, and goes on: %s, %j', async (name, sizes, message) => {
    const [maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage] = sizes ?? [];
    const limits = sizes
      ? { maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage }
      : { maxComputeWorkgroupsPerDimension: 1 };
    const testCase = all.find((other) => other.name === name) as Case;
    const device = await held(limits as Limits);
    try {
      const refused = () => device.compile(planOf(testCase, device));
      expect(refused).toThrow(message);
      expect(refused).toThrow(`webgpu: ${name}: `);
      expect(await runCase(parts, device)).toEqual(await runCase(parts, usual));
    } finally {
      await device.close();
    }
  });

  test('refuses a buffer that is too large, and goes on', async () => {
    const device = await held({ maxBufferSize: 12300 });
    try {
      expect(device.limits.maxBufferBytes).toBe(12288);
      const refused = () => device.createBuffer(12289);
      expect(refused).toThrow(OutOfMemoryError);
      expect(refused).toThrow(/12289 bytes is over this adapter's limit of 12288 bytes \(maxBufferSize\)/);
      // A plan that asks for one, and one whose kernels would have to work in one.
      const sorted = all.find(({ name }) => name.startsWith('sort 3 x 1025')) as Case;
      const compiled = () => device.compile(planOf(sorted, usual));
      expect(compiled).toThrow(OutOfMemoryError);
      expect(compiled).toThrow(
        /sort 3 x 1025.*x \(float32 \[3, 1025\]\) takes 12324 bytes.*at most 12300 \(maxBufferSize\)/,
      );
      const lowering = new Lowering(planOf(small, usual), device.tuning, device.bounds);
      const scratch = () => lowering.scratch('float32', [5, 700]);
      expect(scratch).toThrow(OutOfMemoryError);
      expect(scratch).toThrow(
        /index along each axis: float32 \[5, 700\] to work in takes 14000 bytes.*12300 \(maxBufferSize\)/,
      );
      expect(await runCase(small, device)).toEqual(await runCase(small, usual));
    } finally {
      await device.close();
    }
  });

  test.each([
    [{ maxStorageBufferBindingSizes: 1 }, /maxStorageBufferBindingSizes is none of WebGPU's limits/],
    [{ maxBufferSize: 1.5 }, /maxBufferSize is 1.5, not a whole number above 0/],
    [
      { maxBufferSize: Number.MAX_SAFE_INTEGER },
      /maxBufferSize of 9007199254740991 is over \d+, the most that/,
    ],
    [{ maxStorageBufferBindingSize: 256 }, /maxStorageBufferBindingSize must be at least 512, got 256/],
    [
      { maxComputeInvocationsPerWorkgroup: 32 },
      /maxComputeInvocationsPerWorkgroup must be at least 64, got 32/,
    ],
  ])('is not opened with %j', async (limits, message) => {
    await expect(webgpu({ limits: limits as Limits }).open()).rejects.toThrow(message);
  });
});
