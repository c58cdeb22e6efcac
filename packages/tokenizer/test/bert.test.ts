import { Tokenizer as HuggingFace } from '@inkstone/peers/hugging-face';
import { describe, expect, test } from 'vitest';
import { pipelineFromJSON } from '../src/index.js';
import { families } from './support/families.js';

/** The text of the tutorial, its 103 ids and tokens: `specs/bert-example.md`. */
const TEXT =
  'Transformer 是一种基于自注意力机制的模型架构，广泛应用于自然语言处理任务。与传统的循环神经网络不同，它能够并行处理整个序列，并捕捉长距离依赖。本文将介绍其基本组成部分，包括词嵌入、位置编码、自注意力、前馈网络等。';
const IDS = [
  101, 100, 3221, 671, 4905, 1825, 754, 5632, 3800, 2692, 1213, 3322, 1169, 4638, 3563, 1798, 3373, 3354,
  8024, 2408, 3793, 2418, 4500, 754, 5632, 4197, 6427, 6241, 1905, 4415, 818, 1218, 511, 680, 837, 5320, 4638,
  2542, 4384, 4868, 5307, 5381, 5317, 679, 1398, 8024, 2124, 5543, 1916, 2400, 6121, 1905, 4415, 3146, 702,
  2415, 1154, 8024, 2400, 2936, 2929, 7270, 6655, 4895, 898, 6609, 511, 3315, 3152, 2199, 792, 5305, 1071,
  1825, 3315, 5299, 2768, 6956, 1146, 8024, 1259, 2886, 6404, 2316, 1057, 510, 855, 5390, 5356, 4772, 510,
  5632, 3800, 2692, 1213, 510, 1184, 7668, 5381, 5317, 5023, 511, 102,
];

const json = families['BERT Chinese']?.();

describe.skipIf(json === undefined)('bert-base-chinese', () => {
  const tokenizer = () => pipelineFromJSON(json as string);

  test("gives the tutorial's 103 ids, types and mask", () => {
    const [encoding] = tokenizer().encodeBatch([TEXT], { padding: true, truncation: { maxLength: 8192 } });
    expect(encoding?.inputIds).toEqual(IDS);
    expect(encoding?.tokenTypeIds).toEqual(IDS.map(() => 0));
    expect(encoding?.attentionMask).toEqual(IDS.map(() => 1));
  });

  test("gives the tutorial's tokens", () => {
    const tokens = tokenizer().convertIdsToTokens(IDS);
    expect(tokens).toEqual(['[CLS]', '[UNK]', ...Array.from(TEXT.slice('Transformer '.length)), '[SEP]']);
    expect(tokenizer().decode(IDS, { skipSpecialTokens: true })).toBe(
      Array.from(TEXT.slice('Transformer '.length)).join(' '),
    );
  });
});

describe.each(['BERT Chinese', 'BERT Chinese, lower case'])('%s', (name) => {
  const file = families[name]?.();
  test.skipIf(file === undefined)('takes every character as the reference does', async () => {
    const characters: string[] = [];
    for (let code = 0; code < 0x110000; code++) {
      const character = String.fromCodePoint(code);
      if (!/[\p{Cs}\p{Co}\p{Cn}\p{Unified_Ideograph}]|[가-힣]/u.test(character)) characters.push(character);
    }
    const ours = pipelineFromJSON(file as string);
    const theirs = await HuggingFace.fromString(file as string).encodeBatch(characters);
    const different = characters.filter(
      (character, i) => ours.encode(character).join() !== theirs[i]?.getIds().join(),
    );
    expect(different.map((character) => character.codePointAt(0)?.toString(16))).toEqual([]);
  });
});
