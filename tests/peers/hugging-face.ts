/** Hugging Face's own tokenizers: the npm binding of the Rust library. */
export { Tokenizer } from 'tokenizers';
