/**
 * Attention, forward: out = softmax(q k^T * scale + mask) v.
 *
 * A task is up to `queryTask` queries of one head. It packs the head's keys and values for the micro-kernels, then goes
 * through its queries in blocks of 20: the scores of a block (20 x keys, in L1 or L2) are made, turned into
 * probabilities and multiplied by the values before the next block; keys that causality hides are never touched.
 * No queries x keys matrix is stored. One to four queries (generation) take dot products instead of packed panels.
 *
 * After https://arxiv.org/abs/2205.14135 (tiling, log-sum-exp kept for the backward step); whole rows of scores fit in
 * cache here, so the softmax needs no rescaling.
 */
import { dotCachedColumns, sumRows } from './few-rows';
import { multiplyTiles } from './microkernel';
import { Storage } from './opcodes';
import { packB } from './pack';
import { rowExp, rowMax, rowMultiply, rowScale } from './rows';
import { logOf } from './softmax';
import { firstTask, nextTask, scratch } from './threads';

/** Queries of a block. */
// @ts-ignore: decorator
@inline export const QUERY_BLOCK: u32 = 20;

/** A tensor [batch, heads, positions, headSize]; steps in bytes, the last axis is contiguous. */
@unmanaged
export class Heads {
  address: usize;
  batch: usize;
  head: usize;
  row: usize;
}

/** A tensor [batch, heads, queries, keys]; steps in bytes. Address 0: there is none. */
@unmanaged
export class Pairs {
  address: usize;
  storage: i32;
  batch: usize;
  head: usize;
  query: usize;
  key: usize;
}

/**
 * What multiplies the probabilities: factors [batch, heads, queries, keys] without gaps, or the seed that each is computed
 * from (core/src/backend/dropout.ts). Address 0: there is none.
 */
@unmanaged
export class Dropout {
  address: usize;
  /** Whether a seed lies there. */
  seeded: u32;
  /** The seed drops where a hash is below, ... */
  limit: i32;
  /** ... and multiplies the others by this. */
  scale: f32;
}

/** What forward and backward share; the tensors follow in the order of `steps.ts`. */
@unmanaged
export class AttentionCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  batch: u32;
  heads: u32;
  keyHeads: u32;
  queries: u32;
  keys: u32;
  headSize: u32;
  /** Address of the number of keys at run time, or 0. */
  keyLength: usize;
  scale: f32;
  causal: u32;
  causalOffset: i32;
  /** Address of what is added to the offset at run time, or 0. */
  causalShift: usize;
  /** Forward: queries of a task. */
  queryTask: u32;
  /** Offset of the thread's scratch memory for this command. */
  scratchAt: u32;
  logSumExp: usize;
  /** Offset in the command of q, k, v (Heads), mask (Pairs), dropout (Dropout), then out and the gradients (Heads). */
  tensorsAt: u32;
}

// @ts-ignore: decorator
@inline
export function heads(command: AttentionCommand, index: u32): Heads {
  const skip: usize = index < 3 ? 0 : offsetof<Pairs>() + offsetof<Dropout>();
  return changetype<Heads>(changetype<usize>(command) + command.tensorsAt + index * offsetof<Heads>() + skip);
}

// @ts-ignore: decorator
@inline
export function maskOf(command: AttentionCommand): Pairs {
  return changetype<Pairs>(changetype<usize>(command) + command.tensorsAt + 3 * offsetof<Heads>());
}

// @ts-ignore: decorator
@inline
export function dropoutOf(command: AttentionCommand): Dropout {
  return changetype<Dropout>(changetype<usize>(command) + command.tensorsAt + 3 * offsetof<Heads>() + offsetof<Pairs>());
}

// @ts-ignore: decorator
@inline
export function headAddress(tensor: Heads, batch: u32, head: u32): usize {
  return tensor.address + batch * tensor.batch + head * tensor.head;
}

// @ts-ignore: decorator
@inline
export function keysNow(command: AttentionCommand): u32 {
  if (!command.keyLength) return command.keys;
  return <u32>max(0, min(load<i32>(command.keyLength), <i32>command.keys));
}

// @ts-ignore: decorator
@inline
export function causalOffset(command: AttentionCommand): i32 {
  return command.causalOffset + (command.causalShift ? load<i32>(command.causalShift) : 0);
}

/** How many of the first `keys` keys query `query` may see. */
// @ts-ignore: decorator
@inline
export function visibleKeys(command: AttentionCommand, offset: i32, query: u32, keys: u32): u32 {
  if (!command.causal) return keys;
  return <u32>max(0, min(<i32>query + offset + 1, <i32>keys));
}

/** Bytes of a row of scores: whole tiles. */
// @ts-ignore: decorator
@inline
export function scorePitch(keys: u32): usize {
  return ((keys + 7) & ~7) << 2;
}

/** scores = scores * scale + mask, for the first `count` keys of one query. */
export function maskScores(mask: Pairs, batch: u32, head: u32, query: u32, scores: usize, count: u32, scale: f32): void {
  rowScale(scores, scores, count, scale, 0);
  let from = mask.address + batch * mask.batch + head * mask.head + query * mask.query;
  for (let i: u32 = 0; i < count; i++, from += mask.key) {
    const at = scores + (i << 2);
    if (mask.storage == Storage.Bool) {
      if (!load<u8>(from)) store<f32>(at, -Infinity);
    } else {
      store<f32>(at, load<f32>(at) + load<f32>(from));
    }
  }
}

/** The address of dropout's factors for the first `count` keys of one query: in `room` where they are computed. */
export function dropoutRow(command: AttentionCommand, batch: u32, head: u32, query: u32, count: u32, room: usize): usize {
  const dropout = dropoutOf(command);
  const place = ((batch * command.heads + head) * command.queries + query) * command.keys;
  if (!dropout.seeded) return dropout.address + (place << 2);
  const seed = load<i32>(dropout.address), limit = i32x4.splat(dropout.limit), scale = f32x4.splat(dropout.scale);
  const first = i32x4.splat(0x7feb352d), second = i32x4.splat(0x846ca68b), again = i32x4.splat(seed * 0x9e3779b9);
  let at = i32x4.add(i32x4.splat(<i32>place + seed), i32x4(0, 1, 2, 3));
  for (let i: u32 = 0; i < count; i += 4, at = i32x4.add(at, i32x4.splat(4))) {
    let x = i32x4.mul(v128.xor(at, i32x4.shr_u(at, 16)), first);
    x = i32x4.mul(v128.xor(v128.xor(x, i32x4.shr_u(x, 15)), again), second);
    x = i32x4.shr_u(v128.xor(x, i32x4.shr_u(x, 16)), 8);
    v128.store(room + (i << 2), v128.and(i32x4.ge_s(x, limit), scale));
  }
  return room;
}

/**
 * Turns the raw scores of one query into unnormalised probabilities in place, zeros from `visible` to `count`.
 * Returns 1 / their sum (0 when no key takes part) and keeps log(sum(exp)). `room` is for a row of dropout's factors.
 */
function probabilities(
  command: AttentionCommand, batch: u32, head: u32, query: u32, scores: usize, visible: u32, count: u32, room: usize,
): f32 {
  const mask = maskOf(command);
  let scale = command.scale;
  if (mask.address || scale < 0) {
    if (mask.address) maskScores(mask, batch, head, query, scores, visible, scale);
    else rowScale(scores, scores, visible, scale, 0);
    scale = 1;
  }
  const most = rowMax(scores, visible) * scale;
  let inverse: f32 = 0, logSumExp: f32 = 0;
  if (visible && most != -Infinity) {
    const sum = rowExp(scores, scores, visible, scale, most);
    inverse = 1 / sum;
    if (command.logSumExp) logSumExp = most + logOf(sum);
    if (dropoutOf(command).address) rowMultiply(scores, dropoutRow(command, batch, head, query, visible, room), visible);
    if (visible < count) memory.fill(scores + (visible << 2), 0, count - visible << 2);
  } else {
    memory.fill(scores, 0, count << 2);
  }
  if (command.logSumExp) {
    store<f32>(command.logSumExp + ((batch * command.heads + head) * command.queries + query << 2), logSumExp);
  }
  return inverse;
}

export function attention(command: AttentionCommand): void {
  const queries = command.queries, queryTask = command.queryTask, heads = command.heads;
  const pieces = (queries + queryTask - 1) / queryTask, tasks = command.batch * heads * pieces;
  const keys = keysNow(command);
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const pair = task / pieces, first = (task % pieces) * queryTask, count = min(queries - first, queryTask);
    if (queries < 5) fewQueries(command, pair / heads, pair % heads, keys);
    else manyQueries(command, pair / heads, pair % heads, first, count, keys);
  }
}

function manyQueries(command: AttentionCommand, batch: u32, head: u32, first: u32, count: u32, keys: u32): void {
  const keyHead = head / (command.heads / command.keyHeads), size = command.headSize;
  const offset = causalOffset(command);
  const kTensor = heads(command, 1), vTensor = heads(command, 2), qTensor = heads(command, 0), outTensor = heads(command, 3);
  const all = visibleKeys(command, offset, first + count - 1, keys);
  const packedK = scratch + command.scratchAt, packedV = packedK + scorePitch(keys) * size;
  const scores = packedV + ((size + 7 & ~7) << 2) * keys;
  packB(packedK, headAddress(kTensor, batch, keyHead), 4, kTensor.row, all, size);
  packB(packedV, headAddress(vTensor, batch, keyHead), vTensor.row, 4, size, all);
  for (let query = first; query < first + count; query += QUERY_BLOCK) {
    const rows = min(first + count - query, QUERY_BLOCK);
    const seen = visibleKeys(command, offset, query + rows - 1, keys), pitch = scorePitch(seen);
    const q = headAddress(qTensor, batch, head) + query * qTensor.row;
    const out = headAddress(outTensor, batch, head) + query * outTensor.row;
    multiplyTiles(rows, seen + 7 & ~7, size, true, q, qTensor.row, qTensor.row * 5, packedK, 32, size << 5, scores, pitch, false);
    const inverses = scores + pitch * QUERY_BLOCK, room = inverses + (QUERY_BLOCK << 2);
    for (let row: u32 = 0; row < rows; row++) {
      const visible = visibleKeys(command, offset, query + row, keys);
      const inverse = probabilities(command, batch, head, query + row, scores + row * pitch, visible, seen, room);
      store<f32>(inverses + (row << 2), inverse);
    }
    multiplyTiles(rows, size, seen, true, scores, pitch, pitch * 5, packedV, 32, all << 5, out, outTensor.row, false);
    for (let row: u32 = 0; row < rows; row++) {
      const y = out + row * outTensor.row;
      rowScale(y, y, size, load<f32>(inverses + (row << 2)), 0);
    }
  }
}

function fewQueries(command: AttentionCommand, batch: u32, head: u32, keys: u32): void {
  const keyHead = head / (command.heads / command.keyHeads), size = command.headSize;
  const offset = causalOffset(command);
  const kTensor = heads(command, 1), vTensor = heads(command, 2), qTensor = heads(command, 0), outTensor = heads(command, 3);
  const scores = scratch + command.scratchAt, room = scores + scorePitch(command.keys);
  for (let query: u32 = 0; query < command.queries; query++) {
    const visible = visibleKeys(command, offset, query, keys);
    const out = headAddress(outTensor, batch, head) + query * outTensor.row;
    // Four keys at a time, where there is room for more than are seen: what those give is never looked at.
    const columns = min(visible + 3 & ~3, command.keys);
    dotCachedColumns(headAddress(qTensor, batch, head) + query * qTensor.row, headAddress(kTensor, batch, keyHead), kTensor.row, columns, size, scores);
    const inverse = probabilities(command, batch, head, query, scores, visible, visible, room);
    sumRows(scores, 4, headAddress(vTensor, batch, keyHead), vTensor.row, size, visible, out);
    rowScale(out, out, size, inverse, 0);
  }
}
