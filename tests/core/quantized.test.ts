/** Layers with weights of 8 and 4 bits: what they hold, what they compute, what they refuse. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { manualSeed, nn, ones, open, randn, setDefaultDevice, type Tensor } from '@inkstone/core';
import { int4WeightOnly, int8WeightOnly, QuantizedLinear, quantize_ } from '@inkstone/core/quantization';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Device = Awaited<ReturnType<typeof open>>;

/** The integers times their scales, taken apart here by arithmetic of its own. */
async function decoded(layer: QuantizedLinear): Promise<number[][]> {
  const words = (await layer.weight.toArray()) as number[][];
  const scales = (await layer.scale.toArray()) as number[][];
  const { bits, groupSize, inFeatures } = layer;
  const perWord = 32 / bits;
  return words.map((row, j) =>
    Array.from({ length: inFeatures }, (_, l) => {
      const field =
        Math.floor((row[Math.floor(l / perWord)] >>> 0) / 2 ** ((l % perWord) * bits)) % 2 ** bits;
      const integer = field >= 2 ** (bits - 1) ? field - 2 ** bits : field;
      return integer * scales[j][Math.floor(l / groupSize)];
    }),
  );
}

describe.each([
  { name: 'reference', backend: () => reference() },
  { name: 'cpu', backend: () => cpu() },
])('quantized layers on $name', ({ backend }) => {
  let device: Device;
  beforeAll(async () => {
    device = await open(backend());
    setDefaultDevice(device);
  });
  afterAll(() => device.close());

  it.each([
    ['int8, a scale a row', int8WeightOnly(), 65],
    ['int8, groups of 32', int8WeightOnly({ groupSize: 32 }), 96],
    ['int4, groups of 128', int4WeightOnly(), 256],
    ['int4, groups of 32, the last one cut', int4WeightOnly({ groupSize: 32 }), 77],
  ])(
    '%s: every weight is within half a scale, and products are those of the rounded weights',
    async (_, config, inputs) => {
      manualSeed(3);
      const linear = new nn.Linear(inputs, 9);
      const layer = new QuantizedLinear(linear, config);
      const weights = (await linear.weight.toArray()) as number[][];
      const rounded = await decoded(layer);
      const scales = (await layer.scale.toArray()) as number[][];
      for (let j = 0; j < 9; j++) {
        for (let l = 0; l < inputs; l++) {
          const scale = scales[j][Math.floor(l / layer.groupSize)];
          expect(Math.abs(rounded[j][l] - weights[j][l])).toBeLessThanOrEqual(scale * 0.5001);
        }
      }
      for (const rows of [1, 3, 20]) {
        const x = randn(2, rows, inputs);
        const values = (await x.toArray()) as number[][][];
        const bias = (await (linear.bias as Tensor).toArray()) as number[];
        const y = (await layer.forward(x).toArray()) as number[][][];
        values.forEach((part, p) => {
          part.forEach((row, r) => {
            for (let j = 0; j < 9; j++) {
              const terms = row.map((value, l) => value * rounded[j][l]);
              const size = terms.reduce((sum, term) => sum + Math.abs(term), Math.abs(bias[j]));
              const want = terms.reduce((sum, term) => sum + term, bias[j]);
              expect(Math.abs(y[p][r][j] - want)).toBeLessThanOrEqual(1e-6 * Math.max(1, size));
            }
          });
        });
      }
    },
  );

  it('replaces the linear layers that the filter takes, and nothing else', async () => {
    const model = new nn.Sequential(
      new nn.Linear(32, 64),
      new nn.GELU(),
      new nn.LayerNorm(64),
      new nn.Linear(64, 8),
    );
    quantize_(model, int8WeightOnly(), { filter: (_, path) => path !== '3' });
    expect(model[0]).toBeInstanceOf(QuantizedLinear);
    expect(model[2]).toBeInstanceOf(nn.LayerNorm);
    expect(model[3]).toBeInstanceOf(nn.Linear);
    expect([...model.stateDict().keys()]).toEqual(
      expect.arrayContaining(['0.weight', '0.scale', '0.bias', '3.weight']),
    );
    expect(model.stateDict().get('0.weight')?.shape).toEqual([64, 8]);
    const y = await model.eval().forward(ones(1, 32)).toArray();
    const copy = new nn.Sequential(
      new nn.Linear(32, 64),
      new nn.GELU(),
      new nn.LayerNorm(64),
      new nn.Linear(64, 8),
    );
    quantize_(copy, int8WeightOnly(), { filter: (_, path) => path !== '3' });
    copy.loadStateDict(model.stateDict());
    expect(await copy.eval().forward(ones(1, 32)).toArray()).toEqual(y);
  });

  it('says what it cannot do', () => {
    const layer = new QuantizedLinear(new nn.Linear(8, 2));
    expect(() => layer.forward(ones(1, 7))).toThrow(/quantizedLinear: x is float32 \[1, 7\]/);
    expect(() => layer.forward(ones(1, 8, { requiresGrad: true }))).toThrow(/quantizedLinear/);
    expect(() => int4WeightOnly({ groupSize: 20 })).toThrow(/groupSize is 20: a multiple of 32/);
    expect(() => quantize_(new nn.Linear(8, 2), int8WeightOnly())).toThrow(/is a Linear itself/);
  });
});
