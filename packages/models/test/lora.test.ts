import { cpu } from '@inkstone/backend-cpu';
import {
  type Device,
  fromTypedArray,
  manualSeed,
  noGrad,
  optim,
  type Tensor,
  tensor,
  use,
} from '@inkstone/core';
import { readSafetensors } from '@inkstone/core/io';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addLora,
  GPT,
  Llama,
  loadLora,
  loraLayers,
  MemoryFolder,
  mergeLora,
  removeLora,
  saveLora,
  Trainer,
} from '../src/index.js';

let device: Device;
beforeAll(async () => {
  device = await use(cpu({ threads: 1 }));
});
afterAll(() => device.close());

const config = {
  vocabSize: 19,
  blockSize: 16,
  hiddenSize: 16,
  intermediateSize: 24,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
};
const lora = { r: 4, loraAlpha: 8, targetModules: ['q_proj', 'v_proj', 'mlp.down_proj'] };

const ids = Int32Array.from({ length: 32 }, (_, i) => (i * i + 3) % 19);
const batch = (): [Tensor, Tensor] => [fromTypedArray(ids, [2, 16]), fromTypedArray(ids.map((id) => (id * 7) % 19), [2, 16])]; // biome-ignore format: one line
const scores = async (model: Llama) => Array.from(await noGrad(() => model.forward(batch()[0])).data());
const distance = (a: number[], b: number[]) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

describe('LoRA', () => {
  test('changes nothing at first, learns with the model frozen, and is the same merged, saved and loaded', async () => {
    manualSeed(3);
    const model = new Llama(config);
    const before = await scores(model);
    const untouched = Array.from(await [...model.model.layers][0].self_attn.k_proj.weight.data());
    const paths = addLora(model, lora);
    expect(paths).toEqual([0, 1].flatMap((i) => [`model.layers.${i}.self_attn.q_proj`, `model.layers.${i}.self_attn.v_proj`, `model.layers.${i}.mlp.down_proj`])); // biome-ignore format: one line
    expect(await scores(model)).toEqual(before);

    const trained = model.parameters().filter((parameter) => parameter.requiresGrad);
    expect(trained.length).toBe(2 * 6);
    const optimizer = new optim.AdamW(trained, { lr: 0.05 });
    const losses: number[] = [];
    for (let step = 0; step < 60; step++) {
      const { loss } = model.forward(...batch());
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      losses.push(await loss.item());
    }
    expect(losses[59]).toBeLessThan(losses[0] - 0.2);
    expect(Array.from(await [...model.model.layers][0].self_attn.k_proj.weight.data())).toEqual(untouched);
    const learnt = await scores(model);
    expect(distance(learnt, before)).toBeGreaterThan(0.1);

    const folder = new MemoryFolder('adapter');
    await saveLora(model, folder, { baseModelNameOrPath: 'some/model' });
    const whole = new MemoryFolder('whole');
    await expect(model.savePretrained(whole)).rejects.toThrow(
      '"model.layers.0.self_attn.q_proj.lora_A.weight" has no place',
    );

    mergeLora(model);
    expect(loraLayers(model)).toEqual([]);
    expect(distance(await scores(model), learnt)).toBeLessThan(1e-5);
    await model.savePretrained(whole);
    expect(distance(await scores(await Llama.fromPretrained(whole)), learnt)).toBeLessThan(1e-5);

    manualSeed(3);
    const other = new Llama(config);
    expect(await scores(other)).toEqual(before);
    await loadLora(other, folder);
    expect(await scores(other)).toEqual(learnt);
    removeLora(other);
    expect(await scores(other)).toEqual(before);
  });

  test('the Trainer trains the adapters, and nothing else', async () => {
    manualSeed(3);
    const model = new Llama(config);
    addLora(model, lora);
    const frozen = [...model.namedParameters()].filter(([, parameter]) => !parameter.requiresGrad);
    const values = () => Promise.all(frozen.map(async ([name, p]) => [name, [...(await p.data())]] as const));
    const before = await values();
    const options = { model, train: ids, batchSize: 2, blockSize: 8, learningRate: 0.1, warmupSteps: 0 };
    const trainer = new Trainer({ ...options, maxSteps: 100, loggingSteps: 1 });
    const given = trainer.optimizer.paramGroups.flatMap(({ params }) => params);
    expect(given).toHaveLength(2 * 6);
    expect(given.every((parameter) => parameter.requiresGrad)).toBe(true);
    const losses: number[] = [];
    for await (const event of trainer.run()) if (event.type === 'step') losses.push(event.loss);
    const mean = (part: number[]) => part.reduce((a, b) => a + b) / part.length;
    expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)) - 0.1);
    expect(await values()).toEqual(before);
    expect((await trainer.optimizer.stateDict()).state).toHaveLength(2 * 6);

    expect(() => new Trainer({ ...options, maxSteps: 1, output: new MemoryFolder('run') })).toThrow(
      'save them by saveLora',
    );
    model.requiresGrad_(false);
    expect(() => new Trainer({ ...options, maxSteps: 1 })).toThrow(
      'no parameter of the model requires a gradient',
    );
  });

  test('lies in files as PEFT has it', async () => {
    const model = new Llama(config);
    // 1 / 49 * 49 is not 1.
    addLora(model, { ...lora, r: 49, loraAlpha: 1, loraDropout: 0.05 });
    const folder = new MemoryFolder('adapter');
    await saveLora(model, folder, { baseModelNameOrPath: 'some/model' });
    const json = JSON.parse(new TextDecoder().decode(await folder.read('adapter_config.json')));
    // The fields of PEFT's LoraConfig, under their names there and with what a model trained here means by them.
    expect(json).toEqual({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      auto_mapping: null,
      base_model_name_or_path: 'some/model',
      revision: null,
      inference_mode: true,
      r: 49,
      lora_alpha: 1,
      lora_dropout: 0.05,
      target_modules: ['self_attn.q_proj', 'self_attn.v_proj', 'mlp.down_proj'],
      bias: 'none',
      fan_in_fan_out: false,
      init_lora_weights: true,
      layers_to_transform: null,
      layers_pattern: null,
      rank_pattern: {},
      alpha_pattern: {},
      modules_to_save: null,
      use_rslora: false,
      use_dora: false,
    });
    // PEFT: 'base_model.model.', the path of the layer in the transformers library's model, the part, 'weight', without
    // the adapter's name. lora_A is [r, in], lora_B [out, r].
    const file = readSafetensors(await folder.read('adapter_model.safetensors'));
    const shapes = Object.fromEntries(file.keys.map((key) => [key, file.get(key).shape]));
    const layer = (i: number) => {
      const path = `base_model.model.model.layers.${i}`;
      return {
        [`${path}.self_attn.q_proj.lora_A.weight`]: [49, 16],
        [`${path}.self_attn.q_proj.lora_B.weight`]: [16, 49],
        [`${path}.self_attn.v_proj.lora_A.weight`]: [49, 16],
        [`${path}.self_attn.v_proj.lora_B.weight`]: [8, 49],
        [`${path}.mlp.down_proj.lora_A.weight`]: [49, 24],
        [`${path}.mlp.down_proj.lora_B.weight`]: [16, 49],
      };
    };
    expect(shapes).toEqual({ ...layer(0), ...layer(1) });
    expect(file.header.metadata).toEqual({ format: 'pt' });
    const gpt = new GPT({ vocabSize: 19, blockSize: 8, nLayer: 1, nHead: 2, nEmbd: 8 });
    addLora(gpt, { targetModules: ['c_attn'] });
    await saveLora(gpt, folder);
    const other = JSON.parse(new TextDecoder().decode(await folder.read('adapter_config.json')));
    expect(other).toMatchObject({ target_modules: ['attn.c_attn'], fan_in_fan_out: true });
    // For GPT-2's Conv1D, whose weight is [in, out], PEFT's matrices have the same shapes.
    const matrices = readSafetensors(await folder.read('adapter_model.safetensors'));
    expect(Object.fromEntries(matrices.keys.map((key) => [key, matrices.get(key).shape]))).toEqual({
      'base_model.model.transformer.h.0.attn.c_attn.lora_A.weight': [8, 8],
      'base_model.model.transformer.h.0.attn.c_attn.lora_B.weight': [24, 8],
    });
  });

  test('what does not fit is refused, and the model stays as it was', async () => {
    const model = new Llama(config);
    expect(() => addLora(model, { targetModules: ['c_attn'] })).toThrow(
      'no Linear layer is called "c_attn"; there are q_proj',
    );
    expect(() => addLora(model, { ...lora, r: 0 })).toThrow('r is 0, must be a whole number from 1 on');
    const folder = new MemoryFolder('adapter');
    const small = new Llama({ ...config, hiddenSize: 8, headDim: 4 });
    addLora(small, lora);
    await saveLora(small, folder);
    await expect(loadLora(model, folder)).rejects.toThrow(
      /^adapter\/adapter_model.safetensors: tensor "[^"]*down_proj.lora_B.weight" has shape \[8, 4\]/,
    );
    expect(loraLayers(model)).toEqual([]);
    expect(model.parameters().every((parameter) => parameter.requiresGrad)).toBe(true);
    expect(() => addLora(small, lora)).toThrow('has an adapter already');
    expect(tensor([1]).shape).toEqual([1]);
  });
});
