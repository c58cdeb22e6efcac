/**
 * A training step of a small GPT (pre-norm, GELU, AdamW, vocabulary 65) on the CPU backend: milliseconds a step.
 *
 *   node bench/cpu/gpt.mjs [LAYERS HEADS WIDTH BLOCK BATCH] [--steps 60] [--threads 1] [--build simd] [--kernels]
 *                          [--dropout 0.1] [--rng device|host]
 *
 * --dropout drops embeddings, attention's weights and what goes into the residual stream, as GPT-2 does.
 * --kernels prints what the device spends by kind of step, from the plans that the graph compiled.
 * Build the packages first.
 */
import { parseArgs } from 'node:util';
import { cpu } from '@inkstone/backend-cpu';
import { functional as F, manualSeed, nn, optim, tensor, use, withRng } from '@inkstone/core';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    steps: { type: 'string', default: '60' },
    threads: { type: 'string', default: 'auto' },
    build: { type: 'string', default: 'auto' },
    kernels: { type: 'boolean', default: false },
    dropout: { type: 'string', default: '0' },
    rng: { type: 'string', default: 'device' },
    json: { type: 'boolean', default: false },
    'cpu-time': { type: 'boolean', default: false },
  },
});
const [layers, heads, width, block, batch] = (
  positionals.length === 5 ? positionals : ['4', '4', '64', '32', '16']
).map(Number);
const vocabulary = 65;
const dropoutP = Number(options.dropout);
const drop = (x) => F.dropout(x, { p: dropoutP });

class Block extends nn.Module {
  constructor() {
    super();
    this.ln1 = new nn.LayerNorm(width);
    this.ln2 = new nn.LayerNorm(width);
    this.qkv = new nn.Linear(width, 3 * width);
    this.proj = new nn.Linear(width, width);
    this.fc = new nn.Linear(width, 4 * width);
    this.out = new nn.Linear(4 * width, width);
  }
  forward(x) {
    const [b, t, c] = x.shape;
    const [q, k, v] = this.qkv
      .forward(this.ln1.forward(x))
      .split(c, 2)
      .map((part) => part.view(b, t, heads, c / heads).transpose(1, 2));
    const attended = F.scaledDotProductAttention(q, k, v, { isCausal: true, dropoutP });
    const mixed = x.add(drop(this.proj.forward(attended.transpose(1, 2).reshape(b, t, c))));
    return mixed.add(drop(this.out.forward(F.gelu(this.fc.forward(this.ln2.forward(mixed))))));
  }
}

class GPT extends nn.Module {
  constructor() {
    super();
    this.tok = new nn.Embedding(vocabulary, width);
    this.pos = new nn.Embedding(block, width);
    this.blocks = new nn.Sequential(...Array.from({ length: layers }, () => new Block()));
    this.ln = new nn.LayerNorm(width);
    this.head = new nn.Linear(width, vocabulary, { bias: false });
  }
  forward(ids, positions) {
    const x = drop(this.tok.forward(ids).add(this.pos.forward(positions)));
    return this.head.forward(this.ln.forward(this.blocks.forward(x)));
  }
}

/** The backend with a record of the plans that it compiled and how often each ran. */
const plans = new Map();
function recorded(backend) {
  return {
    name: backend.name,
    open: async () => {
      const device = await backend.open();
      const { compile } = device;
      device.compile = (plan) => {
        const executable = compile.call(device, plan);
        const entry = { plan, runs: 0, device, executable };
        plans.set(executable, entry);
        const run = executable.run.bind(executable);
        executable.run = (...args) => {
          entry.runs++;
          entry.args = args;
          run(...args);
        };
        return executable;
      };
      return device;
    },
  };
}

const threads = options.threads === 'auto' ? 'auto' : Number(options.threads);
const backend = cpu({ threads, build: options.build });
const device = await use(options.kernels ? recorded(backend) : backend);
manualSeed(1337);
const model = new GPT();
const optimizer = new optim.AdamW(model.parameters(), { lr: 1e-3 });
const positions = tensor(
  Array.from({ length: block }, (_, i) => i),
  { dtype: 'int32' },
);
let seed = 7;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};
const ids = () =>
  Array.from({ length: batch }, () => Array.from({ length: block }, () => Math.floor(random() * vocabulary)));
const batches = Array.from({ length: 2 }, () => ({ x: ids(), y: ids() }));

const steps = Number(options.steps);
const cpuNow = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
// On a machine that others use, the time that this process had the cores for is the steadier figure.
const now = options['cpu-time'] ? cpuNow : () => performance.now();
const times = [];
let last = 0;
for (let step = 0; step < steps + 5; step++) {
  const start = now();
  const { x, y } = batches[step % 2];
  const logits = withRng(options.rng, () => model.forward(tensor(x, { dtype: 'int32' }), positions));
  const loss = F.crossEntropy(
    logits.view(batch * block, vocabulary),
    tensor(y, { dtype: 'int32' }).view(batch * block),
  );
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
  last = await loss.item();
  if (step >= 5) times.push(now() - start);
}
times.sort((a, b) => a - b);
const ms = times[times.length >> 1];
const name = [layers, heads, width, block, batch].join(' ');
if (options.json)
  console.log(JSON.stringify({ name, threads: options.threads, ms, best: times[0], loss: last }));
else
  console.log(`${name}: ${ms.toFixed(2)} ms a step (best ${times[0].toFixed(2)}), loss ${last.toFixed(4)}`);

if (options.kernels) {
  const busiest = [...plans.values()].sort(
    (a, b) => b.runs * b.plan.steps.length - a.runs * a.plan.steps.length,
  )[0];
  const { plan, args } = busiest;
  const time = (run) => {
    for (let i = 0; i < 3; i++) run();
    const start = now();
    const count = 20;
    for (let i = 0; i < count; i++) run();
    return (now() - start) / count;
  };
  console.log(
    `plan of ${plan.steps.length} steps, ${time(() => busiest.executable.run(...args)).toFixed(3)} ms`,
  );
  const rows = plan.steps.map((step) => {
    const single = busiest.device.compile({ ...plan, uploads: [], steps: [step] });
    const ms = time(() => single.run(args[0], args[1], []));
    single.dispose();
    return { step, ms };
  });
  const kinds = Map.groupBy?.(rows, ({ step }) => step.kind) ?? group(rows);
  for (const [kind, list] of [...kinds].sort((a, b) => total(b[1]) - total(a[1]))) {
    console.log(
      `${kind.padEnd(22)} ${String(list.length).padStart(4)} ${total(list).toFixed(3).padStart(8)} ms`,
    );
    for (const { step, ms } of list.sort((a, b) => b.ms - a.ms).slice(0, 6)) {
      const { program, epilogue, prologue } = step;
      const size =
        step.shape ??
        (step.m ? [...step.batch, step.m, step.n, step.k] : [step.rows, step.columns ?? step.classes]);
      const code = (program ?? epilogue ?? prologue)?.instructions.length ?? 0;
      console.log(`    ${ms.toFixed(3)} ms [${size}] ${code} instructions ${step.label ?? ''}`);
    }
  }
}

function total(rows) {
  return rows.reduce((sum, { ms }) => sum + ms, 0);
}

function group(rows) {
  const kinds = new Map();
  for (const row of rows) kinds.set(row.step.kind, [...(kinds.get(row.step.kind) ?? []), row]);
  return kinds;
}
await device.close?.();
