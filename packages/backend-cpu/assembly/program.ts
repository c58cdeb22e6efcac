/**
 * Pointwise programs, run block by block so that all intermediate values stay in the L1 cache.
 *
 * A block is up to `block` consecutive points of the (collapsed) iteration space. For each block:
 *   1. every input is brought to its register: 32-bit elements that are contiguous are used where they lie, others are
 *      gathered (and widened) into a slot of the thread's scratch memory;
 *   2. the instructions run, each over the whole block (instructions.ts);
 *   3. outputs that could not be written in place by their instruction are stored, narrowed or scattered.
 * What does not depend on the point (constants, scalars, functions of them) is computed once by the prelude.
 *
 * The method is that of vectorised query engines: Boncz, Zukowski, Nes, MonetDB/X100: Hyper-Pipelining Query Execution,
 * CIDR 2005.
 */
import { Access, Storage } from './opcodes';
import { execute } from './instructions';
import { narrowBlock, widen, widenBlock } from './half';

/** A program in the command buffer; the fields that end in `At` are byte offsets from the start of the program. */
@unmanaged
export class Program {
  /** Points in the iteration space. */
  total: u32;
  /** Points in a block. */
  block: u32;
  rank: u32;
  dimsAt: u32;
  inputs: u32;
  inputsAt: u32;
  outputs: u32;
  outputsAt: u32;
  registers: u32;
  /** For each register: offset into the thread's scratch memory, mask. */
  registersAt: u32;
  constants: u32;
  constantsAt: u32;
  prelude: u32;
  preludeAt: u32;
  body: u32;
  bodyAt: u32;
  /** Offset of the register table in the thread's scratch memory. */
  tableAt: u32;
  /** Register (byte offset in the table) that holds the result for a reduction. */
  result: u32;
}

/** An input or an output. `rank` strides in elements follow. */
@unmanaged
export class Operand {
  address: usize;
  storage: i32;
  access: i32;
  /** Byte offset in the register table. */
  register: u32;
  /** Offset in the thread's scratch memory of the slot for gathered or not yet stored elements. */
  slot: u32;
  /** Access.Periodic: points after which it repeats. Outputs: 1 if the instruction may write to memory directly. */
  period: u32;
}

/** A value that is known before the first block: `bits` in all lanes, or what lies at an address. */
@unmanaged
class Constant {
  /** Offset of its 32 bytes in the thread's scratch memory. */
  cell: u32;
  /** 0: `value` is the bits. 1: `value` is the address of a run-time scalar. */
  indirect: u32;
  value: u32;
}

/** Bytes of coordinates at the start of a program's scratch memory (64 axes). */
// @ts-ignore: decorator
@inline const COORDINATES: usize = 256;

/** Where Access.Local operands of this thread lie: the address of point `localStart`. */
let localAddress: usize = 0;
let localStart: u32 = 0;

export function setLocal(address: usize, start: u32): void {
  localAddress = address;
  localStart = start;
}

// @ts-ignore: decorator
@inline
function operandBytes(p: Program): usize {
  return offsetof<Operand>() + (<usize>p.rank << 2);
}

// @ts-ignore: decorator
@inline
export function input(p: Program, index: u32): Operand {
  return changetype<Operand>(changetype<usize>(p) + p.inputsAt + index * operandBytes(p));
}

// @ts-ignore: decorator
@inline
export function output(p: Program, index: u32): Operand {
  return changetype<Operand>(changetype<usize>(p) + p.outputsAt + index * operandBytes(p));
}

// @ts-ignore: decorator
@inline
export function resultAddress(p: Program, memory: usize): usize {
  return load<usize>(memory + p.tableAt + p.result);
}

// @ts-ignore: decorator
@inline
export function resultMask(p: Program, memory: usize): usize {
  return load<usize>(memory + p.tableAt + p.result, 4);
}

/** Prepares `memory` (this thread's scratch) for blocks of the program. */
export function begin(p: Program, memory: usize): void {
  const self = changetype<usize>(p), table = memory + p.tableAt;
  let from = self + p.registersAt;
  for (let r: u32 = 0; r < p.registers; r++, from += 8) {
    store<usize>(table + (r << 3), memory + load<u32>(from));
    store<usize>(table + (r << 3), load<u32>(from, 4), 4);
  }
  from = self + p.constantsAt;
  for (let i: u32 = 0; i < p.constants; i++, from += offsetof<Constant>()) {
    const constant = changetype<Constant>(from);
    const bits = constant.indirect ? load<u32>(constant.value) : constant.value;
    v128.store(memory + constant.cell, i32x4.splat(bits));
  }
  for (let i: u32 = 0; i < p.inputs; i++) {
    const operand = input(p, i);
    if (operand.access == Access.Uniform) {
      v128.store(memory + operand.slot, i32x4.splat(loadElement(operand.storage, operand.address)));
    } else if (operand.access == Access.Periodic && operand.period <= p.block) {
      // Repetitions for a block that starts anywhere in the period, once for all blocks.
      gather(p, operand, 0, p.block + operand.period, memory + operand.slot, memory);
    }
  }
  if (p.prelude) execute(self + p.preludeAt, p.prelude, table, 32);
}

/** The element widened to 32 bits. */
// @ts-ignore: decorator
@inline
function loadElement(storage: i32, address: usize): u32 {
  switch (storage) {
    case Storage.U8: return load<u8>(address);
    case Storage.Bool: return load<u8>(address) ? -1 : 0;
    case Storage.F16: return i32x4.extract_lane(widen(i32x4.splat(load<u16>(address))), 0);
    case Storage.Coordinate: return <u32>address;
    default: return load<u32>(address);
  }
}

// @ts-ignore: decorator
@inline
function elementShift(storage: i32): u32 {
  return storage <= Storage.I32 ? 2 : storage == Storage.F16 ? 1 : 0;
}

/** One block: points start .. start + count. */
export function evaluate(p: Program, start: u32, count: u32, memory: usize): void {
  const self = changetype<usize>(p), table = memory + p.tableAt;
  const bytesOfOperand = operandBytes(p);
  let at = self + p.inputsAt;
  for (let i: u32 = 0; i < p.inputs; i++, at += bytesOfOperand) {
    const operand = changetype<Operand>(at);
    const access = operand.access, storage = operand.storage;
    if (access == Access.Flat) {
      if (storage <= Storage.I32) store<usize>(table + operand.register, operand.address + (start << 2));
      else loadRun(storage, operand.address + (start << elementShift(storage)), 1, count, memory + operand.slot);
    } else if (access == Access.Periodic) {
      const period = operand.period, phase = start % period, slot = memory + operand.slot;
      if (period <= p.block) {
        store<usize>(table + operand.register, slot + (phase << 2));
      } else if (phase + count <= period && storage <= Storage.I32) {
        store<usize>(table + operand.register, operand.address + (phase << 2));
      } else {
        store<usize>(table + operand.register, slot);
        gather(p, operand, start, count, slot, memory);
      }
    } else if (access == Access.Local) {
      store<usize>(table + operand.register, localAddress + ((start - localStart) << 2));
    } else if (access == Access.Strided) {
      gather(p, operand, start, count, memory + operand.slot, memory);
    }
  }

  const whole = (count & 7) == 0;
  at = self + p.outputsAt;
  for (let i: u32 = 0; i < p.outputs; i++, at += bytesOfOperand) {
    const operand = changetype<Operand>(at);
    // The last block may end within two vectors: it goes to the slot and is copied from there.
    if (operand.period) store<usize>(table + operand.register, whole ? operand.address + (start << 2) : memory + operand.slot);
  }

  execute(self + p.bodyAt, p.body, table, ((count + 7) & ~7) << 2);

  at = self + p.outputsAt;
  for (let i: u32 = 0; i < p.outputs; i++, at += bytesOfOperand) {
    const operand = changetype<Operand>(at);
    if (operand.period && whole) continue;
    const from = load<usize>(table + operand.register), mask = load<usize>(table + operand.register, 4);
    if (operand.access == Access.Strided) scatter(p, operand, start, count, from, mask, memory);
    else storeRun(operand.storage, operand.address + (start << elementShift(operand.storage)), 1, count, from, mask);
  }
}

/** All blocks of points start .. end. */
export function run(p: Program, start: u32, end: u32, memory: usize): void {
  const block = p.block;
  for (; start < end; start += block) evaluate(p, start, min(block, end - start), memory);
}

/** `count` elements, `stride` elements apart, to 32-bit values at `to`. */
function loadRun(storage: i32, from: usize, stride: i32, count: u32, to: usize): void {
  if (stride == 0) {
    const value = i32x4.splat(loadElement(storage, from));
    let i: u32 = 0;
    for (; i + 4 <= count; i += 4) v128.store(to + (i << 2), value);
    for (; i < count; i++) v128.store32_lane(to + (i << 2), value, 0);
    return;
  }
  switch (storage) {
    case Storage.F32:
    case Storage.I32:
      if (stride == 1) {
        let i: u32 = 0;
        for (; i + 4 <= count; i += 4) v128.store(to + (i << 2), v128.load(from + (i << 2)));
        for (; i < count; i++) store<u32>(to + (i << 2), load<u32>(from + (i << 2)));
        return;
      }
      for (let i: u32 = 0; i < count; i++, from += stride << 2) store<u32>(to + (i << 2), load<u32>(from));
      return;
    case Storage.F16:
      if (stride == 1 && (count & 3) == 0) {
        widenBlock(to, from, count);
        return;
      }
      for (let i: u32 = 0; i < count; i++, from += stride << 1) store<u32>(to + (i << 2), loadElement(Storage.F16, from));
      return;
    case Storage.U8:
      for (let i: u32 = 0; i < count; i++, from += stride) store<u32>(to + (i << 2), load<u8>(from));
      return;
    case Storage.Bool:
      for (let i: u32 = 0; i < count; i++, from += stride) store<u32>(to + (i << 2), load<u8>(from) ? -1 : 0);
      return;
    case Storage.Coordinate:
      for (let i: u32 = 0; i < count; i++, from += stride) store<u32>(to + (i << 2), <u32>from);
      return;
    default: unreachable();
  }
}

/** `count` 32-bit values at `from` (all the same if mask is 0) to elements `stride` apart. */
function storeRun(storage: i32, to: usize, stride: i32, count: u32, from: usize, mask: usize): void {
  switch (storage) {
    case Storage.F32:
    case Storage.I32: {
      let i: u32 = 0;
      if (stride == 1) {
        for (; i + 4 <= count; i += 4) v128.store(to + (i << 2), v128.load(from + ((i << 2) & mask)));
        to += i << 2;
      }
      for (; i < count; i++, to += stride << 2) store<u32>(to, load<u32>(from + ((i << 2) & mask)));
      return;
    }
    case Storage.F16:
      if (stride == 1 && mask) {
        narrowBlock(to, from, count);
        return;
      }
      for (let i: u32 = 0; i < count; i++, to += stride << 1) narrowBlock(to, from + ((i << 2) & mask), 1);
      return;
    case Storage.U8:
      for (let i: u32 = 0; i < count; i++, to += stride) store<u8>(to, load<u32>(from + ((i << 2) & mask)));
      return;
    case Storage.Bool:
      for (let i: u32 = 0; i < count; i++, to += stride) store<u8>(to, load<u32>(from + ((i << 2) & mask)) & 1);
      return;
    default: unreachable();
  }
}

/** Sets the coordinates of a point and returns the operand's offset there, in elements. */
function locate(p: Program, operand: Operand, point: u32, coordinates: usize): i32 {
  const dims = changetype<usize>(p) + p.dimsAt, strides = changetype<usize>(operand) + offsetof<Operand>();
  let offset: i32 = 0;
  for (let axis: i32 = p.rank - 1; axis >= 0; axis--) {
    const size = load<u32>(dims + (axis << 2));
    const coordinate = axis ? point % size : point;
    if (axis) point /= size;
    store<u32>(coordinates + (axis << 2), coordinate);
    offset += coordinate * load<i32>(strides + (axis << 2));
  }
  return offset;
}

/** Moves from the end of one innermost run to the start of the next; returns the change of the offset. */
function carry(p: Program, operand: Operand, coordinates: usize): i32 {
  const dims = changetype<usize>(p) + p.dimsAt, strides = changetype<usize>(operand) + offsetof<Operand>();
  let change: i32 = 0;
  for (let axis: i32 = p.rank - 2; axis >= 0; axis--) {
    const coordinate = load<u32>(coordinates + (axis << 2)) + 1;
    const stride = load<i32>(strides + (axis << 2)), size = load<u32>(dims + (axis << 2));
    change += stride;
    if (coordinate < size || axis == 0) {
      store<u32>(coordinates + (axis << 2), coordinate);
      return change;
    }
    store<u32>(coordinates + (axis << 2), 0);
    change -= stride * size;
  }
  return change;
}

/** Brings points start .. start + count of a strided operand to `to`. */
function gather(p: Program, operand: Operand, start: u32, count: u32, to: usize, coordinates: usize): void {
  const inner = p.rank - 1;
  const size = load<u32>(changetype<usize>(p) + p.dimsAt + (inner << 2));
  const stride = load<i32>(changetype<usize>(operand) + offsetof<Operand>() + (inner << 2));
  const storage = operand.storage, shift = elementShift(storage);
  let offset = locate(p, operand, start, coordinates);
  let run = min(count, size - load<u32>(coordinates + (inner << 2)));
  let row = offset - stride * load<u32>(coordinates + (inner << 2));
  while (true) {
    loadRun(storage, operand.address + (offset << shift), stride, run, to);
    count -= run;
    if (!count) return;
    to += run << 2;
    row += carry(p, operand, coordinates);
    offset = row;
    run = min(count, size);
  }
}

/** Stores points start .. start + count of an output that is not contiguous. */
function scatter(p: Program, operand: Operand, start: u32, count: u32, from: usize, mask: usize, coordinates: usize): void {
  const inner = p.rank - 1;
  const size = load<u32>(changetype<usize>(p) + p.dimsAt + (inner << 2));
  const stride = load<i32>(changetype<usize>(operand) + offsetof<Operand>() + (inner << 2));
  const storage = operand.storage, shift = elementShift(storage);
  let offset = locate(p, operand, start, coordinates);
  let run = min(count, size - load<u32>(coordinates + (inner << 2)));
  let row = offset - stride * load<u32>(coordinates + (inner << 2));
  while (true) {
    storeRun(storage, operand.address + (offset << shift), stride, run, from, mask);
    count -= run;
    if (!count) return;
    from += (run << 2) & mask;
    row += carry(p, operand, coordinates);
    offset = row;
    run = min(count, size);
  }
}
