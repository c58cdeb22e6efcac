/** GPT-2, Llama's family and BERT under Hugging Face's names, beside PyTorch programs of the same architectures. */
import { readFileSync } from 'node:fs';
import { cpu } from '@inkstone/backend-cpu';
import { type Device, manualSeed, randn, setDefaultDevice, type Tensor, tensor, use } from '@inkstone/core';
import { type TensorToWrite, writeSafetensors } from '@inkstone/core/io';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AutoModel,
  AutoModelForCausalLM,
  AutoModelForMaskedLM,
  Bert,
  lookInside,
  MemoryFolder,
} from '../src/index.js';

interface Summary {
  readonly shape: number[];
  readonly at: Record<string, number>;
  readonly wave: number;
  readonly norm: number;
}

interface Case {
  readonly name: string;
  readonly seed: number;
  readonly config: Record<string, unknown>;
  readonly weights: [key: string, shape: number[]][];
  readonly ids: number[][];
  readonly targets: number[][];
  readonly logits: Summary;
  readonly loss: number;
  readonly hidden: Record<string, Summary>;
  readonly pooled: Summary | null;
  readonly gradients: Record<string, Summary>;
}

/** Made by goldens/transformers/make.py with PyTorch. */
const goldens = JSON.parse(
  readFileSync(new URL('./goldens/transformers/transformers.json', import.meta.url), 'utf8'),
) as { bert: { mask: number[][]; types: number[][] }; cases: Case[] };

let device: Device;
beforeAll(async () => {
  device = await use(cpu({ threads: 1 }));
  setDefaultDevice(device);
});
afterAll(() => device.close());

/** The model's folder as Hugging Face would write it, with the weights that the program drew. */
async function folderOf({ seed, config, weights }: Case): Promise<MemoryFolder> {
  manualSeed(seed);
  const tensors = new Map<string, TensorToWrite>();
  for (const [key, shape] of weights) {
    const data = (await randn(shape).mul(0.2).data()) as Float32Array;
    if (/norm|\.ln_/i.test(key)) for (let i = 0; i < data.length; i++) data[i] += 1;
    tensors.set(key, { shape, data });
  }
  const folder = new MemoryFolder('golden');
  await folder.write('config.json', new TextEncoder().encode(JSON.stringify(config)));
  await folder.write('model.safetensors', writeSafetensors(tensors, { metadata: { format: 'pt' } }));
  return folder;
}

/** @param transpose of a matrix that files hold the other way round */
async function compare(name: string, got: Tensor, golden: Summary, transpose = false): Promise<void> {
  const laid = transpose ? got.transpose(0, 1).clone() : got;
  expect(laid.shape, name).toEqual(golden.shape);
  const data = (await laid.data()) as Float32Array;
  const near = (value: number, expected: number, what: string): void =>
    expect(Math.abs(value - expected), `${name} ${what}: ${value}, not ${expected}`).toBeLessThan(
      1e-4 * Math.max(1, Math.abs(expected)),
    );
  for (const [i, value] of Object.entries(golden.at)) near(data[Number(i)], value, `[${i}]`);
  let wave = 0;
  let squares = 0;
  data.forEach((value, i) => {
    wave += value * Math.sin(i + 1);
    squares += value * value;
  });
  near(wave, golden.wave, 'as a whole');
  near(Math.sqrt(squares), golden.norm, 'norm');
}

const ints = (rows: number[][]): Tensor => tensor(rows, { dtype: 'int32' });
const [bertCase] = goldens.cases.filter(({ config }) => config.model_type === 'bert');

describe('the numbers of a PyTorch program', () => {
  test.each(goldens.cases.filter((golden) => golden !== bertCase))('$name', async (golden) => {
    const model = (await AutoModelForCausalLM.fromPretrained(await folderOf(golden))).eval();
    const inside = lookInside(model, () => {
      const output = model.forward(ints(golden.ids), ints(golden.targets));
      output.loss.backward();
      return output;
    });
    const { logits, loss } = inside.result;
    expect(await loss.item()).toBeCloseTo(golden.loss, 4);
    await compare('logits', logits, golden.logits);
    for (const [path, hidden] of Object.entries(golden.hidden))
      await compare(path, inside.activation(path), hidden);
    for (const [key, gradient] of Object.entries(golden.gradients)) {
      // Of two names of one parameter a model knows the first, and the files one.
      const own = key === 'transformer.wte.weight' || key === 'model.embed_tokens.weight' ? key : key;
      const transposed = /\.(c_attn|c_proj|c_fc)\.weight$/.test(key);
      await compare(`gradient of ${key}`, inside.gradient(own), gradient, transposed);
    }
  });

  test('BERT, with pooler and masked-LM head', async () => {
    const folder = await folderOf(bertCase);
    const inputs = { attentionMask: ints(goldens.bert.mask), tokenTypeIds: ints(goldens.bert.types) };
    const ids = ints(bertCase.ids);
    const base = ((await AutoModel.fromPretrained(folder)) as Bert).eval();
    expect(base).toBeInstanceOf(Bert);
    const inside = lookInside(base, () => {
      const output = base.forward(ids, inputs);
      output.poolerOutput?.square().mean().backward();
      return output;
    });
    await compare('pooled', inside.result.poolerOutput as Tensor, bertCase.pooled as Summary);
    for (const [path, hidden] of Object.entries(bertCase.hidden))
      await compare(path, inside.activation(path), hidden);
    const attention = await inside.attention('encoder.layer.0.attention.self').data();
    // [2, 3, 7, 7]: what is masked gets nothing, and each row sums to 1.
    for (let row = 0; row < 2 * 3 * 7; row++) {
      const probabilities = Array.from(attention.subarray(row * 7, row * 7 + 7));
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      if (row >= 3 * 7) expect(probabilities.slice(4)).toEqual([0, 0, 0]);
    }

    const model = (await AutoModelForMaskedLM.fromPretrained(folder)).eval();
    const { logits, loss } = model.forward(ids, { ...inputs, labels: ints(bertCase.targets) });
    await compare('logits', logits, bertCase.logits);
    const pooled = inside.result.poolerOutput as Tensor;
    const total = (await loss.item()) + (await pooled.square().mean().item());
    expect(total).toBeCloseTo(bertCase.loss, 4);
    loss.backward();
    for (const [key, golden] of Object.entries(bertCase.gradients)) {
      const own = new Map(model.namedParameters()).get(key);
      const encoder = new Map(base.namedParameters()).get(key.replace(/^bert\./, ''));
      const parts = [own?.grad, encoder?.grad].filter((part) => part != null);
      await compare(`gradient of ${key}`, parts.length === 2 ? parts[0].add(parts[1]) : parts[0], golden);
    }
  });
});
