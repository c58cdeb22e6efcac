/** What the shared suite cannot ask of every backend: what is created when, how errors surface, that Node can exit. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { OutOfMemoryError, type Plan, type Program } from '@inkstone/core/backend';
import { requireFixture } from '@inkstone/harness/fixtures';
import { sourceAliases } from '@inkstone/harness/source-aliases';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { WebGPUDevice } from '../src/device.js';
import { Profiler, webgpu } from '../src/index.js';

const count = 64;
const addScalar: Program = {
  instructions: [
    { op: 'load', type: 'float32', input: 0 },
    { op: 'scalar', type: 'float32', scalar: 0 },
    { op: 'add', type: 'float32', a: 0, b: 1 },
  ],
  outputs: [2],
};
const operand = { buffer: 0, dtype: 'float32', shape: [count], strides: [1], offset: 0 } as const;
const plan: Plan = {
  label: 'add',
  buffers: [{ byteLength: 4 * count }],
  scalars: ['float32'],
  uploads: [{ buffer: 0, byteOffset: 0, byteLength: 16 }],
  steps: [
    {
      kind: 'pointwise',
      label: 'add a scalar',
      shape: [count],
      inputs: [operand],
      scalars: [0],
      program: addScalar,
      outputs: [operand],
    },
  ],
};

describe.runIf(requireFixture('adapter'))('WebGPU device', () => {
  let device: WebGPUDevice;
  beforeEach(async () => {
    device = (await webgpu().open()) as WebGPUDevice;
  });
  afterEach(() => device.close());

  test('creates nothing in the steady state, and submits once for a run and a read', async () => {
    const buffer = device.createBuffer(4 * count);
    device.write(buffer, 0, new Float32Array(count));
    const executable = device.compile(plan);
    const upload = new Float32Array(4);
    const step = async (by: number) => {
      executable.run([buffer], [by], [upload]);
      return new Float32Array(await device.read(buffer, 0, 4 * count))[count - 1];
    };
    await step(1);
    await step(1);
    const calls: string[] = [];
    for (const [target, names] of [
      [device.gpu, ['createBuffer', 'createBindGroup', 'createShaderModule', 'createComputePipelineAsync']],
      [device.gpu.queue, ['submit']],
    ] as unknown as [Record<string, (...args: unknown[]) => unknown>, string[]][]) {
      for (const name of names) {
        const original = target[name];
        target[name] = (...args) => {
          calls.push(name);
          return original.apply(target, args);
        };
      }
    }
    for (let i = 0; i < 10; i++) expect(await step(i)).toBe(2 + (i * (i + 1)) / 2);
    expect(calls).toEqual(Array(10).fill('submit'));
  });

  test('a validation error rejects the next read with its message, and nothing runs after it', async () => {
    const buffer = device.createBuffer(4 * count);
    const encoder = device.gpu.createCommandEncoder({ label: 'a broken copy' });
    encoder.copyBufferToBuffer(buffer.gpu, 0, buffer.gpu, 1 << 20, 16);
    device.gpu.queue.submit([encoder.finish()]);
    await expect(device.read(buffer, 0, 4)).rejects.toThrow(/a broken copy/);
    await expect(device.idle()).rejects.toThrow(/a broken copy/);
  });

  test('a shader that does not compile rejects the next read, and says which kernel it is', async () => {
    const original = device.gpu.createShaderModule;
    device.gpu.createShaderModule = (descriptor) =>
      original.call(device.gpu, {
        ...descriptor,
        code: `${descriptor.code}\nfn broken() -> f32 { return 1u; }`,
      });
    const buffer = device.createBuffer(4 * count);
    device.compile(plan).run([buffer], [1], [new Float32Array(4)]);
    await expect(device.read(buffer, 0, 4)).rejects.toThrow(/add a scalar/);
    await expect(device.idle()).rejects.toThrow(/add a scalar/);
  });

  test('memory that the GPU cannot give rejects the next read as such', async () => {
    const message = 'no more memory';
    const error = new GPUOutOfMemoryError(message);
    device.gpu.dispatchEvent(new GPUUncapturedErrorEvent('uncapturederror', { error }));
    const buffer = device.createBuffer(16);
    await expect(device.read(buffer, 0, 4)).rejects.toThrow(OutOfMemoryError);
    await expect(device.read(buffer, 0, 4)).rejects.toThrow(/out of memory.*no more memory/);
  });

  test('a lost device rejects pending and later reads, and says so', async () => {
    const buffer = device.createBuffer(4 * count);
    device.write(buffer, 0, new Float32Array(count));
    const pending = device.read(buffer, 0, 4);
    device.gpu.destroy();
    await expect(pending).rejects.toThrow();
    expect(await device.lost).toMatchObject({ name: 'DeviceLostError' });
    await expect(device.read(buffer, 0, 4)).rejects.toMatchObject({ name: 'DeviceLostError' });
  });

  test('times every dispatch, as a table and as a trace', async () => {
    const profiler = new Profiler();
    const profiled = await webgpu({ profiler }).open();
    const buffer = profiled.createBuffer(4 * count);
    const executable = profiled.compile(plan);
    for (let i = 0; i < 3; i++) executable.run([buffer], [i], [new Float32Array(4)]);
    await profiled.read(buffer, 0, 4);
    expect(await profiler.entries()).toMatchObject([{ label: 'add a scalar', dispatches: 3 }]);
    expect(await profiler.table()).toMatch(/\d\.\d% +3 {2}add a scalar/);
    const { traceEvents } = JSON.parse(await profiler.trace());
    expect(traceEvents).toHaveLength(3);
    expect(traceEvents[2]).toMatchObject({ name: 'add a scalar', ph: 'X' });
    expect(traceEvents[2].ts).toBeGreaterThanOrEqual(traceEvents[0].ts);
    await profiler.reset();
    profiler.enabled = false;
    executable.run([buffer], [0], [new Float32Array(4)]);
    await profiled.read(buffer, 0, 4);
    expect(await profiler.entries()).toEqual([]);
    await profiled.close();
  });

  test('says which feature an adapter lacks', async () => {
    const wanted = webgpu({ features: ['texture-compression-etc2-none' as GPUFeatureName] });
    await expect(wanted.open()).rejects.toThrow(/lacks the feature texture-compression-etc2-none/);
  });

  test('shares a device that an app made, and leaves it alive', async () => {
    const guest = await webgpu({ device: device.gpu }).open();
    const buffer = guest.createBuffer(16);
    guest.write(buffer, 0, Float32Array.of(1, 2, 3, 4));
    expect(new Float32Array(await guest.read(buffer, 0, 16))).toEqual(Float32Array.of(1, 2, 3, 4));
    await guest.close();
    const own = device.createBuffer(16);
    device.write(own, 0, Float32Array.of(5, 6, 7, 8));
    expect(new Float32Array(await device.read(own, 0, 16))).toEqual(Float32Array.of(5, 6, 7, 8));
  });

  test('lets Node exit by itself once it is closed', async () => {
    const file = fileURLToPath(new URL('exit.ts', import.meta.url));
    const bundle = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
      loader: { '.wgsl': 'text' },
      external: ['webgpu'],
      alias: sourceAliases(),
    });
    // From standard input, since the bundle is longer than an argument may be.
    const child = spawn(process.execPath, ['--input-type=module', '-'], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 30_000,
    });
    child.stdin.end(bundle.outputFiles[0].text);
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    const [code] = await once(child, 'close');
    expect([code, printed]).toEqual([0, '3\n']);
  });
});
