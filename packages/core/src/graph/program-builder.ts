/** Builds pointwise programs: shares equal instructions, folds casts to the same type. */
import type { ComputeType } from '../backend/dtype.js';
import type { BinaryOp, Instruction, Program, UnaryOp } from '../backend/program.js';
import { comparisonOps } from '../backend/program.js';
import type { Shape } from './shape.js';

/** The number of a value in a program under construction. */
export type Expr = number;

/**
 * How the axes that an op was recorded with lie in what a kernel walks, where the two differ. A matmul walks the rows of
 * all leading axes as one, a reduction's epilogue walks what is kept.
 */
export interface Space {
  /** Sizes of the leading axes that the kernel walks as its axis 0 (none: axes are one to one). */
  readonly merged?: Shape;
  /** For each recorded axis that of the kernel; null where the kernel has none, as the size is 1. */
  readonly axes?: readonly (number | null)[];
}

export class ProgramBuilder {
  constructor(private readonly space: Space = {}) {}

  readonly instructions: Instruction[] = [];
  readonly #known = new Map<string, Expr>();

  #add(instruction: Instruction, key: string): Expr {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.instructions.push(instruction);
    const expr = this.instructions.length - 1;
    this.#known.set(key, expr);
    return expr;
  }

  typeOf(a: Expr): ComputeType {
    return this.instructions[a].type;
  }

  load(input: number, type: ComputeType): Expr {
    return this.#add({ op: 'load', type, input }, `load ${input}`);
  }

  const(value: number, type: ComputeType): Expr {
    // -0 and 0 are different constants.
    return this.#add({ op: 'const', type, value }, `const ${type} ${Object.is(value, -0) ? '-0' : value}`);
  }

  scalar(scalar: number, type: ComputeType): Expr {
    return this.#add({ op: 'scalar', type, scalar }, `scalar ${type} ${scalar}`);
  }

  /** The coordinate along an axis of the shape that the op was recorded with. */
  index(axis: number): Expr {
    const { merged = [], axes } = this.space;
    const int = (value: number): Expr => this.const(value, 'int32');
    if (axis >= merged.length) {
      const own = axes ? axes[axis] : axis - Math.max(0, merged.length - 1);
      return own === null ? int(0) : this.#coordinate(own);
    }
    const inner = merged.slice(axis + 1).reduce((a, b) => a * b, 1);
    const outer =
      inner === 1 ? this.#coordinate(0) : this.binary('floorDiv', this.#coordinate(0), int(inner));
    return axis === 0 ? outer : this.binary('remainder', outer, int(merged[axis]));
  }

  /** The number of this place in row-major order, without taking apart what the kernel walks as one. */
  place(shape: Shape): Expr {
    const { merged = [] } = this.space;
    let place = merged.length > 0 ? this.#coordinate(0) : this.const(0, 'int32');
    for (let axis = merged.length; axis < shape.length; axis++) {
      if (shape[axis] === 1) continue;
      place = this.add(this.mul(place, this.const(shape[axis], 'int32')), this.index(axis));
    }
    return place;
  }

  #coordinate(axis: number): Expr {
    return this.#add({ op: 'index', type: 'int32', axis }, `index ${axis}`);
  }

  cast(a: Expr, type: ComputeType): Expr {
    if (this.typeOf(a) === type) return a;
    return this.#add({ op: 'cast', type, a }, `cast ${type} ${a}`);
  }

  select(condition: Expr, a: Expr, b: Expr): Expr {
    const type = this.typeOf(a);
    return this.#add({ op: 'select', type, a: condition, b: a, c: b }, `select ${condition} ${a} ${b}`);
  }

  unary(op: UnaryOp, a: Expr): Expr {
    const type = op === 'isnan' || op === 'isinf' || op === 'not' ? 'bool' : this.typeOf(a);
    return this.#add({ op, type, a }, `${op} ${a}`);
  }

  binary(op: BinaryOp, a: Expr, b: Expr): Expr {
    const type = comparisonOps.has(op) ? 'bool' : this.typeOf(a);
    return this.#add({ op, type, a, b }, `${op} ${a} ${b}`);
  }

  add(a: Expr, b: Expr): Expr {
    return this.binary('add', a, b);
  }
  sub(a: Expr, b: Expr): Expr {
    return this.binary('sub', a, b);
  }
  mul(a: Expr, b: Expr): Expr {
    return this.binary('mul', a, b);
  }
  div(a: Expr, b: Expr): Expr {
    return this.binary('div', a, b);
  }
  /** A constant of the same type as another value. */
  like(a: Expr, value: number): Expr {
    return this.const(value, this.typeOf(a));
  }

  build(outputs: readonly Expr[]): Program {
    return { instructions: this.instructions, outputs };
  }
}
