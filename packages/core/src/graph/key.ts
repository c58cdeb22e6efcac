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

/** A key as a list of integers, compared in full: the first `length` of `words`, which are there until the next is made. */
export interface Key {
  readonly words: readonly number[];
  readonly length: number;
  /** Of ops and outputs; what else differs is found when the words are compared. */
  readonly hash: number;
}

const keyWords: number[] = [];

export function keyOf({ nodes, externals, outputs }: Recording, binding: Binding): Key {
  let at = 0;
  let hash = firstHash;
  keyWords[at++] = nodes.length;
  for (let i = 0; i < nodes.length; i++) {
    const { signature, inputs } = nodes[i];
    hash = hashed(hash, signature);
    keyWords[at++] = signature;
    keyWords[at++] = inputs.length;
    for (let n = 0; n < inputs.length; n++) keyWords[at++] = inputs[n].index;
  }
  keyWords[at++] = externals.length;
  for (let j = 0; j < externals.length; j++) {
    const value = externals[j];
    const place = binding.externals[j];
    keyWords[at++] = dtypeIds.get(value.dtype) as number;
    keyWords[at++] = shapeId(value.shape);
    keyWords[at++] = place;
    if (place >= 0) keyWords[at++] = value.region?.offset as number;
  }
  for (let o = 0; o < outputs.length; o++) {
    const { node, slot } = outputs[o];
    hash = hashed(hash, node);
    keyWords[at++] = node;
    keyWords[at++] = slot ? 1 : 0;
    keyWords[at++] = binding.outputs[o];
  }
  return { words: keyWords, length: at, hash };
}

const firstHash = 0x811c9dc5 | 0;
const hashed = (hash: number, word: number): number => Math.imul(hash ^ word, 0x01000193);

/** Whether `words`, so many of them, are `known`. */
export function sameWords(words: readonly number[], length: number, known: readonly number[]): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known[i] !== words[i]) return false;
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
  let hash = firstHash;
  for (let i = 0; i < count; i++) hash = hashed(hash, words[i]);
  const bucket = withAttrs.get(hash);
  if (bucket) for (const entry of bucket) if (sameWords(words, count, entry.words)) return entry.id;
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
