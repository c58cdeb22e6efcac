/**
 * Memory of results that belongs to no slot: to the value alone, until that is gone, has been read, or has come to the
 * host unread.
 *
 * A training loop makes a loss at each step and reads one now and then. The others are brought to the host in batches,
 * so that their memory does not depend on when the garbage collector runs.
 */
import type { BackendBuffer } from '../backend/contract.js';
import type { GraphDevice } from './device.js';
import { waitsForHold } from './holding.js';
import { decode, stored } from './host-data.js';
import type { HostArray, Region, Value } from './value.js';

/** Results up to this many bytes move to the host when many of them wait. */
const smallBytes = 256;

/** So many of the newest stay: what the next step may begin with. */
const keptUnread = 8;

/**
 * How many may wait before the others are brought to the host, where that takes a read that is worth sharing. Where it is a
 * copy, none wait: how many there are at most then does not depend on which the garbage collector has found before a run.
 */
const maxUnread = 16;

export class FloatingMemory {
  /** Small results that nobody has read yet, oldest first. */
  readonly #unread: (WeakRef<Value> | Value)[] = [];
  readonly #registry: FinalizationRegistry<BackendBuffer>;
  /** Those that are on their way to the host: whoever reads something waits for them too. */
  arriving: Promise<unknown> | null = null;

  constructor(readonly device: GraphDevice) {
    this.#registry = new FinalizationRegistry((buffer) => {
      if (!device.failed) device.pool.release(buffer);
    });
  }

  /**
   * Ties a result's memory to the value.
   * @param stays whether it has to stay in memory until the value is gone: the next replay begins with it.
   */
  adopt(value: Value, stays = false): void {
    // What lies on the host too has been brought here to be used again.
    const small = !stays && value.host === null && this.isSmall(value);
    // It moves to the host soon: where nothing hangs on it, it may as well wait for that, and needs no finaliser.
    const unbound = small && value.inputs.length === 0;
    if (!unbound) this.watch(value);
    if (small) this.#unread.push(unbound ? value : new WeakRef(value));
  }

  /**
   * As `adopt`, for a result of a replayed call, which no graph hangs on: where a small one can be had at once, it is on
   * the host from the start, and its memory is there for the next call.
   */
  result(value: Value, stays: boolean): void {
    const { region } = value;
    value.host = !stays && this.isSmall(value) ? this.readNow(value, region as Region) : null;
    if (value.host) this.release(value);
    else this.adopt(value, stays);
  }

  /** Has the memory of a value given back when that is gone. */
  watch(value: Value): void {
    value.watched = true;
    this.#registry.register(value, (value.region as Region).buffer, value);
  }

  /** Gives the memory back at once. */
  release(value: Value): void {
    const { region } = value;
    if (value.slot !== null || region === null) return;
    this.disown(value);
    this.device.pool.release(region.buffer);
  }

  /** Somebody else has taken the memory over. */
  disown(value: Value): void {
    // Asking a registry costs more than all the rest here.
    if (value.watched) this.#registry.unregister(value);
    value.watched = false;
    value.region = null;
  }

  /** What has been read lies on the host from now on: no memory waits for a garbage collector that may not run. */
  moveToHost(value: Value, host: HostArray): void {
    if (value.slot !== null || value.host !== null || value.region === null) return;
    value.host = host;
    value.uploaded = true;
    this.release(value);
  }

  /** The elements of a value, on a device whose memory is there to be read. */
  readNow(value: Value, { buffer, offset }: Region): HostArray | null {
    const { backend } = this.device;
    if (!backend.readInto) return null;
    const into = stored(value.dtype, this.device.elementBytes(value.dtype), value.size);
    backend.readInto(buffer, offset, into);
    return decode(value.dtype, into);
  }

  /** The same, as they are once all work so far is done. */
  async read(value: Value, { buffer, offset }: Region): Promise<HostArray> {
    const elementBytes = this.device.elementBytes(value.dtype);
    const bytes = await this.device.backend.read(buffer, offset, value.size * elementBytes);
    return decode(value.dtype, stored(value.dtype, elementBytes, bytes));
  }

  /**
   * Brings the oldest to the host where many wait. Called once all results of a run are where they belong: memory that
   * moves in between would be given to two.
   */
  collectUnread(): void {
    const unread = this.#unread;
    const most = this.device.backend.readInto ? keptUnread + 1 : maxUnread;
    if (unread.length < most || waitsForHold(this)) return;
    const reads: Promise<unknown>[] = [];
    const some = unread.length - keptUnread;
    for (let i = 0; i < some; i++) {
      const waiting = unread[i];
      const value = waiting instanceof WeakRef ? waiting.deref() : waiting;
      if (!value?.region || value.slot !== null || value.host !== null) continue;
      const host = this.readNow(value, value.region);
      if (host) this.moveToHost(value, host);
      else
        reads.push(
          this.read(value, value.region).then(
            (data) => this.moveToHost(value, data),
            // A device that fails says so at the next read that somebody waits for.
            () => undefined,
          ),
        );
    }
    unread.splice(0, some);
    if (reads.length === 0) return;
    const arriving = Promise.all([this.arriving, ...reads]).then(() => {
      if (this.arriving === arriving) this.arriving = null;
    });
    this.arriving = arriving;
  }

  /** Whether copying a value costs less than keeping memory for it. */
  isSmall(value: Value): boolean {
    return value.size * this.device.elementBytes(value.dtype) <= smallBytes;
  }
}
