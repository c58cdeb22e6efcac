/** Recurrent layers as one kernel: gradients of every result at once, second gradients refused, a bounded plan. */
import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { grad, manualSeed, nn, randn, stack, type Tensor, use } from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Layer = nn.RNN | nn.GRU | nn.LSTM;
type Cell = nn.RNNCell | nn.GRUCell | nn.LSTMCell;
const kinds: Readonly<Record<string, readonly [() => Layer, () => Cell]>> = {
  RNN: [() => new nn.RNN(3, 5), () => new nn.RNNCell(3, 5)],
  GRU: [() => new nn.GRU(3, 5), () => new nn.GRUCell(3, 5)],
  LSTM: [() => new nn.LSTM(3, 5), () => new nn.LSTMCell(3, 5)],
};

/** The states of a result, as a list. */
const listed = (states: Tensor | nn.LSTMState): readonly Tensor[] =>
  Array.isArray(states) ? (states as unknown as Tensor[]) : [states as Tensor];

for (const [name, backend] of [
  ['the reference', reference()],
  ['the CPU', cpu()],
] as const) {
  describe(`on ${name}`, () => {
    let device: Awaited<ReturnType<typeof use>>;
    beforeAll(async () => {
      device = await use(backend);
    });
    afterAll(() => device.close());

    for (const [kind, [makeLayer, makeCell]] of Object.entries(kinds)) {
      // Which results have a gradient decides in which pieces it comes to the kernel.
      for (const used of ['output', 'states', 'output and states', 'one step', 'the last c'] as const) {
        if (used === 'the last c' && kind !== 'LSTM') continue;
        it(`${kind}: gradients of ${used} are those of its cell, step by step`, async () => {
          manualSeed(7);
          const layer = makeLayer();
          const cell = makeCell();
          const weights = [...layer.stateDict()].map(
            ([key, value]) => [key.replace('_l0', ''), value] as const,
          );
          cell.loadStateDict(new Map(weights));
          const x = randn([4, 2, 3]).requiresGrad_();
          const starts = Array.from({ length: kind === 'LSTM' ? 2 : 1 }, () =>
            randn([1, 2, 5]).requiresGrad_(),
          );
          const of = (output: Tensor, states: readonly Tensor[]): Tensor => {
            const weigh = (t: Tensor, by: number): Tensor => t.mul(by).sin().sum();
            if (used === 'output') return weigh(output, 2);
            if (used === 'one step') return weigh(output.select(0, 1), 2);
            if (used === 'the last c') return weigh(states[1], 3);
            const last = states.map((state, i) => weigh(state, 3 + i)).reduce((a, b) => a.add(b));
            return used === 'states' ? last : last.add(weigh(output, 2));
          };

          const given = (kind === 'LSTM' ? starts : starts[0]) as unknown as nn.LSTMState;
          const [output, after] = (layer as nn.LSTM).forward(x, given);
          const got = grad(of(output, listed(after)), [x, ...starts, ...layer.parameters()]);

          let states = starts.map((start) => start.squeeze(0));
          const outputs: Tensor[] = [];
          for (const step of x.unbind(0)) {
            const next = (cell as nn.LSTMCell).forward(
              step,
              (kind === 'LSTM' ? states : states[0]) as unknown as nn.LSTMState,
            );
            states = [...listed(next as unknown as nn.LSTMState)];
            outputs.push(states[0]);
          }
          const want = grad(of(stack(outputs, 0), states), [x, ...starts, ...cell.parameters()]);
          for (const [i, gradient] of got.entries()) {
            const wanted = want[i];
            if (!gradient || !wanted) throw new Error(`no gradient of source ${i}`);
            const [a, b] = [await gradient.data(), await wanted.data()];
            expect(a).toHaveLength(b.length);
            a.forEach((value, k) => {
              expect(Math.abs(value - b[k])).toBeLessThan(2e-5);
            });
          }
        });
      }
    }

    it('refuses gradients of gradients, and names the op', () => {
      const layer = new nn.LSTM(3, 5);
      const x = randn([4, 2, 3]).requiresGrad_();
      const [output] = layer.forward(x);
      expect(() => output.sum().backward({ createGraph: true })).toThrow(
        /recurrentBackward: not differentiable/,
      );
    });

    it('runs as many kernels for a long sequence as for a short one', async () => {
      const kernels = async (steps: number): Promise<number> => {
        const layer = new nn.LSTM(3, 5, { numLayers: 2, bidirectional: true });
        const x = randn([steps, 2, 3]);
        const before = device.stats().kernelsRun;
        const [output] = layer.forward(x);
        const loss = output.square().mean();
        loss.backward();
        await loss.item();
        await layer.parameters()[0].grad?.data();
        return device.stats().kernelsRun - before;
      };
      expect(await kernels(50)).toBe(await kernels(2));
    });
  });
}
