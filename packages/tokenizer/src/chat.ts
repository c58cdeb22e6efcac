import { TokenizerError } from './error.js';

/** One turn of a conversation, as chat templates take them. */
export interface ChatMessage {
  role: string;
  content: unknown;
  [field: string]: unknown;
}

/** What a chat template may be told. */
export interface ChatOptions {
  /** End with the start of the assistant's turn. Default: false. */
  addGenerationPrompt?: boolean;
  /** Descriptions of the functions that the model may call. */
  tools?: readonly unknown[];
  /** Other variables that the template uses, such as `enable_thinking`. */
  [variable: string]: unknown;
}

/**
 * Compiles a model's chat template (the `chat_template` of its `tokenizer_config.json`) with
 * `@huggingface/jinja`, which must be installed beside this package.
 *
 * @param specialTokens what the template calls `bos_token`, `eos_token` and so on.
 * @returns a function from messages to the text that the tokenizer should encode, without adding special tokens.
 *
 * @example
 * ```ts
 * const render = await compileChatTemplate(config.chat_template, { bos_token: '<s>' });
 * const ids = tokenizer.encode(render([{ role: 'user', content: 'Hi' }], { addGenerationPrompt: true }), { addSpecialTokens: false });
 * ```
 */
export async function compileChatTemplate(
  template: string,
  specialTokens: Readonly<Record<string, string>> = {},
): Promise<(messages: readonly ChatMessage[], options?: ChatOptions) => string> {
  const { Template } = await import('@huggingface/jinja').catch((error: Error) => {
    throw new TokenizerError(
      `compileChatTemplate needs the package @huggingface/jinja: npm install @huggingface/jinja (${error.message}).`,
    );
  });
  let compiled: InstanceType<typeof Template>;
  try {
    compiled = new Template(template);
  } catch (error) {
    throw new TokenizerError(`chat_template: ${(error as Error).message}`);
  }
  return (messages, { addGenerationPrompt = false, ...variables } = {}) => {
    try {
      return compiled.render({
        ...specialTokens,
        ...variables,
        messages,
        add_generation_prompt: addGenerationPrompt,
      });
    } catch (error) {
      throw new TokenizerError(`chat_template: ${(error as Error).message}`);
    }
  };
}
