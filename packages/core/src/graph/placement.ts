/**
 * Placement: a value that would only be copied is computed where the copy would lie.
 *
 * Two things are copies: a part of a concatenation or of an assembled gradient, and a reshape that no strides can
 * express (heads merged back after attention). The kernel that makes the value writes there at once, through the
 * inverse of the views in between. This is what gives an optimizer one flat gradient without a pass over memory.
 */
import type { Fusion } from './fuse.js';
import type { Recording } from './recording.js';
import { contiguousStrides, isContiguous, reshapeStrides, type Shape } from './shape.js';
import type { Value } from './value.js';

/** A strided region of the contiguous result of node `owner`. */
export interface Placement {
  readonly owner: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Regions of a joining op's output (contiguous), one for each of its leading inputs. */
export function partRegions(node: Value): { strides: number[]; offset: number }[] {
  const dim = node.attrs?.dim as number;
  const strides = contiguousStrides(node.shape);
  const starts = node.attrs?.starts as readonly number[] | undefined;
  let start = 0;
  const parts = starts ? node.inputs.slice(0, starts.length) : node.inputs;
  return parts.map((input, i) => {
    const offset = (starts ? starts[i] : start) * strides[dim];
    start += input.shape[dim];
    return { strides, offset };
  });
}

export class Placements {
  readonly #of = new Map<number, Placement>();

  constructor(
    private readonly recording: Recording,
    private readonly fusion: Fusion,
  ) {
    const { nodes } = recording;
    // Joins first: what they save is certain.
    for (let i = 0; i < nodes.length; i++) {
      const { op } = nodes[i];
      if (op?.kind === 'kernel' && op.joins) this.#placeParts(i);
    }
    for (let i = 0; i < nodes.length; i++) {
      if (nodes[i].op?.name === 'reshape') this.#placeReshape(i);
    }
  }

  /** Where the result of a node goes, if it is placed inside another one's memory. */
  get(node: number): Placement | undefined {
    return this.#of.get(node);
  }

  #placeParts(owner: number): void {
    const node = this.recording.nodes[owner];
    if (node.attrs?.gaps) return;
    const regions = partRegions(node);
    // What comes twice would be copied from one part of a buffer to another.
    const sources = regions.map((_, i) => this.#source(node.inputs[i].index));
    regions.forEach(({ strides, offset }, i) => {
      const input = node.inputs[i];
      if (sources.indexOf(sources[i]) !== sources.lastIndexOf(sources[i])) return;
      this.#place(input.index, { owner, shape: input.shape, strides, offset }, node.dtype);
    });
  }

  /** A reshape whose input does not lie so that it is a view: its producer may lay it out that way. */
  #placeReshape(i: number): void {
    const node = this.recording.nodes[i];
    const input = node.inputs[0].index;
    // Only through another view can the natural layout of a result be in the way.
    if (input < 0 || this.recording.nodes[input].op?.kind !== 'view' || this.#of.has(i)) return;
    this.#place(
      i,
      { owner: i, shape: node.shape, strides: contiguousStrides(node.shape), offset: 0 },
      node.dtype,
    );
  }

  /** Walks from a value up through views to its producer, inverting each, and places the producer's result. */
  #place(ref: number, target: Placement, dtype: Value['dtype']): void {
    const { nodes } = this.recording;
    let { shape, strides } = target;
    let at = ref;
    while (at >= 0 && nodes[at].op?.kind === 'view') {
      const node = nodes[at];
      const before = node.inputs[0].shape;
      // Another view of the same memory might be written elsewhere, or kept.
      if (this.fusion.isOutput[at]) return;
      if (node.op?.name === 'reshape') {
        const split = reshapeStrides(shape, strides, before);
        if (!split) return;
        strides = split;
      } else if (node.op?.name === 'permute') {
        const dims = node.attrs?.dims as readonly number[];
        strides = dims.map((_, axis) => strides[dims.indexOf(axis)]);
      } else if (node.op?.name !== 'detach') return;
      shape = before;
      at = node.inputs[0].index;
    }
    if (at < 0 || this.#of.has(at) || this.fusion.isOutput[at]) return;
    const producer = nodes[at];
    if (producer.dtype !== dtype || !this.#mayWrite(producer, shape, strides)) return;
    if (this.#meets(at, target.owner)) return;
    this.#of.set(at, { owner: target.owner, shape, strides, offset: target.offset });
  }

  /**
   * Whether a step would store into one part of a buffer and read another: hidden states, each made from the one before,
   * that are stacked in the end. Steps must not (see backend/steps.ts), so one of the two gets memory of its own.
   */
  #meets(at: number, owner: number): boolean {
    const mine = this.#reads(at);
    for (const [other, { owner: its }] of this.#of) {
      if (its === owner && (mine.has(other) || this.#reads(other).has(at))) return true;
    }
    return false;
  }

  /** What a value is a view of. */
  #source(index: number): number {
    const { nodes } = this.recording;
    let producer = index;
    while (producer >= 0 && nodes[producer].op?.kind === 'view') producer = nodes[producer].inputs[0].index;
    return producer;
  }

  readonly #known = new Map<number, ReadonlySet<number>>();

  /** Producers of what the step that computes a node reads. */
  #reads(at: number): ReadonlySet<number> {
    let found = this.#known.get(at);
    if (found) return found;
    const { nodes } = this.recording;
    const kernel = nodes[at].op?.kind === 'aux' ? nodes[at].inputs[0].index : at;
    const group = this.fusion.groupOf[kernel];
    const inside = new Set(group ? [...group.members, ...group.prologue] : [kernel]);
    if (group && group.root >= 0) inside.add(group.root);
    const reads = new Set<number>();
    for (const node of inside) {
      for (const { index } of nodes[node].inputs) {
        const producer = this.#source(index);
        if (producer >= 0 && !inside.has(producer)) reads.add(producer);
      }
    }
    found = reads;
    this.#known.set(at, found);
    return found;
  }

  /** Whether the kernel behind a node can write this layout; and a join is never placed inside another. */
  #mayWrite(producer: Value, shape: Shape, strides: readonly number[]): boolean {
    const { op } = producer;
    const kernel = op?.kind === 'aux' ? producer.inputs[0].op : op;
    if (kernel?.kind !== 'kernel') return isContiguous(shape, strides);
    if (kernel.joins) return false;
    return kernel.strided ? strides[strides.length - 1] === 1 : isContiguous(shape, strides);
  }
}
