/** Plans by key, the least recently used out first. */
import type { Executable } from '../backend/contract.js';
import type { GraphDevice } from './device.js';
import { type Binding, hashKey, startsWith } from './key.js';
import { type LoweredPlan, Lowering } from './lower.js';
import type { SizeClass } from './pool.js';
import type { Recording } from './recording.js';

export interface CachedPlan {
  readonly key: readonly number[];
  readonly hash: number;
  readonly lowered: LoweredPlan;
  readonly executable: Executable;
  /** The place of the device's flag buffer among the plan's buffers, or -1. */
  readonly flagIndex: number;
  /** The size class of each of the plan's buffers. */
  readonly sizes: readonly SizeClass[];
}

export class PlanCache {
  built = 0;
  hits = 0;
  /** By hash; the map's order is the order of last use. */
  readonly #plans = new Map<number, CachedPlan[]>();
  #count = 0;

  constructor(
    private readonly device: GraphDevice,
    private readonly capacity: number,
  ) {}

  get(key: readonly number[], recording: Recording, binding: Binding): CachedPlan {
    const hash = hashKey(key);
    const bucket = this.#plans.get(hash);
    const known = bucket?.find((plan) => plan.key.length === key.length && startsWith(key, plan.key));
    if (bucket && known) {
      this.hits++;
      this.#plans.delete(hash);
      this.#plans.set(hash, bucket);
      return known;
    }
    const lowered = new Lowering(this.device, recording, binding).build();
    const executable = this.device.backend.compile(lowered.plan);
    const flagIndex = lowered.flags.length > 0 ? lowered.bound + lowered.fresh : -1;
    const sizes = lowered.plan.buffers.map(({ byteLength }) => this.device.pool.classOf(byteLength));
    const plan: CachedPlan = { key, hash, lowered, executable, flagIndex, sizes };
    this.built++;
    this.#count++;
    if (bucket) bucket.push(plan);
    else this.#plans.set(hash, [plan]);
    while (this.#count > this.capacity) this.#evict();
    return plan;
  }

  /** A plan is used without being looked up; false if it has been evicted. */
  touch(plan: CachedPlan): boolean {
    const { hash } = plan;
    const bucket = this.#plans.get(hash);
    if (!bucket?.includes(plan)) return false;
    this.hits++;
    this.#plans.delete(hash);
    this.#plans.set(hash, bucket);
    return true;
  }

  #evict(): void {
    const oldest = this.#plans.entries().next().value;
    if (!oldest) return;
    this.#plans.delete(oldest[0]);
    for (const plan of oldest[1]) {
      plan.executable.dispose();
      this.#count--;
    }
  }
}
