import { describeValue, TokenizerError } from '../error.js';
import { asObject, asString } from '../format/check.js';
import type { JSONPart } from '../format/json.js';
import type { Ids } from './ids.js';
import type { Model, Spans } from './model.js';
import { Vocab } from './vocab.js';

/** Each word is one token. */
export class WordLevel implements Model {
  readonly vocab: Vocab;
  readonly unkToken: string;
  readonly unkId: number | undefined;

  /** @param unkToken stands for words that are not in the vocabulary; if it is not in there either, they are errors. */
  constructor(vocab: Vocab, unkToken = '<unk>') {
    this.vocab = vocab;
    this.unkToken = unkToken;
    this.unkId = vocab.get(unkToken);
  }

  encode(text: string, start: number, end: number, ids: Ids): void {
    const word = text.slice(start, end);
    const id = this.vocab.get(word) ?? this.unkId;
    if (id === undefined) {
      throw new TokenizerError(
        `WordLevel: the word ${describeValue(word)} is not in the vocabulary, and neither is the unknown token ${describeValue(this.unkToken)}.`,
      );
    }
    ids.push(id);
  }

  encodeSpans(text: string, start: number, end: number, ids: Ids, spans: Spans): void {
    this.encode(text, start, end, ids);
    spans.push(start, end);
  }

  toJSON(): JSONPart {
    return { type: 'WordLevel', vocab: this.vocab.toJSON(), unk_token: this.unkToken };
  }

  static fromJSON(json: unknown): WordLevel {
    const model = asObject(json, 'model');
    return new WordLevel(
      Vocab.fromJSON(model.vocab, 'model.vocab'),
      asString(model.unk_token, 'model.unk_token'),
    );
  }
}
