/**
 * Placement: a value that only has to be copied into a concatenation is computed there at once.
 *
 * This is what gives an optimizer one flat gradient without a copy: the gradients are concatenated in the graph, and
 * each kernel that makes one writes its part.
 */

import type { Fusion } from './fuse.js';
import type { Recording } from './recording.js';
import { sizeOf } from './shape.js';
import type { Value } from './value.js';

export interface Placement {
  /** The concatenation's node, which part of it, and where that begins, in elements. */
  readonly concat: number;
  readonly part: number;
  readonly offset: number;
}

/** Views that keep all elements in their order. */
function keepsOrder(node: Value): boolean {
  return node.op?.name === 'reshape';
}

export function findPlacements(recording: Recording, fusion: Fusion): Map<number, Placement> {
  const { nodes } = recording;
  const placements = new Map<number, Placement>();
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i];
    if (node.op?.name !== 'cat') continue;
    const dim = node.attrs?.dim as number;
    // Only along the outermost axis are the parts contiguous.
    if (sizeOf(node.shape.slice(0, dim)) !== 1) continue;
    let offset = 0;
    for (let part = 0; part < node.inputs.length; part++) {
      const input = node.inputs[part];
      let ref = input.index;
      while (ref >= 0 && keepsOrder(nodes[ref])) ref = nodes[ref].inputs[0].index;
      const kind = ref >= 0 ? nodes[ref].op?.kind : 'view';
      const free =
        kind !== 'view' &&
        nodes[ref].dtype === node.dtype &&
        nodes[ref].op?.name !== 'cat' &&
        !fusion.isOutput[ref] &&
        !placements.has(ref);
      if (free) placements.set(ref, { concat: i, part, offset });
      offset += input.size;
    }
  }
  return placements;
}
