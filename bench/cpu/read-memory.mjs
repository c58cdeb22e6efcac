/**
 * How fast this machine reads memory from WebAssembly: v128 loads and additions over 1 GiB, divided among threads. The
 * module is written out by hand below, so that nothing of ours is measured with.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const bytes = 2 ** 30;

/**
 * (memory import "m" "m" 16384 shared 16384) (func "sum" (param from, to) (result i32): adds four vectors a turn with
 * i64x2.add and folds the result.
 */
function moduleBytes() {
  const section = (id, body) => [id, ...leb(body.length), ...body];
  const text = (s) => [s.length, ...Buffer.from(s)];
  const pages = leb(bytes / 65536);
  const load = (offset) => [0x20, 0, 0xfd, 0, 4, ...leb(offset)];
  const add = [0xfd, ...leb(0xce)];
  // Locals: 0 from, 1 to, 2 to 5 the sums.
  const turn = [0, 1, 2, 3].flatMap((i) => [0x20, 2 + i, ...load(16 * i), ...add, 0x21, 2 + i]);
  const loop = [
    ...[0x03, 0x40, ...turn],
    ...[0x20, 0, 0x41, ...leb(64), 0x6a, 0x22, 0, 0x20, 1, 0x49, 0x0d, 0, 0x0b],
  ];
  const fold = [0x20, 2, 0x20, 3, ...add, 0x20, 4, ...add, 0x20, 5, ...add, 0xfd, 0x1b, 0];
  const code = [1, 4, 0x7b, ...loop, ...fold, 0x0b];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
    ...section(2, [1, ...text('m'), ...text('m'), 2, 3, ...pages, ...pages]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text('sum'), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

/** Signed LEB128 (what is not negative reads the same unsigned, with a byte more at most). */
function leb(value) {
  const out = [];
  for (;;) {
    const byte = value & 0x7f;
    value >>= 7;
    if (value === 0 && (byte & 0x40) === 0) return [...out, byte];
    out.push(byte | 0x80);
  }
}

if (!isMainThread && workerData?.readMemory) {
  const { memory, from, to } = workerData;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { m: { m: memory } });
  parentPort.on('message', () => parentPort.postMessage(exports.sum(from, to)));
}

/** `run` reads all of the memory once; `close` ends the threads. */
export async function readers(threads) {
  const memory = new WebAssembly.Memory({ initial: bytes / 65536, maximum: bytes / 65536, shared: true });
  new Uint8Array(memory.buffer).fill(1);
  const part = Math.floor(bytes / threads / 64) * 64;
  const workers = Array.from({ length: threads - 1 }, (_, i) => {
    const workerData = { readMemory: true, memory, from: (i + 1) * part, to: (i + 2) * part };
    return new Worker(new URL(import.meta.url), { workerData });
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()), { m: { m: memory } });
  return {
    bytes: part * threads,
    run: async () => {
      const others = workers.map((worker) => {
        const done = new Promise((resolve) => worker.once('message', resolve));
        worker.postMessage('go');
        return done;
      });
      exports.sum(0, part);
      await Promise.all(others);
    },
    close: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}
