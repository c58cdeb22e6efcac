/**
 * A character GPT on verse (4 layers, width 128), trained here and in PyTorch: the same text, the same initial weights and
 * the same batches by the same seed. Says how far the losses of the first 100 steps are apart, and the validation losses of
 * both at the end; with several seeds, whether ours are worse by more than one standard deviation.
 *
 *   node bench/training/compare.mjs                          100 steps, one seed
 *   node bench/training/compare.mjs --steps 1000 --seeds 1337,1,2 --out bench/training/curves.json
 *
 * Curves that are written to curves.json here are also drawn, in README.md (report.mjs).
 *
 * --data takes a dataset's name (default ci: Song ci verse) or a file, --python the interpreter that has torch, --threads
 * the threads of each side (they run in turn). Build the packages first.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { splitTokens } from '@inkstone/models';
import { findDataset, loadDataset, loadTextFile } from '@inkstone/models/node';
import { CharTokenizer } from '@inkstone/tokenizer';
import { report, verdict } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '100' },
    seeds: { type: 'string', default: '1337' },
    data: { type: 'string', default: 'ci' },
    characters: { type: 'string', default: '400000' },
    vocabulary: { type: 'string', default: '2000' },
    threads: { type: 'string', default: '1' },
    python: { type: 'string', default: 'python3' },
    out: { type: 'string' },
  },
});
const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const steps = Number(options.steps);
const seeds = options.seeds.split(',').map(Number);

const text = (findDataset(options.data) ? (await loadDataset(options.data)).text : await loadTextFile(options.data)).slice(0, Number(options.characters)); // biome-ignore format: one line
const tokenizer = CharTokenizer.train(text, { maxVocabSize: Number(options.vocabulary), unkToken: '<unk>' });
const { train, validation } = splitTokens(Int32Array.from(tokenizer.encode(text)));

const folder = await mkdtemp(join(tmpdir(), 'inkstone-bench-'));
try {
  await writeFile(join(folder, 'train.bin'), train);
  await writeFile(join(folder, 'validation.bin'), validation);
  const settings = {
    ...{ vocabSize: tokenizer.vocabSize, blockSize: 64, nLayer: 4, nHead: 4, nEmbd: 128 },
    ...{ batchSize: 16, learningRate: 1e-3, minLearningRate: 1e-4, warmupSteps: 100, weightDecay: 0.1 },
    ...{ adamBeta1: 0.9, adamBeta2: 0.99, adamEpsilon: 1e-8, maxGradNorm: 1 },
    ...{ maxSteps: steps, evalSteps: Math.max(50, Math.floor(steps / 10)), evalBatches: 20 },
    threads: Number(options.threads),
  };
  console.log(
    `${options.data}: ${train.length} characters to train on, ${validation.length} to validate, ${tokenizer.vocabSize} known`,
  );

  const sides = {
    inkstone: [process.execPath, here('ours.mjs')],
    pytorch: [options.python, here('torch_gpt.py')],
  };
  const curves = [];
  for (const seed of seeds) {
    const path = join(folder, 'settings.json');
    await writeFile(path, JSON.stringify({ ...settings, seed }));
    const results = {};
    for (const [name, [command, script]] of Object.entries(sides)) {
      const { stdout } = await run(command, [script, folder], { maxBuffer: 2 ** 28 });
      results[name] = JSON.parse(stdout);
    }
    const { inkstone, pytorch } = results;
    const first = Math.min(100, steps);
    const apart = Math.max(
      ...inkstone.losses.slice(0, first).map((loss, i) => Math.abs(loss - pytorch.losses[i])),
    );
    curves.push({ seed, inkstone, pytorch, apart });
    console.log(
      `seed ${seed}: the first ${first} losses are at most ${apart.toExponential(1)} apart (1e-3 allowed); ` +
        `the last ${inkstone.losses.at(-1).toFixed(4)} and ${pytorch.losses.at(-1).toFixed(4)} in PyTorch; ` +
        `validation ${inkstone.validation.at(-1)[1].toFixed(4)} and ${pytorch.validation.at(-1)[1].toFixed(4)}; ` +
        `${inkstone.seconds.toFixed(0)} s and ${pytorch.seconds.toFixed(0)} s of processor time`,
    );
  }

  if (seeds.length > 1) {
    const { ours, theirs, worse, deviation } = verdict(curves);
    console.log(
      `validation, mean of ${seeds.length} seeds: ${ours.toFixed(4)} and ${theirs.toFixed(4)} in PyTorch: ` +
        `${worse.toExponential(1)} worse, one standard deviation is ${deviation.toExponential(1)}`,
    );
  }
  if (options.out) {
    const kept = { data: options.data, settings, curves };
    await writeFile(options.out, `${JSON.stringify(kept)}\n`);
    console.log(`curves in ${options.out}`);
    if (resolve(options.out) === here('curves.json')) await report(kept);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
