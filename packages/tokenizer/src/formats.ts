/** Readers for files other than `tokenizer.json`: `import { bertTokenizer } from '@inkstone/tokenizer/formats'`. */

export { loadTokenizer, type ReadFile } from './format/folder.js';
export { type GGUFOptions, tokenizerFromGGUF } from './format/gguf.js';
export { type SentencePieceOptions, tokenizerFromSentencePiece } from './format/sentencepiece.js';
export { type TiktokenName, type TiktokenOptions, tokenizerFromTiktoken } from './format/tiktoken.js';
export { type BertOptions, bertTokenizer, type GPT2Options, gpt2Tokenizer } from './format/vocab-files.js';
