/**
 * Models and tokenizers of llama2.c (https://github.com/karpathy/llama2.c): the `.bin` files of its `export.py` version 0,
 * which `run.c` reads, and of its `tokenizer.py`.
 *
 * Integers and floats are little-endian, floats have 32 bits:
 *
 *     model      dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size (negative: an output layer of its own), seq_len
 *                then matrices, one kind after the other, each for all layers; two tables of rotary positions
 *     tokenizer  max_token_length, then for each token: score, length, bytes
 */
import { fromTypedArray, keep, nn, type Tensor } from '@inkstone/core';
import type { Tokenizer } from '@inkstone/tokenizer';
import { tokenizerFromSentencePiece } from '@inkstone/tokenizer/formats';
import { Llama } from './llama.js';

export interface Llama2cOptions extends nn.ModuleOptions {
  /** The file's name for messages (default 'llama2.c model'). */
  file?: string;
}

/**
 * The model of a llama2.c file.
 *
 * @param bytes the file
 * @throws Error that names the file and the field that is wrong, before anything is built
 * @example
 * const model = llamaFromLlama2c(await readFile('stories260K.bin'));
 */
export function llamaFromLlama2c(bytes: Uint8Array, options: Llama2cOptions = {}): Llama {
  const { file = 'llama2.c model', ...moduleOptions } = options;
  const fail = (why: string): never => {
    throw new Error(`${file}: ${why}`);
  };
  const names = ['dim', 'hidden_dim', 'n_layers', 'n_heads', 'n_kv_heads', 'vocab_size', 'seq_len'] as const;
  if (bytes.length < 4 * names.length) fail(`${bytes.length} bytes are too few for a llama2.c model`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = names.map((name, i) => {
    const value = view.getInt32(4 * i, true);
    const size = name === 'vocab_size' ? Math.abs(value) : value;
    // More would not fit into a file that a typed array can hold.
    if (size < 1 || size > 1e9) fail(`${name} is ${value}, which is no size`);
    return size;
  });
  const [dim, hidden, layers, heads, keyHeads, vocabSize, blockSize] = header;
  if (dim % heads !== 0) fail(`n_heads is ${heads}, which does not divide dim ${dim}`);
  if (heads % keyHeads !== 0) fail(`n_kv_heads is ${keyHeads}, which does not divide n_heads ${heads}`);
  const headDim = dim / heads;
  const tied = view.getInt32(20, true) > 0;

  /** What the file holds, in its order: a name, and the shape of one layer's part or of the whole. */
  const parts: [key: string, perLayer: boolean, shape: readonly number[]][] = [
    ['model.embed_tokens.weight', false, [vocabSize, dim]],
    ['input_layernorm.weight', true, [dim]],
    ['self_attn.q_proj.weight', true, [heads * headDim, dim]],
    ['self_attn.k_proj.weight', true, [keyHeads * headDim, dim]],
    ['self_attn.v_proj.weight', true, [keyHeads * headDim, dim]],
    ['self_attn.o_proj.weight', true, [dim, heads * headDim]],
    ['post_attention_layernorm.weight', true, [dim]],
    ['mlp.gate_proj.weight', true, [hidden, dim]],
    ['mlp.down_proj.weight', true, [dim, hidden]],
    ['mlp.up_proj.weight', true, [hidden, dim]],
    ['model.norm.weight', false, [dim]],
    // Cosines and sines, which are computed here.
    ['', false, [blockSize, headDim]],
    ...(tied ? [] : [['lm_head.weight', false, [vocabSize, dim]] as [string, boolean, number[]]]),
  ];
  const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
  const floats = parts.reduce((sum, [, perLayer, shape]) => sum + size(shape) * (perLayer ? layers : 1), 0);
  const expected = 4 * (names.length + floats);
  if (bytes.length !== expected) fail(`has ${bytes.length} bytes, its header makes it ${expected}`);

  const model = nn.init.skipInit(
    () =>
      new Llama(
        {
          vocabSize,
          blockSize,
          hiddenSize: dim,
          intermediateSize: hidden,
          numHiddenLayers: layers,
          numAttentionHeads: heads,
          numKeyValueHeads: keyHeads,
          rmsNormEps: 1e-5,
          tieWordEmbeddings: tied,
          bosTokenId: 1,
          eosTokenId: 2,
          // run.c takes the beginning of another text for the end of this one.
          stopTokenIds: [1],
        },
        moduleOptions,
      ),
  );
  const { device } = model;
  const state = new Map<string, Tensor>();
  let at = 4 * names.length;
  for (const [key, perLayer, shape] of parts) {
    for (let layer = 0; layer < (perLayer ? layers : 1); layer++) {
      const count = size(shape);
      const data = new Float32Array(new Uint8Array(bytes.subarray(at, at + 4 * count)).buffer);
      at += 4 * count;
      if (key === '') continue;
      const turned = /[qk]_proj/.test(key) ? halves(data, headDim, dim) : data;
      const name = perLayer ? `model.layers.${layer}.${key}` : key;
      state.set(name, fromTypedArray(turned, shape, { device }));
    }
  }
  model.loadStateDict(state, { strict: false });
  keep(...model.parameters());
  return model;
}

/** Rows of each head: llama2.c turns neighbours, Hugging Face's layout turns row i with row i + headDim / 2. */
function halves(matrix: Float32Array, headDim: number, columns: number): Float32Array {
  const out = new Float32Array(matrix.length);
  const rows = matrix.length / columns;
  for (let row = 0; row < rows; row++) {
    const inHead = row % headDim;
    const pair = Math.floor(inHead / 2) + (inHead % 2) * (headDim / 2);
    out.set(matrix.subarray(row * columns, (row + 1) * columns), (row - inHead + pair) * columns);
  }
  return out;
}

/**
 * The tokenizer of a llama2.c file: Llama's SentencePiece BPE with another vocabulary. It puts the token that begins a
 * text before each text.
 *
 * @throws Error that names the file
 */
export function tokenizerFromLlama2c(bytes: Uint8Array, options: { file?: string } = {}): Tokenizer {
  const { file = 'llama2.c tokenizer' } = options;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const model: number[] = [];
  let at = 4;
  for (let id = 0; at < bytes.length; id++) {
    const length = at + 8 <= bytes.length ? view.getInt32(at + 4, true) : -1;
    if (length < 0 || length > bytes.length - at - 8) throw new Error(`${file}: token ${id} is cut off`);
    const text = new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length));
    model.push(...piece(id, text, bytes.subarray(at, at + 4)));
    at += 8 + length;
  }
  if (model.length === 0) throw new Error(`${file}: there are no tokens`);
  // BPE, with bytes for what is not in the vocabulary.
  model.push(...field(2, [...number(3, 2), ...number(35, 1)]));
  return tokenizerFromSentencePiece(Uint8Array.from(model), { addBosToken: true });
}

/** A piece of SentencePiece's protocol buffer: text, score, and of which kind it is. */
function piece(id: number, text: string, score: Uint8Array): number[] {
  const [kind, name] =
    id === 0
      ? [2, '<unk>']
      : id < 3
        ? [3, id === 1 ? '<s>' : '</s>']
        : [/^<0x[0-9A-F]{2}>$/.test(text) ? 6 : 1, text.replaceAll(' ', '\u2581')];
  const encoded = Array.from(new TextEncoder().encode(name));
  return field(1, [...field(1, encoded), (2 << 3) | 5, ...score, ...number(3, kind)]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
const number = (id: number, value: number): number[] => [...varint(id << 3), ...varint(value)];
const field = (id: number, content: readonly number[]): number[] => [
  ...varint((id << 3) | 2),
  ...varint(content.length),
  ...content,
];
