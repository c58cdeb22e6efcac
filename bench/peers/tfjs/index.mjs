/** TensorFlow.js on its WebAssembly backend (XNNPACK), one thread: Node has none of the workers that it would share. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { serve } from '../../contender.mjs';
import { gpt } from './gpt.mjs';
import { matmul } from './matmul.mjs';
import { lstm, xor } from './small.mjs';

const require = createRequire(import.meta.url);
console.warn = () => {}; // It advises tfjs-node.
// The union package registers the gradients; tfjs-core alone has none. CommonJS, so that both see the same core.
const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');
wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
if (!(await tf.setBackend('wasm'))) throw new Error('tfjs: no wasm backend');
await tf.ready();
const kinds = { matmul, gpt, xor, lstm };
await serve((what) => (what.training === false ? null : (kinds[what.kind]?.(tf, what) ?? null)));
