/** Runs the sides of a WebGPU comparison in turn, round after round, and prints ratios. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../contender.mjs';
import { adapterEnvironment } from './adapter.mjs';

const file = fileURLToPath(new URL('side.mjs', import.meta.url));

/** A running side: `ask` resolves with its answer, or null when the process has ended. */
class Side {
  constructor(name, env) {
    this.name = name;
    this.process = spawn(process.execPath, [file, name], {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.ended = new Promise((resolve) => this.process.on('close', () => resolve(null)));
    createInterface({ input: this.process.stdout }).on('line', (line) => {
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

/** How far apart the layouts of a product are, on one side. */
async function layoutsOf(side, { name, goal, unit, what }, { rounds, ms, clock }) {
  const answers = [];
  for (let round = 0; round < Number(rounds); round++)
    answers.push(await side.ask({ case: what, ms: Number(ms) }));
  const shares = Object.fromEntries(
    answers[0].shares.map(([layout]) => [
      layout,
      median(answers.map((answer) => new Map(answer.shares).get(layout))),
    ]),
  );
  const [least, most] = [Math.min(...Object.values(shares)), Math.max(...Object.values(shares))];
  const mean = median(answers.map((answer) => answer[clock]));
  const figures = Object.entries(shares).map(([layout, share]) => `${layout} ${unit(mean * share)}`);
  const ratio = most / least;
  console.log(
    `${name.padEnd(20)} ${figures.join(', ')}: the slowest takes ${ratio.toFixed(2)} times the fastest's time ` +
      `(goal: at most ${goal})${ratio <= goal ? '' : '  <- above'}`,
  );
  return { name, goal, ratio, shares };
}

/** How much faster one side is with steps under way than waiting for each. */
async function aheadOf(side, { name, goal, unit, what }, { rounds, ms, clock }) {
  const turns = [];
  for (let round = 0; round < Number(rounds); round++)
    turns.push(...(await side.ask({ case: what, ms: Number(ms) })).turns);
  const of = (way) => median(turns.map((turn) => turn[way][clock]));
  const ratio = median(turns.map(({ waiting, ahead }) => waiting[clock] / ahead[clock]));
  console.log(
    `${name.padEnd(20)} ahead ${unit(of('ahead'))}, waiting ${unit(of('waiting'))}: ${ratio.toFixed(2)} times the speed, ` +
      `${turns.length} turns (goal ${goal})${ratio >= goal ? '' : '  <- below'}`,
  );
  return { name, goal, ratio, turns };
}

/**
 * @param cases [{ name, goal, unit(ms) => text, what }]: `what` is the request, `goal` the ratio to the better peer. Two kinds ask
 * only us and compare what is in our answers. With `spread: true` they hold the share of each layout in a turn, and `goal` is the
 * most that the slowest may take of the fastest's time; with `ahead: true` the times of steps that are waited for and of steps
 * that are not, and `goal` is the ratio of speeds.
 * Options: --rounds 5 --ms 300 --clock wall|cpu --adapter lavapipe --only TEXT --json FILE. The CPU clock counts the time that all threads of
 * a process had a core for: the steadier figure on a software adapter where others use the machine.
 */
export async function compare(cases) {
  const { values: options } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      ms: { type: 'string', default: '300' },
      clock: { type: 'string', default: 'wall' },
      adapter: { type: 'string', default: process.env.INKSTONE_ADAPTER ?? 'lavapipe' },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
    },
  });
  const env = adapterEnvironment(options.adapter);
  const sides = ['ours', 'jax-js', 'tfjs'].map((name) => new Side(name, env));
  for (const side of sides) if (!(await side.ready)) console.log(`${side.name} did not start: left out`);
  console.log(`${options.adapter}, ${options.clock} time, medians of ${options.rounds} rounds`);
  const results = [];
  for (const { name, goal, unit, what, spread, ahead } of cases.filter((c) =>
    c.name.includes(options.only),
  )) {
    const alone = spread ? layoutsOf : ahead ? aheadOf : null;
    if (alone) {
      results.push(await alone(sides[0], { name, goal, unit, what }, options));
      continue;
    }
    const rounds = [];
    for (let round = 0; round < Number(options.rounds); round++) {
      const times = {};
      for (const side of sides) {
        const answer = await side.ask({ case: what, ms: Number(options.ms) });
        if (answer?.error) console.log(`${side.name}: ${answer.error.split('\n')[0]}`);
        if (answer?.wall) times[side.name] = answer[options.clock];
      }
      rounds.push(times);
    }
    const of = (side) => median(rounds.map((times) => times[side] ?? Number.NaN));
    const peers = ['jax-js', 'tfjs'].filter((side) => rounds.every((times) => times[side]));
    const ratio = median(rounds.map((times) => Math.min(...peers.map((side) => times[side])) / times.ours));
    const figures = ['ours', ...peers].map((side) => `${side} ${unit(of(side))}`).join(', ');
    const verdict = ratio >= goal ? '' : '  <- below';
    console.log(
      `${name.padEnd(20)} ${figures}: ${ratio.toFixed(2)} times the better peer (goal ${goal})${verdict}`,
    );
    results.push({ name, goal, ratio, ours: of('ours'), rounds });
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...options, results }, null, 1)}\n`);
  await Promise.all(sides.map((side) => side.end()));
}
