/**
 * Greedy decoding on the CPU backend: tokens a second and GB/s of weights read, prefill and decode apart.
 *
 *   node bench/models/decode.mjs [--model gpt2|stories|FOLDER] [--tokens 64] [--prompt 64] [--threads 1] [--repeats 5]
 *                                [--profile] [--bandwidth] [--cpu-time] [--json]
 *
 * `gpt2` (default) has the size of GPT-2's smallest (124 M) and random weights; `stories` is stories260K of llama2.c, read
 * from ../shared/data/stories260K or the folder in STORIES260K. Each repeat writes the same text again; medians are
 * printed. `--profile` also prints what a token costs besides its kernels: the same loop while the backend runs no plan.
 * `--bandwidth` reads 1 GiB with v128 loads and as many threads between the repeats, and prints decoding's share of it.
 * `--cpu-time` counts processor time, for machines that others use too (with one thread).
 * Build the packages first.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpu } from '@inkstone/backend-cpu';
import { manualSeed, use } from '@inkstone/core';
import { AutoModelForCausalLM, GPT, llamaFromLlama2c, newTokens } from '@inkstone/models';
import { readers } from '../cpu/read-memory.mjs';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'gpt2' },
    tokens: { type: 'string', default: '64' },
    prompt: { type: 'string', default: '64' },
    threads: { type: 'string', default: '1' },
    repeats: { type: 'string', default: '5' },
    profile: { type: 'boolean', default: false },
    'cpu-time': { type: 'boolean', default: false },
    bandwidth: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const [tokens, promptLength, threads, repeats] = [
  options.tokens,
  options.prompt,
  options.threads,
  options.repeats,
].map(Number);

/** A backend whose plans do nothing: what is left is the cost of a step besides its kernels. */
function idle(backend) {
  let skip = false;
  return {
    name: backend.name,
    set skip(value) {
      skip = value;
    },
    async open() {
      const device = await backend.open();
      const compile = device.compile.bind(device);
      device.compile = (plan) => {
        const executable = compile(plan);
        return {
          run: (...args) => {
            if (!skip) executable.run(...args);
          },
          dispose: () => executable.dispose(),
        };
      };
      return device;
    },
  };
}

const backend = idle(cpu({ threads }));
const device = await use(backend);
const model = await load();
model.eval();
// Embeddings are looked up, not read as a whole, unless they are the output layer too.
const { vocabSize } = model.config;
const bytes = 4 * [...model.namedParameters()].reduce((sum, [name, p]) => sum + (name.includes('wpe') || (name.includes('embed_tokens') && model.config.tieWordEmbeddings === false) ? 0 : p.numel()), 0); // biome-ignore format: one line
const prompt = Array.from({ length: promptLength }, (_, i) => (i * 7919 + 1) % vocabSize);
const greedy = { doSample: false, eosTokenId: null };

async function load() {
  manualSeed(1);
  switch (options.model) {
    case 'gpt2':
      return new GPT({ vocabSize: 50257 });
    case 'stories': {
      const beside = fileURLToPath(new URL('../../../shared/data/stories260K', import.meta.url));
      return llamaFromLlama2c(readFileSync(join(process.env.STORIES260K ?? beside, 'stories260K.bin')));
    }
    default:
      return AutoModelForCausalLM.fromPretrained(options.model);
  }
}

/** Seconds by the clock, or of processor time where others use the machine (meaningful with one thread). */
const now = () => {
  if (!options['cpu-time']) return performance.now() / 1000;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Seconds to the first token, and seconds for each of those after it. */
async function measure() {
  const start = now();
  let first = 0;
  let count = 0;
  for await (const _ of newTokens(model, prompt, { ...greedy, maxNewTokens: tokens + 1 }))
    if (count++ === 0) first = now();
  return { prefill: first - start, token: (now() - first) / tokens };
}

for (let i = 0; i < 3; i++) await measure();
const runs = [];
const reads = [];
const memory = options.bandwidth ? await readers(threads) : null;
await memory?.run();
for (let i = 0; i < repeats; i++) {
  runs.push(await measure());
  if (!memory) continue;
  const start = now();
  await memory.run();
  reads.push(memory.bytes / (now() - start) / 1e9);
}
await memory?.close();
const decodes = runs.map(({ token }) => token);
const prefills = runs.map(({ prefill }) => prefill);

const perToken = median(decodes);
const prefill = median(prefills);
const result = {
  model: options.model,
  device: String(device),
  parameters: model.numParameters(),
  megabytesOfWeights: bytes / 1e6,
  prefillTokensPerSecond: promptLength / prefill,
  prefillSeconds: prefill,
  decodeTokensPerSecond: 1 / perToken,
  decodeMicroseconds: perToken * 1e6,
  weightsGBPerSecond: bytes / perToken / 1e9,
  ...(memory ? { readGBPerSecond: median(reads) } : {}),
};
if (options.profile) {
  backend.skip = true;
  const empty = [];
  for (let i = 0; i < Math.max(5, repeats); i++) empty.push((await measure()).token);
  result.hostMicroseconds = median(empty) * 1e6;
}
if (options.json) console.log(JSON.stringify(result));
else {
  console.log(`${result.model}: ${(result.parameters / 1e6).toFixed(2)} M parameters on ${result.device}`);
  console.log(`prefill  ${result.prefillTokensPerSecond.toFixed(0)} tokens/s (${promptLength} tokens in ${(1000 * prefill).toFixed(1)} ms)`); // biome-ignore format: one line
  console.log(`decode   ${result.decodeTokensPerSecond.toFixed(0)} tokens/s, ${result.decodeMicroseconds.toFixed(0)} us a token, ${result.weightsGBPerSecond.toFixed(2)} GB/s of weights`); // biome-ignore format: one line
  if (memory) {
    const { weightsGBPerSecond, readGBPerSecond } = result;
    const share = ((100 * weightsGBPerSecond) / readGBPerSecond).toFixed(0);
    console.log(`         ${share} % of the ${readGBPerSecond.toFixed(1)} GB/s at which memory is read`);
  }
  if (options.profile)
    console.log(`         ${result.hostMicroseconds.toFixed(0)} us of it besides the kernels`);
}
await device.close();
