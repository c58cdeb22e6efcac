/** The oracle's gradients of recurrent layers against central differences of its own values, in float64. */
import { gatesOf, type RecurrentCell } from '@inkstone/core/backend';
import { expect, it } from 'vitest';
import { compute } from './compute.js';

const [steps, batch, hidden] = [3, 2, 3];
const state = [batch, hidden];
const all = [steps + 1, batch, hidden];
const waves = (count: number, phase: number) =>
  Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + phase * 2.3 + i * i * 0.01));

type Inputs = Readonly<Record<'x' | 'weight' | 'bias' | 'h0' | 'c0', number[]>>;

/** Outputs in the order states, cells, saved, dx, ds, dh0, dc0, those that the cell has. */
function run(cell: RecurrentCell, reverse: boolean, inputs: Inputs, dout: number[], dlast: number[]) {
  const wide = gatesOf[cell] * hidden;
  const [lstm, gru] = [cell === 'lstm', cell === 'gru'];
  return compute((b, out) => {
    const dtype = 'float64';
    const common = {
      cell,
      steps,
      batch,
      hidden,
      reverse,
      weight: b.input(dtype, [wide, hidden], inputs.weight),
    };
    const stored = {
      states: out(dtype, all),
      cells: lstm ? out(dtype, all) : null,
      saved: lstm || gru ? out(dtype, [steps, batch, 4 * hidden]) : null,
    };
    b.step({
      kind: 'recurrent',
      ...common,
      ...stored,
      x: b.input(dtype, [steps, batch, wide], inputs.x),
      bias: b.input(dtype, [wide], inputs.bias),
      h0: b.input(dtype, state, inputs.h0),
      c0: lstm ? b.input(dtype, state, inputs.c0) : null,
    });
    b.step({
      kind: 'recurrentBackward',
      ...common,
      ...stored,
      dout: b.input(dtype, [steps, batch, hidden], dout),
      dlastCell: lstm ? b.input(dtype, state, dlast) : null,
      dx: out(dtype, [steps, batch, wide]),
      ds: gru ? out(dtype, [steps, batch, wide]) : null,
      dh0: out(dtype, state),
      dc0: lstm ? out(dtype, state) : null,
    });
  });
}

for (const cell of ['tanh', 'relu', 'lstm', 'gru'] as const) {
  for (const reverse of [false, true]) {
    it(`${cell} backward${reverse ? ', reverse' : ''}`, async () => {
      const wide = gatesOf[cell] * hidden;
      const [lstm, gru] = [cell === 'lstm', cell === 'gru'];
      const inputs: Inputs = {
        x: waves(steps * batch * wide, 1),
        weight: waves(wide * hidden, 2),
        bias: waves(wide, 3),
        h0: waves(batch * hidden, 4),
        c0: waves(batch * hidden, 5),
      };
      const dout = waves(steps * batch * hidden, 6);
      const dlast = waves(batch * hidden, 7);
      const plane = batch * hidden;
      const loss = async (changed: Inputs): Promise<number> => {
        const [states, cells] = await run(cell, reverse, changed, dout, dlast);
        const h = reverse ? states.slice(0, steps * plane) : states.slice(plane);
        const last = !lstm ? [] : reverse ? cells.slice(0, plane) : cells.slice(steps * plane);
        const dot = (a: number[], b: number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0);
        return dot(h, dout) + dot(last, dlast);
      };
      const differences = (name: keyof Inputs): Promise<number[]> =>
        Promise.all(
          inputs[name].map(async (value, i) => {
            const at = (v: number) => loss({ ...inputs, [name]: inputs[name].with(i, v) });
            return ((await at(value + 1e-5)) - (await at(value - 1e-5))) / 2e-5;
          }),
        );

      const results = await run(cell, reverse, inputs, dout, dlast);
      const [states] = results;
      const dx = results[lstm ? 3 : gru ? 2 : 1];
      const ds = gru ? results[3] : dx;
      const dh0 = results[lstm ? 4 : gru ? 4 : 2];
      // As the definition says: ds with the states that steps start from, and its sum.
      const before = reverse ? states.slice(plane) : states.slice(0, steps * plane);
      const dweight = inputs.weight.map(() => 0);
      const dbias = inputs.bias.map(() => 0);
      ds.forEach((d, i) => {
        const [row, gate] = [Math.floor(i / wide), i % wide];
        dbias[gate] += d;
        for (let u = 0; u < hidden; u++) dweight[gate * hidden + u] += d * before[row * hidden + u];
      });
      const got = { x: dx, weight: dweight, bias: dbias, h0: dh0, ...(lstm && { c0: results[5] }) };
      for (const [name, gradient] of Object.entries(got)) {
        const want = await differences(name as keyof Inputs);
        expect(gradient).toHaveLength(want.length);
        for (const [i, value] of gradient.entries())
          expect(Math.abs(value - want[i]), name).toBeLessThan(1e-8);
      }
    });
  }
}
