import { TokenizerError } from '../error.js';
import type { Tokenizer } from '../tokenizer.js';
import type { BertOptions } from './bert-files.js';
import { asObject } from './check.js';
import type { LoadOptions } from './file.js';
import type { ReadFile } from './folder.js';

/** The tokenizer of a model's folder from before `tokenizer.json`. */
export async function tokenizerOfFiles(read: ReadFile, options: LoadOptions): Promise<Tokenizer> {
  const text = async (name: string) => {
    const bytes = await read(name);
    return bytes && new TextDecoder().decode(bytes);
  };
  const config = settings(await text('tokenizer_config.json'), 'tokenizer_config.json');
  const map = settings(await text('special_tokens_map.json'), 'special_tokens_map.json');
  const special = (name: string): string | undefined => contentOf(map[name]) ?? contentOf(config[name]);

  const model = await read('tokenizer.model');
  if (model) {
    const { tokenizerFromSentencePiece } = await import('./sentencepiece.js');
    return tokenizerFromSentencePiece(model, {
      addBosToken: config.add_bos_token === true,
      addEosToken: config.add_eos_token === true,
      ...(options.regex ? { regex: options.regex } : {}),
    });
  }
  const [vocab, merges] = [await text('vocab.json'), await text('merges.txt')];
  if (vocab !== undefined && merges !== undefined) {
    const tokens = ['bos_token', 'eos_token', 'unk_token', 'pad_token']
      .map(special)
      .filter((token) => token !== undefined);
    const { gpt2Tokenizer } = await import('./gpt2-files.js');
    return gpt2Tokenizer(vocab, merges, {
      addPrefixSpace: config.add_prefix_space === true,
      ...(tokens.length > 0 ? { specialTokens: [...new Set(tokens)] } : {}),
    });
  }
  const words = await text('vocab.txt');
  if (words !== undefined) {
    const { bertTokenizer } = await import('./bert-files.js');
    return bertTokenizer(words, bertOptions(config, special));
  }
  throw new TokenizerError(
    'loadTokenizer: there is no tokenizer.json, tokenizer.model, vocab.json with merges.txt, or vocab.txt.',
  );
}

function settings(text: string | undefined, name: string): Record<string, unknown> {
  if (text === undefined) return {};
  try {
    return asObject(JSON.parse(text), name);
  } catch (error) {
    throw error instanceof TokenizerError
      ? error
      : new TokenizerError(`${name}: not JSON (${(error as Error).message}).`);
  }
}

/** A token as text, or as an object with its text. */
function contentOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

function bertOptions(
  config: Record<string, unknown>,
  special: (name: string) => string | undefined,
): BertOptions {
  const options: Record<string, unknown> = {
    doLowerCase: config.do_lower_case,
    stripAccents: config.strip_accents,
    tokenizeChineseChars: config.tokenize_chinese_chars,
    unkToken: special('unk_token'),
    sepToken: special('sep_token'),
    padToken: special('pad_token'),
    clsToken: special('cls_token'),
    maskToken: special('mask_token'),
  };
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
  ) as BertOptions;
}
