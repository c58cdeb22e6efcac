/** BERT reads Chinese: how a text becomes tokens, ids and masks, and what comes out of the model for each token. */
import { noGrad, tensor } from '@inkstone/core';
import { PipelineTokenizer } from '@inkstone/tokenizer';
import { AutoTokenizer } from '../auto.js';
import { Bert } from '../bert.js';
import { lesson, note, table, text } from './lesson.js';

const sentence =
  'Transformer 是一种基于自注意力机制的模型架构，广泛应用于自然语言处理任务。与传统的循环神经网络不同，它能够并行处理整个序列，并捕捉长距离依赖。本文将介绍其基本组成部分，包括词嵌入、位置编码、自注意力、前馈网络等。';
const maxLength = 8192;

export const bertZh = lesson({
  name: 'bert-zh',
  title: { zh: '分词与嵌入：BERT 怎样读中文', en: 'Tokens and embeddings: how BERT reads Chinese' },
  summary: {
    zh: '一段话变成 103 个编号、类型和掩码，再变成 103 个 768 维的向量。',
    en: 'A paragraph becomes 103 ids, types and masks, and then 103 vectors of 768 numbers.',
  },
  options: { model: 'google-bert/bert-base-chinese' },

  async *program({ model: source }) {
    const tokenizer = await AutoTokenizer.fromPretrained(source);
    if (!(tokenizer instanceof PipelineTokenizer)) {
      throw new Error('lesson bert-zh: the tokenizer gives no types and masks; take a folder of BERT’s');
    }
    yield text('sentence', '原文', 'The text', sentence);
    const [encoding] = tokenizer.encodeBatch([sentence], { padding: true, truncation: { maxLength } });
    const { inputIds, tokenTypeIds, attentionMask } = encoding;
    const tokens = tokenizer.convertIdsToTokens(inputIds).map((token) => token ?? '');
    yield note(
      `${inputIds.length} 个词元：开头加上 [CLS]，结尾加上 [SEP]，词表里没有的变成 [UNK]；中文一个字一个词元。`,
      `${inputIds.length} tokens: [CLS] in front, [SEP] behind, [UNK] for what the vocabulary lacks; a Chinese character each.`,
    );
    yield table(
      'tokens',
      '词元、编号、类型、掩码（前 12 个）',
      'Tokens, ids, types and mask (the first 12)',
      ['词元 token', 'id', 'type', 'mask'],
      tokens.slice(0, 12).map((token, i) => [token, inputIds[i], tokenTypeIds[i], attentionMask[i]]),
    );
    const decoded = tokenizer.decode(inputIds, { skipSpecialTokens: true });
    yield text('decoded', '解码', 'Decoded', decoded);

    const model = await Bert.fromPretrained(source, { addPoolingLayer: false });
    model.eval();
    const row = (values: number[]) => tensor([values], { dtype: 'int32' });
    const { lastHiddenState } = noGrad(() =>
      model.forward(row(inputIds), {
        attentionMask: row(attentionMask),
        tokenTypeIds: row(tokenTypeIds),
      }),
    );
    const { shape } = lastHiddenState;
    const [vectors] = (await lastHiddenState.toArray()) as number[][][];
    yield note(
      `lastHiddenState 的形状是 [${shape.join(', ')}]：一句话，${shape[1]} 个词元，每个 ${shape[2]} 个数。`,
      `lastHiddenState is [${shape.join(', ')}]: one text, ${shape[1]} tokens, ${shape[2]} numbers each.`,
    );
    yield table(
      'vectors',
      '头几个词元的前六个数',
      'The first six numbers of the first tokens',
      ['词元 token', '0', '1', '2', '3', '4', '5'],
      tokens.slice(0, 6).map((token, i) => [token, ...vectors[i].slice(0, 6)]),
    );
    return {
      losses: [],
      result: {
        ids: inputIds,
        tokenTypeIds,
        attentionMask,
        tokens,
        decoded,
        shape,
        // Of [CLS], which stands for the whole text.
        lastHiddenState: vectors[0],
      },
    };
  },
});
