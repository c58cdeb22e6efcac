import { TokenizerError } from '../error.js';
import type { AddedTokenJSON } from '../format/json.js';
import { Trie } from '../model/trie.js';
import { SPACE, WORDS } from '../scan/sets.js';
import type { Normalizer } from './normalizers.js';

/** A stretch of text: an added token with its id, or, with -1, text for the model. */
export interface Segment {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The tokens that are found in the text itself before the model sees it: special ones such as
 * `<|endoftext|>`, and words that a user added. Each is looked for either in the text as given or, if it is
 * `normalized`, in the normalized text.
 */
export class AddedTokens {
  readonly tokens: readonly AddedTokenJSON[];
  readonly #byId = new Map<number, AddedTokenJSON>();
  readonly #byContent = new Map<string, AddedTokenJSON>();
  /** What a normalized token looks like in normalized text, where that differs. */
  readonly #normalizedForm = new Map<number, string>();
  readonly #plain: Finder;
  readonly #normalized: Finder;

  constructor(tokens: readonly AddedTokenJSON[], normalizer: Normalizer) {
    this.tokens = [...tokens].sort((a, b) => a.id - b.id);
    const plain: [string, number][] = [];
    const normalized: [string, number][] = [];
    for (const token of tokens) {
      if (token.content === '') throw new TokenizerError(`Added token ${token.id} is empty.`);
      this.#byId.set(token.id, token);
      this.#byContent.set(token.content, token);
      let form = token.content;
      if (token.normalized) for (const change of normalizer) form = change.normalize(form);
      if (form !== token.content) this.#normalizedForm.set(token.id, form);
      if (form !== '') (token.normalized ? normalized : plain).push([form, token.id]);
    }
    this.#plain = new Finder(plain);
    this.#normalized = new Finder(normalized);
  }

  get(token: string): number | undefined {
    return this.#byContent.get(token)?.id;
  }

  contentOf(id: number): string | undefined {
    return this.#byId.get(id)?.content;
  }

  /** The text that an id decodes to: the token's normalized form. */
  textOf(id: number): string | undefined {
    return this.#normalizedForm.get(id) ?? this.contentOf(id);
  }

  isSpecial(token: string): boolean {
    return this.#byContent.get(token)?.special === true;
  }

  /** Whether there are any that are looked for in normalized text. */
  get hasNormalized(): boolean {
    return !this.#normalized.isEmpty;
  }

  /** Finds the tokens in a text: as given, or normalized. */
  split(text: string, isNormalized: boolean): Segment[] {
    const finder = isNormalized ? this.#normalized : this.#plain;
    const segments: Segment[] = [];
    let done = 0;
    for (let from = 0; from < text.length; ) {
      const match = finder.find(text, from);
      if (!match) break;
      from = match.end;
      const token = this.#byId.get(match.id) as AddedTokenJSON;
      let { start, end } = match;
      if (token.single_word && !standsAlone(text, start, end)) continue;
      if (token.lstrip) while (start > done && SPACE.has(text.charCodeAt(start - 1))) start--;
      start = Math.max(start, done);
      if (token.rstrip) while (end < text.length && SPACE.has(text.charCodeAt(end))) end++;
      if (done < start) segments.push({ id: -1, start: done, end: start });
      segments.push({ id: match.id, start, end });
      done = end;
    }
    if (done < text.length) segments.push({ id: -1, start: done, end: text.length });
    return segments;
  }
}

function standsAlone(text: string, start: number, end: number): boolean {
  const after = text.codePointAt(end);
  if (after !== undefined && WORDS.has(after)) return false;
  if (start === 0) return true;
  const low = text.charCodeAt(start - 1);
  const before = low >= 0xdc00 && low < 0xe000 && start > 1 ? (text.codePointAt(start - 2) as number) : low;
  return !WORDS.has(before);
}

/** Finds the leftmost of a set of strings, the longest where several start at one place. */
class Finder {
  readonly #trie = new Trie();
  /** With one or few first units the engine's own search is quicker than a loop. */
  readonly #first: RegExp | undefined;

  constructor(strings: readonly (readonly [string, number])[]) {
    if (strings.length === 0) return;
    for (const [text, id] of strings) this.#trie.add(text, id);
    const units = [...new Set(strings.map(([text]) => text.charCodeAt(0)))];
    const escaped = units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`);
    this.#first = new RegExp(`[${escaped.join('')}]`, 'g');
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  find(text: string, from: number): { id: number; start: number; end: number } | undefined {
    if (!this.#first) return undefined;
    for (let start = from; start < text.length; start++) {
      if (this.#trie.next(Trie.ROOT, text.charCodeAt(start)) < 0) {
        this.#first.lastIndex = start;
        const match = this.#first.exec(text);
        if (!match) return undefined;
        start = match.index;
      }
      const id = this.#trie.longest(text, start, text.length);
      if (id >= 0) return { id, start, end: this.#trie.stop };
    }
    return undefined;
  }
}
