/** Random programs give the same bits whether ops run one by one or are recorded, fused and replayed. */
import { reference } from '@inkstone/backend-cpu/reference';
import { cat, type Device, fromTypedArray, nn, noGrad, open, type Tensor } from '@inkstone/core';
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
  maxLength: 24,
});

/** Every tensor has `rows * columns` elements; shapes vary among these. */
function run(
  device: Device,
  instructions: readonly Instruction[],
): { kept: Tensor[]; gradients: (Tensor | null)[] } {
  const fill = (seed: number): Float32Array =>
    Float32Array.from({ length: rows * columns }, (_, i) => Math.fround(Math.sin(seed * 7.1 + i * 1.3)));
  const leaves = [1, 2, 3].map(
    (seed) => new nn.Parameter(fromTypedArray(fill(seed), [rows, columns], { device })),
  );
  const tensors: Tensor[] = [...leaves];
  for (const { kind, a, b } of instructions) {
    const x = tensors[a % tensors.length];
    const y = tensors[b % tensors.length].reshape(x.shape);
    tensors.push(apply(kind, x, y, leaves));
  }
  const last = tensors[tensors.length - 1];
  let gradients: (Tensor | null)[] = [];
  if (last.requiresGrad) {
    last.mul(last).mean().backward();
    gradients = leaves.map((leaf) => leaf.grad);
  }
  return { kept: tensors.slice(3), gradients };
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

test('recorded programs equal eager ones, values and gradients', async () => {
  await fc.assert(
    fc.asyncProperty(program, async (instructions) => {
      // A change in place may make a later backward pass an error: the same one in both modes, then.
      const results = [false, true].map(async (eager) => {
        const device = await open(reference());
        device.eager = eager;
        try {
          const { kept, gradients } = run(device, instructions);
          // Minus zero and zero are one here: a sum with zeros that fusion leaves out would have made it plus.
          const read = async (t: Tensor): Promise<number[]> => Array.from(await t.data(), (x) => x + 0);
          const values = await Promise.all(kept.map(read));
          const grads = await Promise.all(gradients.map((t) => t && read(t)));
          return { values, grads };
        } finally {
          await device.close();
        }
      });
      const [recorded, eager] = await Promise.all(results);
      expect(recorded).toEqual(eager);
    }),
    { numRuns: 300 },
  );
});
