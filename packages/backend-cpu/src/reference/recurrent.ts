/**
 * Recurrent layers step by step, as the definition is written; backward through time, each step's gradient of h added to
 * what came from the step after it.
 */
import { gatesOf, type RecurrentBackwardStep, type RecurrentStep } from '@inkstone/core/backend';
import type { Kernel } from './buffer.js';
import { Dense, denseOrNull } from './scratch.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** For each step in the order of computation: its row in x, and the rows of `states` where it starts and stores. */
function order({ steps, reverse }: RecurrentStep | RecurrentBackwardStep) {
  return Array.from({ length: steps }, (_, i) => {
    const t = reverse ? steps - 1 - i : i;
    return { t, before: reverse ? t + 1 : t, after: reverse ? t : t + 1 };
  });
}

export function compileRecurrent(step: RecurrentStep): Kernel {
  const { cell, batch, hidden, steps, reverse } = step;
  const gates = gatesOf[cell];
  const wide = gates * hidden;
  const [xs, weights, h0s, statess] = [step.x, step.weight, step.h0, step.states].map((o) => new Dense(o));
  const [biases, c0s, cellss, saveds] = [step.bias, step.c0, step.cells, step.saved].map(denseOrNull);
  return (run) => {
    const [x, weight, h0] = [xs.load(run), weights.load(run), h0s.load(run)];
    const [bias, c0] = [biases?.load(run), c0s?.load(run)];
    const states = statess.begin(run);
    const cells = cellss?.begin(run);
    const saved = saveds?.begin(run);
    const first = reverse ? steps * batch * hidden : 0;
    states.set(h0, first);
    if (cells && c0) cells.set(c0, first);
    const s = run.scratch.take(wide);
    for (const { t, before, after } of order(step)) {
      for (let b = 0; b < batch; b++) {
        const from = (before * batch + b) * hidden;
        for (let g = 0; g < wide; g++) {
          let sum = 0;
          for (let u = 0; u < hidden; u++) sum += weight[g * hidden + u] * states[from + u];
          s[g] = sum + (bias?.[g] ?? 0);
        }
        const row = t * batch + b;
        for (let u = 0; u < hidden; u++) {
          const to = (after * batch + b) * hidden + u;
          const input = (gate: number): number => x[row * wide + gate * hidden + u];
          const keep = (values: readonly number[]): void => {
            if (saved) for (const [k, v] of values.entries()) saved[(row * 4 + k) * hidden + u] = v;
          };
          if (cells) {
            const pre = (gate: number): number => input(gate) + s[gate * hidden + u];
            const [i, f, g, o] = [sigmoid(pre(0)), sigmoid(pre(1)), Math.tanh(pre(2)), sigmoid(pre(3))];
            cells[to] = f * cells[from + u] + i * g;
            states[to] = o * Math.tanh(cells[to]);
            keep([i, f, g, o]);
          } else if (cell === 'gru') {
            const [r, z] = [sigmoid(input(0) + s[u]), sigmoid(input(1) + s[hidden + u])];
            const sn = s[2 * hidden + u];
            const n = Math.tanh(input(2) + r * sn);
            states[to] = n + z * (states[from + u] - n);
            keep([r, z, n, sn]);
          } else {
            const pre = input(0) + s[u];
            states[to] = cell === 'tanh' ? Math.tanh(pre) : Math.max(pre, 0);
          }
        }
      }
    }
    statess.store(run);
    cellss?.store(run);
    saveds?.store(run);
  };
}

export function compileRecurrentBackward(step: RecurrentBackwardStep): Kernel {
  const { cell, batch, hidden } = step;
  const gates = gatesOf[cell];
  const wide = gates * hidden;
  const [weights, statess, douts, dxs, dh0s] = [step.weight, step.states, step.dout, step.dx, step.dh0].map(
    (o) => new Dense(o),
  );
  const [cellss, saveds, dlasts, dss, dc0s] = [step.cells, step.saved, step.dlastCell, step.ds, step.dc0].map(
    denseOrNull,
  );
  return (run) => {
    const [weight, states, dout] = [weights.load(run), statess.load(run), douts.load(run)];
    const [cells, saved, dlast] = [cellss?.load(run), saveds?.load(run), dlasts?.load(run)];
    const dx = dxs.begin(run);
    const ds = dss?.begin(run);
    // What comes from later steps: to h and c of the step at hand, in the end to the initial ones.
    const dh = dh0s.begin(run).fill(0);
    const dc = dc0s?.begin(run).fill(0);
    if (dlast) dc?.set(dlast);
    for (const { t, before, after } of order(step).reverse()) {
      for (let b = 0; b < batch; b++) {
        const row = t * batch + b;
        const [from, to, own] = [(before * batch + b) * hidden, (after * batch + b) * hidden, b * hidden];
        // The gradient of s, in place of dx where they are one.
        const [sums, at] = [ds ?? dx, row * wide];
        for (let u = 0; u < hidden; u++) {
          const put = (gate: number, value: number, target = sums): void => {
            target[at + gate * hidden + u] = value;
          };
          const kept = (k: number): number => saved?.[(row * 4 + k) * hidden + u] ?? 0;
          const dhu = dh[own + u] + dout[row * hidden + u];
          if (cells && dc) {
            const [i, f, g, o] = [kept(0), kept(1), kept(2), kept(3)];
            const tanh = Math.tanh(cells[to + u]);
            const dcu = dc[own + u] + dhu * o * (1 - tanh * tanh);
            put(0, dcu * g * i * (1 - i));
            put(1, dcu * cells[from + u] * f * (1 - f));
            put(2, dcu * i * (1 - g * g));
            put(3, dhu * tanh * o * (1 - o));
            dc[own + u] = dcu * f;
            dh[own + u] = 0;
          } else if (cell === 'gru') {
            const [r, z, n, sn] = [kept(0), kept(1), kept(2), kept(3)];
            const dn = dhu * (1 - z) * (1 - n * n);
            const dr = dn * sn * r * (1 - r);
            const dz = dhu * (states[from + u] - n) * z * (1 - z);
            for (const target of [dx, sums]) {
              put(0, dr, target);
              put(1, dz, target);
            }
            put(2, dn, dx);
            put(2, dn * r);
            dh[own + u] = dhu * z;
          } else {
            const h = states[to + u];
            put(0, cell === 'tanh' ? dhu * (1 - h * h) : h > 0 ? dhu : 0);
            dh[own + u] = 0;
          }
        }
        for (let g = 0; g < wide; g++) {
          for (let u = 0; u < hidden; u++) dh[own + u] += sums[at + g] * weight[g * hidden + u];
        }
      }
    }
    for (const dense of [dxs, dss, dh0s, dc0s]) dense?.store(run);
  };
}
