/**
 * onnxruntime-node on its CPU provider: forward passes. usage: node index.mjs THREADS
 *
 * The package is large (it holds the libraries of five platforms), so it is not installed with this workspace: see
 * compare.mjs. The model is what peers/torch/export_gpt.py wrote.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serve } from '../../contender.mjs';

const folder = process.env.INKSTONE_BENCH_PEERS ?? process.cwd();
const { InferenceSession, Tensor } = createRequire(pathToFileURL(join(folder, 'package.json')))(
  'onnxruntime-node',
);

await serve(async (what) => {
  if (what.kind !== 'gpt' || what.training !== false || !what.folder) return null;
  const session = await InferenceSession.create(join(what.folder, 'gpt.onnx'), {
    intraOpNumThreads: Number(process.argv[2] ?? 1),
    interOpNumThreads: 1,
  });
  const { batch, block, vocabulary } = what;
  const ids = BigInt64Array.from({ length: batch * block }, (_, i) => BigInt(i % vocabulary));
  let logits;
  return {
    run: async () => {
      ({ logits } = await session.run({ ids: new Tensor('int64', ids, [batch, block]) }));
    },
    note: () => ({ logits: Array.from(logits.data.slice(0, 8)) }),
  };
});
