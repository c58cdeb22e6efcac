/**
 * The key of a plan: everything about a recording that the plan's steps depend on, and nothing else. Values of scalars
 * and of host data are not part of it.
 */
import type { BackendBuffer } from '../backend/contract.js';
import { allDTypes, type DType } from '../backend/dtype.js';
import type { Attrs, Op } from './op.js';
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

export function hashKey(key: readonly number[], length = key.length): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ key[i], 0x01000193);
  return hash >>> 0;
}

/** Whether `a` is what `b` begins with. */
export function startsWith(b: readonly number[], a: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** What is interned: how an op without attributes looks (by op, dtype and number of scalars), and with them. */
const bare = new Map<string, number>();
const ofOps = new WeakMap<Op, number[]>();
/** Attributes that ops share between calls (most binary ops have a handful). */
const ofShared = new WeakMap<Attrs, Map<number, number>>();
const withAttrs = new Map<number, { readonly words: readonly number[]; readonly id: number }[]>();
const texts = new Map<string, number>();
let nextId = 0;
/** Attributes as numbers, while they are looked up: the first `count` of these. */
const words: number[] = [];
let count = 0;

/**
 * Interns an op, dtype, attributes and number of scalars. An op gives its attributes in one order and with one type
 * each, so that their numbers (texts interned, lists after their length) tell them apart.
 */
export function signatureOf(op: Op, attrs: Attrs | null, dtype: DType, scalars: number): number {
  let ids = ofOps.get(op);
  if (!ids) {
    ids = [];
    ofOps.set(op, ids);
  }
  const place = scalars * allDTypes.length + (dtypeIds.get(dtype) as number);
  ids[place] ??= interned(bare, `${op.name}|${dtype}|${scalars}`);
  const head = ids[place];
  if (attrs === null) return head;
  const known = ofShared.get(attrs)?.get(head);
  if (known !== undefined) return known;
  words[0] = head;
  count = 1;
  for (const name in attrs) pushWords(attrs[name]);
  const id = lookUp();
  const cache = ofShared.get(attrs);
  if (cache) cache.set(head, id);
  else if (Object.isFrozen(attrs)) ofShared.set(attrs, new Map([[head, id]]));
  return id;
}

function pushWords(value: Attrs[string]): void {
  if (typeof value === 'number') words[count++] = value;
  else if (typeof value === 'string') words[count++] = interned(texts, value);
  else if (typeof value === 'boolean') words[count++] = value ? 1 : 0;
  else if (value === null) words[count++] = -1.5;
  else {
    words[count++] = value.length;
    for (let i = 0; i < value.length; i++) pushWords(value[i]);
  }
}

function lookUp(): number {
  const hash = hashKey(words, count);
  const bucket = withAttrs.get(hash);
  if (bucket)
    for (const entry of bucket)
      if (entry.words.length === count && startsWith(words, entry.words)) return entry.id;
  const id = nextId++;
  const entry = { words: words.slice(0, count), id };
  if (bucket) bucket.push(entry);
  else withAttrs.set(hash, [entry]);
  return id;
}

function interned(table: Map<string, number>, text: string): number {
  let id = table.get(text);
  if (id === undefined) {
    id = nextId++;
    table.set(text, id);
  }
  return id;
}
