/**
 * What an op is: declared once with its gradient and its way to the kernel vocabulary.
 *
 * Four kinds cover everything:
 * - `pointwise`: an expression over broadcast inputs; the fuser joins chains of them into one kernel;
 * - `view`: another way to look at the input's memory; costs nothing until a kernel needs a layout it cannot read;
 * - `matmul` and `reduce`: kernels that pointwise ops join (as epilogue, and as prologue of a reduction);
 * - `kernel`: everything else; its `lower` emits steps. A kernel may have side results (`aux`), such as the mean that a
 *   layer norm keeps for its backward pass.
 */
import type { Step } from '../backend/steps.js';
import type { Layout } from './layout.js';
import type { Expr, ProgramBuilder } from './program-builder.js';
import type { Value } from './value.js';

/** Static parameters of a recorded op: part of a plan's key, so plain data only. */
export type Attrs = Readonly<Record<string, AttrValue>>;
type AttrValue = number | string | boolean | null | readonly number[] | readonly string[];

interface OpBase {
  readonly name: string;
  /**
   * Gradients for each input, given the gradient of the output; null where none flows. Absent: not differentiable, and
   * recording it on an input that requires a gradient throws unless the result is an integer or a bool.
   */
  readonly gradient?: (node: Value, gradient: Value) => readonly (Value | null)[];
}

export interface PointwiseOp extends OpBase {
  readonly kind: 'pointwise';
  /**
   * Writes the op as instructions. `inputs` are the values of the inputs in their compute types, `scalars` those of the
   * node's run-time scalars.
   */
  emit(b: ProgramBuilder, inputs: readonly Expr[], node: Value, scalars: readonly Expr[]): Expr;
}

export interface ViewOp extends OpBase {
  readonly kind: 'view';
  /** The layout of the result within the input's memory, or null if it needs a contiguous input first. */
  layout(input: Layout, node: Value): Layout | null;
}

export interface MatmulOp extends OpBase {
  readonly kind: 'matmul';
  /** Whether input 2 is a bias that is added to each row. */
  readonly bias: boolean;
  /** Whether the second operand is stored as [n, k]. */
  readonly transposed: boolean;
}

export interface ReduceOp extends OpBase {
  readonly kind: 'reduce';
}

export interface KernelOp extends OpBase {
  readonly kind: 'kernel';
  /** Whether results may have any strides but for the last, which is 1 (attention). */
  readonly strided?: boolean;
  /**
   * Whether the op lays its leading inputs side by side along `attrs.dim`, from `attrs.starts` on (or one after the
   * other): these may be computed in place (see placement.ts).
   */
  readonly joins?: boolean;
  /** Whether the result may lie where input 0 lies, with only a part of it written (a cache that grows). */
  readonly overwrites?: boolean;
  lower(node: Value, io: KernelIO): void;
}

/** One of the side results of a kernel: `attrs.index` says which; its only input is the kernel's node. */
export interface AuxOp extends OpBase {
  readonly kind: 'aux';
}

export type Op = PointwiseOp | ViewOp | MatmulOp | ReduceOp | KernelOp | AuxOp;

/** What a kernel op's `lower` works with. */
export interface KernelIO {
  /** The layout of input `i`, made contiguous (by a copy step) if asked. */
  input(i: number, want?: 'contiguous' | 'unitStride'): Layout;
  /** A layout for the result: contiguous, unless the op is `strided`. */
  output(): Layout;
  /** A layout for side result `index`, likewise, or null if nothing wants it. */
  aux(index: number): Layout | null;
  /** Memory for the time of this op only. */
  scratch(shape: readonly number[], dtype: Value['dtype']): Layout;
  /** The plan's scalar number for the node's run-time scalar `i`. */
  scalar(i: number): number;
  /** For an op that joins: the part of the output for input `i`, or null if it has been computed there already. */
  part(i: number): Layout | null;
  /** Emits a step that copies (and casts, and broadcasts) one layout into another. */
  copy(from: Layout, to: Layout): void;
  /** The flag that a step sets when it meets an index out of range. */
  flag(): Layout;
  emit(step: Step): void;
}
