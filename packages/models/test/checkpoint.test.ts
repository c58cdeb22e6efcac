import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reference } from '@inkstone/backend-cpu/reference';
import { manualSeed, noGrad, rand, tensor, use } from '@inkstone/core';
import { readSafetensors, type TensorToWrite, writeSafetensors } from '@inkstone/core/io';
import { CharTokenizer } from '@inkstone/tokenizer';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  AutoModelForCausalLM,
  AutoTokenizer,
  type Folder,
  GPT,
  latestCheckpoint,
  MemoryFolder,
  MissingFile,
  writeCheckpoint,
} from '../src/index.js';
import { nodeFolder } from '../src/node.js';

beforeAll(async () => {
  await use(reference());
});

const tokenizer = CharTokenizer.train('hello world');
const config = { vocabSize: tokenizer.vocabSize, blockSize: 8, nLayer: 2, nHead: 2, nEmbd: 8 };

const scores = async (model: { forward: GPT['forward'] }) => {
  const idx = tensor([[1, 2, 3]], { dtype: 'int32' });
  return noGrad(() => model.forward(idx)).data();
};

describe('a model in a folder', () => {
  test.each([
    ['tied', {}],
    ['untied, exact GELU', { tieWordEmbeddings: false, activationFunction: 'gelu' as const }],
    ['without biases', { bias: false, eosTokenId: 3, layerNormEpsilon: 1e-6, dropout: 0.25 }],
  ])('comes back as it was: %s', async (_, change) => {
    manualSeed(7);
    const model = new GPT({ ...config, ...change }).eval();
    const folder = new MemoryFolder();
    await model.savePretrained(folder, { tokenizer });
    manualSeed(1);
    const loaded = (await AutoModelForCausalLM.fromPretrained(folder)) as GPT;
    // Loading draws nothing.
    const drawn = await rand(1).item();
    manualSeed(1);
    expect(await rand(1).item()).toBe(drawn);
    expect(loaded.config).toEqual(model.config);
    expect(await scores(loaded.eval())).toEqual(await scores(model));
    expect((await AutoTokenizer.fromPretrained(folder)).encode('hello')).toEqual(tokenizer.encode('hello'));
  });

  test('has the names and layouts of GPT2LMHeadModel', async () => {
    const folder = new MemoryFolder();
    const model = new GPT(config);
    await model.savePretrained(folder);
    const file = readSafetensors(await folder.read('model.safetensors'));
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(file.has('lm_head.weight')).toBe(false);
    const { shape, data } = file.get('transformer.h.1.attn.c_attn.weight');
    expect(shape).toEqual([8, 24]);
    const own = await model.stateDict().get('transformer.h.1.attn.c_attn.weight')?.toArray();
    expect((data as Float32Array)[2 * 24 + 5]).toBe((own as number[][])[5][2]);
    expect(file.get('transformer.h.0.mlp.c_proj.weight').shape).toEqual([32, 8]);
    const json = JSON.parse(new TextDecoder().decode(await folder.read('config.json')));
    expect(json).toMatchObject({
      model_type: 'gpt2',
      n_positions: 8,
      n_embd: 8,
      activation_function: 'gelu_new',
    });
  });

  /** The tensors of a saved model, for a test to change. */
  async function tensorsOf(folder: Folder): Promise<Map<string, TensorToWrite>> {
    const file = readSafetensors(await folder.read('model.safetensors'));
    return new Map(file.keys.map((key) => [key, file.get(key)]));
  }

  test("OpenAI's files have no prefix and hold masks; parts are listed in an index", async () => {
    const folder = new MemoryFolder();
    const model = new GPT(config);
    await model.savePretrained(folder);
    const old = [...(await tensorsOf(folder))].map(
      ([key, value]) => [key.replace(/^transformer\./, ''), value] as const,
    );
    await folder.remove('model.safetensors');
    const mask = { shape: [1, 1, 8, 8], data: new Float32Array(64) };
    const parts = [new Map(old.slice(0, 9)), new Map([...old.slice(9), ['h.0.attn.bias', mask] as const])];
    const map: Record<string, string> = {};
    for (const [i, part] of parts.entries()) {
      const name = `model-0000${i + 1}-of-00002.safetensors`;
      await folder.write(name, writeSafetensors(part));
      for (const key of part.keys()) map[key] = name;
    }
    const index = new TextEncoder().encode(JSON.stringify({ weight_map: map }));
    await folder.write('model.safetensors.index.json', index);
    const loaded = await GPT.fromPretrained(folder);
    expect(await scores(loaded)).toEqual(await scores(model));

    await folder.remove('model-00001-of-00002.safetensors');
    await expect(GPT.fromPretrained(folder)).rejects.toThrow('there is no model-00001-of-00002.safetensors');
    map.x = '../evil.safetensors';
    await folder.write(
      'model.safetensors.index.json',
      new TextEncoder().encode(JSON.stringify({ weight_map: map })),
    );
    await expect(GPT.fromPretrained(folder)).rejects.toThrow('"../evil.safetensors" is not the name');
  });

  const wrong: [
    string,
    (json: Record<string, unknown>, tensors: Map<string, TensorToWrite>) => void,
    string,
  ][] = [
    [
      'a missing key',
      (_, t) => t.delete('transformer.wpe.weight'),
      'model.safetensors: tensor "transformer.wpe.weight" is missing',
    ],
    [
      'an extra key',
      (_, t) => t.set('transformer.h.2.ln_1.weight', { shape: [1], data: new Float32Array(1) }),
      'tensor "transformer.h.2.ln_1.weight" has no place in the model',
    ],
    [
      'a wrong shape',
      (_, t) => t.set('transformer.h.0.mlp.c_fc.weight', { shape: [32, 8], data: new Float32Array(256) }),
      'tensor "transformer.h.0.mlp.c_fc.weight" has shape [32, 8], config.json makes it [8, 32]',
    ],
    [
      'integers',
      (_, t) => t.set('transformer.ln_f.bias', { shape: [8], data: new Int32Array(8) }),
      'tensor "transformer.ln_f.bias" is I32',
    ],
    [
      'an unknown model_type',
      (json) => Object.assign(json, { model_type: 'gpt9' }),
      'config.json: model_type is "gpt9"; known are gpt2',
    ],
    ['no model_type', (json) => delete json.model_type, 'config.json: model_type is missing'],
    [
      'a size of no use',
      (json) => Object.assign(json, { n_head: 3 }),
      'nEmbd is 8, must be a multiple of nHead',
    ],
    [
      'a size that is no number',
      (json) => Object.assign(json, { n_layer: '2' }),
      'config.json: n_layer is "2", must be a whole number',
    ],
    [
      'a model beyond all memory',
      (json) => Object.assign(json, { vocab_size: 2 ** 50 }),
      'config.json makes it [1125899906842624, 8]',
    ],
    [
      'layers without end',
      (json) => Object.assign(json, { n_layer: 2 ** 50 }),
      '"transformer.h.2.ln_1.weight" is missing',
    ],
    [
      'an activation not known',
      (json) => Object.assign(json, { activation_function: 'relu' }),
      'activation_function is "relu", must be one of gelu_new, gelu',
    ],
    [
      'scaling not supported',
      (json) => Object.assign(json, { scale_attn_by_inverse_layer_idx: true }),
      'scale_attn_by_inverse_layer_idx is true',
    ],
  ];
  test.each(wrong)('is refused with %s', async (_, change, message) => {
    const folder = new MemoryFolder('poet');
    await new GPT(config).savePretrained(folder);
    const json = JSON.parse(new TextDecoder().decode(await folder.read('config.json')));
    const tensors = await tensorsOf(folder);
    change(json, tensors);
    await folder.write('config.json', new TextEncoder().encode(JSON.stringify(json)));
    await folder.write('model.safetensors', writeSafetensors(tensors));
    const load = AutoModelForCausalLM.fromPretrained(folder);
    await expect(load).rejects.toThrow(message);
    await expect(load).rejects.toThrow(/^poet\//);
  });

  test('a folder that is none says so', async () => {
    const folder = new MemoryFolder('here');
    await expect(AutoModelForCausalLM.fromPretrained(folder)).rejects.toThrow(
      'here is not a checkpoint folder',
    );
    await folder.write('config.json', new TextEncoder().encode('{'));
    await expect(AutoModelForCausalLM.fromPretrained(folder)).rejects.toThrow('here/config.json: not JSON');
    await expect(AutoModelForCausalLM.fromPretrained('/nowhere/at/all')).rejects.toThrow(
      'there is no such folder',
    );
  });

  test('a tokenizer that does not fit the model is refused', async () => {
    const folder = new MemoryFolder('poet');
    await new GPT({ ...config, vocabSize: 5 }).savePretrained(folder, { tokenizer });
    await expect(AutoTokenizer.fromPretrained(folder)).rejects.toThrow(
      'poet/tokenizer.json: 8 tokens do not fit the model, whose vocab_size is 5',
    );
    await folder.write('tokenizer.json', new TextEncoder().encode('{"model": {"type": "X"}}'));
    await expect(AutoTokenizer.fromPretrained(folder)).rejects.toThrow(/^poet: tokenizer.json: .*X/);
  });
});

describe('a run', () => {
  const write = (text: string) => async (folder: Folder) => {
    await folder.write('a', new TextEncoder().encode(text));
    await folder.write('b', new TextEncoder().encode(text));
    await folder.write('config.json', new TextEncoder().encode(text));
  };
  const content = async (run: Folder): Promise<string | null> => {
    const latest = await latestCheckpoint(run);
    if (!latest) return null;
    const files = await Promise.all(['a', 'b', 'config.json'].map((file) => latest.read(file)));
    const texts = new Set(files.map((bytes) => new TextDecoder().decode(bytes)));
    expect(texts.size).toBe(1);
    return [...texts][0];
  };

  test('counts its checkpoints, names the latest, keeps the last few', async () => {
    const run = new MemoryFolder('run');
    expect(await content(run)).toBe(null);
    for (const text of ['one', 'two', 'three', 'four']) {
      await writeCheckpoint(run, write(text), { limit: 2 });
      expect(await content(run)).toBe(text);
    }
    expect((await run.list('checkpoints')).sort()).toEqual(['003', '004']);
    expect(new TextDecoder().decode(await run.read('latest'))).toBe('checkpoints/004\n');
  });

  test.each(['../../etc', 'checkpoints/../x', 'checkpoints/12', '/checkpoints/001', ''])(
    "'latest' that says %j leads nowhere",
    async (text) => {
      const run = new MemoryFolder('run');
      await run.write('latest', new TextEncoder().encode(text));
      await expect(latestCheckpoint(run)).rejects.toThrow('run is not a checkpoint folder');
    },
  );

  test("'latest' that names a folder that is gone says so", async () => {
    const run = new MemoryFolder('run');
    await run.write('latest', new TextEncoder().encode('checkpoints/007\n'));
    await expect(latestCheckpoint(run)).rejects.toThrow(
      "'latest' names checkpoints/007, which has no config.json",
    );
  });

  /** A folder whose process dies at the n-th change; a write that is cut short leaves half its bytes. */
  function dying(inner: Folder, life: { left: number }): Folder {
    const spend = (): void => {
      if (life.left-- <= 0) throw new Error('killed');
    };
    return {
      name: inner.name,
      read: (path) => inner.read(path),
      exists: (path) => inner.exists(path),
      list: (path) => inner.list(path),
      async write(path, bytes) {
        spend();
        await inner.write(path, bytes.subarray(0, bytes.length / 2));
        spend();
        await inner.write(path, bytes);
      },
      async replace(path, bytes) {
        spend();
        await inner.replace(path, bytes);
      },
      async remove(path) {
        spend();
        await inner.remove(path);
      },
      folder: (path) => dying(inner.folder(path), life),
    };
  }

  test('killed at any change, it is whole: the old checkpoint or the new one', async () => {
    const seen: (string | null)[] = [];
    for (let life = 0; ; life++) {
      const run = new MemoryFolder('run');
      await writeCheckpoint(run, write('one'), { limit: 1 });
      let finished = true;
      try {
        await writeCheckpoint(dying(run, { left: life }), write('two'), { limit: 1 });
      } catch (error) {
        expect((error as Error).message).toBe('killed');
        finished = false;
      }
      seen.push(await content(run));
      // Whoever comes next is not in the way of what is left.
      await writeCheckpoint(run, write('three'), { limit: 1 });
      expect(await content(run)).toBe('three');
      expect((await run.list('checkpoints')).length).toBe(1);
      if (finished) break;
    }
    expect(seen.length).toBeGreaterThan(7);
    expect([...new Set(seen)]).toEqual(['one', 'two']);
  });
});

describe('a folder on the disk', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'inkstone-'));
  });
  afterEach(() => rm(path, { recursive: true }));

  test('reads, writes, replaces, lists and removes', async () => {
    const folder = nodeFolder(join(path, 'new'));
    const bytes = Uint8Array.of(1, 2, 3);
    expect(await folder.exists('')).toBe(false);
    expect(await folder.list('')).toEqual([]);
    await folder.write('a/b/c', bytes);
    expect(await folder.exists('a/b')).toBe(true);
    expect(await folder.list('a')).toEqual(['b']);
    expect(new Uint8Array(await folder.folder('a').read('b/c'))).toEqual(bytes);
    await folder.replace('a/b/c', Uint8Array.of(4));
    expect([...(await readFile(join(path, 'new/a/b/c')))]).toEqual([4]);
    expect(await readdir(join(path, 'new/a/b'))).toEqual(['c']);
    await folder.remove('a');
    await folder.remove('a');
    await expect(folder.read('a/b/c')).rejects.toThrow(MissingFile);
    await expect(folder.read('a/b/c')).rejects.toThrow('there is no a/b/c');
    await writeFile(join(path, 'file'), '');
    await expect(nodeFolder(path).read('file/x')).rejects.toThrow(MissingFile);
  });

  test('holds a model by its path', async () => {
    const model = new GPT(config);
    await model.savePretrained(join(path, 'poet'), { tokenizer });
    expect((await readdir(join(path, 'poet'))).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const loaded = await AutoModelForCausalLM.fromPretrained(join(path, 'poet'));
    expect(await scores(loaded)).toEqual(await scores(model));
    expect((await AutoTokenizer.fromPretrained(join(path, 'poet'))).vocabSize).toBe(8);
  });
});
