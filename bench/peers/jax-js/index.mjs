/**
 * jax-js on WebAssembly. usage: node index.mjs [1|2]   (threads)
 *
 * What it needs to show its best: `navigator.gpu` must exist before it is imported, and Node 20 lacks the iterator
 * helpers that its einsum uses; more than one thread takes a Worker as browsers have it.
 */
import { serve } from '../../contender.mjs';
import { gpt } from './gpt.mjs';
import { matmul } from './matmul.mjs';
import { lstm, xor } from './small.mjs';

Object.defineProperty(globalThis, 'navigator', {
  value: { gpu: { requestAdapter: async () => null }, hardwareConcurrency: 2 },
  configurable: true,
});
const threads = process.argv[2] ?? '1';
if (threads !== '1') await import('./worker-shim.mjs');
if (!globalThis.Iterator?.prototype?.map) {
  const iterator = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()));
  iterator.map = function* (f) {
    let i = 0;
    for (const value of this) yield f(value, i++);
  };
  iterator.filter = function* (f) {
    let i = 0;
    for (const value of this) if (f(value, i++)) yield value;
  };
  iterator.toArray = function () {
    return [...this];
  };
}
const jax = await import('@jax-js/jax');
await jax.init();
jax.defaultDevice('wasm');
/** Reading at once is quicker where there is one thread; with several it is not possible. */
const read = async (array) => (threads === '1' ? array.dataSync()[0] : (await array.data())[0]);
const kinds = { matmul, gpt, xor, lstm };
await serve((what) => (what.training === false ? null : (kinds[what.kind]?.(jax, what, read) ?? null)));
