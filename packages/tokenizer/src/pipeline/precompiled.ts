import { TokenizerError } from '../error.js';
import { utf8Of } from '../model/byte-alphabet.js';
import type { Normalizer } from './normalizers.js';
import type { Edits } from './piece.js';

/**
 * SentencePiece's rules of normalization, compiled: the length of a trie in bytes, the trie (a double array
 * of Darts: Aoe 1989, in darts-clone's packing), and the replacements, each ended by a zero byte, which the
 * trie's values point into.
 */
export function precompiled(base64: string, path: string): Normalizer {
  const bytes = fromBase64(base64, path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trieBytes = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  if (bytes.length < 4 || trieBytes + 4 > bytes.length) {
    throw new TokenizerError(
      `${path}: the trie should take ${trieBytes} bytes, but only ${bytes.length - 4} are there.`,
    );
  }
  const trie = new Uint32Array(trieBytes >> 2);
  for (let i = 0; i < trie.length; i++) trie[i] = view.getUint32(4 + 4 * i, true);
  const replacements = bytes.subarray(4 + trieBytes);
  const decoder = new TextDecoder();
  const offsetOf = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);

  /** The replacement of the shortest prefix that has one, as in the reference implementation. */
  const find = (text: string): string | undefined => {
    const key: number[] = [];
    const length = utf8Of(text, 0, text.length, key);
    let node = offsetOf(trie[0] ?? 0);
    for (let i = 0; i < length; i++) {
      const byte = key[i] as number;
      if (byte === 0) return undefined;
      node ^= byte;
      const unit = trie[node] ?? 0;
      if ((unit & 0x800000ff) >>> 0 !== byte) return undefined;
      node ^= offsetOf(unit);
      if ((unit & 0x100) !== 0) {
        const start = (trie[node] ?? 0) & 0x7fffffff;
        const end = replacements.indexOf(0, start);
        return decoder.decode(replacements.subarray(start, end < 0 ? undefined : end));
      }
    }
    return undefined;
  };

  const cache = new Map<string, string | undefined>();
  const replacementOf = (text: string): string | undefined => {
    let found = cache.get(text);
    if (found === undefined && !cache.has(text)) {
      found = find(text);
      if (cache.size < 10_000) cache.set(text, found);
    }
    return found;
  };

  const edit = (text: string, edits: Edits): void => {
    for (const grapheme of graphemesOf(text)) {
      const whole = grapheme.length < 6 && utf8Length(grapheme) < 6 ? replacementOf(grapheme) : undefined;
      if (whole !== undefined) {
        replaceWith(edits, grapheme, whole);
        continue;
      }
      for (const character of grapheme) {
        const part = replacementOf(character);
        if (part === undefined) edits.add(character, 0);
        else replaceWith(edits, character, part);
      }
    }
  };

  const normalize = (text: string): string => {
    const characters: string[] = [];
    edit(text, { add: (character) => characters.push(character), drop() {}, swallow() {} });
    return characters.join('');
  };
  return [{ normalize, edit }];
}

function replaceWith(edits: Edits, old: string, replacement: string): void {
  const parts = Array.from(replacement);
  const more = parts.length - Array.from(old).length;
  for (const [i, part] of parts.entries()) edits.add(part, i >= parts.length - more ? 1 : 0);
  // The last new character swallows what is left of the old ones.
  if (more < 0) edits.swallow(-more);
}

/** Printable ASCII and Chinese never join into clusters, so most text needs no segmenter. */
const SIMPLE = /^[ -~\u3000-\u3029\u4e00-\u9fff\uff01-\uff5e]*$/;

function graphemesOf(text: string): Iterable<string> {
  if (SIMPLE.test(text)) return text;
  return clusters(text);
}

let segmenter: Intl.Segmenter | undefined;

function* clusters(text: string): Iterable<string> {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(text)) yield segment;
}

function utf8Length(text: string): number {
  return utf8Of(text, 0, text.length, []);
}

export function fromBase64(text: string, path: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new TokenizerError(`${path} is not base64.`);
  }
}
