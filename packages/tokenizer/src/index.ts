export { CharTokenizer, type CharTrainOptions } from './char.js';
export { TokenizerError } from './error.js';
export type { AddedTokenJSON, JSONPart, JSONValue, TokenizerJSON } from './format/json.js';
export { tokenizerFromJSON } from './load.js';
export type { DecodeOptions, DecodeStream, EncodeOptions, Tokenizer } from './tokenizer.js';
