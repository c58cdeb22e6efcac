/**
 * The key of a plan: everything about a recording that the plan's steps depend on, and nothing else. Values of scalars
 * and of host data are not part of it.
 */
import type { BackendBuffer } from '../backend/contract.js';
import { allDTypes, type DType } from '../backend/dtype.js';
import type { Attrs } from './op.js';
import type { Recording } from './recording.js';
import type { Shape } from './shape.js';

/** How a recording is bound to memory: which externals and slots share a buffer. */
export interface Binding {
  /** The distinct buffers, in order of first appearance. */
  readonly buffers: BackendBuffer[];
  /** For each external: its place in `buffers`, or -1 if it is uploaded. */
  readonly externals: number[];
  /** For each output: the place of its slot's buffer in `buffers`, or -1 if new memory is needed. */
  readonly outputs: number[];
}

export function bind(recording: Recording): Binding {
  const buffers: BackendBuffer[] = [];
  const classes = new Map<BackendBuffer, number>();
  const classOf = (buffer: BackendBuffer): number => {
    let known = classes.get(buffer);
    if (known === undefined) {
      known = buffers.length;
      buffers.push(buffer);
      classes.set(buffer, known);
    }
    return known;
  };
  const externals = recording.externals.map((value) =>
    value.resident && value.region ? classOf(value.region.buffer) : -1,
  );
  const outputs = recording.outputs.map(({ slot }) => (slot?.buffer ? classOf(slot.buffer) : -1));
  return { buffers, externals, outputs };
}

const shapeIds = new Map<string, number>();

function shapeId(shape: Shape): number {
  const text = shape.join();
  let id = shapeIds.get(text);
  if (id === undefined) {
    id = shapeIds.size;
    shapeIds.set(text, id);
  }
  return id;
}

const dtypeIds = new Map<DType, number>(allDTypes.map((dtype, i) => [dtype, i]));

/** The key as a list of integers, compared in full. */
export function keyOf(recording: Recording, binding: Binding): number[] {
  const { nodes, externals, outputs } = recording;
  const key: number[] = [nodes.length, externals.length, outputs.length];
  for (const node of nodes) {
    key.push(node.signature);
    for (const input of node.inputs) key.push(input.index);
  }
  for (let j = 0; j < externals.length; j++) {
    const value = externals[j];
    key.push(dtypeIds.get(value.dtype) as number, shapeId(value.shape), binding.externals[j]);
    if (binding.externals[j] >= 0) key.push(value.region?.offset as number);
  }
  for (let o = 0; o < outputs.length; o++)
    key.push(outputs[o].node, outputs[o].slot ? 1 : 0, binding.outputs[o]);
  return key;
}

export function hashKey(key: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key[i], 0x01000193);
  return hash >>> 0;
}

export function sameKey(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const signatures = new Map<string, number>();
/** Attributes that ops share between calls (most binary ops have a handful) skip the text. */
const ofShared = new WeakMap<Attrs, Map<string, number>>();

/**
 * Interns an op's name, dtype, attributes and number of scalars. An op gives its attributes in one order and with one
 * type each, so their plain text tells them apart.
 */
export function signatureOf(name: string, attrs: Attrs | null, dtype: DType, scalars: number): number {
  const head = `${name}|${dtype}|${scalars}`;
  if (attrs === null) return intern(head);
  const known = ofShared.get(attrs)?.get(head);
  if (known !== undefined) return known;
  let text = head;
  for (const key in attrs) text += `|${attrs[key]}`;
  const id = intern(text);
  const cache = ofShared.get(attrs);
  if (cache) cache.set(head, id);
  else if (Object.isFrozen(attrs)) ofShared.set(attrs, new Map([[head, id]]));
  return id;
}

function intern(text: string): number {
  let id = signatures.get(text);
  if (id === undefined) {
    id = signatures.size;
    signatures.set(text, id);
  }
  return id;
}
