/** Readers for files other than `tokenizer.json`: `import { bertTokenizer } from '@inkstone/tokenizer/formats'`. */

export { type BertOptions, bertTokenizer } from './format/bert-files.js';
export { loadTokenizer, type ReadFile } from './format/folder.js';
export { type GGUFOptions, tokenizerFromGGUF } from './format/gguf.js';
export { type GPT2Options, gpt2Tokenizer } from './format/gpt2-files.js';
export { type SentencePieceOptions, tokenizerFromSentencePiece } from './format/sentencepiece.js';
export { type TiktokenName, type TiktokenOptions, tokenizerFromTiktoken } from './format/tiktoken.js';
