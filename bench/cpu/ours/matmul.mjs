/** One product as a plan of one step: what the kernel does, without recording. */
import { median } from '../../contender.mjs';

function operand(buffer, batch, rows, columns, transposed, batchStride = rows * columns) {
  const inner = transposed ? [1, rows] : [columns, 1];
  return {
    buffer,
    dtype: 'float32',
    shape: batch > 1 ? [batch, rows, columns] : [rows, columns],
    strides: batch > 1 ? [batchStride, ...inner] : inner,
    offset: 0,
  };
}

function prepare(device, { m, k, n, batch }, a, b) {
  const bytes = [a, b, operand(2, batch, m, n, false)].map(
    ({ shape, strides }) => 4 * (1 + shape.reduce((last, size, i) => last + (size - 1) * strides[i], 0)),
  );
  const buffers = bytes.map((size) => device.createBuffer(size));
  for (const [i, buffer] of buffers.entries()) {
    device.write(
      buffer,
      0,
      Float32Array.from({ length: bytes[i] / 4 }, () => Math.random() - 0.5),
    );
  }
  const executable = device.compile({
    buffers: bytes.map((byteLength) => ({ byteLength })),
    scalars: [],
    uploads: [],
    steps: [
      {
        kind: 'matmul',
        batch: batch > 1 ? [batch] : [],
        ...{ m, n, k, a, b },
        scalars: [],
        epilogue: null,
        epilogueInputs: [],
        outputs: [operand(2, batch, m, n, false)],
      },
    ],
  });
  // Small products are counted in bundles, as a clock's tick is no shorter.
  const repeats = Math.max(1, Math.round(1e6 / (2 * batch * m * n * k)));
  return {
    repeats,
    run: async () => {
      for (let i = 0; i < repeats; i++) executable.run(buffers, [], []);
    },
  };
}

export function matmul({ layout, m, k, n, batch }, device) {
  const a = operand(0, batch, m, k, layout[0] === 'T');
  const b = operand(1, batch, k, n, layout[1] === 'T');
  return prepare(device, { m, k, n, batch }, a, b);
}

/**
 * The micro-kernel and nothing else: operands that stay in L1, read where they lie in the form in which it reads packed
 * ones. A's rows overlap: element (i, l) is number i + 5 l, so that 1280 rows take 13 KB.
 */
function bareKernel(device) {
  const sizes = { m: 1280, k: 384, n: 8, batch: 1 };
  const a = { buffer: 0, dtype: 'float32', shape: [sizes.m, sizes.k], strides: [1, 5], offset: 0 };
  return { sizes, ...prepare(device, sizes, a, operand(1, 1, sizes.k, sizes.n, false)) };
}

const operations = ({ m, k, n, batch }) => 2 * m * k * n * batch;

/** Milliseconds that this process had a core for. */
function cpuNow() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * The share of the bare kernel's speed that a product keeps on one thread. A machine's speed changes from one tenth of a
 * second to the next, so the two alternate every few milliseconds, and a product is held to what the bare kernel did just
 * before and just after it, in processor time. `note` tells the median since it was last asked.
 */
export function kept(what, device) {
  const product = matmul(what, device);
  const bare = bareKernel(device);
  const time = async ({ run, repeats }, bundles) => {
    const start = cpuNow();
    for (let i = 0; i < bundles; i++) await run();
    return (cpuNow() - start) / bundles / repeats;
  };
  const bundlesIn = async (which, ms) => Math.ceil(ms / ((await time(which, 5)) * which.repeats));
  let shares = [];
  let counts;
  let before;
  return {
    run: async () => {
      if (counts === undefined) {
        const most = await bundlesIn(product, 4);
        const productMs = most * product.repeats * (await time(product, most));
        counts = { product: most, bare: await bundlesIn(bare, Math.max(1, productMs / 4)) };
      }
      before ??= await time(bare, counts.bare);
      const took = await time(product, counts.product);
      const after = await time(bare, counts.bare);
      const bareSpeed = operations(bare.sizes) / ((before + after) / 2);
      shares.push(operations(what) / took / bareSpeed);
      before = after;
    },
    note: () => {
      const share = median(shares);
      shares = [];
      before = undefined;
      return { share };
    },
  };
}
