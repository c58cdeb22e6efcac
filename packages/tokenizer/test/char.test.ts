import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { describe, expect, test } from 'vitest';
import { CharTokenizer, TokenizerError, tokenizerFromJSON } from '../src/index.js';

const POEM = '春眠不觉晓，\n处处闻啼鸟。\r\n夜来风雨声 — a👍🏽b e\u0301 "quote"\t\u0000';

describe('CharTokenizer', () => {
  test('sorts by code point, as the tutorials do', () => {
    const tokenizer = CharTokenizer.train('b\n👍a￿z春a');
    expect([...tokenizer.getVocab().keys()]).toEqual(['\n', 'a', 'b', 'z', '春', '￿', '👍']);
    expect(tokenizer.vocabSize).toBe(7);
    expect(tokenizer.encode('ab👍')).toEqual([1, 2, 6]);
    expect(tokenizer.idToToken(6)).toBe('👍');
    expect(tokenizer.tokenToId('春')).toBe(4);
  });

  test('gives back what it was given', () => {
    const tokenizer = CharTokenizer.train(POEM);
    expect(tokenizer.decode(tokenizer.encode(POEM))).toBe(POEM);
    expect(tokenizer.decode(Int32Array.from(tokenizer.encode(POEM)))).toBe(POEM);
    expect(tokenizer.encode('')).toEqual([]);
  });

  test('trains from several texts, with a minimum frequency and a limit', () => {
    const tokenizer = CharTokenizer.train(['aab', 'bcd', 'dda'], { minFrequency: 2 });
    expect([...tokenizer.getVocab().keys()]).toEqual(['a', 'b', 'd']);
    const limited = CharTokenizer.train('zzzyyx', { maxVocabSize: 3, unkToken: '<unk>' });
    expect([...limited.getVocab()]).toEqual([
      ['<unk>', 0],
      ['y', 1],
      ['z', 2],
    ]);
    expect(limited.encode('xyz')).toEqual([0, 1, 2]);
  });

  test('names the unknown character and where it is', () => {
    const tokenizer = CharTokenizer.train('👍ab');
    expect(() => tokenizer.encode('a👍春')).toThrow(TokenizerError);
    expect(() => tokenizer.encode('a👍春')).toThrow('the character "春" (U+6625) at position 2');
    expect(() => tokenizer.encode('a\ud800')).toThrow('the lone surrogate U+D800 at position 1');
    expect(() => tokenizer.decode([3])).toThrow('id 3 is not in the vocabulary; ids are 0 to 2');
    expect(() => tokenizer.decode([0.5])).toThrow('id 0.5');
  });

  test('finds special tokens, the longer first, and can leave them out', () => {
    const tokenizer = CharTokenizer.train('<|end> ab', {
      specialTokens: ['<|', '<|end|>', '*'],
      unkToken: '?',
    });
    const ids = tokenizer.encode('a<|end|>b<|*?x');
    expect(ids.map((id) => tokenizer.idToToken(id))).toEqual(['a', '<|end|>', 'b', '<|', '*', '?', '?']);
    expect(tokenizer.decode(ids)).toBe('a<|end|>b<|*??');
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('ab');
  });

  test('streams', () => {
    const tokenizer = CharTokenizer.train('a👍');
    const stream = tokenizer.decodeStream();
    expect(stream.step(0) + stream.step([1, 0]) + stream.flush()).toBe('a👍a');
  });

  test('refuses bad options and bad files, naming the field', () => {
    expect(() => CharTokenizer.train('a', { minFrequency: 0 })).toThrow(
      'minFrequency must be at least 1, but is 0',
    );
    expect(() => CharTokenizer.train('a', { maxVocabSize: 0 })).toThrow('maxVocabSize');
    expect(() => CharTokenizer.train('a\udc00')).toThrow('U+DC00');
    expect(() => new CharTokenizer(['a', 'a'])).toThrow('twice');
    expect(() => new CharTokenizer(['ab'])).toThrow('"ab" is not one character');
    expect(() => tokenizerFromJSON('{')).toThrow('not JSON');
    const json = CharTokenizer.train('ab').toJSON();
    expect(() => tokenizerFromJSON({ ...json, model: { ...json.model, vocab: { a: -1 } } })).toThrow(
      'model.vocab["a"]',
    );
    expect(() => tokenizerFromJSON({ ...json, model: { ...json.model, vocab: { a: 0, b: 2 } } })).toThrow(
      'without gaps',
    );
    expect(() => tokenizerFromJSON({ ...json, model: { ...json.model, vocab: { a: 0, b: 0 } } })).toThrow(
      'id 0',
    );
    expect(() => tokenizerFromJSON({ ...json, added_tokens: [{ id: 1 }] })).toThrow(
      'added_tokens[0].content',
    );
  });

  test('saves and loads', () => {
    const tokenizer = CharTokenizer.train(POEM, { specialTokens: ['<|end|>'], unkToken: '<unk>' });
    const copy = tokenizerFromJSON(JSON.stringify(tokenizer));
    expect(copy).toBeInstanceOf(CharTokenizer);
    expect(copy.toJSON()).toEqual(tokenizer.toJSON());
    expect(copy.encode(`${POEM}<|end|>鸣`)).toEqual(tokenizer.encode(`${POEM}<|end|>鸣`));
  });

  test("Hugging Face's library loads the file and agrees", async () => {
    const text = `${POEM}<|end|>${POEM}`;
    const plain = CharTokenizer.train(POEM, { specialTokens: ['<|end|>'] });
    const theirs = HuggingFace.fromString(JSON.stringify(plain));
    expect((await theirs.encode(text)).getIds()).toEqual(plain.encode(text));
    expect(await theirs.decode(plain.encode(text), false)).toBe(text);
    expect(await theirs.decode(plain.encode(text), true)).toBe(
      plain.decode(plain.encode(text), { skipSpecialTokens: true }),
    );
    await expect(theirs.encode('鸣')).rejects.toThrow();
    expect(theirs.getVocabSize(true)).toBe(plain.vocabSize);

    const unk = CharTokenizer.train(POEM, { unkToken: '<unk>' });
    const other = `${POEM}鸣👻<unk>z`;
    expect((await HuggingFace.fromString(JSON.stringify(unk)).encode(other)).getIds()).toEqual(
      unk.encode(other),
    );
  });
});
