/** Plans by key, the least recently used out first. */
import type { BackendBuffer, Executable } from '../backend/contract.js';
import type { GraphDevice } from './device.js';
import { type Binding, type Key, sameWords } from './key.js';
import { type LoweredPlan, Lowering } from './lower.js';
import { Frame, type SizeClass } from './pool.js';
import type { Recording } from './recording.js';

export interface CachedPlan {
  readonly key: readonly number[];
  readonly hash: number;
  readonly lowered: LoweredPlan;
  readonly executable: Executable;
  /** The place of the device's flag buffer among the plan's buffers, or -1. */
  readonly flagIndex: number;
  /**
   * What it runs on: the first are set before each run (see `GraphDevice.launch`), results and scratch memory by it.
   * A list that stays, since most of it does.
   */
  readonly buffers: BackendBuffer[];
  /** The size classes of the results that get memory of their own. */
  readonly fresh: readonly SizeClass[];
  /** Its scratch memory. */
  readonly frame: Frame;
  /** When it was last used, for the cache. */
  lastUse: number;
  /** Whether the cache has thrown it away. */
  evicted: boolean;
}

export class PlanCache {
  built = 0;
  hits = 0;
  readonly #byHash = new Map<number, CachedPlan[]>();
  #count = 0;
  /** Counts uses: the plan with the smallest number is the next to go. */
  #uses = 0;

  constructor(
    private readonly device: GraphDevice,
    private readonly capacity: number,
  ) {}

  get({ words, length, hash }: Key, recording: Recording, binding: Binding): CachedPlan {
    const bucket = this.#byHash.get(hash);
    const known = bucket?.find((plan) => sameWords(words, length, plan.key));
    if (known) {
      this.touch(known);
      return known;
    }
    const lowered = new Lowering(this.device, recording, binding).build();
    const executable = this.device.backend.compile(lowered.plan);
    const flagIndex = lowered.flags.length > 0 ? lowered.bound + lowered.fresh : -1;
    const sizes = lowered.plan.buffers.map(({ byteLength }) => this.device.pool.classOf(byteLength));
    const { bound } = lowered;
    const scratch = bound + lowered.fresh;
    const plan: CachedPlan = {
      key: words.slice(0, length),
      hash,
      lowered,
      executable,
      flagIndex,
      buffers: new Array<BackendBuffer>(sizes.length),
      fresh: sizes.slice(bound, scratch),
      frame: new Frame(sizes.slice(flagIndex < 0 ? scratch : scratch + 1)),
      lastUse: ++this.#uses,
      evicted: false,
    };
    this.built++;
    this.#count++;
    if (bucket) bucket.push(plan);
    else this.#byHash.set(hash, [plan]);
    while (this.#count > this.capacity) this.#evict();
    return plan;
  }

  /** A plan is used without being looked up; false if it has been evicted. */
  touch(plan: CachedPlan): boolean {
    if (plan.evicted) return false;
    this.hits++;
    plan.lastUse = ++this.#uses;
    return true;
  }

  #evict(): void {
    let oldest: CachedPlan | null = null;
    for (const bucket of this.#byHash.values())
      for (const plan of bucket) if (!oldest || plan.lastUse < oldest.lastUse) oldest = plan;
    if (!oldest) return;
    const { hash, executable } = oldest;
    const rest = (this.#byHash.get(hash) as CachedPlan[]).filter((plan) => plan !== oldest);
    if (rest.length > 0) this.#byHash.set(hash, rest);
    else this.#byHash.delete(hash);
    oldest.evicted = true;
    executable.dispose();
    this.#count--;
  }
}
