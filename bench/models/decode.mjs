/**
 * Greedy decoding on the CPU backend: tokens a second and GB/s of weights read, prefill and decode apart.
 *
 *   node bench/models/decode.mjs [--model gpt2|stories|FOLDER] [--tokens 64] [--prompt 64] [--threads 1] [--repeats 5]
 *                                [--weights f32|int8|int4] [--profile] [--bandwidth] [--cpu-time] [--json]
 *
 * `gpt2` (default) has the size of GPT-2's smallest (124 M) and random weights; `stories` is stories260K of llama2.c, read
 * from ../shared/data/stories260K or the folder in STORIES260K. Each repeat writes the same text again; medians are
 * printed. `--weights int8` (or int4) writes with quantised weights as well, in turn with the float ones, and prints how
 * many times as fast it is. `--profile` also prints what a token costs besides its kernels: the same loop while the backend runs no plan.
 * `--bandwidth` reads 1 GiB with v128 loads and as many threads between the repeats, and prints decoding's share of it.
 * `--cpu-time` counts processor time, for machines that others use too (with one thread).
 * Build the packages first.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpu } from '@inkstone/backend-cpu';
import { manualSeed, nn, use } from '@inkstone/core';
import {
  AutoModelForCausalLM,
  GPT,
  isQuantized,
  llamaFromLlama2c,
  newTokens,
  quantize,
} from '@inkstone/models';
import { readers } from '../cpu/read-memory.mjs';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'gpt2' },
    tokens: { type: 'string', default: '64' },
    prompt: { type: 'string', default: '64' },
    threads: { type: 'string', default: '1' },
    repeats: { type: 'string', default: '5' },
    weights: { type: 'string', default: 'f32' },
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
/** The models that write, in turn: the float one, and a quantised one where that is asked for. */
const sides = [];
sides.push(await side('f32'));
if (options.weights !== 'f32') sides.push(await side(options.weights));
const { vocabSize } = sides[0].model.config;

async function side(weights) {
  const model = (await load()).eval();
  if (weights !== 'f32') quantize(model, weights);
  return { weights, model, bytes: bytesRead(model), runs: [] };
}

/** What a token reads. Embeddings are looked up, not read as a whole, unless they are the output layer too. */
function bytesRead(model) {
  const shared = model.config.tieWordEmbeddings && !isQuantized(model);
  const lookedUp = (name) => /\b(wpe|wte|embed_tokens)\b/.test(name);
  const read = [...model.stateDict()].filter(([name]) =>
    shared ? name !== 'lm_head.weight' && !name.includes('wpe') : !lookedUp(name),
  );
  return read.reduce((sum, [, tensor]) => sum + 4 * tensor.numel(), 0);
}

const prompt = Array.from({ length: promptLength }, (_, i) => (i * 7919 + 1) % vocabSize);
const greedy = { doSample: false, eosTokenId: null };

async function load() {
  manualSeed(1);
  switch (options.model) {
    case 'gpt2': {
      const make = () => new GPT({ vocabSize: 50257 });
      if (sides.length === 0) return make();
      // The same numbers, without drawing 124 million of them again.
      const twin = nn.init.skipInit(make);
      twin.loadStateDict(sides[0].model.stateDict());
      return twin;
    }
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
async function measure({ model }) {
  const start = now();
  let first = 0;
  let count = 0;
  for await (const _ of newTokens(model, prompt, { ...greedy, maxNewTokens: tokens + 1 }))
    if (count++ === 0) first = now();
  return { prefill: first - start, token: (now() - first) / tokens };
}

for (let i = 0; i < 3; i++) for (const each of sides) await measure(each);
const reads = [];
const memory = options.bandwidth ? await readers(threads) : null;
await memory?.run();
for (let i = 0; i < repeats; i++) {
  for (const each of sides) each.runs.push(await measure(each));
  if (!memory) continue;
  const start = now();
  await memory.run();
  reads.push(memory.bytes / (now() - start) / 1e9);
}
await memory?.close();

const results = sides.map(({ weights, bytes, runs }) => {
  const perToken = median(runs.map(({ token }) => token));
  const prefill = median(runs.map(({ prefill }) => prefill));
  return {
    model: options.model,
    device: String(device),
    weights,
    parameters: sides[0].model.numParameters(),
    megabytesOfWeights: bytes / 1e6,
    prefillTokensPerSecond: promptLength / prefill,
    prefillSeconds: prefill,
    decodeTokensPerSecond: 1 / perToken,
    decodeMicroseconds: perToken * 1e6,
    weightsGBPerSecond: bytes / perToken / 1e9,
    ...(memory ? { readGBPerSecond: median(reads) } : {}),
  };
});
const [float] = results;
if (options.profile) {
  backend.skip = true;
  for (const [i, each] of sides.entries()) {
    const empty = [];
    for (let i = 0; i < Math.max(5, repeats); i++) empty.push((await measure(each)).token);
    results[i].hostMicroseconds = median(empty) * 1e6;
  }
}
for (const result of results) {
  if (result !== float) {
    result.decodeTimesFloat = result.decodeTokensPerSecond / float.decodeTokensPerSecond;
    result.prefillTimesFloat = result.prefillTokensPerSecond / float.prefillTokensPerSecond;
  }
  if (options.json) console.log(JSON.stringify(result));
  else print(result);
}
await device.close();

function print(result) {
  const { weightsGBPerSecond, readGBPerSecond, decodeTimesFloat: times } = result;
  console.log(`${result.model}, ${result.weights}: ${(result.parameters / 1e6).toFixed(2)} M parameters, ${result.megabytesOfWeights.toFixed(1)} MB read for a token, on ${result.device}`); // biome-ignore format: one line
  console.log(`prefill  ${result.prefillTokensPerSecond.toFixed(0)} tokens/s (${promptLength} tokens in ${(1000 * result.prefillSeconds).toFixed(1)} ms)`); // biome-ignore format: one line
  console.log(`decode   ${result.decodeTokensPerSecond.toFixed(1)} tokens/s, ${result.decodeMicroseconds.toFixed(0)} us a token, ${weightsGBPerSecond.toFixed(2)} GB/s of weights`); // biome-ignore format: one line
  if (times)
    console.log(
      `         ${times.toFixed(2)} times as fast as f32, prefill ${result.prefillTimesFloat.toFixed(2)} times`,
    );
  if (readGBPerSecond) {
    const share = ((100 * weightsGBPerSecond) / readGBPerSecond).toFixed(0);
    console.log(`         ${share} % of the ${readGBPerSecond.toFixed(1)} GB/s at which memory is read`);
  }
  if (options.profile)
    console.log(`         ${result.hostMicroseconds.toFixed(0)} us of it besides the kernels`);
}
