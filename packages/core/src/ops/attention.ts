/** Scaled dot-product attention, without the queries x keys matrix in memory. */
import { isFloatingPoint } from '../backend/dtype.js';
import type { Operand } from '../backend/steps.js';
import { operandOf } from '../graph/layout.js';
import { type Live, numberOf, recordLive } from '../graph/live.js';
import type { KernelIO, KernelOp } from '../graph/op.js';
import { auxOf, record } from '../graph/record.js';
import { broadcastShapes, sameShape, showShape } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { lowered } from './autocast.js';
import { expand } from './broadcast.js';
import { expectWhole } from './expect.js';

/** Inputs in order: q, k, v, then those of mask and dropout that exist. */
const logSumExp = 0;
const dkAux = 0;
const dvAux = 1;

function dimensions(q: Value, k: Value) {
  const [batch, heads, queries, headSize] = q.shape;
  const [, keyHeads, keys] = k.shape;
  return { batch, heads, keyHeads, queries, keys, headSize };
}

function shared(node: Value, io: KernelIO, first: number) {
  const read = (i: number): Operand => operandOf(io.input(i, 'unitStride'));
  let next = first;
  const { cached } = node.attrs as { readonly cached: boolean };
  return {
    keyLength: cached ? io.scalar(0) : null,
    causalShift: cached ? io.scalar(1) : null,
    scale: node.attrs?.scale as number,
    causal: node.attrs?.causal as number | null,
    q: read(0),
    k: read(1),
    v: read(2),
    mask: node.attrs?.mask ? operandOf(io.input(next++)) : null,
    dropout: node.attrs?.dropout ? operandOf(io.input(next++)) : null,
    dropoutP: node.attrs?.dropoutP as number | null,
  };
}

const attentionOp: KernelOp = {
  kind: 'kernel',
  name: 'attention',
  strided: true,
  gradient: (node, g) => {
    const [q, k, v, ...extra] = node.inputs;
    const [batch, heads, queries] = node.shape;
    const lse = auxOf(node, logSumExp, [batch, heads, queries], node.dtype);
    const dq = record(
      attentionBackwardOp,
      [q, k, v, node, lse, g, ...extra],
      q.shape,
      q.dtype,
      node.attrs,
      node.scalars,
    );
    return [
      q.requiresGrad ? dq : null,
      k.requiresGrad ? auxOf(dq, dkAux, k.shape, k.dtype) : null,
      v.requiresGrad ? auxOf(dq, dvAux, v.shape, v.dtype) : null,
      ...extra.map(() => null),
    ];
  },
  lower: (node, io) => {
    const out = io.output();
    const lse = io.aux(logSumExp);
    if (node.size === 0) return;
    io.emit({
      kind: 'attention',
      label: 'attention',
      ...dimensions(node.inputs[0], node.inputs[1]),
      ...shared(node, io, 3),
      out: operandOf(out),
      logSumExp: lse && operandOf(lse),
    });
  },
};

const attentionBackwardOp: KernelOp = {
  kind: 'kernel',
  name: 'attentionBackward',
  strided: true,
  lower: (node, io) => {
    const [q, k, v] = node.inputs;
    const dq = io.output();
    const dk = io.aux(dkAux) ?? io.scratch(k.shape, k.dtype);
    const dv = io.aux(dvAux) ?? io.scratch(v.shape, v.dtype);
    if (node.size === 0 && k.size === 0) return;
    io.emit({
      kind: 'attentionBackward',
      label: 'attentionBackward',
      ...dimensions(q, k),
      ...shared(node, io, 6),
      out: operandOf(io.input(3, 'unitStride')),
      logSumExp: operandOf(io.input(4, 'contiguous')),
      dout: operandOf(io.input(5, 'unitStride')),
      dq: operandOf(dq),
      dk: operandOf(dk),
      dv: operandOf(dv),
    });
  },
};

export interface AttentionOptions {
  /** Bool (true takes part) or float (added to the scores), broadcast to [batch, heads, queries, keys]. */
  readonly mask: Value | null;
  /** Factors for the probabilities (0 or 1 / (1 - p)), [batch, heads, queries, keys]; with `dropoutP` a seed of them. */
  readonly dropout: Value | null;
  /** The probability with which the seed drops (see backend/dropout.ts). */
  readonly dropoutP: number | null;
  readonly causal: boolean;
  readonly scale: number;
  /**
   * Keys and values are a cache: its first `length` entries exist, and query 0 stands at entry `offset` of it. Both are
   * run-time scalars: a cache that grows needs no new plan.
   */
  readonly cache: { readonly length: Live; readonly offset: Live } | null;
}

/**
 * q [batch, heads, queries, size], k and v [batch, keyHeads, keys, size]; keyHeads divides heads.
 * @throws Error that names the shapes.
 */
export function attention(q: Value, k: Value, v: Value, options: AttentionOptions): Value {
  [q, k, v] = [lowered(q), lowered(k), lowered(v)];
  const shapes = `q ${showShape(q.shape)}, k ${showShape(k.shape)}, v ${showShape(v.shape)}`;
  const wrong = (why: string): Error => new Error(`attention: ${shapes}: ${why}`);
  if (q.shape.length !== 4 || k.shape.length !== 4 || v.shape.length !== 4)
    throw wrong('4 dimensions are needed');
  if (!isFloatingPoint(q.dtype) || q.dtype !== k.dtype || q.dtype !== v.dtype)
    throw wrong(`one floating point dtype is needed, not ${q.dtype}, ${k.dtype}, ${v.dtype}`);
  const { batch, heads, keyHeads, queries, keys, headSize } = dimensions(q, k);
  if (!sameShape(k.shape, v.shape)) throw wrong('keys and values must have one shape');
  if (k.shape[0] !== batch || k.shape[3] !== headSize) throw wrong('batch and head size must agree');
  if (keyHeads === 0 || heads % keyHeads !== 0)
    throw wrong(`${keyHeads} key heads do not divide ${heads} heads`);
  const full = [batch, heads, queries, keys];
  const lay = (value: Value | null, name: string): Value[] => {
    if (!value) return [];
    if (!sameShape(broadcastShapes(`attention ${name}`, value.shape, full), full))
      throw wrong(`${name} ${showShape(value.shape)} does not broadcast to ${showShape(full)}`);
    if (value.requiresGrad) throw new Error(`attention: no gradient flows to the ${name}; detach() it`);
    return [expand(value, full)];
  };
  const { cache, dropout, dropoutP } = options;
  const drops = dropout && dropoutP !== null ? [dropout] : lay(dropout, 'dropout');
  const inputs = [q, k, v, ...lay(options.mask, 'mask'), ...drops];
  const whole = (name: string, value: number, most: number): number => {
    expectWhole('attention', name, value, 0, most);
    return value;
  };
  const attrs = {
    scale: options.scale,
    causal: options.causal ? 0 : null,
    mask: options.mask !== null,
    dropout: dropout !== null,
    dropoutP,
    cached: cache !== null,
    scalarType: 'int32',
  };
  return recordLive([cache?.length, cache?.offset], () => {
    const scalars = cache
      ? [whole('keyLength', numberOf(cache.length), keys), whole('queryOffset', numberOf(cache.offset), keys)]
      : [];
    return record(attentionOp, inputs, q.shape, q.dtype, attrs, scalars);
  });
}
