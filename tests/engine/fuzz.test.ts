/** Random programs give the same bits whether ops run one by one, are recorded and fused, or are compiled and replayed. */

import { cpu } from '@inkstone/backend-cpu';
import { reference } from '@inkstone/backend-cpu/reference';
import { type Backend, cat, fromTypedArray, nn, noGrad, open, type Tensor } from '@inkstone/core';
import { compile } from '@inkstone/core/compile';
import fc from 'fast-check';
import { expect, test } from 'vitest';

/** A program is a list of instructions; operands are picked among earlier tensors by number. */
interface Instruction {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
}

const rows = 4;
const columns = 6;

const program = fc.array(fc.record({ kind: fc.nat(17), a: fc.nat(63), b: fc.nat(63) }), {
  minLength: 3,
  maxLength: 20,
});

const fill = (seed: number): Float32Array =>
  Float32Array.from({ length: rows * columns }, (_, i) => Math.fround(Math.sin(seed * 7.1 + i * 1.3)));

interface Outcome {
  readonly kept: Tensor[];
  readonly gradients: (Tensor | null)[];
}

/** Every tensor has `rows * columns` elements; shapes vary among these. */
function run(instructions: readonly Instruction[], leaves: readonly nn.Parameter[], input: Tensor): Outcome {
  const tensors: Tensor[] = [...leaves, input];
  for (const leaf of leaves) leaf.grad = null;
  for (const { kind, a, b } of instructions) {
    const x = tensors[a % tensors.length];
    const y = tensors[b % tensors.length].reshape(x.shape);
    tensors.push(apply(kind, x, y, leaves));
  }
  const last = tensors[tensors.length - 1];
  if (last.requiresGrad) last.mul(last).mean().backward();
  return { kept: tensors.slice(4).map((t) => t.detach()), gradients: leaves.map((leaf) => leaf.grad) };
}

const modes = ['recorded', 'eager', 'compiled'] as const;

/** Calls a program three times; the leaves go on from call to call. Errors are results: the same ones in each mode. */
async function outcome(
  backend: Backend,
  mode: (typeof modes)[number],
  instructions: readonly Instruction[],
): Promise<unknown[]> {
  const device = await open(backend);
  device.eager = mode === 'eager';
  try {
    const leaf = (seed: number): nn.Parameter =>
      new nn.Parameter(fromTypedArray(fill(seed), [rows, columns], { device }));
    const leaves = [1, 2, 3].map(leaf);
    const call = (input: Tensor): Outcome => run(instructions, leaves, input);
    const program = mode === 'compiled' ? compile(call) : call;
    // Minus zero and zero are one here: a sum with zeros that fusion leaves out would have made it plus.
    const read = async (t: Tensor | null): Promise<number[] | null> =>
      t && Array.from(await t.data(), (x) => x + 0);
    const out: unknown[] = [];
    for (const seed of [4, 5, 6]) {
      const { kept, gradients } = program(fromTypedArray(fill(seed), [rows, columns], { device }));
      out.push(await Promise.all([...kept, ...gradients, ...leaves].map(read)));
    }
    return out;
  } finally {
    await device.close();
  }
}

function apply(kind: number, x: Tensor, y: Tensor, leaves: readonly nn.Parameter[]): Tensor {
  switch (kind) {
    case 0:
      return x.add(y);
    case 1:
      return x.mul(y);
    case 2:
      return x.sub(y).tanh();
    case 3:
      return x.sigmoid();
    case 4:
      return x.transpose(0, x.ndim - 1);
    case 5:
      return x.reshape(columns, rows);
    case 6:
      return x.reshape(2, 2, columns);
    case 7:
      return x.reshape(rows, columns).softmax(-1);
    case 8:
      return x.reshape(rows, columns).matmul(y.reshape(columns, rows)).matmul(y.reshape(rows, columns));
    case 9:
      return x.add(x.sum(0, true).mul(0.1));
    case 10:
      return x.sub(x.mean()).relu();
    case 11:
      return cat([x.slice(0, 1), x.slice(0, 0, 1)], 0);
    case 12: {
      const [left, right] = x.reshape(rows, columns).split(columns / 2, 1);
      return cat([right.mul(2), left], 1);
    }
    case 13:
      return x.where(x.gt(y), y.mul(0.5));
    case 14:
      return x.detach().mul(0.25);
    case 15:
      return x.maximum(y).mul(x.amax(undefined, false).add(1));
    case 16:
      noGrad(() => leaves[0].mul_(0.5));
      return x.clone();
    default:
      return x.exp().clamp(0.1, 2);
  }
}

test.each([
  ['reference', reference, 100],
  ['cpu', () => cpu({ threads: 1 }), 25],
] as const)(
  'recorded, eager and compiled programs are equal, values and gradients: %s',
  async (_name, backend, numRuns) => {
    await fc.assert(
      fc.asyncProperty(program, async (instructions) => {
        const results: unknown[] = [];
        for (const mode of modes) results.push(await outcome(backend(), mode, instructions));
        expect(results[1]).toEqual(results[0]);
        expect(results[2]).toEqual(results[0]);
      }),
      { numRuns },
    );
  },
);
