/** Builds pointwise programs: shares equal instructions, folds casts to the same type. */
import type { ComputeType } from '../backend/dtype.js';
import type { BinaryOp, Instruction, Program, UnaryOp } from '../backend/program.js';
import { comparisonOps } from '../backend/program.js';

/** The number of a value in a program under construction. */
export type Expr = number;

export class ProgramBuilder {
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

  index(axis: number): Expr {
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
