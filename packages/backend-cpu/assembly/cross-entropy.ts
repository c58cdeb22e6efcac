/**
 * Cross-entropy of class scores, forward and backward, row by row: two passes over the scores (largest, sum of
 * exponentials), no one-hot, no stored probabilities. With label smoothing or class weights one more.
 */
import { rowDot, rowMax, rowSum, rowSumExp } from './rows';
import { logOf } from './softmax';
import { exp } from './math';
import { firstTask, nextTask } from './threads';
import { storeFirst } from './simd';

@unmanaged
export class CrossEntropyCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  rows: u32;
  classes: u32;
  chunk: u32;
  ignoreIndex: i32;
  smoothing: f32;
  logits: usize;
  target: usize;
  /** 0 for none; so are total and flag. */
  weight: usize;
  loss: usize;
  logSumExp: usize;
  total: usize;
  flag: usize;
}

@unmanaged
export class CrossEntropyBackwardCommand {
  kind: u32;
  bytes: u32;
  flags: u32;
  rows: u32;
  classes: u32;
  chunk: u32;
  ignoreIndex: i32;
  smoothing: f32;
  logits: usize;
  target: usize;
  weight: usize;
  logSumExp: usize;
  dloss: usize;
  /** Bytes from one row's dloss to the next. */
  dlossStep: usize;
  dlogits: usize;
}

/** The class clamped into range. */
// @ts-ignore: decorator
@inline
function clampClass(target: i32, classes: u32): u32 {
  return <u32>max(0, min(target, <i32>classes - 1));
}

export function crossEntropy(command: CrossEntropyCommand): void {
  const rows = command.rows, classes = command.classes, chunk = command.chunk;
  const tasks = (rows + chunk - 1) / chunk, smoothing = command.smoothing, weight = command.weight;
  const weightSum: f32 = smoothing > 0 ? (weight ? rowSum(weight, classes) : <f32>classes) : 0;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const end = min(rows, (task + 1) * chunk);
    for (let row = task * chunk; row < end; row++) {
      const x = command.logits + (row * classes << 2);
      const most = rowMax(x, classes);
      const logSum = logOf(rowSumExp(x, classes, most)), logSumExp = most + logSum;
      store<f32>(command.logSumExp + (row << 2), logSumExp);
      const target = load<i32>(command.target + (row << 2));
      let loss: f32 = 0, total: f32 = 0;
      if (target != command.ignoreIndex) {
        const t = clampClass(target, classes);
        if (t != target && command.flag) store<i32>(command.flag, 1);
        total = weight ? load<f32>(weight + (t << 2)) : 1;
        // The two are kept apart: added to a large score, a small sum would lose its digits.
        loss = (1 - smoothing) * total * (most - load<f32>(x + (t << 2)) + logSum);
        if (smoothing > 0) {
          const weighted = weight ? rowDot(weight, x, classes) : rowSum(x, classes);
          loss += smoothing / <f32>classes * (weightSum * logSumExp - weighted);
        }
      }
      store<f32>(command.loss + (row << 2), loss);
      if (command.total) store<f32>(command.total + (row << 2), total);
    }
  }
}

/** dlogits = p * (total of all coefficients) - coefficient of the class, times dloss. */
export function crossEntropyBackward(command: CrossEntropyBackwardCommand): void {
  const rows = command.rows, classes = command.classes, chunk = command.chunk;
  const tasks = (rows + chunk - 1) / chunk, smoothing = command.smoothing, weight = command.weight;
  const weightSum: f32 = smoothing > 0 ? (weight ? rowSum(weight, classes) : <f32>classes) : 0;
  const share = smoothing / <f32>classes;
  for (let task = firstTask(tasks); task < tasks; task = nextTask(task)) {
    const end = min(rows, (task + 1) * chunk);
    for (let row = task * chunk; row < end; row++) {
      const x = command.logits + (row * classes << 2), dx = command.dlogits + (row * classes << 2);
      const target = load<i32>(command.target + (row << 2));
      if (target == command.ignoreIndex) {
        memory.fill(dx, 0, classes << 2);
        continue;
      }
      const t = clampClass(target, classes), dloss = load<f32>(command.dloss + row * command.dlossStep);
      const own: f32 = (1 - smoothing) * (weight ? load<f32>(weight + (t << 2)) : 1);
      const factor = f32x4.splat(dloss * (own + share * weightSum));
      const shift = f32x4.splat(load<f32>(command.logSumExp + (row << 2)));
      const even = f32x4.splat(dloss * share), one = f32x4.splat(1);
      for (let i: u32 = 0; i < classes; i += 4) {
        let value = f32x4.mul(exp(f32x4.sub(v128.load(x + (i << 2)), shift)), factor);
        if (smoothing > 0) value = f32x4.sub(value, f32x4.mul(even, weight ? v128.load(weight + (i << 2)) : one));
        if (i + 4 <= classes) v128.store(dx + (i << 2), value);
        else storeFirst(dx + (i << 2), value, classes - i);
      }
      store<f32>(dx + (t << 2), load<f32>(dx + (t << 2)) - dloss * own);
    }
  }
}
