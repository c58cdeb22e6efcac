/** Whether the page may share memory between threads. */
export function isolated(): boolean {
  return crossOriginIsolated && typeof SharedArrayBuffer === 'function';
}

/** Lets workers add to one shared array, and returns it. */
export async function countInWorkers(workers: number): Promise<number[]> {
  const shared = new Int32Array(new SharedArrayBuffer(16));
  await Promise.all(
    Array.from({ length: workers }, async () => {
      const worker = new Worker(new URL('./count-worker.js', import.meta.url), { type: 'module' });
      await new Promise((done, fail) => {
        worker.onmessage = done;
        worker.onerror = fail;
        worker.postMessage(shared);
      });
      worker.terminate();
    }),
  );
  return Array.from(shared);
}
