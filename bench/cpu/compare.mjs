/**
 * The CPU backend and its peers side by side: each side is a process of its own that waits while another measures, and
 * they take turns, round after round. Prints a table with the ratios and what they should be, and writes JSON.
 *
 *   node bench/cpu/compare.mjs [matmul] [gpt] [small] [recurrent] [inference] [--rounds 15] [--ms 80] [--clock wall|cpu]
 *                              [--only TEXT] [--json FILE] [--threads 2]
 *
 * --clock cpu compares, for sides of one thread, the time that a process had a core for: the steadier figure where
 *   others use the machine.
 * Rounds are many and short, as a machine's speed changes from second to second: a ratio is taken within a round, where
 * the sides followed each other closely, and shown is its median over the rounds with the quartiles. Each round begins
 * with another side.
 * --only takes the cases whose name holds TEXT.
 *
 * Peers: jax-js and TensorFlow.js come with this workspace; build the packages first. PyTorch is taken from the first of
 * $PYTHON, python3, /usr/bin/python3 that has it (Debian: python3-torch and libopenblas0-pthread). onnxruntime-node is
 * large and needs no script to run:
 *   npm install --prefix DIR --ignore-scripts onnxruntime-node@1.30.0, then INKSTONE_BENCH_PEERS=DIR.
 * A side that is missing is named and left out.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../contender.mjs';
import { groups } from './cases.mjs';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '15' },
    ms: { type: 'string', default: '80' },
    clock: { type: 'string', default: 'wall' },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
  },
});
const bench = join(dirname(fileURLToPath(import.meta.url)), '..');
const many = options.threads;

/** The first Python that has PyTorch. */
function findTorch() {
  for (const python of [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter(Boolean)) {
    const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], {
      encoding: 'utf8',
    });
    if (status === 0) return { python, version: stdout.trim() };
  }
  return null;
}

const torch = findTorch();
const node = (file, ...args) => ({ command: process.execPath, args: [join(bench, file), ...args] });
const python = (threads) =>
  torch && {
    command: torch.python,
    args: [join(bench, 'peers/torch/serve.py'), threads],
    // What others may have set would slow OpenBLAS down.
    env: {
      OPENBLAS_CORETYPE: undefined,
      OPENBLAS_L2_SIZE: undefined,
      OPENBLAS_NUM_THREADS: threads === '1' ? '1' : undefined,
    },
  };
const sides = {
  'ours 1': node('cpu/ours/index.mjs', '1'),
  [`ours ${many}`]: node('cpu/ours/index.mjs', many),
  'jax-js 1': node('peers/jax-js/index.mjs', '1'),
  'jax-js 2': node('peers/jax-js/index.mjs', '2'),
  tfjs: node('peers/tfjs/index.mjs'),
  'torch 1': python('1'),
  'torch 2': python('2'),
  'onnxruntime 1': node('peers/onnxruntime/index.mjs', '1'),
  'onnxruntime 2': node('peers/onnxruntime/index.mjs', '2'),
};

/** A running side: `ask` resolves with its answer, one question at a time. */
class Side {
  constructor(name, { command, args, env }) {
    this.name = name;
    this.process = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.errors = '';
    this.process.stderr.on('data', (data) => {
      this.errors = (this.errors + data).slice(-2000);
    });
    this.ended = new Promise((resolve) => this.process.on('close', () => resolve(null)));
    const lines = createInterface({ input: this.process.stdout });
    lines.on('line', (line) => {
      if (line.startsWith('@')) this.heard?.(JSON.parse(line.slice(1)));
    });
    this.ready = this.next();
  }
  next() {
    const answer = new Promise((resolve) => {
      this.heard = resolve;
    });
    return Promise.race([answer, this.ended]);
  }
  ask(request) {
    const answer = this.next();
    this.process.stdin.write(`${JSON.stringify(request)}\n`);
    return answer;
  }
  async end() {
    this.process.stdin.end();
    setTimeout(() => this.process.kill(), 2000).unref();
    await this.ended;
  }
}

/** The model of the inference cases in a folder, written by PyTorch. */
function exportModel({ layers, heads, width, block, batch, vocabulary }) {
  if (torch === null) return null;
  const folder = mkdtempSync(join(tmpdir(), 'inkstone-bench-'));
  const sizes = [layers, heads, width, block, batch, vocabulary].map(String);
  const script = join(bench, 'peers/torch/export_gpt.py');
  const { status, stderr } = spawnSync(torch.python, [script, folder, ...sizes], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`exporting the model failed: ${stderr}`);
  return folder;
}

/** Milliseconds a run of a side's answer: processor time is only meaningful for one thread. */
const time = (name, answer) => (options.clock === 'cpu' && /1$|tfjs/.test(name) ? answer.cpu : answer.wall);

async function ask(side, what, ms) {
  const answer = await side.ask({ case: what, ms });
  if (answer === null) throw new Error(`${side.name} ended: ${side.errors}`);
  if (answer.error) throw new Error(`${side.name}: ${answer.error}`);
  return answer;
}

/** The values that a quarter and three quarters of all are below. */
function quartiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return [0.25, 0.75].map((part) => sorted[Math.round(part * (sorted.length - 1))]);
}

async function measure(what, running) {
  const rounds = [];
  const shares = [];
  const ms = Number(options.ms);
  for (let round = 0; round < Number(options.rounds); round++) {
    const answers = {};
    const first = round % running.length;
    for (const side of [...running.slice(first), ...running.slice(0, first)]) {
      const answer = await ask(side, what.case, ms);
      if (!answer.skipped) answers[side.name] = answer;
      if (what.kept && side.name === 'ours 1') shares.push((await ask(side, what.kept, ms)).share);
    }
    rounds.push(answers);
  }
  const names = running.map(({ name }) => name).filter((name) => name in rounds[0]);
  const medians = Object.fromEntries(
    names.map((name) => [name, median(rounds.map((answers) => time(name, answers[name])))]),
  );
  const bars = (what.bars ?? []).flatMap((bar) => {
    const best = (pattern, answers) =>
      Math.min(
        ...Object.keys(answers)
          .filter((name) => new RegExp(pattern).test(name))
          .map((name) => time(name, answers[name])),
      );
    const ratios = rounds
      .map((answers) => best(bar.than, answers) / best(bar.ours, answers))
      // Neither side is missing.
      .filter((ratio) => ratio > 0 && ratio < Number.POSITIVE_INFINITY);
    return ratios.length ? [{ ...bar, ratio: median(ratios), quartiles: quartiles(ratios), ratios }] : [];
  });
  const share = shares.length ? { share: median(shares), shares } : {};
  return { name: what.name, case: what.case, ms: medians, bars, ...share, last: rounds.at(-1) };
}

const chosen = positionals.length ? positionals : Object.keys(groups);
const results = [];
for (const group of chosen) {
  if (!(group in groups)) throw new Error(`'${group}' is none of ${Object.keys(groups).join(', ')}`);
  const { sides: wanted, cases } = groups[group](many);
  const running = [];
  for (const name of wanted) {
    const side = sides[name] ? new Side(name, sides[name]) : null;
    if (side === null || (await side.ready) === null) {
      console.log(
        `${name} is not here: left out${side ? `\n${side.errors.match(/^.*Error.*$/m)?.[0] ?? ''}` : ''}`,
      );
    } else {
      running.push(side);
    }
  }
  console.log(`\n${group}: ${options.rounds} rounds of ${options.ms} ms, ${options.clock} time`);
  for (const what of cases.filter(({ name }) => name.includes(options.only))) {
    const folder = what.case.training === false ? exportModel(what.case) : null;
    const result = await measure(folder ? { ...what, case: { ...what.case, folder } } : what, running);
    if (folder) rmSync(folder, { recursive: true });
    results.push({ group, ...result });
    const unit = what.flops ? (ms) => `${(what.flops / ms / 1e6).toFixed(1)} GFLOP/s` : duration;
    const shown = Object.entries(result.ms).map(([name, ms]) => `${name} ${unit(ms)}`);
    console.log(`${what.name.padEnd(28)} ${shown.join(' | ')}`);
    if (result.share) {
      const kept = `${(100 * result.share).toFixed(0)} % of the bare micro-kernel's speed`;
      console.log(`${' '.repeat(28)} one thread keeps ${kept}`);
    }
    for (const { text, ratio, quartiles, least } of result.bars) {
      const [low, high] = quartiles.map((value) => value.toFixed(2));
      const verdict = least === undefined ? '' : `, to reach ${least}: ${ratio >= least ? 'yes' : 'NO'}`;
      console.log(`${' '.repeat(28)} ${text}: ${ratio.toFixed(2)} (${low} to ${high})${verdict}`);
    }
  }
  for (const side of running) await side.end();
}
if (options.json) writeFileSync(options.json, `${JSON.stringify({ options, results }, null, 2)}\n`);

function duration(ms) {
  return ms < 1 ? `${(ms * 1000).toFixed(1)} us` : `${ms.toFixed(2)} ms`;
}
