/**
 * A recording: the nodes that one plan computes, in order, the values it starts from, and what is kept at the end.
 * References to inputs are numbers: `i >= 0` is node i, `-1 - j` is external j.
 */
import type { Slot, Value } from './value.js';
import { overwrittenError } from './value.js';

export interface Recording {
  readonly nodes: readonly Value[];
  readonly externals: readonly Value[];
  /** Nodes whose results are kept: position in `nodes`, and the slot they go to, if any. */
  readonly outputs: readonly { readonly node: number; readonly slot: Slot | null }[];
}

/** The number of a recording pass; a value whose `stamp` differs has not been met in this pass. */
let pass = 0;

/** What has been recorded since the last run, in order: here most of what has to run is found without a search. */
export class RecordLog {
  readonly values: Value[] = [];
  /** The stamp of what is listed, until a pass meets it. */
  mark = ++pass;

  add(value: Value): void {
    value.stamp = this.mark;
    this.values.push(value);
  }

  clear(): void {
    this.values.length = 0;
    this.mark = ++pass;
  }
}

/**
 * Collects what has to run so that `targets` exist.
 *
 * A value that is resident or on the host is where the walk stops, unless one of its side results (`aux`) is wanted:
 * then its kernel runs again.
 *
 * @param log says where to look first; what it does not list is found through inputs.
 * @throws the version error if a value is needed whose memory has been overwritten.
 */
export function collect(targets: readonly Value[], log: RecordLog): Recording {
  const stamp = ++pass;
  const nodes: Value[] = [];
  const unlisted: Value[] = [];
  const externals: Value[] = [];

  const visit = (value: Value, rerun: boolean): void => {
    if (value.stamp === stamp && !(rerun && value.index < 0)) return;
    const isListed = value.stamp === log.mark;
    value.stamp = stamp;
    if (!rerun && (value.host !== null || value.resident)) {
      value.index = -1;
      externals.push(value);
      return;
    }
    if (value.op === null || value.overwritten) throw overwrittenError(value);
    // 0 waits for the walk along the log.
    value.index = isListed ? 0 : unlisted.push(value);
  };
  const enter = (value: Value): void => {
    nodes.push(value);
    const rerun = value.op?.kind === 'aux';
    const { inputs } = value;
    for (let i = 0; i < inputs.length; i++) if (rerun || inputs[i].stamp !== stamp) visit(inputs[i], rerun);
  };

  for (const target of targets) visit(target, false);
  const { values } = log;
  let isSorted = true;
  // From the newest on, so that what uses a value has been met before it is.
  for (let i = values.length; ; ) {
    for (let value = unlisted.pop(); value !== undefined; value = unlisted.pop()) {
      enter(value);
      isSorted = false;
    }
    if (i === 0) break;
    const value = values[--i];
    if (value.stamp === stamp && value.index === 0) enter(value);
  }

  nodes.reverse();
  if (!isSorted) nodes.sort((a, b) => a.seq - b.seq);
  for (let i = 0; i < nodes.length; i++) nodes[i].index = i;
  // An external that a later aux turned into a node is no external any more.
  const kept = externals.filter((value) => value.index < 0).sort((a, b) => a.seq - b.seq);
  for (let j = 0; j < kept.length; j++) kept[j].index = -1 - j;

  const outputs: { node: number; slot: Slot | null }[] = [];
  // Of several versions of one slot the newest gets its memory.
  const newest = new Map<Slot, Value>();
  const wanted = new Set(targets);
  for (const target of wanted) {
    const slot = target.target;
    if (slot && (newest.get(slot)?.seq ?? -1) < target.seq) newest.set(slot, target);
  }
  for (const target of wanted) {
    if (target.index < 0 || target.resident || target.host !== null) continue;
    const slot = target.target;
    outputs.push({ node: target.index, slot: slot && newest.get(slot) === target ? slot : null });
  }
  return { nodes, externals: kept, outputs };
}
