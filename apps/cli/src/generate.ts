/** `inkstone generate`: writes with a model from a folder, token by token. */
import { AutoModelForCausalLM, AutoTokenizer, type CausalLM } from '@inkstone/models';
import type { Tokenizer } from '@inkstone/tokenizer';
import { type BackendName, openBackend } from './backend.js';
import { printable } from './display/format.js';
import { Failure, oneLine } from './failure.js';
import { catchInterrupts } from './interrupt.js';

export interface GenerateOptions {
  readonly prompt: string;
  readonly tokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly backend: BackendName;
  readonly threads?: number;
}

/**
 * Streams text to stdout until the number of tokens is reached or Ctrl-C is pressed.
 *
 * @returns the exit code.
 */
export async function generate(folder: string, options: GenerateOptions): Promise<number> {
  // First what needs no device: a wrong folder is told at once.
  const tokenizer = await AutoTokenizer.fromPretrained(folder);
  const ids = promptIds(options.prompt, tokenizer);
  const interrupt = catchInterrupts();
  const device = await openBackend(options.backend, { threads: options.threads });
  try {
    const model = await AutoModelForCausalLM.fromPretrained(folder);
    process.stdout.write(printable(options.prompt));
    for await (const piece of pieces(model, ids, tokenizer, options, interrupt.signal)) {
      process.stdout.write(printable(piece));
    }
    process.stdout.write('\n');
    return interrupt.exitCode();
  } finally {
    interrupt.release();
    await device.close();
  }
}

function pieces(
  model: CausalLM,
  ids: readonly number[],
  tokenizer: Tokenizer,
  { tokens, temperature, topK, seed }: GenerateOptions,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const drawing = {
    temperature,
    ...(topK === undefined ? {} : { topK }),
    // Another text each time, unless a seed asks for the same one.
    seed: seed ?? Math.floor(Math.random() * 2 ** 32),
  };
  return model.stream(ids, {
    tokenizer,
    maxNewTokens: tokens,
    signal,
    ...(temperature === 0 ? { doSample: false } : drawing),
  });
}

/** The prompt's tokens. Without a prompt the text begins as a text or a line does. */
function promptIds(prompt: string, tokenizer: Tokenizer): readonly number[] {
  if (prompt === '') {
    // Some tokenizers put a token before each text, also before none.
    const ids = tokenizer.encode('');
    return ids.length > 0 ? ids : [startToken(tokenizer)];
  }
  try {
    return tokenizer.encode(prompt);
  } catch (error) {
    const unknown = [...prompt].find((character) => !isKnown(character, tokenizer));
    const why =
      unknown === undefined
        ? oneLine(error)
        : `the model does not know the character ${JSON.stringify(unknown)}; it knows ${tokenizer.vocabSize}`;
    throw new Failure(`--prompt: ${why}`, 1, { cause: error });
  }
}

function isKnown(character: string, tokenizer: Tokenizer): boolean {
  try {
    tokenizer.encode(character);
    return true;
  } catch {
    return false;
  }
}

/** The token that a text without a prompt begins after: the end of the text before, or of the line. */
export function startToken(tokenizer: Tokenizer): number {
  return tokenizer.tokenToId('<|endoftext|>') ?? tokenizer.tokenToId('\n') ?? 0;
}
