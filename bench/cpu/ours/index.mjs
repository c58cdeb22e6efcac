/** Inkstone on the CPU as one side of a comparison. usage: node index.mjs THREADS [BUILD] */
import { cpu } from '@inkstone/backend-cpu';
import { use } from '@inkstone/core';
import { serve } from '../../contender.mjs';
import { gpt } from './gpt.mjs';
import { kept, matmul } from './matmul.mjs';
import { recurrent } from './recurrent.mjs';
import { lstm, xor } from './small.mjs';

const backend = cpu({ threads: Number(process.argv[2] ?? 1), build: process.argv[3] ?? 'auto' });
/** Cases of one kernel take a device of their own; the others the default one. */
const device = await backend.open();
await use(backend);
const kinds = { matmul, kept, gpt, xor, lstm, recurrent };
await serve((what) => kinds[what.kind]?.(what, device) ?? null);
