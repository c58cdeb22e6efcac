import { TokenizerError } from '../error.js';
import { kinds as bertKinds } from '../kinds/bert.js';
import { Vocab } from '../model/vocab.js';
import { WordPiece } from '../model/wordpiece.js';
import { PipelineTokenizer } from '../pipeline/batches.js';
import { type JSONPart, plainToken } from './json.js';

/** BERT's `vocab.txt`, from before `tokenizer.json`. */

/** What `BertTokenizer` was told; the names and defaults are those of `transformers`. */
export interface BertOptions {
  /** Turn text to lower case and take accents off. Default: true. */
  doLowerCase?: boolean;
  /** Default: as `doLowerCase`. */
  stripAccents?: boolean;
  /** Put spaces around Chinese characters. Default: true. */
  tokenizeChineseChars?: boolean;
  unkToken?: string;
  sepToken?: string;
  padToken?: string;
  clsToken?: string;
  maskToken?: string;
}

/**
 * BERT's tokenizer from its `vocab.txt`, one token a line.
 *
 * @example
 * ```ts
 * const tokenizer = bertTokenizer(await readFile('vocab.txt', 'utf8'), { doLowerCase: false });
 * ```
 */
export function bertTokenizer(vocabText: string, options: BertOptions = {}): PipelineTokenizer {
  const { doLowerCase = true, stripAccents, tokenizeChineseChars = true } = options;
  const {
    unkToken = '[UNK]',
    sepToken = '[SEP]',
    padToken = '[PAD]',
    clsToken = '[CLS]',
    maskToken = '[MASK]',
  } = options;
  const lines = vocabText.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const vocab = new Vocab();
  for (const [id, line] of lines.entries()) vocab.set(line.trimEnd(), id);
  const idOf = (token: string): number => {
    const id = vocab.get(token);
    if (id === undefined) throw new TokenizerError(`vocab.txt: the special token ${token} is not in it.`);
    return id;
  };
  const token = (id: string, type_id: number): JSONPart => ({ SpecialToken: { id, type_id } });
  const text = (id: string, type_id: number): JSONPart => ({ Sequence: { id, type_id } });
  return new PipelineTokenizer({
    kinds: bertKinds,
    model: new WordPiece(vocab, { unkToken }),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: tokenizeChineseChars,
      strip_accents: stripAccents ?? null,
      lowercase: doLowerCase,
    },
    preTokenizer: { type: 'BertPreTokenizer' },
    postProcessor: {
      type: 'TemplateProcessing',
      single: [token(clsToken, 0), text('A', 0), token(sepToken, 0)],
      pair: [token(clsToken, 0), text('A', 0), token(sepToken, 0), text('B', 1), token(sepToken, 1)],
      special_tokens: Object.fromEntries(
        [clsToken, sepToken].map((content) => [
          content,
          { id: content, ids: [idOf(content)], tokens: [content] },
        ]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    addedTokens: [...new Set([padToken, unkToken, clsToken, sepToken, maskToken])].map((content) =>
      plainToken(idOf(content), content),
    ),
  });
}
