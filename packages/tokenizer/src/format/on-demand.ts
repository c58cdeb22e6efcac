import { joinKinds, type Kinds, unknownType } from '../pipeline/kinds.js';
import type { PipelineTokenizer } from '../pipeline/pipeline.js';
import type { Tokenizer } from '../tokenizer.js';
import { asArray, asObject, asString } from './check.js';
import { contentOf, type LoadOptions, modelOf, pipelineOf } from './file.js';

/** The parts of this package that are fetched when a file asks for them, each about a family. */
const PARTS: readonly (() => Promise<Kinds>)[] = [
  async () => (await import('../kinds/bpe.js')).bpeKinds,
  async () => (await import('../kinds/bytes.js')).byteKinds,
  async () => (await import('../kinds/sentencepiece.js')).sentencePieceKinds,
  async () => (await import('../kinds/unigram.js')).unigramKinds,
  async () => (await import('../kinds/unicode.js')).unicodeKinds,
  async () => (await import('../kinds/bert.js')).bertKinds,
  async () => (await import('../kinds/others.js')).otherKinds,
];

/** For each stage what the parts have, in their order. A test holds this to what they do have. */
export const TYPES: Readonly<Record<keyof Kinds, string>> = {
  model: 'BPE|||Unigram||WordPiece|WordLevel',
  normalizer:
    '||Strip,Replace,Prepend|Precompiled|NFC,NFD,NFKC,NFKD|BertNormalizer,Bert,Lowercase,StripAccents|Nmt,ByteLevel',
  preTokenizer:
    '|Split,ByteLevel|Metaspace,WhitespaceSplit|||BertPreTokenizer|Whitespace,Punctuation,Digits,CharDelimiterSplit,Delimiter,FixedLength,UnicodeScripts',
  postProcessor: '|ByteLevel,RobertaProcessing||||BertProcessing|',
  decoder: '|ByteLevel|Fuse,ByteFallback,Metaspace,Replace,Strip|||WordPiece|BPEDecoder,CTC',
};

/** The lists inside a `Sequence`, by stage. */
const LISTS: Readonly<Partial<Record<keyof Kinds, string>>> = {
  normalizer: 'normalizers',
  preTokenizer: 'pretokenizers',
  postProcessor: 'processors',
  decoder: 'decoders',
};

/**
 * The tokenizer that a `tokenizer.json` describes, with only the code that this file needs: a bundler puts the rest
 * into parts that are never fetched. (`tokenizerFromJSON` has all of it at hand, and so need not be awaited.)
 *
 * @param json the file's content: its bytes, which is the quickest, its text, or what `JSON.parse` makes of it.
 * @throws TokenizerError that names the field that is wrong, or the type that is not known.
 *
 * @example
 * ```ts
 * const tokenizer = await loadTokenizerFile(new Uint8Array(await (await fetch('tokenizer.json')).arrayBuffer()));
 * ```
 */
export async function loadTokenizerFile(json: unknown, options: LoadOptions = {}): Promise<Tokenizer> {
  const file = asObject(contentOf(json), 'the file');
  const words = modelOf(file).type === 'WordLevel' ? await import('./words.js') : undefined;
  return words?.wordsFromJSON(file) ?? onDemand(file, options);
}

async function onDemand(file: Record<string, unknown>, options: LoadOptions): Promise<PipelineTokenizer> {
  const wanted = new Set<number>();
  want('model', modelOf(file), 'model', wanted);
  want('normalizer', file.normalizer, 'normalizer', wanted);
  want('preTokenizer', file.pre_tokenizer, 'pre_tokenizer', wanted);
  want('postProcessor', file.post_processor, 'post_processor', wanted);
  want('decoder', file.decoder, 'decoder', wanted);
  const kinds = await Promise.all(Array.from(wanted, (part) => (PARTS[part] as () => Promise<Kinds>)()));
  return pipelineOf(file, joinKinds(...kinds), options);
}

/** Finds which parts a stage needs. */
function want(stage: keyof Kinds, json: unknown, path: string, wanted: Set<number>): void {
  if (json === null || json === undefined) return;
  const part = asObject(json, path);
  const type = asString(part.type, `${path}.type`);
  const list = LISTS[stage];
  if (list !== undefined && type === 'Sequence') {
    for (const [i, one] of asArray(part[list], `${path}.${list}`).entries())
      want(stage, one, `${path}.${list}[${i}]`, wanted);
    return;
  }
  // The one kind that needs no part.
  if (type === 'TemplateProcessing') return;
  const types = TYPES[stage].split('|').map((names) => names.split(','));
  const at = types.findIndex((names) => names.includes(type));
  if (at < 0 || type === '') throw unknownType(stage, type, path, types.flat().filter(Boolean));
  wanted.add(at);
}
