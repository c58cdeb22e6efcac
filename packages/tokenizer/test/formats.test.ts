import { describe, expect, test } from 'vitest';
import {
  bertTokenizer,
  gpt2Tokenizer,
  loadTokenizer,
  tokenizerFromGGUF,
  tokenizerFromSentencePiece,
  tokenizerFromTiktoken,
} from '../src/formats.js';
import { PipelineTokenizer, pipelineFromJSON, TokenizerError } from '../src/index.js';
import { families, gpt2Files, sharedBytes, sharedFile } from './support/families.js';
import { stringGenerator } from './support/strings.js';

function sameIds(a: PipelineTokenizer, b: PipelineTokenizer, count = 500): void {
  const next = stringGenerator(11);
  for (let i = 0; i < count; i++) {
    const text = next();
    expect(a.encode(text), JSON.stringify(text)).toEqual(b.encode(text));
  }
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe('vocab.json and merges.txt', () => {
  test('give the tokenizer of tokenizer.json', () => {
    const { vocab, merges } = gpt2Files();
    sameIds(gpt2Tokenizer(vocab, merges), pipelineFromJSON(families['GPT-2']?.() as string));
  });

  test('name what is wrong', () => {
    expect(() => gpt2Tokenizer('{"a":0}', '#version: 0.2\na b\n')).toThrow(
      'merge 0, ["a","b"], needs the token "b"',
    );
    expect(() => gpt2Tokenizer('[]', '')).toThrow('vocab.json must be an object');
    expect(() => gpt2Tokenizer('{"a":0}', 'a b c')).toThrow('model.merges[0] must be two tokens');
  });
});

describe('vocab.txt', () => {
  const vocab = sharedFile('bert-base-chinese-vocab.txt');
  test.skipIf(!vocab)('gives the tokenizer of tokenizer.json', () => {
    sameIds(
      bertTokenizer(vocab as string, { doLowerCase: false }),
      pipelineFromJSON(families['BERT Chinese']?.() as string),
    );
    sameIds(
      bertTokenizer(vocab as string),
      pipelineFromJSON(families['BERT Chinese, lower case']?.() as string),
    );
  });

  test('must have the special tokens', () => {
    expect(() => bertTokenizer('[PAD]\n[UNK]\n[CLS]\nhello\n')).toThrow(
      'the special token [SEP] is not in it',
    );
  });
});

describe('SentencePiece', () => {
  const model = sharedBytes('llama-sentencepiece.model');
  test.skipIf(!model)('a file cut off anywhere is an error, never a crash', () => {
    for (let length = 0; length < 2000; length += 7) {
      try {
        tokenizerFromSentencePiece((model as Uint8Array).subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(TokenizerError);
      }
    }
    expect(() => tokenizerFromSentencePiece((model as Uint8Array).subarray(0, 1001))).toThrow(
      /SentencePiece model/,
    );
  });

  test.skipIf(!model)('splits bytes that are no piece, and gives them back', () => {
    const tokenizer = tokenizerFromSentencePiece(model as Uint8Array);
    const text = 'Grüße 🦙 \u{10348} 你好';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.convertIdsToTokens(tokenizer.encode('\u{10348}'))).toEqual([
      '▁',
      '<0xF0>',
      '<0x90>',
      '<0x8D>',
      '<0x88>',
    ]);
  });
});

describe('tiktoken', () => {
  test('names the line that is wrong', () => {
    expect(() => tokenizerFromTiktoken('IQ== 0\nIg==\n', 'gpt2')).toThrow('line 2');
    expect(() => tokenizerFromTiktoken('IQ== 0\n?? 1\n', 'gpt2')).toThrow('line 2: "??" is not base64');
    expect(() => tokenizerFromTiktoken('IQ== 0\nIQ== 1\n', 'gpt2')).toThrow(
      'line 2 has a token that was there before',
    );
    expect(() => tokenizerFromTiktoken('IQ== 99999999\n', 'gpt2')).toThrow('line 1');
    expect(() => tokenizerFromTiktoken('IQ== 0', 'mine')).toThrow('"mine" is not one of gpt2');
  });
});

/** Writes the metadata of a GGUF file. */
function gguf(meta: Record<string, { type: number; value: unknown }>, version = 3): Uint8Array {
  const out: number[] = [];
  const u32 = (n: number) => out.push(n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >>> 24) & 255);
  const u64 = (n: number) => {
    u32(n % 2 ** 32);
    u32(Math.floor(n / 2 ** 32));
  };
  const text = (s: string) => {
    const utf8 = bytes(s);
    u64(utf8.length);
    out.push(...utf8);
  };
  const value = (type: number, v: unknown): void => {
    if (type === 8) text(v as string);
    else if (type === 7) out.push(v ? 1 : 0);
    else if (type === 6) out.push(...new Uint8Array(Float32Array.of(v as number).buffer));
    else if (type === 9) {
      const { of, items } = v as { of: number; items: unknown[] };
      u32(of);
      u64(items.length);
      for (const item of items) value(of, item);
    } else u32(v as number);
  };
  out.push(...bytes('GGUF'));
  u32(version);
  u64(0);
  u64(Object.keys(meta).length);
  for (const [key, { type, value: v }] of Object.entries(meta)) {
    text(key);
    u32(type);
    value(type, v);
  }
  return Uint8Array.from(out);
}

const texts = (items: string[]) => ({ type: 9, value: { of: 8, items } });
const numbers = (items: number[], of = 5) => ({ type: 9, value: { of, items } });

describe('GGUF', () => {
  test('byte-level BPE', () => {
    const files = gpt2Files();
    // The keys of an object come with those that look like numbers first, so sorted by id.
    const tokens = Object.entries(JSON.parse(files.vocab) as Record<string, number>)
      .sort(([, a], [, b]) => a - b)
      .map(([token]) => token);
    const merges = files.merges.split('\n').slice(1).filter(Boolean);
    const file = gguf({
      'general.name': { type: 8, value: 'gpt2' },
      'tokenizer.ggml.model': { type: 8, value: 'gpt2' },
      'tokenizer.ggml.pre': { type: 8, value: 'gpt-2' },
      'tokenizer.ggml.tokens': texts(tokens),
      'tokenizer.ggml.token_type': numbers(tokens.map((token) => (token === '<|endoftext|>' ? 3 : 1))),
      'tokenizer.ggml.merges': texts(merges),
    });
    sameIds(tokenizerFromGGUF(file), pipelineFromJSON(families['GPT-2']?.() as string));
  });

  const model = sharedBytes('llama-sentencepiece.model');
  test.skipIf(!model)('SentencePiece', () => {
    const reference = tokenizerFromSentencePiece(model as Uint8Array, { addBosToken: true });
    const tokens = [...reference.getVocab().keys()];
    const types = tokens.map((token, id) => (id === 0 ? 2 : id < 3 ? 3 : /^<0x..>$/.test(token) ? 6 : 1));
    const file = gguf({
      'tokenizer.ggml.model': { type: 8, value: 'llama' },
      'tokenizer.ggml.tokens': texts(tokens),
      // Runs of spaces were given the lowest score of all.
      'tokenizer.ggml.scores': numbers(
        tokens.map((token, id) => (id < 259 ? 0 : /^▁+$/.test(token) ? -1e9 : 259 - id)),
        6,
      ),
      'tokenizer.ggml.token_type': numbers(types),
      'tokenizer.ggml.add_bos_token': { type: 7, value: true },
    });
    sameIds(tokenizerFromGGUF(file), reference);
  });

  test('WordPiece', () => {
    const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '▁un', 'believ', 'able', '▁.'];
    const file = gguf({
      'tokenizer.ggml.model': { type: 8, value: 'bert' },
      'tokenizer.ggml.tokens': texts(tokens),
      'tokenizer.ggml.token_type': numbers([3, 2, 3, 3, 1, 1, 1, 1]),
      'tokenizer.ggml.cls_token_id': { type: 4, value: 2 },
      'tokenizer.ggml.seperator_token_id': { type: 4, value: 3 },
    });
    expect(tokenizerFromGGUF(file).encode('Unbelievable. xyz')).toEqual([2, 4, 5, 6, 7, 1, 3]);
  });

  test('names what is wrong, before it takes memory', { timeout: 10_000 }, () => {
    const billion = gguf({ 'tokenizer.ggml.tokens': texts(['a']) });
    billion[60] = 0;
    new DataView(billion.buffer).setBigUint64(billion.length - 8 - 1 - 8, 1_000_000_000n, true);
    expect(() => tokenizerFromGGUF(billion)).toThrow(/an array of 1000000000, more than the file holds/);
    expect(() => tokenizerFromGGUF(bytes('GGML1234'))).toThrow('no GGUF signature');
    expect(() => tokenizerFromGGUF(gguf({}, 9))).toThrow('version 9');
    expect(() => tokenizerFromGGUF(gguf({}).subarray(0, 12))).toThrow('only');
    expect(() => tokenizerFromGGUF(gguf({}))).toThrow('tokenizer.ggml.tokens');
    expect(() => tokenizerFromGGUF(gguf({ 'tokenizer.ggml.tokens': texts(['a']) }))).toThrow(
      'tokenizer.ggml.model',
    );
    expect(() => tokenizerFromGGUF(gguf({ a: { type: 77, value: 1 } }))).toThrow('value type 77');
  });
});

describe('loadTokenizer', () => {
  const folder = (files: Record<string, string>) => async (name: string) =>
    Object.hasOwn(files, name) ? bytes(files[name] as string) : undefined;

  test('takes the best file that is there', async () => {
    const { vocab, merges } = gpt2Files();
    const old = await loadTokenizer(
      folder({
        'vocab.json': vocab,
        'merges.txt': merges,
        'tokenizer_config.json': '{"add_prefix_space":true}',
      }),
    );
    expect(old.encode('Hello')).toEqual([18435]);
    const words = '[PAD]\n[UNK]\n[CLS]\n[SEP]\n<m>\nHello\n';
    const bert = await loadTokenizer(
      folder({
        'vocab.txt': words,
        'tokenizer_config.json': '{"do_lower_case":false}',
        'special_tokens_map.json': '{"mask_token":{"content":"<m>"}}',
      }),
    );
    expect(bert.encode('Hello<m>')).toEqual([2, 5, 4, 3]);
    const saved = folder({ 'tokenizer.json': JSON.stringify(bert), 'vocab.txt': 'nonsense' });
    const json = await loadTokenizer(saved);
    expect(json.encode('Hello<m>')).toEqual([2, 5, 4, 3]);
    expect(json).not.toBeInstanceOf(PipelineTokenizer);
    expect(await loadTokenizer(saved, { batches: true })).toBeInstanceOf(PipelineTokenizer);
  });

  test('says what it looked for', async () => {
    await expect(loadTokenizer(folder({}))).rejects.toThrow('there is no tokenizer.json');
    await expect(loadTokenizer(folder({ 'vocab.txt': 'a', 'tokenizer_config.json': '[]' }))).rejects.toThrow(
      'tokenizer_config.json must be an object',
    );
  });
});
