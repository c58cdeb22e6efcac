/**
 * Encoding speed on 1 MB of English and of Chinese, one thread, warm: this package beside Hugging Face's Rust
 * binding and JavaScript port, and beside the fastest JavaScript tokenizers of OpenAI's families.
 *
 * node bench/tokenizer/encode.mjs [--families GPT-2,cl100k] [--json out.json]
 * ENGLISH and CHINESE name text files; see texts.mjs for what is used without them. Build the package first.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Tokenizer as HuggingFaceJS } from '@huggingface/tokenizers';
import { pipelineFromJSON } from '@inkstone/tokenizer';
import { Tokenizer as HuggingFaceRust } from 'tokenizers';
import { families } from './families.mjs';
import { median, row } from './report.mjs';
import { texts } from './texts.mjs';

const { values } = parseArgs({
  options: { families: { type: 'string' }, json: { type: 'string' }, rounds: { type: 'string' } },
});
const rounds = Number(values.rounds ?? 5);
const names = values.families?.split(',') ?? Object.keys(families);
const results = [];

for (const name of names) {
  const family = families[name];
  const json = await family.json();
  const ours = pipelineFromJSON(json);
  const peers = { inkstone: (text) => ours.encode(text).length };
  const rust = HuggingFaceRust.fromString(json);
  peers['tokenizers (Rust)'] = async (text) => (await rust.encode(text)).getLength();
  try {
    const js = new HuggingFaceJS(JSON.parse(json), {});
    peers['@huggingface/tokenizers'] = (text) => js.encode(text).ids.length;
  } catch (error) {
    console.log(`@huggingface/tokenizers does not take ${name}: ${error.message}`);
  }
  for (const [peer, make] of Object.entries(family.peers ?? {})) peers[peer] = await make();

  for (const [language, text] of Object.entries(texts())) {
    for (const [peer, encode] of Object.entries(peers)) {
      // The JavaScript port spreads a word's tokens as arguments, and Unigram's word may be the whole text.
      try {
        await encode(text);
      } catch (error) {
        console.log(`${peer} fails on 1 MB of ${language}: ${error.message}; it gets the text line by line.`);
        const lines = text.split('\n');
        peers[peer] = () => lines.reduce((total, line) => total + encode(line), 0);
      }
    }
    const times = Object.fromEntries(Object.keys(peers).map((peer) => [peer, []]));
    const counts = {};
    // In turn, so that a slow moment of the machine hits all alike; the first round warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const [peer, encode] of Object.entries(peers)) {
        const start = performance.now();
        counts[peer] = await encode(text);
        if (round > 0) times[peer].push(performance.now() - start);
      }
    }
    const mine = median(times.inkstone);
    for (const peer of Object.keys(peers)) {
      const ms = median(times[peer]);
      const result = {
        family: name,
        language,
        peer,
        ms,
        tokens: counts[peer],
        tokensPerSecond: (counts[peer] / ms) * 1000,
        ratio: ms / mine,
      };
      results.push(result);
      console.log(row(result));
    }
  }
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
