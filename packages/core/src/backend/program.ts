/**
 * Pointwise programs: the expression language that fused kernels are made of.
 *
 * A program is a list of instructions in single static assignment: instruction `i` defines value `i` and names earlier
 * values by their index. It is evaluated once for every point of an iteration space; `load` reads the operand of the
 * step at that point. A backend turns a program into a kernel (WebGPU) or interprets it block by block (CPU).
 *
 * Exact semantics, which every backend shares up to the tolerances in DESIGN.md:
 * - arithmetic on float32 rounds once per instruction, except that a backend may contract `mul` + `add` into a fused
 *   multiply-add; arithmetic on int32 wraps;
 * - the arguments of an instruction have one type, except `select`'s condition. int32 is taken by neg, abs, sign, add,
 *   sub, mul, floorDiv, remainder, fmod, pow, max, min, and, or, xor and the comparisons; bool by not, and, or, xor and the
 *   comparisons (false < true); floats by all but not, and, or, xor;
 * - NaN and infinity follow IEEE 754 and PyTorch: `max` and `min` return NaN if either side is NaN, `sign(NaN)` is 0,
 *   comparisons with NaN are false except `ne`, `select` evaluates nothing it does not return (a NaN in the branch not taken is lost);
 * - `div` on int32 is not in the language (PyTorch's `/` is true division); `floorDiv` and `remainder` take the sign of
 *   the divisor as Python does, `fmod` that of the dividend; on int32 a zero divisor gives 0, on floats a / b and NaN;
 * - `round` rounds halves to even; `sign(0)` is 0; `pow` is C's `powf` (`pow(x, 0)` and `pow(1, y)` are 1, a negative
 *   base with a non-integral exponent is NaN), on int32 it wraps, and a negative exponent gives the true power truncated
 *   to an integer (0 for base 0); `rsqrt(0)` is infinity; `sigmoid` and `tanh` do not overflow for any finite input;
 *   `gelu`-like functions are not instructions: ops spell them out with `erf` or `tanh`;
 * - casting float to int truncates towards zero and saturates, NaN becomes 0; to bool tests for `!= 0`.
 */
import type { ComputeType } from './dtype.js';

/** Functions of one value; the result has the type of the argument unless noted. */
export type UnaryOp =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'trunc'
  | 'sqrt'
  | 'rsqrt'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'log2'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'sigmoid'
  | 'erf'
  /** bool -> bool */
  | 'not'
  /** float -> bool */
  | 'isnan'
  /** float -> bool */
  | 'isinf';

/**
 * Functions of two values of one type; `eq` ... `ge` give bool, `and`, `or`, `xor` take bool (or int32, bitwise);
 * `shl` and `shr` (which keeps the sign) take int32 and look at the lowest five bits of the count.
 */
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'floorDiv'
  | 'remainder'
  | 'fmod'
  | 'pow'
  | 'max'
  | 'min'
  | 'atan2'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr';

/** One instruction; `type` is the compute type of the value that it defines. */
export type Instruction =
  /** The step's operand number `input` at this point, widened to its compute type. */
  | { readonly op: 'load'; readonly type: ComputeType; readonly input: number }
  /** A constant baked into the kernel. Bool constants are 0 and 1; NaN and both infinities are allowed for floats. */
  | { readonly op: 'const'; readonly type: ComputeType; readonly value: number }
  /** The run-time scalar number `scalar` of the step (an index into its `scalars`). */
  | { readonly op: 'scalar'; readonly type: ComputeType; readonly scalar: number }
  /** The coordinate of this point along one axis of the iteration space, from 0 (int32). */
  | { readonly op: 'index'; readonly type: 'int32'; readonly axis: number }
  | { readonly op: 'cast'; readonly type: ComputeType; readonly a: number }
  /** `a` (bool) ? `b` : `c` */
  | {
      readonly op: 'select';
      readonly type: ComputeType;
      readonly a: number;
      readonly b: number;
      readonly c: number;
    }
  | { readonly op: UnaryOp; readonly type: ComputeType; readonly a: number }
  | { readonly op: BinaryOp; readonly type: ComputeType; readonly a: number; readonly b: number };

/** `outputs[j]` is the index of the value stored into the step's output `j` (narrowed to that operand's dtype). */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly outputs: readonly number[];
}

export const unaryOps: ReadonlySet<string> = new Set<UnaryOp>([
  'neg',
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'trunc',
  'sqrt',
  'rsqrt',
  'exp',
  'expm1',
  'log',
  'log1p',
  'log2',
  'sin',
  'cos',
  'tan',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'sigmoid',
  'erf',
  'not',
  'isnan',
  'isinf',
]);

export const binaryOps: ReadonlySet<string> = new Set<BinaryOp>([
  'add',
  'sub',
  'mul',
  'div',
  'floorDiv',
  'remainder',
  'fmod',
  'pow',
  'max',
  'min',
  'atan2',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'and',
  'or',
  'xor',
  'shl',
  'shr',
]);

export const comparisonOps: ReadonlySet<string> = new Set<BinaryOp>(['eq', 'ne', 'lt', 'le', 'gt', 'ge']);
