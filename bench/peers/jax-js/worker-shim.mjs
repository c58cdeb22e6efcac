/**
 * A browser's Worker for Node, from blob: URLs: with it jax-js takes its path with several threads, which it otherwise
 * does not have in Node.
 */
import { resolveObjectURL } from 'node:buffer';
import { Worker as NodeWorker } from 'node:worker_threads';

const prelude = `const { parentPort } = require('worker_threads');
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on('message', (data) => globalThis.onmessage({ data }));
`;

globalThis.Worker = class {
  #waiting = [];
  #worker = null;
  onmessage = null;
  onerror = null;
  constructor(url) {
    const blob = resolveObjectURL(String(url));
    blob.text().then((source) => {
      const worker = new NodeWorker(prelude + source, { eval: true });
      worker.on('message', (data) => this.onmessage?.({ data }));
      worker.on('error', (error) => this.onerror?.({ message: error.message }));
      for (const message of this.#waiting) worker.postMessage(message);
      this.#worker = worker;
    });
  }
  postMessage(message) {
    if (this.#worker) this.#worker.postMessage(message);
    else this.#waiting.push(message);
  }
  terminate() {
    this.#worker?.terminate();
  }
};
