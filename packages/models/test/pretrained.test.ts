/** Models from folders, addresses and Hugging Face ids; what is wrong with one is told by file and key, and nothing is loaded. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reference } from '@inkstone/backend-cpu/reference';
import { type Device, manualSeed, noGrad, tensor, use } from '@inkstone/core';
import { readSafetensors, type TensorToWrite, writeSafetensors } from '@inkstone/core/io';
import { CharTokenizer } from '@inkstone/tokenizer';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  AutoModel,
  AutoModelForCausalLM,
  AutoModelForMaskedLM,
  AutoTokenizer,
  Bert,
  BertForMaskedLM,
  type CausalLM,
  type DownloadProgress,
  GPT,
  Llama,
  MemoryFolder,
} from '../src/index.js';

let device: Device;
beforeAll(async () => {
  device = await use(reference());
});
afterAll(() => device.close());

const tokenizer = CharTokenizer.train('hello world');
const { vocabSize } = tokenizer;
const sizes = {
  vocabSize,
  blockSize: 12,
  hiddenSize: 8,
  intermediateSize: 12,
  numHiddenLayers: 2,
  numAttentionHeads: 2,
};
const scores = async (model: CausalLM) =>
  Array.from(await noGrad(() => model.forward(tensor([[1, 2, 3]], { dtype: 'int32' }))).data());

const json = (content: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(content));

/** A Llama in three parts. */
async function sharded(): Promise<{ folder: MemoryFolder; model: Llama }> {
  manualSeed(1);
  const model = new Llama({ ...sizes, numKeyValueHeads: 1, tieWordEmbeddings: false });
  const folder = new MemoryFolder('m');
  await model.savePretrained(folder, { tokenizer, maxShardSize: 2000 });
  return { folder, model };
}

describe('a model in several files', () => {
  test('is written with an index, and read', async () => {
    const { folder, model } = await sharded();
    const names = (await folder.list('')).filter((name) => name.endsWith('.safetensors')).sort();
    expect(names.length).toBeGreaterThan(2);
    expect(names[0]).toBe(`model-00001-of-0000${names.length}.safetensors`);
    const index = JSON.parse(new TextDecoder().decode(await folder.read('model.safetensors.index.json')));
    expect(index.metadata.total_size).toBe(4 * model.numParameters());
    expect(Object.keys(index.weight_map).length).toBe(model.stateDict().size);
    for (const name of names) expect((await folder.read(name)).length).toBeLessThan(4000);
    const loaded = await AutoModelForCausalLM.fromPretrained(folder);
    expect(await scores(loaded)).toEqual(await scores(model));
    expect(loaded.config).toEqual(model.config);
    // In one file again, without a rest of the parts' index.
    await loaded.savePretrained(folder);
    expect(await folder.exists('model.safetensors.index.json')).toBe(false);
    expect(await scores((await AutoModel.fromPretrained(folder)) as CausalLM)).toEqual(await scores(model));
  });

  test('each model comes back as it was', async () => {
    manualSeed(2);
    const models = [
      new Llama({ ...sizes, modelType: 'qwen2', tieWordEmbeddings: true, eosTokenId: 1, stopTokenIds: [2] }),
      new Llama({ ...sizes, modelType: 'qwen3', headDim: 6, ropeScaling: { ropeType: 'linear', factor: 2 } }),
      new Llama({ ...sizes, mlpBias: true, attentionBias: true, outputBias: true }),
      new GPT({ vocabSize, blockSize: 6, nLayer: 1, nHead: 2, nEmbd: 8 }),
    ];
    for (const model of models) {
      const folder = new MemoryFolder('m');
      await model.savePretrained(folder);
      const loaded = await AutoModelForCausalLM.fromPretrained(folder);
      expect(loaded.constructor).toBe(model.constructor);
      expect(loaded.config).toEqual(model.config);
      expect(await scores(loaded)).toEqual(await scores(model));
    }
    const small = {
      vocabSize,
      hiddenSize: 8,
      numHiddenLayers: 1,
      numAttentionHeads: 2,
      intermediateSize: 8,
      maxPositionEmbeddings: 6,
    };
    const ids = tensor([[1, 2, 3]], { dtype: 'int32' });
    const bert = new BertForMaskedLM(small).eval();
    const folder = new MemoryFolder('m');
    await bert.savePretrained(folder);
    const again = (await AutoModelForMaskedLM.fromPretrained(folder)).eval();
    expect(await again.forward(ids).data()).toEqual(await bert.forward(ids).data());
    // Without the head, and without a pooler that the file does not have.
    await expect(AutoModel.fromPretrained(folder)).rejects.toThrow(
      'm/model.safetensors: tensor "pooler.dense.weight" is missing',
    );
    const base = (await Bert.fromPretrained(folder, { addPoolingLayer: false })).eval();
    expect(base.forward(ids).poolerOutput).toBeNull();
  });
});

describe('a folder that is wrong', () => {
  const editConfig = async (folder: MemoryFolder, change: object): Promise<void> => {
    const config = JSON.parse(new TextDecoder().decode(await folder.read('config.json')));
    await folder.write('config.json', json({ ...config, ...change }));
  };
  /** Rewrites the file that holds a tensor. */
  const edit = async (
    folder: MemoryFolder,
    change: (tensors: Map<string, TensorToWrite>) => void,
    name = 'model-00002-of-00003.safetensors',
  ): Promise<void> => {
    const files = (await folder.list('')).filter((file) => file.startsWith('model-00002'));
    const file = files[0] ?? name;
    const read = readSafetensors(await folder.read(file));
    const tensors = new Map(read.keys.map((key) => [key, read.get(key) as TensorToWrite]));
    change(tensors);
    await folder.write(file, writeSafetensors(tensors, { metadata: { format: 'pt' } }));
  };
  const keyIn = (tensors: Map<string, TensorToWrite>): string => tensors.keys().next().value as string;

  test.each<[string, (folder: MemoryFolder) => Promise<void>, RegExp]>([
    [
      'a missing part',
      async (folder) =>
        folder.remove((await folder.list('')).find((name) => name.startsWith('model-00002')) as string),
      /^m\/model\.safetensors\.index\.json: there is no model-00002-of-0000\d\.safetensors in the folder, which should hold tensor "model\./,
    ],
    ['no tensors', async (folder) => { for (const name of await folder.list('')) if (name.startsWith('model')) await folder.remove(name); }, /^m: there is no model\.safetensors$/], // biome-ignore format: one line
    [
      'a missing key',
      (folder) => edit(folder, (tensors) => void tensors.delete(keyIn(tensors))),
      /^m\/model-00002-of-0000\d\.safetensors: tensor "model\..*" is missing$/,
    ],
    [
      'an extra key',
      (folder) =>
        edit(folder, (tensors) => void tensors.set('model.extra', { shape: [1], data: new Float32Array(1) })),
      /^m\/model-00002-of-0000\d\.safetensors: tensor "model\.extra" has no place in the model$/,
    ],
    [
      'a wrong shape',
      (folder) =>
        edit(
          folder,
          (tensors) => void tensors.set(keyIn(tensors), { shape: [2, 3], data: new Float32Array(6) }),
        ),
      /^m\/model-00002-of-0000\d\.safetensors: tensor "model\..*" has shape \[2, 3\], config\.json makes it \[/,
    ],
    [
      'a type that is none',
      (folder) =>
        edit(folder, (tensors) => {
          const key = keyIn(tensors);
          const { shape, data } = tensors.get(key) as TensorToWrite;
          tensors.set(key, { shape, data: new Int32Array(data.length) });
        }),
      /^m\/model-00002.*: tensor "model\..*" is I32, must be F16, BF16, F32 or F64$/,
    ],
    ['an unknown model_type', (folder) => editConfig(folder, { model_type: 'mamba' }), /^m\/config\.json: model_type is "mamba"; known are .*gpt2.*llama/], // biome-ignore format: one line
    [
      'no model_type',
      (folder) => editConfig(folder, { model_type: undefined }),
      /^m\/config\.json: model_type is missing/,
    ],
    ['a size that is none', (folder) => editConfig(folder, { hidden_size: -8 }), /^m\/config\.json: hidden_size is -8, must be a whole number from 1 on/], // biome-ignore format: one line
    ['heads that do not divide', (folder) => editConfig(folder, { num_key_value_heads: 3 }), /^m\/config\.json: numKeyValueHeads is 3/], // biome-ignore format: one line
    ['another activation', (folder) => editConfig(folder, { hidden_act: 'relu' }), /^m\/config\.json: hidden_act is "relu", must be "silu"/], // biome-ignore format: one line
    ['a scaling that is not known', (folder) => editConfig(folder, { rope_scaling: { rope_type: 'dynamic', factor: 2 } }), /^m\/config\.json: rope_scaling\.rope_type is "dynamic", must be default, linear, llama3 or yarn/], // biome-ignore format: one line
    ['a scaling without its factor', (folder) => editConfig(folder, { rope_scaling: { rope_type: 'linear' } }), /^m\/config\.json: rope_scaling\.factor is/], // biome-ignore format: one line
    ['an index that leads elsewhere', (folder) => folder.write('model.safetensors.index.json', json({ weight_map: { a: '../x.safetensors' } })), /^m\/model\.safetensors\.index\.json: "\.\.\/x\.safetensors" is not the name/], // biome-ignore format: one line
    ['a config that is no JSON', (folder) => folder.write('config.json', new TextEncoder().encode('{')), /^m\/config\.json: not JSON/], // biome-ignore format: one line
  ])('%s is told, and nothing is loaded', async (_name, spoil, message) => {
    const { folder } = await sharded();
    await spoil(folder);
    const before = device.stats();
    await expect(AutoModelForCausalLM.fromPretrained(folder)).rejects.toThrow(message);
    expect(device.stats().opsRecorded).toBe(before.opsRecorded);
  });

  test('a tokenizer that does not fit', async () => {
    const { folder } = await sharded();
    await folder.write('tokenizer.json', json(CharTokenizer.train('abcdefghijklmnopqrstuvwxyz')));
    await expect(AutoTokenizer.fromPretrained(folder)).rejects.toThrow(
      /^m\/tokenizer\.json: 26 tokens do not fit the model, whose vocab_size is 8$/,
    );
    await folder.write('tokenizer.json', json({ model: { type: 'Cipher' } }));
    await expect(AutoTokenizer.fromPretrained(folder)).rejects.toThrow(/^m: tokenizer\.json: .*"Cipher"/);
    await folder.remove('tokenizer.json');
    await expect(AutoTokenizer.fromPretrained(folder)).rejects.toThrow('m: there is no tokenizer.json');
  });
});

describe('over the network', () => {
  let server: Server;
  let base = '';
  let cache = '';
  let asked: string[] = [];
  let files: MemoryFolder;
  let model: Llama;
  let answer: 'well' | 'cut' | 'forbidden' = 'well';

  beforeAll(async () => {
    ({ folder: files, model } = await sharded());
    server = createServer(async (request, response) => {
      const path = (request.url as string).replace(/^\/(files|owner\/name\/resolve\/[\w.-]+)\//, '');
      asked.push(`${request.method} ${request.url}`);
      if (answer === 'forbidden') {
        response.writeHead(request.headers.authorization === 'Bearer secret' ? 404 : 401).end();
        return;
      }
      const found = await files.exists(path);
      const bytes = found ? await files.read(path) : null;
      if (!bytes) {
        response.writeHead(404).end('no such file');
        return;
      }
      response.writeHead(200, { 'content-length': bytes.length });
      if (request.method === 'HEAD') response.end();
      else if (answer === 'cut' && path.endsWith('.safetensors'))
        response.write(bytes.subarray(0, 100), () => response.destroy());
      else response.end(bytes);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'inkstone-models-'));
    asked = [];
    answer = 'well';
  });
  afterEach(() => rm(cache, { recursive: true, force: true }));

  test('by address and by id, with progress, once', async () => {
    const progress: DownloadProgress[] = [];
    const options = { cache, endpoint: base, onProgress: (p: DownloadProgress) => progress.push(p) };
    const loaded = await AutoModelForCausalLM.fromPretrained('owner/name', options);
    expect(await scores(loaded)).toEqual(await scores(model));
    expect((await AutoTokenizer.fromPretrained('owner/name', options)).encode('hello')).toEqual(
      tokenizer.encode('hello'),
    );
    expect(asked).toContain('GET /owner/name/resolve/main/config.json');
    for (const { url, loaded: bytes, total } of progress) {
      expect(url.startsWith(`${base}/owner/name/resolve/main/`)).toBe(true);
      expect(bytes).toBeLessThanOrEqual(total as number);
    }
    const whole = progress.filter(
      ({ url, loaded: bytes, total }) => url.endsWith('config.json') && bytes === total,
    );
    expect(whole.length).toBeGreaterThan(0);
    // The second time nothing is asked for but whether there is one file instead of several.
    asked = [];
    await AutoModelForCausalLM.fromPretrained('owner/name', options);
    expect(asked).toEqual(['HEAD /owner/name/resolve/main/model.safetensors']);
    asked = [];
    await AutoModelForCausalLM.fromPretrained('owner/name', { ...options, localFilesOnly: true });
    expect(asked).toEqual([]);
    await AutoModelForCausalLM.fromPretrained('owner/name', { ...options, revision: 'v1.0' });
    expect(asked).toContain('GET /owner/name/resolve/v1.0/config.json');
    const address = await AutoModelForCausalLM.fromPretrained(`${base}/files/`, { cache: null });
    expect(await scores(address)).toEqual(await scores(model));
    await AutoModelForCausalLM.fromPretrained(new URL(`${base}/files`), { cache });
  });

  test('what breaks off is told and not kept', async () => {
    answer = 'cut';
    const options = { cache, endpoint: base };
    await expect(AutoModelForCausalLM.fromPretrained('owner/name', options)).rejects.toThrow(
      /^owner\/name: .*safetensors.*(broke off|gave|reached)/,
    );
    answer = 'well';
    expect(await scores(await AutoModelForCausalLM.fromPretrained('owner/name', options))).toEqual(
      await scores(model),
    );
  });

  test('what is not there, not allowed or not reachable is told with the address', async () => {
    const options = { cache, endpoint: base };
    await expect(AutoModelForCausalLM.fromPretrained('owner/other', options)).rejects.toThrow(
      'owner/other is not a checkpoint folder',
    );
    answer = 'forbidden';
    await expect(AutoModelForCausalLM.fromPretrained('owner/name', options)).rejects.toThrow(
      /^owner\/name: http.*config\.json answers 401 Unauthorized; it may need a token.*; there is no folder of this name here either$/,
    );
    await expect(
      AutoModelForCausalLM.fromPretrained('owner/name', { ...options, token: 'secret' }),
    ).rejects.toThrow('is not a checkpoint folder');
    const nobody = { cache, endpoint: 'http://127.0.0.1:1' };
    await expect(AutoModelForCausalLM.fromPretrained('owner/name', nobody)).rejects.toThrow(
      /^owner\/name: http:\/\/127\.0\.0\.1:1\/.* cannot be reached .*; there is no folder of this name here either$/,
    );
  });
});
