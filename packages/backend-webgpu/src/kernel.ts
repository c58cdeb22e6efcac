/**
 * One dispatch under construction: from operands and parameters to a WGSL source with its bindings.
 *
 * A kernel descriptor names its operands; the kernel file reads and writes them through `load_NAME(i)` and
 * `store_NAME(i, v)` (or `load4_NAME` where it asked for vectors), which are generated here. Which binding lies behind a name
 * is this file's business: WebGPU refuses a buffer that one dispatch binds both for reading and for writing, so operands
 * are merged by buffer. A buffer that is only read may be bound once per element type; one that is written is
 * bound once.
 */
import { type ComputeType, computeTypeOf, type DType, type Operand } from '@inkstone/core/backend';
import { wgslType } from './expression.js';
import groupSource from './kernels/group.wgsl';
import mathSource from './kernels/math.wgsl';
import expSource from './kernels/math_exp.wgsl';
import powSource from './kernels/math_pow.wgsl';
import trigSource from './kernels/math_trig.wgsl';
import { assemble, Library, type TemplateValues } from './template.js';

/** Values of the plan's scalars in one run. */
export type Scalars = readonly number[];
/** A number that is known when the plan is compiled, or one that follows from the run's scalars. */
export type Late<T> = T | ((scalars: Scalars) => T);

export interface Param {
  readonly name: string;
  readonly type: 'u32' | 'i32' | 'f32';
  readonly value: Late<number>;
}

export interface Binding {
  /** Index into the plan's buffers, or beyond them a scratch buffer of the executable. */
  readonly buffer: number;
  readonly writable: boolean;
}

/** What a lowering produces: all that is needed to run one dispatch, but for the buffers. */
export interface Dispatch {
  readonly label: string;
  /** The module that its step belongs to, if modules are named. */
  readonly module?: string;
  readonly code: string;
  readonly bindings: readonly Binding[];
  readonly params: readonly Param[];
  /** How many workgroups, in one dimension; folded into two where there are more than a dimension may have. */
  readonly workgroups: Late<number>;
}

/** 1: single elements; 4: aligned vectors. */
export type Width = 1 | 4;

interface TypedBinding extends Binding {
  /** WGSL element type of the array. */
  readonly type: string;
}

interface Access {
  readonly name: string;
  readonly operand: Operand;
  readonly width: Width;
  readonly writes: boolean;
}

const library = new Library(mathSource, expSource, trigSource, powSource, groupSource);

/** The element type of an array of a storage dtype. */
function storageType(dtype: DType): 'f32' | 'f16' | 'i32' | 'u32' {
  switch (dtype) {
    case 'float32':
      return 'f32';
    case 'float16':
      return 'f16';
    case 'int32':
    case 'uint8':
      return 'i32';
    case 'bool':
      return 'u32';
    case 'float64':
      throw new Error('webgpu: float64 exists on the reference backend only; convert to float32');
  }
}

export class Kernel {
  private readonly accesses: Access[] = [];
  private readonly params: Param[] = [];

  constructor(
    private readonly label: string,
    /** How many storage buffers a shader may bind. */
    private readonly maxBindings: number,
  ) {}

  /** Declares `load_NAME(i: u32)`, or for vectors `load4_NAME(i: u32)`, of elements i to i + 3. */
  input(name: string, operand: Operand, width: Width = 1): ComputeType {
    return this.access(name, operand, width, false);
  }

  /** Declares `store_NAME(i: u32, value)` and `load_NAME`, or for vectors `store4_NAME`. */
  output(name: string, operand: Operand, width: Width = 1): ComputeType {
    return this.access(name, operand, width, true);
  }

  private access(name: string, operand: Operand, width: Width, writes: boolean): ComputeType {
    this.accesses.push({ name, operand, width, writes });
    const { offset, shift } = operand;
    const base: Late<number> = shift
      ? (scalars) => offset + (scalars[shift.scalar] as number) * shift.stride
      : offset;
    this.params.push({ name: `${name}_offset`, type: 'u32', value: base });
    return computeTypeOf(operand.dtype);
  }

  /** Declares the field `params.NAME`; again for the same name does nothing. */
  param(name: string, type: Param['type'], value: Late<number>): void {
    if (!this.params.some((p) => p.name === name)) this.params.push({ name, type, value });
  }

  /** Declares fields from an object of numbers: u32 for all of them. */
  sizes(values: Readonly<Record<string, Late<number>>>): void {
    for (const [name, value] of Object.entries(values)) this.param(name, 'u32', value);
  }

  /** Renders the kernel file and closes the dispatch. */
  build(template: string, source: string, values: TemplateValues, workgroups: Late<number>): Dispatch {
    const bindings = this.bindReadOnlyPerType() ?? this.bindOncePerBuffer();
    const accessors = this.accesses.map((a) => this.accessor(a, bindings));
    const fields = this.params.map((p) => `  ${p.name}: ${p.type},`).join('\n');
    const declarations = [
      `struct Params {\n${fields || '  none: u32,'}\n}`,
      '@group(0) @binding(0) var<uniform> params: Params;',
      ...bindings.map(
        ({ writable, type }, i) =>
          `@group(0) @binding(${i + 1}) var<storage, ${writable ? 'read_write' : 'read'}> buffer${i}: array<${type}>;`,
      ),
      ...accessors,
    ].join('\n');
    const enable = /\bf16\b/.test(declarations) ? 'enable f16;\n' : '';
    const body = assemble(template, declarations, source, values, library);
    const code = `${enable}${/\bsubgroup[A-Z_]/.test(body) ? 'enable subgroups;\n' : ''}${body}`;
    return {
      label: this.label,
      code,
      bindings: bindings.map(({ buffer, writable }) => ({ buffer, writable })),
      params: this.params,
      workgroups,
    };
  }

  /** One binding for each written buffer, one per element type for the others; undefined if those are too many. */
  private bindReadOnlyPerType(): TypedBinding[] | undefined {
    const bindings: TypedBinding[] = [];
    for (const a of this.accesses) {
      const { buffer } = a.operand;
      const writable = this.isWritten(buffer);
      const type = writable ? this.mergedType(buffer) : vectorType(a);
      if (!bindings.some((b) => b.buffer === buffer && b.type === type))
        bindings.push({ buffer, writable, type });
    }
    return bindings.length <= this.maxBindings ? bindings : undefined;
  }

  private bindOncePerBuffer(): TypedBinding[] {
    const bindings: TypedBinding[] = [];
    for (const { operand } of this.accesses) {
      const { buffer } = operand;
      if (bindings.some((b) => b.buffer === buffer)) continue;
      bindings.push({ buffer, writable: this.isWritten(buffer), type: this.mergedType(buffer) });
    }
    if (bindings.length <= this.maxBindings) return bindings;
    throw new Error(
      `webgpu: ${this.label} touches ${bindings.length} buffers, this adapter binds at most ${this.maxBindings}`,
    );
  }

  private isWritten(buffer: number): boolean {
    return this.accesses.some((a) => a.writes && a.operand.buffer === buffer);
  }

  /** The element type of the only binding of a buffer: what its accesses agree on, else bare 32-bit words. */
  private mergedType(buffer: number): string {
    const here = this.accesses.filter((a) => a.operand.buffer === buffer);
    const types = new Set(here.map(vectorType));
    if (types.size === 1) return [...types][0] as string;
    const scalars = new Set(here.map((a) => storageType(a.operand.dtype)));
    if (scalars.size === 1) return [...scalars][0] as string;
    if (scalars.has('f16')) {
      throw new Error(`webgpu: ${this.label} stores float16 and another type in one buffer`);
    }
    return 'u32';
  }

  private accessor(a: Access, bindings: readonly TypedBinding[]): string {
    const own = bindings.findIndex((b) => b.buffer === a.operand.buffer && b.type === vectorType(a));
    const index = own >= 0 ? own : bindings.findIndex((b) => b.buffer === a.operand.buffer);
    const bound = (bindings[index] as TypedBinding).type;
    const { name, width, operand } = a;
    const at = `params.${name}_offset + i`;
    const compute = wgslType(computeTypeOf(operand.dtype));
    const storage = storageType(operand.dtype);
    const element = (i: string) => `buffer${index}[${i}]`;
    // Between the bound element type and the storage type, then between storage and compute type.
    const read = (i: string) => {
      const raw = bound === storage ? element(i) : `bitcast<${storage}>(${element(i)})`;
      if (operand.dtype === 'bool') return `(${raw} != 0u)`;
      return storage === 'f16' ? `f32(${raw})` : raw;
    };
    const write = (i: string, v: string) => {
      const narrow =
        operand.dtype === 'bool'
          ? `select(0u, 1u, ${v})`
          : operand.dtype === 'uint8'
            ? `(${v} & 255)`
            : storage === 'f16'
              ? `f16(${v})`
              : v;
      return `${element(i)} = ${bound === storage ? narrow : `bitcast<${bound}>(${narrow})`};`;
    };
    if (width === 1) {
      const load = `fn load_${name}(i: u32) -> ${compute} { return ${read(at)}; }`;
      return a.writes ? `${load}\nfn store_${name}(i: u32, v: ${compute}) { ${write(at, 'v')} }` : load;
    }
    const vector = `vec4<${compute}>`;
    if (bound.startsWith('vec4') && bound === vectorType(a)) {
      const slot = element(`(${at}) >> 2u`);
      return a.writes
        ? `fn store4_${name}(i: u32, v: ${vector}) { ${slot} = ${storage === 'f16' ? 'vec4<f16>(v)' : 'v'}; }`
        : `fn load4_${name}(i: u32) -> ${vector} { return ${storage === 'f16' ? `vec4<f32>(${slot})` : slot}; }`;
    }
    const each = [0, 1, 2, 3];
    return a.writes
      ? `fn store4_${name}(i: u32, v: ${vector}) { ${each.map((c) => write(`${at} + ${c}u`, `v[${c}]`)).join(' ')} }`
      : `fn load4_${name}(i: u32) -> ${vector} { return ${vector}(${each.map((c) => read(`${at} + ${c}u`)).join(', ')}); }`;
  }
}

function vectorType(a: Access): string {
  const storage = storageType(a.operand.dtype);
  // A bool has no vector form: it must be compared on the way.
  return a.width === 4 && a.operand.dtype !== 'bool' && a.operand.dtype !== 'uint8'
    ? `vec4<${storage}>`
    : storage;
}
