import { TokenizerError } from '../error.js';
import { kinds as sentencePieceKinds } from '../kinds/sentencepiece.js';
import { kinds as unigramKinds } from '../kinds/unigram.js';
import { BPE } from '../model/bpe.js';
import { Unigram } from '../model/unigram.js';
import { Vocab } from '../model/vocab.js';
import { PipelineTokenizer } from '../pipeline/batches.js';
import { joinKinds } from '../pipeline/kinds.js';
import type { CompileRegex } from '../pipeline/patterns.js';
import { type AddedTokenJSON, type JSONPart, plainToken } from './json.js';
import { impliedMerges } from './merges-of-scores.js';
import { ByteReader } from './reader.js';

/** What the kinds of a piece are called in SentencePiece's `sentencepiece_model.proto`. */
export const PIECE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface Piece {
  text: string;
  score: number;
  type: number;
}

/** What a SentencePiece model says, whether it comes from a `.model` file or from GGUF. */
export interface SentencePieceModel {
  pieces: Piece[];
  isBPE: boolean;
  byteFallback: boolean;
  /** The compiled rules of normalization, empty for none. */
  charsmap: Uint8Array;
  addDummyPrefix: boolean;
  removeExtraWhitespaces: boolean;
}

/** What the readers of SentencePiece models may be told. */
export interface SentencePieceOptions {
  /** Put `<s>` before each text, as Llama does. Default: false. */
  addBosToken?: boolean;
  /** Put `</s>` behind each text, as T5 does. Default: false. */
  addEosToken?: boolean;
  regex?: CompileRegex;
}

/**
 * The tokenizer of a SentencePiece `.model` file, BPE (Llama 2, Gemma) or Unigram (T5, XLM-R).
 *
 * @example
 * ```ts
 * const tokenizer = tokenizerFromSentencePiece(await readFile('tokenizer.model'), { addBosToken: true });
 * ```
 */
export function tokenizerFromSentencePiece(
  bytes: Uint8Array,
  options: SentencePieceOptions = {},
): PipelineTokenizer {
  return pipelineOf(readModel(bytes), options);
}

const WHAT = 'SentencePiece model';
/** A compiled normalizer comes with either model. */
const KINDS = /* @__PURE__ */ joinKinds(unigramKinds, sentencePieceKinds);

/** The fields of a protobuf message; `visit` must read or skip a field's value. */
function forFields(
  reader: ByteReader,
  visit: (field: number, wire: number, reader: ByteReader) => boolean,
): void {
  while (reader.at < reader.end) {
    const key = varint(reader);
    const wire = key & 7;
    if (visit(key >>> 3, wire, reader)) continue;
    if (wire === 0) varint(reader);
    else if (wire === 1) reader.skip(8);
    else if (wire === 2) reader.skip(varint(reader));
    else if (wire === 5) reader.skip(4);
    else reader.fail(`wire type ${wire}, which is none of protobuf's,`);
  }
}

function varint(reader: ByteReader): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = reader.u8();
    // Beyond 32 bits only signs of negative numbers come, which are never wanted.
    if (shift < 35) value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  return reader.fail('a number without an end');
}

function message(reader: ByteReader): ByteReader {
  const length = varint(reader);
  const start = reader.skip(length);
  return new ByteReader(reader.bytes, WHAT, start, start + length);
}

function readModel(bytes: Uint8Array): SentencePieceModel {
  const model: SentencePieceModel = {
    pieces: [],
    isBPE: false,
    byteFallback: false,
    charsmap: new Uint8Array(),
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
  };
  forFields(new ByteReader(bytes, WHAT), (field, wire, reader) => {
    if (wire !== 2 || field > 3) return false;
    const part = message(reader);
    if (field === 1) model.pieces.push(readPiece(part));
    else if (field === 2) readTrainer(part, model);
    else readNormalizer(part, model);
    return true;
  });
  return model;
}

function readPiece(part: ByteReader): Piece {
  const piece: Piece = { text: '', score: 0, type: PIECE.normal };
  forFields(part, (field, wire, reader) => {
    if (field === 1 && wire === 2) piece.text = reader.text(varint(reader));
    else if (field === 2 && wire === 5) piece.score = reader.f32();
    else if (field === 3 && wire === 0) piece.type = varint(reader);
    else return false;
    return true;
  });
  return piece;
}

function readTrainer(part: ByteReader, model: SentencePieceModel): void {
  forFields(part, (field, wire, reader) => {
    if (field === 3 && wire === 0) {
      const type = varint(reader);
      if (type !== 1 && type !== 2)
        reader.fail(`model type ${type}, which is neither Unigram (1) nor BPE (2),`);
      model.isBPE = type === 2;
    } else if (field === 35 && wire === 0) model.byteFallback = varint(reader) === 1;
    else return false;
    return true;
  });
}

function readNormalizer(part: ByteReader, model: SentencePieceModel): void {
  forFields(part, (field, wire, reader) => {
    if (field === 2 && wire === 2) {
      const length = varint(reader);
      const start = reader.skip(length);
      model.charsmap = reader.bytes.slice(start, start + length);
    } else if (field === 3 && wire === 0) model.addDummyPrefix = varint(reader) === 1;
    else if (field === 4 && wire === 0) model.removeExtraWhitespaces = varint(reader) === 1;
    else return false;
    return true;
  });
}

/** The pipeline that `transformers` converts such a model to. */
export function pipelineOf(model: SentencePieceModel, options: SentencePieceOptions): PipelineTokenizer {
  const { pieces } = model;
  if (pieces.length === 0) throw new TokenizerError(`${WHAT}: there are no pieces.`);
  const unkId = pieces.findIndex(({ type }) => type === PIECE.unknown);
  const unk = pieces[unkId]?.text;
  const added = pieces.flatMap(({ text, type }, id): AddedTokenJSON[] => {
    if (type !== PIECE.control && type !== PIECE.unknown && type !== PIECE.userDefined) return [];
    return [plainToken(id, text, type !== PIECE.userDefined)];
  });
  const postProcessor = around(pieces, options);
  return model.isBPE
    ? bpe(model, unk, added, postProcessor, options)
    : unigram(model, unkId, added, postProcessor, options);
}

function bpe(
  model: SentencePieceModel,
  unk: string | undefined,
  addedTokens: AddedTokenJSON[],
  postProcessor: JSONPart | null,
  options: SentencePieceOptions,
): PipelineTokenizer {
  const vocab = vocabOf(model.pieces);
  const normalizers: JSONPart[] = precompiledOf(model);
  if (model.removeExtraWhitespaces) normalizers.push(...SQUEEZE);
  if (model.addDummyPrefix) normalizers.push({ type: 'Prepend', prepend: '▁' });
  normalizers.push({ type: 'Replace', pattern: { String: ' ' }, content: '▁' });
  const decoders: JSONPart[] = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  if (model.addDummyPrefix) decoders.push({ type: 'Strip', content: ' ', start: 1, stop: 0 });
  // Only what text can be made of takes part in merges.
  const mergeable = new Vocab();
  for (const [id, { text, type }] of model.pieces.entries()) {
    if (type === PIECE.normal || type === PIECE.userDefined) mergeable.set(text, id);
  }
  const scores = model.pieces.map(({ score }) => -score);
  return new PipelineTokenizer({
    kinds: KINDS,
    model: new BPE(
      vocab,
      impliedMerges(mergeable, (id) => scores[id] as number),
      {
        unkToken: unk,
        fuseUnk: true,
        byteFallback: model.byteFallback,
      },
    ),
    normalizer: { type: 'Sequence', normalizers },
    postProcessor,
    decoder: { type: 'Sequence', decoders },
    addedTokens,
    regex: options.regex,
  });
}

function unigram(
  model: SentencePieceModel,
  unkId: number,
  addedTokens: AddedTokenJSON[],
  postProcessor: JSONPart | null,
  options: SentencePieceOptions,
): PipelineTokenizer {
  const metaspace = {
    type: 'Metaspace',
    replacement: '▁',
    prepend_scheme: model.addDummyPrefix ? 'always' : 'never',
    split: true,
  } satisfies JSONPart;
  const normalizers = precompiledOf(model);
  if (model.removeExtraWhitespaces) normalizers.push(...SQUEEZE);
  return new PipelineTokenizer({
    kinds: KINDS,
    model: new Unigram(
      model.pieces.map(({ text, score }): [string, number] => [text, score]),
      { unkId: unkId < 0 ? undefined : unkId, byteFallback: model.byteFallback },
    ),
    normalizer: normalizers.length === 0 ? null : { type: 'Sequence', normalizers },
    preTokenizer: metaspace,
    postProcessor,
    decoder: model.byteFallback
      ? { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, metaspace] }
      : metaspace,
    addedTokens,
    regex: options.regex,
  });
}

/** No spaces at the ends, and one where there were several. */
const SQUEEZE: readonly JSONPart[] = [
  { type: 'Strip', strip_left: true, strip_right: true },
  { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
];

function precompiledOf({ charsmap }: SentencePieceModel): JSONPart[] {
  if (charsmap.length === 0) return [];
  let binary = '';
  for (const byte of charsmap) binary += String.fromCharCode(byte);
  return [{ type: 'Precompiled', precompiled_charsmap: btoa(binary) }];
}

function vocabOf(pieces: readonly Piece[]): Vocab {
  const vocab = new Vocab();
  for (const [id, { text }] of pieces.entries()) {
    if (vocab.get(text) !== undefined)
      throw new TokenizerError(`${WHAT}: piece ${id}, ${JSON.stringify(text)}, was there before.`);
    vocab.set(text, id);
  }
  return vocab;
}

function around(
  pieces: readonly Piece[],
  { addBosToken = false, addEosToken = false }: SentencePieceOptions,
): JSONPart | null {
  if (!addBosToken && !addEosToken) return null;
  const tokens: JSONPart = {};
  const token = (content: string, type_id: number): JSONPart => {
    const id = pieces.findIndex(({ text, type }) => text === content && type === PIECE.control);
    if (id < 0)
      throw new TokenizerError(
        `${WHAT}: ${content} is to be added to texts, but is none of the control pieces.`,
      );
    tokens[content] = { id: content, ids: [id], tokens: [content] };
    return { SpecialToken: { id: content, type_id } };
  };
  const part = (id: string, type_id: number): JSONPart[] => [
    ...(addBosToken ? [token('<s>', type_id)] : []),
    { Sequence: { id, type_id } },
    ...(addEosToken ? [token('</s>', type_id)] : []),
  ];
  const single = part('A', 0);
  return { type: 'TemplateProcessing', single, pair: [...single, ...part('B', 1)], special_tokens: tokens };
}
