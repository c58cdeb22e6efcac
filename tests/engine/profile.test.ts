/** A profile of a training step names the modules that its kernels belong to. */
import { Profiler, webgpu } from '@inkstone/backend-webgpu';
import { manualSeed, nn, optim, randn, type Tensor, use } from '@inkstone/core';
import { requireFixture } from '@inkstone/harness/fixtures';
import { expect, test } from 'vitest';

class Net extends nn.Module {
  readonly layers = new nn.Sequential(new nn.Linear(4, 8), new nn.LayerNorm(8));
  readonly head = new nn.Linear(8, 2);

  forward(x: Tensor): Tensor {
    return this.head.forward(this.layers.forward(x));
  }
}

test('time per module, in the table and in the trace', async (context) => {
  requireFixture('adapter', context);
  const profiler = new Profiler();
  const device = await use(webgpu({ profiler }));
  manualSeed(1);
  const model = new Net();
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const x = randn([3, 4]);
  for (let i = 0; i < 3; i++) {
    const loss = model.forward(x).square().mean();
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    await loss.item();
  }
  const modules = (await profiler.modules()).map(({ label }) => label);
  expect(modules).toEqual(
    expect.arrayContaining([
      'Net.layers.0',
      'Net.layers.1',
      'Net.layers.1 (backward)',
      'Net.head',
      'Net.head (backward)',
      '(outside of modules)',
    ]),
  );
  const sum = (entries: readonly { milliseconds: number }[]) =>
    entries.reduce((total, { milliseconds }) => total + milliseconds, 0);
  expect(sum(await profiler.modules())).toBeCloseTo(sum(await profiler.entries()), 9);
  expect(await profiler.table()).toMatch(/ms +share +count {2}module\n(.*\n)*.*Net\.head/);
  const { traceEvents } = JSON.parse(await profiler.trace());
  const track = (tid: number) =>
    traceEvents
      .filter((event: { tid: number }) => event.tid === tid)
      .map(({ name }: { name: string }) => name);
  expect(track(1).length).toBe((await profiler.entries()).reduce((n, { dispatches }) => n + dispatches, 0));
  expect(track(2)).toContain('Net.layers.1 (backward)');
  await device.close();
});
