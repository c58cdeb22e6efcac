/// <reference types="node" />
/** The lesson of BERT: its tokens with the vocabulary of bert-base-chinese, and the model's numbers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reference } from '@inkstone/backend-cpu/reference';
import { manualSeed, noGrad, tensor, use } from '@inkstone/core';
import { requireFixture, sharedFolder } from '@inkstone/harness/fixtures';
import { beforeAll, expect, test } from 'vitest';
import {
  Bert,
  type DoneEvent,
  findLesson,
  type LessonEvent,
  MemoryFolder,
  runLesson,
} from '../../src/index.js';

beforeAll(async () => {
  await use(reference());
});

/** A BERT of that vocabulary as Hugging Face's repository lays it out, with random weights. */
async function folderOf(vocabulary: string): Promise<MemoryFolder> {
  const bytes = (content: string) => new TextEncoder().encode(content);
  const folder = new MemoryFolder('bert');
  manualSeed(5);
  const vocabSize = vocabulary.trimEnd().split('\n').length;
  const sizes = { hiddenSize: 24, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 32 };
  await new Bert({ vocabSize, ...sizes }).savePretrained(folder);
  await folder.write('vocab.txt', bytes(vocabulary));
  await folder.write(
    'tokenizer_config.json',
    bytes('{"do_lower_case": false, "tokenizer_class": "BertTokenizer"}'),
  );
  return folder;
}

async function told(folder: MemoryFolder): Promise<LessonEvent[]> {
  const lesson = findLesson('bert-zh');
  if (!lesson) throw new Error('there is no lesson bert-zh');
  const events: LessonEvent[] = [];
  for await (const event of runLesson(lesson, { model: folder })) events.push(event);
  return events;
}

test('gives the tutorial’s 103 ids and tokens, and a vector for each', async (context) => {
  requireFixture('shared', context);
  const vocabulary = readFileSync(join(sharedFolder, 'data/tokenizers/bert-base-chinese-vocab.txt'), 'utf8');
  const folder = await folderOf(vocabulary);
  const events = await told(folder);
  const { losses, result } = events.at(-1) as DoneEvent;
  expect(losses).toEqual([]);

  const spec = readFileSync(join(sharedFolder, 'specs/bert-example.md'), 'utf8');
  const [ids, tokens] = [...spec.matchAll(/```json\n(.*?)\n```/gs)].map((match) => JSON.parse(match[1] as string) as unknown[]); // biome-ignore format: one line
  expect(ids).toHaveLength(103);
  expect(result.ids).toEqual(ids);
  expect(result.tokens).toEqual(tokens);
  expect(result.tokenTypeIds).toEqual(ids.map(() => 0));
  expect(result.attentionMask).toEqual(ids.map(() => 1));
  expect(result.decoded).toMatch(/^\[UNK\] 是 一 种|^是 一 种/);
  expect(result.shape).toEqual([1, 103, 24]);

  const model = (await Bert.fromPretrained(folder)).eval() as Bert;
  const { lastHiddenState } = noGrad(() => model.forward(tensor([ids as number[]], { dtype: 'int32' })));
  const cls = (await lastHiddenState.select(1, 0).data()) as Float32Array;
  expect(result.lastHiddenState).toHaveLength(24);
  for (const [i, value] of (result.lastHiddenState as number[]).entries())
    expect(value).toBeCloseTo(cls[i], 5);
});

test('a vocabulary of its own: what it lacks becomes [UNK]', async () => {
  const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '是', '一', '种', '。'].join('\n');
  const { result } = (await told(await folderOf(`${vocabulary}\n`))).at(-1) as DoneEvent;
  const { ids, tokens } = result as { ids: number[]; tokens: string[] };
  expect(tokens.slice(0, 5)).toEqual(['[CLS]', '[UNK]', '是', '一', '种']);
  expect(ids.slice(0, 5)).toEqual([2, 1, 5, 6, 7]);
  expect(tokens.slice(-2)).toEqual(['。', '[SEP]']);
});

test('a folder without a model says what is missing', async () => {
  await expect(told(new MemoryFolder('empty'))).rejects.toThrow(/empty.*(there is no|neither|no such)/);
});
