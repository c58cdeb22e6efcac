/** A tokenizer of Llama 2's own vocabulary, by other hands. */
import llama from 'llama-tokenizer-js';

/** The ids of a text, with the token that starts it. */
export const encodeLlama = (text: string): number[] => llama.encode(text);
