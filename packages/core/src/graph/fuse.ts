/**
 * Fusion: which nodes run together in one kernel.
 *
 * Pointwise nodes of one shape join the kernel that makes one of their inputs: another pointwise chain, or the epilogue
 * of a matmul or reduction. A reduction takes the chain that feeds only it as its prologue. A join is allowed when it
 * makes no cycle among kernels and the kernel still fits the device's binding limit; nothing is ever computed twice.
 */
import type { Recording } from './recording.js';
import { type Shape, sameShape } from './shape.js';

export interface Group {
  kind: 'pointwise' | 'matmul' | 'reduce' | 'kernel' | 'copy';
  /** The matmul, reduction or kernel node, or the view to copy; -1 for a pure pointwise group. */
  root: number;
  /** Pointwise nodes that feed a reduction, in order. */
  prologue: number[];
  /** Pointwise nodes: the chain itself, or the epilogue after the root, in order. */
  members: number[];
  /** Shape that a joining node must have. */
  shape: Shape;
  /** Groups that must run before. */
  readonly deps: Set<Group>;
}

/** The longest chain in one kernel: beyond it, compile time and registers cost more than a pass over memory. */
const maxMembers = 64;

export class Fusion {
  readonly groups: Group[] = [];
  readonly groupOf: (Group | null)[];
  readonly consumers: number[][];
  readonly isOutput: boolean[];

  constructor(
    private readonly recording: Recording,
    private readonly maxBuffers: number,
  ) {
    const { nodes, outputs } = recording;
    this.groupOf = new Array(nodes.length).fill(null);
    this.consumers = nodes.map(() => []);
    this.isOutput = new Array(nodes.length).fill(false);
    for (const { node } of outputs) this.isOutput[node] = true;
    for (let i = 0; i < nodes.length; i++) {
      for (const input of nodes[i].inputs) if (input.index >= 0) this.consumers[input.index].push(i);
    }
    for (let i = 0; i < nodes.length; i++) this.#place(i);
    // A view that is kept needs its own memory.
    for (let i = 0; i < nodes.length; i++) {
      if (this.isOutput[i] && nodes[i].op?.kind === 'view') this.#start('copy', i, nodes[i].shape);
    }
  }

  /** The node that makes the memory of reference `ref`: follows views and side results; negative for an external. */
  producer(ref: number): number {
    const { nodes } = this.recording;
    while (ref >= 0) {
      const kind = nodes[ref].op?.kind;
      if (kind !== 'view' && kind !== 'aux') return ref;
      ref = nodes[ref].inputs[0].index;
    }
    return ref;
  }

  /** Whether a node's result has to lie in memory: it is kept, or something outside its group reads it. */
  materialised(node: number): boolean {
    if (this.isOutput[node]) return true;
    const group = this.groupOf[node];
    return this.consumers[node].some((consumer) => this.groupOf[consumer] !== group);
  }

  #place(i: number): void {
    const node = this.recording.nodes[i];
    switch (node.op?.kind) {
      case 'view':
      case 'aux':
        return;
      case 'pointwise':
        this.#placePointwise(i);
        return;
      case 'reduce':
        if (!this.#takePrologue(i)) this.#start('reduce', i, node.shape);
        return;
      case 'matmul':
        this.#start('matmul', i, node.shape);
        return;
      default:
        this.#start('kernel', i, node.shape);
    }
  }

  #start(kind: Group['kind'], root: number, shape: Shape): Group {
    const group: Group = { kind, root, prologue: [], members: [], shape, deps: new Set() };
    this.groups.push(group);
    if (kind !== 'copy') this.groupOf[root] = group;
    this.#addDeps(group, root);
    return group;
  }

  #placePointwise(i: number): void {
    const node = this.recording.nodes[i];
    const candidates: Group[] = [];
    for (const input of node.inputs) {
      if (input.index < 0) continue;
      const group = this.groupOf[input.index];
      if (!group || group.kind === 'kernel' || candidates.includes(group)) continue;
      // A prologue member's value is not there after the reduction.
      if (group.prologue.includes(input.index)) continue;
      if (sameShape(group.shape, node.shape) && group.members.length < maxMembers) candidates.push(group);
    }
    // Roots first: to save the pass over a matmul's result is worth more than to join two chains.
    candidates.sort((a, b) => Number(b.root >= 0) - Number(a.root >= 0));
    for (const group of candidates) {
      if (!this.#canJoin(group, i)) continue;
      group.members.push(i);
      this.groupOf[i] = group;
      this.#addDeps(group, i);
      for (const other of candidates) {
        if (other !== group && other.root < 0 && this.#canMerge(group, other)) this.#merge(group, other);
      }
      return;
    }
    const group = this.#start('pointwise', i, node.shape);
    group.root = -1;
    group.members.push(i);
  }

  /** Makes reduction `i` the root of the pointwise group that feeds it, if nothing else uses that group. */
  #takePrologue(i: number): boolean {
    const input = this.recording.nodes[i].inputs[0].index;
    if (input < 0) return false;
    const group = this.groupOf[input];
    if (group?.kind !== 'pointwise' || !sameShape(group.shape, this.recording.nodes[input].shape))
      return false;
    for (const member of group.members) {
      if (this.isOutput[member]) return false;
      for (const consumer of this.consumers[member]) {
        if (consumer !== i && this.groupOf[consumer] !== group) return false;
      }
    }
    group.kind = 'reduce';
    group.root = i;
    group.prologue = group.members;
    group.members = [];
    group.shape = this.recording.nodes[i].shape;
    this.groupOf[i] = group;
    return true;
  }

  #addDeps(group: Group, node: number): void {
    for (const input of this.recording.nodes[node].inputs) {
      const producer = this.producer(input.index);
      if (producer < 0) continue;
      const other = this.groupOf[producer];
      if (other && other !== group) group.deps.add(other);
    }
  }

  /** Whether `from` needs `to`, directly or through others. */
  reaches(from: Group, to: Group, seen = new Set<Group>()): boolean {
    if (from === to) return true;
    for (const dep of from.deps) {
      if (seen.has(dep)) continue;
      seen.add(dep);
      if (this.reaches(dep, to, seen)) return true;
    }
    return false;
  }

  #canJoin(group: Group, node: number): boolean {
    for (const input of this.recording.nodes[node].inputs) {
      const producer = this.producer(input.index);
      if (producer < 0) continue;
      const other = this.groupOf[producer];
      // Read through a view, a member of this very group would have to be in memory before the kernel has run.
      if (other === group && (producer !== input.index || group.prologue.includes(producer))) return false;
      if (other && other !== group && this.reaches(other, group)) return false;
    }
    return this.#bufferCount([...this.#all(group), node]) <= this.maxBuffers;
  }

  #canMerge(group: Group, other: Group): boolean {
    if (group.members.length + other.members.length > maxMembers) return false;
    for (const dep of group.deps) if (dep !== other && this.reaches(dep, other)) return false;
    for (const dep of other.deps) if (dep !== group && this.reaches(dep, group)) return false;
    // A reduction's prologue may not depend on what becomes its epilogue.
    for (const member of other.members) {
      if (
        this.consumers[member].some(
          (consumer) => group.prologue.includes(consumer) || consumer === group.root,
        )
      )
        return false;
      // ... nor may a member be read through a view inside the merged group.
      for (const input of this.recording.nodes[member].inputs) {
        const producer = this.producer(input.index);
        if (producer >= 0 && producer !== input.index && this.groupOf[producer] === group) return false;
      }
    }
    for (const member of this.#all(group)) {
      for (const input of this.recording.nodes[member].inputs) {
        const producer = this.producer(input.index);
        if (producer >= 0 && producer !== input.index && this.groupOf[producer] === other) return false;
      }
    }
    return this.#bufferCount([...this.#all(group), ...other.members]) <= this.maxBuffers;
  }

  #merge(group: Group, other: Group): void {
    group.members = [...group.members, ...other.members].sort((a, b) => a - b);
    for (const member of other.members) this.groupOf[member] = group;
    for (const dep of other.deps) if (dep !== group) group.deps.add(dep);
    group.deps.delete(other);
    for (const any of this.groups) {
      if (any.deps.delete(other) && any !== group) any.deps.add(group);
    }
    this.groups.splice(this.groups.indexOf(other), 1);
  }

  #all(group: Group): number[] {
    return group.root >= 0 ? [...group.prologue, group.root, ...group.members] : group.members;
  }

  /** An upper bound of the buffers that a kernel of these nodes touches. */
  #bufferCount(nodes: readonly number[]): number {
    const inside = new Set(nodes);
    const touched = new Set<number>();
    let written = 0;
    for (const node of nodes) {
      for (const input of this.recording.nodes[node].inputs) {
        if (!inside.has(input.index)) touched.add(this.producer(input.index));
      }
      if (this.isOutput[node] || this.consumers[node].some((consumer) => !inside.has(consumer))) written++;
    }
    return touched.size + written;
  }

  /** Groups in an order in which each runs after what it needs, close to the order of recording. */
  ordered(): Group[] {
    const last = (group: Group): number =>
      Math.max(group.root, group.members.length ? group.members[group.members.length - 1] : -1);
    const sorted = [...this.groups].sort((a, b) => last(a) - last(b));
    const done = new Set<Group>();
    const out: Group[] = [];
    const emit = (group: Group): void => {
      if (done.has(group)) return;
      done.add(group);
      for (const dep of group.deps) emit(dep);
      out.push(group);
    };
    for (const group of sorted) emit(group);
    return out;
  }
}
