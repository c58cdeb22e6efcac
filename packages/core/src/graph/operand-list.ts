/** What a fused kernel reads. */
import { computeTypeOf } from '../backend/dtype.js';
import { broadcastLayout, type Layout } from './layout.js';
import type { Expr, ProgramBuilder } from './program-builder.js';
import type { Shape } from './shape.js';

/** The operands and scalars of a fused kernel, each listed once. */
export class OperandList {
  readonly layouts: Layout[] = [];
  readonly scalars: number[] = [];
  readonly #byRef = new Map<number, number>();

  constructor(
    private readonly lowering: { layout(ref: number): Layout },
    private readonly shape: Shape,
    /** `load` 0 ... first - 1 are taken (the accumulator of a matmul or reduction). */
    private readonly first = 0,
  ) {}

  load(b: ProgramBuilder, ref: number): Expr {
    let at = this.#byRef.get(ref);
    if (at === undefined) {
      at = this.layouts.length;
      this.layouts.push(broadcastLayout(this.lowering.layout(ref), this.shape));
      this.#byRef.set(ref, at);
    }
    return b.load(at + this.first, computeTypeOf(this.layouts[at].dtype));
  }

  scalar(b: ProgramBuilder, planScalar: number, type: 'float32' | 'float64' | 'int32'): Expr {
    let at = this.scalars.indexOf(planScalar);
    if (at < 0) {
      at = this.scalars.length;
      this.scalars.push(planScalar);
    }
    return b.scalar(at, type);
  }
}
