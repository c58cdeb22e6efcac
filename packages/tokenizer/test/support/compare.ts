import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { pipelineFromJSON } from '../../src/index.js';
import { stringGenerator } from './strings.js';

/** What differs from Hugging Face's library: which result, for which text. */
export interface Difference {
  what: 'ids' | 'offsets' | 'words' | 'decoded' | 'streamed';
  text: string;
  ours: unknown;
  theirs: unknown;
}

export interface CompareOptions {
  count: number;
  seed: number;
}

/** Compares everything about encoding and decoding over random texts; returns the first few differences. */
export async function compareOver(json: string, { count, seed }: CompareOptions): Promise<Difference[]> {
  const ours = pipelineFromJSON(json);
  const theirs = HuggingFace.fromString(json);
  const next = stringGenerator(seed);
  const found: Difference[] = [];
  for (let done = 0; done < count && found.length < 5; done += 1000) {
    const texts = Array.from({ length: Math.min(1000, count - done) }, next);
    const encodings = await theirs.encodeBatch(texts);
    const decoded = await theirs.decodeBatch(
      encodings.map((encoding) => encoding.getIds()),
      false,
    );
    const skipped = await theirs.decodeBatch(
      encodings.map((encoding) => encoding.getIds()),
      true,
    );
    for (const [i, text] of texts.entries()) {
      const encoding = encodings[i] as NonNullable<(typeof encodings)[number]>;
      const check = (what: Difference['what'], mine: unknown, other: unknown) => {
        if (JSON.stringify(mine) !== JSON.stringify(other))
          found.push({ what, text, ours: mine, theirs: other });
      };
      const ids = ours.encode(text);
      const [full] = ours.encodeBatch([text]);
      check('ids', ids, encoding.getIds());
      check('ids', full?.inputIds, encoding.getIds());
      check('offsets', full?.offsets, encoding.getOffsets());
      check(
        'words',
        full?.wordIds,
        encoding.getWordIds().map((word) => word ?? null),
      );
      check('decoded', ours.decode(ids), decoded[i]);
      check('decoded', ours.decode(ids, { skipSpecialTokens: true }), skipped[i]);
      const stream = ours.decodeStream();
      check('streamed', ids.map((id) => stream.step(id)).join('') + stream.flush(), decoded[i]);
    }
  }
  return found;
}
