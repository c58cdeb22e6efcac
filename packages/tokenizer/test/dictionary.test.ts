import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { describe, expect, test } from 'vitest';
import { compileChatTemplate } from '../src/chat.js';
import { DictionaryTokenizer, TokenizerError, tokenizerFromJSON } from '../src/index.js';

describe('DictionaryTokenizer', () => {
  const words = ['我', '喜', '喜欢', '玩', 'a.b', '👍', '<unk>'];

  test('takes the longest word at each place', () => {
    const tokenizer = new DictionaryTokenizer(words);
    expect(tokenizer.encode('我喜欢玩喜a.b👍')).toEqual([0, 2, 3, 1, 4, 5]);
    expect(tokenizer.decode([0, 2, 3])).toBe('我喜欢玩');
    expect(tokenizer.encode('')).toEqual([]);
  });

  test('takes words with spaces between', () => {
    const tokenizer = new DictionaryTokenizer({ I: 0, love: 1, you: 2 }, { separator: ' ' });
    expect(tokenizer.encode('I love you')).toEqual([0, 1, 2]);
    expect(tokenizer.decode([0, 1, 2])).toBe('I love you');
    const stream = tokenizer.decodeStream();
    expect(stream.step(0) + stream.step([1, 2]) + stream.flush()).toBe('I love you');
  });

  test('names what no word covers', () => {
    const tokenizer = new DictionaryTokenizer(words);
    expect(() => tokenizer.encode('👍我x')).toThrow('no word starts with "x" (U+0078) at position 2');
    expect(() => tokenizer.decode([99])).toThrow('id 99');
    expect(() => new DictionaryTokenizer(['a', 'a'])).toThrow(TokenizerError);
    expect(() => new DictionaryTokenizer(['a'], { unkToken: 'b' })).toThrow(
      'unkToken "b" is not among the words',
    );
  });

  test.each(['', ' '] as const)(
    "Hugging Face's library loads the file and agrees (separator %j)",
    async (separator) => {
      const tokenizer = new DictionaryTokenizer(words, { unkToken: '<unk>', separator });
      const text = '我喜欢玩喜 a.bxx👍 aXb';
      const theirs = HuggingFace.fromString(JSON.stringify(tokenizer));
      const ids = tokenizer.encode(text);
      expect((await theirs.encode(text)).getIds()).toEqual(ids);
      expect(await theirs.decode(ids, false)).toBe(tokenizer.decode(ids));
      const copy = tokenizerFromJSON(JSON.stringify(tokenizer));
      expect(copy).toBeInstanceOf(DictionaryTokenizer);
      expect(copy.encode(text)).toEqual(ids);
      expect(copy.toJSON()).toEqual(tokenizer.toJSON());
    },
  );
});

describe('compileChatTemplate', () => {
  const template =
    '{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content | trim }}\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}';

  test('renders messages', async () => {
    const render = await compileChatTemplate(template, { bos_token: '<s>' });
    const messages = [{ role: 'user', content: ' 你好 ' }];
    expect(render(messages)).toBe('<s><|user|>你好\n');
    expect(render(messages, { addGenerationPrompt: true })).toBe('<s><|user|>你好\n<|assistant|>');
  });

  test('names what is wrong with a template', async () => {
    await expect(compileChatTemplate('{% for %}')).rejects.toThrow('chat_template');
    const render = await compileChatTemplate("{{ raise_exception('no system turn') }}");
    expect(() => render([])).toThrow('no system turn');
  });
});
