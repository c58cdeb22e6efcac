/**
 * Attention, backward: dq, dk and dv from dout.
 *
 * A task is one key head of one batch element with all its query heads, so dk and dv are summed by one thread in one
 * order. Blocks of 20 queries: the probabilities are made again from the scores and the kept log-sum-exp,
 *   dP = dout v^T,  dS = P (dP - sum(P dP)) scale,  dv += P^T dout,  dk += dS^T q,  dq = dS k
 * with the micro-kernels; only a block of P and dS exists at a time.
 *
 * Source: https://arxiv.org/abs/2205.14135 (algorithm 4), https://arxiv.org/abs/2307.08691.
 */
import {
  AttentionCommand, causalOffset, dropoutOf, dropoutRow, headAddress, heads, Heads, keysNow, maskOf, maskScores,
  QUERY_BLOCK, scorePitch, visibleKeys,
} from './attention';
import { multiplyTiles } from './microkernel';
import { packB } from './pack';
import { rowDot, rowExp, rowMultiply } from './rows';
import { alive, firstTask, nextTask, scratch } from './threads';

export function attentionBackward(command: AttentionCommand): void {
  const tasks = command.batch * command.keyHeads;
  const keys = keysNow(command);
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    keyHeadTask(command, task / command.keyHeads, task % command.keyHeads, keys);
  }
}

function keyHeadTask(command: AttentionCommand, batch: u32, keyHead: u32, keys: u32): void {
  const size = command.headSize, offset = causalOffset(command), group = command.heads / command.keyHeads;
  const kTensor = heads(command, 1), vTensor = heads(command, 2);
  const dkTensor = heads(command, 6), dvTensor = heads(command, 7);
  const k = headAddress(kTensor, batch, keyHead), v = headAddress(vTensor, batch, keyHead);
  const all = visibleKeys(command, offset, command.queries - 1, keys);
  const across = scorePitch(keys) * size, along = ((size + 7 & ~7) << 2) * keys, sums = (size * keys << 2) + 63 & ~63;
  const keysAcross = scratch + command.scratchAt, valuesAcross = keysAcross + across, keysAlong = valuesAcross + across;
  const dk = keysAlong + along, dv = dk + sums, blocks = dv + sums;
  packB(keysAcross, k, 4, kTensor.row, all, size);
  packB(valuesAcross, v, 4, vTensor.row, all, size);
  packB(keysAlong, k, kTensor.row, 4, size, all);
  memory.fill(dk, 0, sums * 2);
  for (let head = keyHead * group; head < (keyHead + 1) * group; head++) {
    for (let query: u32 = 0; query < command.queries; query += QUERY_BLOCK) {
      alive();
      queryBlock(command, batch, head, query, keys, all, keysAcross, valuesAcross, keysAlong, dk, dv, blocks);
    }
  }
  copyRows(dkTensor, batch, keyHead, dk, command.keys, keys, size);
  copyRows(dvTensor, batch, keyHead, dv, command.keys, keys, size);
}

/** Sums to their place; keys that do not exist at run time get zeros. */
function copyRows(tensor: Heads, batch: u32, head: u32, from: usize, rows: u32, given: u32, size: u32): void {
  let to = headAddress(tensor, batch, head);
  for (let row: u32 = 0; row < rows; row++, to += tensor.row, from += size << 2) {
    if (row < given) memory.copy(to, from, size << 2);
    else memory.fill(to, 0, size << 2);
  }
}

function queryBlock(
  command: AttentionCommand, batch: u32, head: u32, query: u32, keys: u32, all: u32,
  keysAcross: usize, valuesAcross: usize, keysAlong: usize, dk: usize, dv: usize, blocks: usize,
): void {
  const size = command.headSize, offset = causalOffset(command);
  const qTensor = heads(command, 0), doutTensor = heads(command, 4), dqTensor = heads(command, 5);
  const mask = maskOf(command), drops = dropoutOf(command).address != 0;
  const rows = min(command.queries - query, QUERY_BLOCK);
  const seen = visibleKeys(command, offset, query + rows - 1, keys), pitch = scorePitch(seen);
  const q = headAddress(qTensor, batch, head) + query * qTensor.row;
  const dout = headAddress(doutTensor, batch, head) + query * doutTensor.row;
  const dq = headAddress(dqTensor, batch, head) + query * dqTensor.row;
  const p = blocks, ds = blocks + pitch * QUERY_BLOCK, room = ds + pitch * QUERY_BLOCK;
  const columns = seen + 7 & ~7;
  multiplyTiles(rows, columns, size, true, q, qTensor.row, qTensor.row * 5, keysAcross, 32, size << 5, p, pitch, false);
  multiplyTiles(rows, columns, size, true, dout, doutTensor.row, doutTensor.row * 5, valuesAcross, 32, size << 5, ds, pitch, false);
  for (let row: u32 = 0; row < rows; row++) {
    const visible = visibleKeys(command, offset, query + row, keys);
    const pRow = p + row * pitch, dsRow = ds + row * pitch;
    const logSumExp = load<f32>(command.logSumExp + ((batch * command.heads + head) * command.queries + query + row << 2));
    let scale = command.scale;
    if (mask.address) {
      maskScores(mask, batch, head, query + row, pRow, visible, scale);
      scale = 1;
    }
    // The sum is 1 but for the rounding of the log-sum-exp, which is large where scores are: divided out.
    const sum = rowExp(pRow, pRow, visible, scale, logSumExp);
    const inverse = f32x4.splat(sum > 0 ? 1 / sum : sum);
    const factors = drops ? dropoutRow(command, batch, head, query + row, visible, room) : 0;
    if (drops) rowMultiply(dsRow, factors, visible);
    // sum(P dP) is sum(out dout), but cancels against dP without rounding where one probability is nearly 1.
    const delta = f32x4.splat(rowDot(pRow, dsRow, visible) * (sum > 0 ? 1 / sum : sum));
    const factor = f32x4.splat(command.scale);
    for (let i: u32 = 0; i < visible; i += 4) {
      const p = f32x4.mul(v128.load(pRow + (i << 2)), inverse);
      v128.store(pRow + (i << 2), p);
      v128.store(dsRow + (i << 2), f32x4.mul(f32x4.mul(p, f32x4.sub(v128.load(dsRow + (i << 2)), delta)), factor));
    }
    memory.fill(pRow + (visible << 2), 0, seen - visible << 2);
    memory.fill(dsRow + (visible << 2), 0, seen - visible << 2);
    // dv takes the probabilities as they were used: with dropout.
    if (drops) rowMultiply(pRow, factors, visible);
  }
  const step = size << 2;
  multiplyTiles(rows, size, seen, true, ds, pitch, pitch * 5, keysAlong, 32, all << 5, dq, dqTensor.row, false);
  multiplyTiles(seen, size, rows, false, p, pitch, 20, dout, doutTensor.row, 32, dv, step, true);
  multiplyTiles(seen, size, rows, false, ds, pitch, 20, q, qTensor.row, 32, dk, step, true);
}
