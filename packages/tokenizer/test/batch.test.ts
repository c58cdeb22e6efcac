import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { describe, expect, test } from 'vitest';
import { type Encoding, pipelineFromJSON } from '../src/index.js';
import { families } from './support/families.js';

const bert = families['BERT Chinese']?.();

describe.skipIf(bert === undefined)('encodeBatch', () => {
  const texts = [
    '一',
    '自然语言处理 a',
    ['前馈网络等', '位置编码、自注意力'] as const,
    ['长距离依赖。本文将介绍其基本组成部分', '词'] as const,
  ];

  /** The reference's encoding of one text or pair, with its own padding and truncation. */
  async function reference(tokenizer: HuggingFace, input: string | readonly [string, string]) {
    const encoding =
      typeof input === 'string' ? await tokenizer.encode(input) : await tokenizer.encode(...input);
    return flat(encoding);
  }

  type Theirs = Awaited<ReturnType<HuggingFace['encode']>>;
  const flat = (encoding: Theirs): unknown => ({
    inputIds: encoding.getIds(),
    tokenTypeIds: encoding.getTypeIds(),
    attentionMask: encoding.getAttentionMask(),
    specialTokensMask: encoding.getSpecialTokensMask(),
    offsets: encoding.getOffsets(),
    wordIds: encoding.getWordIds().map((word) => word ?? null),
    overflowing: encoding.getOverflowing().map(flat),
  });
  const mine = ({ sequenceIds: _, ...encoding }: Encoding): unknown => ({
    ...encoding,
    overflowing: encoding.overflowing.map(mine),
  });

  test('pads on either side to a fixed length or a multiple', async () => {
    for (const direction of ['left', 'right'] as const) {
      const tokenizer = HuggingFace.fromString(bert as string);
      tokenizer.setPadding({
        maxLength: 20,
        direction,
        padId: 0,
        padTypeId: 3,
        padToken: '[PAD]',
        padToMultipleOf: 8,
      });
      const ours = pipelineFromJSON(bert as string).encodeBatch(texts, {
        padding: { strategy: 'maxLength', maxLength: 20, direction, padTypeId: 3, padToMultipleOf: 8 },
      });
      for (const [i, text] of texts.entries())
        expect(mine(ours[i] as Encoding)).toEqual(await reference(tokenizer, text));
    }
  });

  test.each([
    [8, 'longestFirst', 0],
    [9, 'longestFirst', 2],
    [14, 'onlyFirst', 1],
    [6, 'longestFirst', 0],
  ] as const)('truncates to %i by %s with stride %i', async (maxLength, strategy, stride) => {
    for (const direction of ['left', 'right'] as const) {
      // The reference stops tokenizing once it has enough, so that its overflow is not the whole rest. The part
      // that stays is the same.
      const tokenizer = HuggingFace.fromString(bert as string);
      const names = { longestFirst: 'LongestFirst', onlyFirst: 'OnlyFirst' } as const;
      tokenizer.setTruncation(maxLength, {
        strategy: names[strategy] as never,
        stride,
        direction,
      });
      const ours = pipelineFromJSON(bert as string).encodeBatch(texts, {
        truncation: { maxLength, strategy, stride, direction },
      });
      for (const [i, text] of texts.entries()) {
        const theirs = (await reference(tokenizer, text)) as Encoding;
        expect(ours[i]?.inputIds).toEqual(theirs.inputIds);
        if (direction === 'right') expect(ours[i]?.offsets).toEqual(theirs.offsets);
      }
    }
  });

  test('keeps what it cuts off, in pieces that overlap', () => {
    const tokenizer = pipelineFromJSON(bert as string);
    const text = '长距离依赖。本文将介绍其基本组成部分';
    const whole = tokenizer.encode(text, { addSpecialTokens: false });
    const [encoding] = tokenizer.encodeBatch([text], { truncation: { maxLength: 8, stride: 2 } });
    const parts = [encoding as Encoding, ...(encoding as Encoding).overflowing].map(({ inputIds }) =>
      inputIds.slice(1, -1),
    );
    expect(parts.flatMap((part, i) => (i === 0 ? part : part.slice(2)))).toEqual(whole);
  });

  test('goes without offsets when asked to', () => {
    const tokenizer = pipelineFromJSON(bert as string);
    const [with_, without] = [true, false].map((offsets) => tokenizer.encodeBatch(texts, { offsets }));
    expect(without?.map(({ inputIds }) => inputIds)).toEqual(with_?.map(({ inputIds }) => inputIds));
    expect(without?.[0]?.offsets.flat().every((offset) => offset === 0)).toBe(true);
  });

  test('names options that make no sense', () => {
    const tokenizer = pipelineFromJSON(bert as string);
    expect(() => tokenizer.encodeBatch(texts, { truncation: { maxLength: 1 } })).toThrow(
      'maxLength must be at least the 2 tokens',
    );
    expect(() => tokenizer.encodeBatch(texts, { truncation: { maxLength: 5, stride: 9 } })).toThrow(
      'stride must be less than',
    );
    expect(() =>
      tokenizer.encodeBatch(['一二三四五'], { truncation: { maxLength: 4, strategy: 'onlySecond' } }),
    ).toThrow('needs a pair');
    expect(() => tokenizer.encodeBatch(texts, { truncation: true })).toThrow('no setting of its own');
    expect(() => tokenizer.encodeBatch(texts, { padding: { strategy: 'maxLength' } })).toThrow(
      'needs maxLength',
    );
    expect(() => tokenizer.encodeBatch(texts, { padding: { padToken: '[X]' } })).toThrow(
      '[X] is not in the vocabulary',
    );
  });

  test('names what is wrong with the settings of a file', () => {
    const withSettings = (settings: object) =>
      pipelineFromJSON({ ...JSON.parse(bert as string), ...settings });
    const cut = { max_length: 8, strategy: 'LongestFirst', stride: 0, direction: 'Right' };
    const encode = (settings: object, options: object) => () =>
      withSettings(settings).encodeBatch(['一'], options);
    expect(encode({ truncation: { ...cut, max_length: '8' } }, { truncation: true })).toThrow(
      'truncation.max_length must be a whole number, but is "8"',
    );
    expect(encode({ truncation: { ...cut, strategy: 'Middle' } }, { truncation: true })).toThrow(
      'truncation.strategy must be LongestFirst, OnlyFirst, OnlySecond, but is "Middle"',
    );
    const fill = {
      strategy: { Fixed: 4 },
      direction: 'Right',
      pad_id: 0,
      pad_type_id: 0,
      pad_token: '[PAD]',
    };
    expect(encode({ padding: { ...fill, strategy: { Fixed: -1 } } }, { padding: true })).toThrow(
      'padding.strategy.Fixed must be a whole number, but is -1',
    );
    expect(
      withSettings({ padding: fill, truncation: cut }).encodeBatch(['一'], {
        padding: true,
        truncation: true,
      })[0]?.inputIds,
    ).toHaveLength(4);
  });
});

test('refuses options and inputs that are none, by name, value and what is allowed', () => {
  const tokenizer = pipelineFromJSON(families['GPT-2']?.() as string);
  const encode = (options: object, inputs: unknown = ['a b c']) =>
    tokenizer.encodeBatch(inputs as string[], options);
  const cut = { maxLength: 8 };
  for (const [options, message] of [
    [
      { truncation: { ...cut, direction: 'up' } },
      `truncation.direction must be 'left' or 'right', but is "up"`,
    ],
    [{ truncation: { ...cut, stride: -1 } }, 'truncation.stride must be a whole number from 0, but is -1'],
    [{ truncation: { maxLength: '4' } }, 'truncation.maxLength must be a whole number from 0, but is "4"'],
    [
      { truncation: { maxLength: Number.NaN } },
      'truncation.maxLength must be a whole number from 0, but is NaN',
    ],
    [{ truncation: {} }, 'truncation.maxLength must be a whole number from 0, but is nothing'],
    [{ truncation: { ...cut, strategy: 'x' } }, `truncation.strategy must be 'longestFirst' or 'onlyFirst'`],
    [{ truncation: 8 }, 'truncation must be true, false or an object of options, but is 8'],
    [{ padding: 'longest' }, 'padding must be true, false or an object of options, but is "longest"'],
    [{ padding: { strategy: 'max' } }, `padding.strategy must be 'longest' or 'maxLength', but is "max"`],
    [{ padding: { direction: 'up' } }, 'padding.direction must be'],
    [{ padding: { padId: -1 } }, 'padding.padId must be a whole number from 0, but is -1'],
    [{ padding: { padId: 1.5 } }, 'padding.padId must be a whole number from 0, but is 1.5'],
    [{ padding: { padTypeId: -1 } }, 'padding.padTypeId must be'],
    [
      { padding: { padToMultipleOf: 2.5 } },
      'padding.padToMultipleOf must be a whole number from 1, but is 2.5',
    ],
    [{ padding: { padToMultipleOf: 0 } }, 'padding.padToMultipleOf must be a whole number from 1, but is 0'],
    [
      { padding: { strategy: 'maxLength', maxLength: Number.NaN } },
      'padding.maxLength must be a whole number',
    ],
    [{ padding: { strategy: 'maxLength', maxLength: 1e12 } }, 'padding.maxLength must be at most 16777216'],
    [{ padding: { padToken: 5 } }, 'padding.padToken must be a string, but is 5'],
  ] as const) {
    expect(() => encode(options), JSON.stringify(options)).toThrow(`encodeBatch: ${message}`);
  }
  for (const input of [['a', 'b', 'c'], [], 5, null, ['a', 5]]) {
    expect(() => encode({}, ['一', input])).toThrow('encodeBatch: input 1 must be a text or a pair of texts');
  }
  // What files write for "no limit".
  expect(encode({ truncation: { maxLength: 1e30 } })[0]?.inputIds).toHaveLength(3);
  expect(encode({ truncation: { maxLength: Number.POSITIVE_INFINITY } })[0]?.inputIds).toHaveLength(3);
});
