/** `detectAnomaly` and INKSTONE_EAGER: which op first makes a NaN or an infinity, and what is no false alarm. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { webgpu } from '@inkstone/backend-webgpu';
import {
  type Backend,
  functional as F,
  full,
  manualSeed,
  nn,
  ones,
  open,
  optim,
  randn,
  setDefaultDevice,
  type Tensor,
  tensor,
  use,
  zeros,
} from '@inkstone/core';
import { detectAnomaly } from '@inkstone/core/debug';
import { requireFixture } from '@inkstone/harness/fixtures';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

class Inner extends nn.Module {
  constructor(private readonly fn: (x: Tensor) => Tensor) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return this.fn(x);
  }
}

class Net extends nn.Module {
  blocks: nn.ModuleList;

  constructor(fn: (x: Tensor) => Tensor) {
    super();
    this.blocks = new nn.ModuleList([new Inner((x) => x.mul(1)), new Inner(fn)]);
  }

  override forward(x: Tensor): Tensor {
    let h = x;
    for (const block of this.blocks) h = (block as Inner).forward(h);
    return h.add(1);
  }
}

const backends: [string, () => Backend][] = [
  ['reference', reference],
  ['cpu', () => cpu({ threads: 1 })],
  ['webgpu', webgpu],
];

describe.each(backends)('%s', (name, backend) => {
  test('names the op, the shapes, the module and the line', async (context) => {
    if (name === 'webgpu') requireFixture('adapter', context);
    const device = await use(backend());
    detectAnomaly();
    const x = tensor([[0, 1, 2]]);
    const first = new Net((h) => h.log()).forward(x);
    await expect(first.mul(2).sum().item()).rejects.toThrow(
      /^log: made an infinity from inputs of shapes \[1, 3\], in Net\.blocks\.1 .*anomaly\.test\.ts:\d+/,
    );
    const second = new Net((h) => h.sub(1).sqrt()).forward(x);
    await expect(second.toArray()).rejects.toThrow(/^sqrt: made NaN .*\[1, 3\], in Net\.blocks\.1/);
    expect(await x.exp().sum().item()).toBeGreaterThan(11);
    detectAnomaly(false);
    expect(await x.log().toArray()).toEqual([[-Infinity, 0, expect.closeTo(Math.LN2, 3)]]);
    await device.close();
  });
});

describe('on the reference', () => {
  beforeEach(async () => {
    await use(reference());
    manualSeed(1);
    detectAnomaly();
  });
  afterEach(() => detectAnomaly(false));

  test('names the op whose gradient made it', async () => {
    const w = new nn.Parameter(tensor([0, 4]));
    new Net((x) => x.sqrt()).forward(w).sum().backward();
    await expect(w.grad?.data()).rejects.toThrow(
      /^div: made an infinity .*in the backward pass of sqrt \[2\], in Net\.blocks\.1/,
    );
    const v = new nn.Parameter(tensor([0, 4]));
    v.square().sqrt().sum().backward();
    await expect(v.grad?.data()).rejects.toThrow(/^div: made an infinity .*in the backward pass of sqrt/);
  });

  test('NaN made of infinities that the program put there', async () => {
    const x = full([2], -Infinity);
    await expect(x.sub(x).data()).rejects.toThrow(/^sub: made NaN .*with an infinity among them/);
    await expect(full([1, 3], -Infinity).softmax(-1).data()).rejects.toThrow(/^softmax: made NaN/);
  });

  test('masks are no false alarm, forward and backward', async () => {
    const scores = new nn.Parameter(randn(4, 4));
    const causal = ones(4, 4).tril().eq(0);
    const masked = scores.maskedFill(causal, -Infinity);
    masked.softmax(-1).square().sum().backward();
    expect((await scores.grad?.data())?.every(Number.isFinite)).toBe(true);
    const additive = zeros(4, 4).maskedFill(causal, -Infinity);
    expect(await scores.add(additive).amax().item()).toBeGreaterThan(-10);
    const bias = tensor([0, -Infinity]);
    expect(await bias.add(1).toArray()).toEqual([1, -Infinity]);
    const [q, k, v] = [randn(1, 1, 4, 8), randn(1, 1, 4, 8), randn(1, 1, 4, 8)];
    const out = F.scaledDotProductAttention(q, k, v, { attnMask: additive });
    expect((await out.data()).every(Number.isFinite)).toBe(true);
    expect(await full([2], Infinity).mul(2).toArray()).toEqual([Infinity, Infinity]);
  });

  test('a healthy run gives the same numbers and no alarm', async () => {
    const run = async (): Promise<number[]> => {
      manualSeed(2);
      const model = new nn.Sequential(
        new nn.Linear(4, 8),
        new nn.GELU(),
        new nn.Dropout(0.2),
        new nn.Linear(8, 3),
      );
      const optimizer = new optim.AdamW(model.parameters(), { lr: 0.1 });
      const losses: number[] = [];
      for (let i = 0; i < 5; i++) {
        const loss = F.crossEntropy(
          model.forward(randn(6, 4)) as Tensor,
          tensor([0, 1, 2, 0, 1, 2], { dtype: 'int32' }),
        );
        optimizer.zeroGrad();
        loss.backward();
        optim.clipGradNorm(model.parameters(), 1);
        optimizer.step();
        losses.push(await loss.item());
      }
      return losses;
    };
    const watched = await run();
    detectAnomaly(false);
    expect(await run()).toEqual(watched);
  });
});

test('INKSTONE_EAGER=1 switches it on for every device', async () => {
  process.env.INKSTONE_EAGER = '1';
  try {
    const device = await open(reference());
    setDefaultDevice(device);
    expect(device.eager).toBe(true);
    await expect(tensor([-1]).log().item()).rejects.toThrow(/^log: made NaN/);
    detectAnomaly(false);
  } finally {
    delete process.env.INKSTONE_EAGER;
  }
  expect((await open(reference())).eager).toBe(false);
});
