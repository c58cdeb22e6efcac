/**
 * Workers: threads that share the memory and help the main thread with every plan (assembly/threads.ts).
 *
 * The workers' source is in here as text, so that no bundler has to find a file. A worker compiles nothing: it gets the
 * compiled module, says that it is ready, and then waits inside WebAssembly for commands until it is stopped.
 */

/** A worker of Node or of a page, as far as it is used here. */
interface WorkerHandle {
  terminate(): unknown;
  /** Lets the process exit while the worker lives (Node). */
  unref?(): void;
}

interface Start {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly index: number;
  readonly count: number;
}

/** Words of the control block that are read here; their order is that of `Control` in assembly/threads.ts. */
const doneWord = 3;
const stoppedWord = 5;
const scratchWord = 6;
const scratchBytesWord = 7;
const progressByte = 128;
/** Bytes of the control block for so many threads. */
export const controlBytes = (threads: number): number => progressByte + threads * 4;

/** Runs in the worker; `post` sends to the main thread. Self-contained: only its text gets there. */
const body = `async function start({ module, memory, control, index, count }, post) {
  const words = new Int32Array(memory.buffer, control, 8);
  try {
    const abort = () => { throw new Error('a kernel stopped'); };
    const { exports } = await WebAssembly.instantiate(module, { env: { memory, abort, stalled: () => false } });
    exports.setThread(index, count, control, true);
    post('ready');
    exports.work();
  } catch (error) {
    Atomics.store(words, ${stoppedWord}, 1);
    Atomics.notify(words, ${doneWord});
    post(String(error));
  }
}`;

const nodeSource = `${body}
const { parentPort, workerData } = require('node:worker_threads');
start(workerData, (message) => parentPort.postMessage(message));`;

const pageSource = `${body}
onmessage = ({ data }) => start(data, (message) => postMessage(message));`;

/** Node's own modules, without an import that a bundler would follow. */
interface NodeProcess {
  getBuiltinModule?(name: string): unknown;
}

function nodeModule<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: NodeProcess };
  return process?.getBuiltinModule?.(name) as T | undefined;
}

interface NodeWorkerThreads {
  Worker: new (
    source: string,
    options: { eval: boolean; workerData: Start; execArgv: string[] },
  ) => WorkerHandle & {
    on(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): void;
  };
}

/** Cores of this machine, as far as the engine tells. */
export function hardwareThreads(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  const os = nodeModule<{ availableParallelism?(): number }>('node:os');
  return os?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1;
}

/** Whether memory can be shared with workers here. In a page this takes cross-origin isolation. */
export function canShareMemory(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return typeof SharedArrayBuffer === 'function' && crossOriginIsolated !== false;
}

/** Whether the calling thread may block: a page's main thread may not. */
export function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * The main thread asks some times a second whether the workers are well. A longer time between two questions was no
 * waiting: the process was stopped in a terminal or a debugger, or the machine slept, and the workers did as well.
 */
const longestWaitMs = 1000;

export class ThreadPool {
  private readonly workers: WorkerHandle[] = [];
  private readonly words: Int32Array;
  private lastProgress = -1;
  /** When `stalled` was asked last, 0 before the first time of a run; and how long nothing has happened since. */
  private asked = 0;
  private waitedMs = 0;
  private closing = false;
  /** How long the workers may show no sign of life while the main thread waits for them. */
  private patienceMs = 15_000;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly control: number,
    readonly count: number,
    private readonly lose: (reason: string) => void,
  ) {
    this.words = new Int32Array(memory.buffer, control, 8);
  }

  /** Starts the workers; resolves when all of them wait for work. */
  async start(module: WebAssembly.Module): Promise<void> {
    const starts: Promise<void>[] = [];
    for (let index = 1; index < this.count; index++) {
      starts.push(
        this.startWorker({ module, memory: this.memory, control: this.control, index, count: this.count }),
      );
    }
    try {
      await Promise.all(starts);
    } catch (error) {
      this.terminate();
      throw error;
    }
    // Only now may the process exit without them.
    for (const worker of this.workers) worker.unref?.();
  }

  private startWorker(data: Start): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = (reason: string): void => {
        reject(new Error(reason));
        if (!this.closing) this.lose(reason);
      };
      const heard = (message: unknown): void => {
        if (message === 'ready') resolve();
        else failed(`thread ${data.index} failed: ${message}`);
      };
      const node = nodeModule<NodeWorkerThreads>('node:worker_threads');
      if (node) {
        const worker = new node.Worker(nodeSource, { eval: true, workerData: data, execArgv: [] });
        this.workers.push(worker);
        worker.on('message', heard);
        worker.on('error', (error) => failed(`thread ${data.index} failed: ${error}`));
        worker.on('exit', () => failed(`thread ${data.index} has ended`));
      } else {
        const url = URL.createObjectURL(new Blob([pageSource], { type: 'text/javascript' }));
        const worker = new Worker(url, { name: `inkstone-${data.index}` });
        this.workers.push(worker);
        worker.onmessage = ({ data: message }) => {
          URL.revokeObjectURL(url);
          heard(message);
        };
        worker.onerror = (event) => failed(`thread ${data.index} failed: ${event.message}`);
        worker.postMessage(data);
      }
    });
  }

  /** Tells the workers where their scratch memories are. */
  setScratch(address: number, bytes: number): void {
    this.words[scratchWord] = address;
    this.words[scratchBytesWord] = bytes;
  }

  /** Asked again and again while the main thread waits: whether a worker has failed or none does anything any more. */
  stalled(): boolean {
    if (Atomics.load(this.words, stoppedWord) !== 0) return true;
    const taken = new Int32Array(this.memory.buffer, this.control + progressByte, this.count);
    const progress = taken.reduce((sum, tasks) => (sum + tasks) | 0, 0);
    const now = performance.now();
    const waits = progress === this.lastProgress && this.asked !== 0;
    this.waitedMs = waits ? this.waitedMs + Math.min(now - this.asked, longestWaitMs) : 0;
    this.lastProgress = progress;
    this.asked = now;
    return this.waitedMs > this.patienceMs;
  }

  /** A run begins: whatever was waited for is over. */
  begin(): void {
    this.asked = 0;
  }

  terminate(): void {
    this.closing = true;
    for (const worker of this.workers) worker.terminate();
  }
}
