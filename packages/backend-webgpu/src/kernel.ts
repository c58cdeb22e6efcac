/**
 * One dispatch under construction: from operands and parameters to a WGSL source with its bindings.
 *
 * A kernel descriptor names its operands; the kernel file reads and writes them through `load_NAME(i)` and
 * `store_NAME(i, v)` (or `load4_NAME` where it asked for vectors), which are generated here. Which binding lies behind a name
 * is this file's business: WebGPU refuses a buffer that one dispatch binds both for reading and for writing, so operands
 * are merged by buffer. A buffer that is only read may be bound once per element type; one that is written is
 * bound once. One that is larger than a binding may be is bound in windows (windows.ts).
 */
import { type ComputeType, computeTypeOf, type DType, type Operand } from '@inkstone/core/backend';
import { wgslType } from './expression.js';
import groupSource from './kernels/group.wgsl';
import mathSource from './kernels/math.wgsl';
import expSource from './kernels/math_exp.wgsl';
import powSource from './kernels/math_pow.wgsl';
import trigSource from './kernels/math_trig.wgsl';
import { assemble, Library, type TemplateValues } from './template.js';
import { elementBytes, type Memory, overlaps, type Range, rangeOf, windowsOver } from './windows.js';

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
  /** The bytes of the buffer that are bound; null for all of them. */
  readonly window: Range | null;
}

/** A step, as it is, is more than one dispatch may bind or run: its parts may do (plan/split.ts). */
export class DoesNotFit extends Error {}

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

/** A binding behind a name, and the element of its buffer at which it begins. */
interface AccessWindow {
  readonly binding: number;
  readonly type: string;
  readonly start: number;
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
    private readonly memory: Memory,
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
    const accesses = this.accesses.map((a) => ({ ...a, windows: this.windowsOf(a, bindings) }));
    const accessors = accesses.map(accessor);
    // Offsets count from where the first of an operand's windows begins.
    const params = this.params.map((param) => {
      const of = accesses.find(({ name }) => param.name === `${name}_offset`);
      return of ? { ...param, value: minus(param.value, (of.windows[0] as AccessWindow).start) } : param;
    });
    const fields = params.map((p) => `  ${p.name}: ${p.type},`).join('\n');
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
      bindings: bindings.map(({ buffer, writable, window }) => ({ buffer, writable, window })),
      params,
      workgroups,
    };
  }

  /** One binding for each written buffer, one per element type for the others; undefined if those are too many. */
  private bindReadOnlyPerType(): TypedBinding[] | undefined {
    const bindings = this.bind((a) =>
      this.isWritten(a.operand.buffer) ? this.mergedType(a.operand.buffer) : vectorType(a),
    );
    return bindings.length <= this.maxBindings ? bindings : undefined;
  }

  private bindOncePerBuffer(): TypedBinding[] {
    const bindings = this.bind(({ operand }) => this.mergedType(operand.buffer));
    if (bindings.length <= this.maxBindings) return bindings;
    throw new DoesNotFit(
      `webgpu: ${this.label} needs ${bindings.length} bindings of storage buffers, and a shader has at most ` +
        `${this.maxBindings} here (maxStorageBuffersPerShaderStage)`,
    );
  }

  private get maxBindings(): number {
    return this.memory.limits.maxStorageBuffersPerShaderStage;
  }

  /** The bindings for all accesses, each through an array of the given type. */
  private bind(typeOf: (access: Access) => string): TypedBinding[] {
    const groups = new Map<string, { buffer: number; type: string; ranges: Range[] }>();
    for (const a of this.accesses) {
      const { buffer } = a.operand;
      const type = typeOf(a);
      const key = `${buffer} ${type}`;
      const group = groups.get(key) ?? { buffer, type, ranges: [] };
      group.ranges.push(rangeOf(a.operand, this.memory));
      groups.set(key, group);
    }
    return [...groups.values()].flatMap(({ buffer, type, ranges }) =>
      windowsOver(buffer, ranges, this.memory).map((window) => ({
        buffer,
        writable: this.isWritten(buffer),
        type,
        window,
      })),
    );
  }

  /** The bindings behind a name. */
  private windowsOf({ operand, ...access }: Access, bindings: readonly TypedBinding[]): AccessWindow[] {
    const { buffer } = operand;
    const type = vectorType({ operand, ...access });
    const range = rangeOf(operand, this.memory);
    const own = bindings.some((b) => b.buffer === buffer && b.type === type);
    return bindings.flatMap((b, binding) =>
      b.buffer === buffer && (!own || b.type === type) && overlaps(b.window, range)
        ? [{ binding, type: b.type, start: (b.window?.start ?? 0) / elementBytes(operand.dtype) }]
        : [],
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
}

/** The functions that read and write an operand. */
function accessor(a: Access & { readonly windows: readonly AccessWindow[] }): string {
  const { name, width, operand, windows } = a;
  const compute = wgslType(computeTypeOf(operand.dtype));
  const value = width === 1 ? compute : `vec4<${compute}>`;
  const kind = width === 1 ? '' : '4';
  const first = windows[0] as AccessWindow;
  /** Statements that go to the window of element `at`; windows begin at whole vectors, so none lies in two. */
  const choose = (statements: (window: AccessWindow, at: string) => string): string => {
    const at = `params.${name}_offset + i`;
    if (windows.length === 1) return statements(first, at);
    const cases = windows.map((window, n) => {
      const next = windows[n + 1];
      const body = statements(window, n === 0 ? 'at' : `at - ${window.start - first.start}u`);
      return next ? `if (at < ${next.start - first.start}u) { ${body} } else` : `{ ${body} }`;
    });
    return `let at = ${at}; ${cases.join(' ')}`;
  };
  const loads = choose((window, at) => `return ${readOf(a, window, at)};`);
  const load = `fn load${kind}_${name}(i: u32) -> ${value} { ${loads} }`;
  if (!a.writes) return load;
  const store = `fn store${kind}_${name}(i: u32, v: ${value}) { ${choose((window, at) => writeOf(a, window, at))} }`;
  return width === 1 ? `${load}\n${store}` : store;
}

/** Whether a binding holds the vectors that an access moves; otherwise they go element by element. */
function isVector(a: Access, { type }: AccessWindow): boolean {
  return a.width === 4 && type.startsWith('vec4') && type === vectorType(a);
}

/** The value of element `at` of a window, or of the vector that begins there. */
function readOf(a: Access, window: AccessWindow, at: string): string {
  const { dtype } = a.operand;
  const { binding, type } = window;
  const storage = storageType(dtype);
  if (isVector(a, window)) {
    const slot = `buffer${binding}[(${at}) >> 2u]`;
    return storage === 'f16' ? `vec4<f32>(${slot})` : slot;
  }
  // From the bound element type to the storage type, then to the compute type.
  const read = (i: string): string => {
    const element = `buffer${binding}[${i}]`;
    const raw = type === storage ? element : `bitcast<${storage}>(${element})`;
    if (dtype === 'bool') return `(${raw} != 0u)`;
    return storage === 'f16' ? `f32(${raw})` : raw;
  };
  if (a.width === 1) return read(at);
  const each = [0, 1, 2, 3].map((c) => read(`${at} + ${c}u`));
  return `vec4<${wgslType(computeTypeOf(dtype))}>(${each.join(', ')})`;
}

/** The statement that stores `v` into element `at` of a window, or into the vector that begins there. */
function writeOf(a: Access, window: AccessWindow, at: string): string {
  const { dtype } = a.operand;
  const { binding, type } = window;
  const storage = storageType(dtype);
  if (isVector(a, window))
    return `buffer${binding}[(${at}) >> 2u] = ${storage === 'f16' ? 'vec4<f16>(v)' : 'v'};`;
  const write = (i: string, v: string): string => {
    const narrow =
      dtype === 'bool'
        ? `select(0u, 1u, ${v})`
        : dtype === 'uint8'
          ? `(${v} & 255)`
          : storage === 'f16'
            ? `f16(${v})`
            : v;
    return `buffer${binding}[${i}] = ${type === storage ? narrow : `bitcast<${type}>(${narrow})`};`;
  };
  if (a.width === 1) return write(at, 'v');
  return [0, 1, 2, 3].map((c) => write(`${at} + ${c}u`, `v[${c}]`)).join(' ');
}

function minus(value: Late<number>, by: number): Late<number> {
  if (by === 0) return value;
  return typeof value === 'function' ? (scalars) => value(scalars) - by : value - by;
}

function vectorType(a: Access): string {
  const storage = storageType(a.operand.dtype);
  // A bool has no vector form: it must be compared on the way.
  return a.width === 4 && a.operand.dtype !== 'bool' && a.operand.dtype !== 'uint8'
    ? `vec4<${storage}>`
    : storage;
}
