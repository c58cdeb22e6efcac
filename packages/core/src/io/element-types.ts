/**
 * The element types of safetensors files, and how they become typed arrays and back.
 *
 * Floats narrower than 32 bits are widened to float32, which holds every one of their values exactly; on the way back
 * they round to nearest, ties to even. Everything else keeps its width.
 */

/** Typed arrays that the elements of a file can become. */
export type ElementArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

type ElementArrayConstructor = {
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): ElementArray;
  new (length: number): ElementArray;
  readonly BYTES_PER_ELEMENT: number;
};

/** The layout of a float narrower than 32 bits: sign (if any), exponent, mantissa from the highest bit down. */
interface NarrowFloat {
  readonly exponent: number;
  readonly mantissa: number;
  /**
   * What the highest exponent means: 'ieee' infinity and NaN; 'nan' one NaN (all bits set), the rest are numbers;
   * 'finite' numbers throughout; 'scale' an unsigned power of two, all bits set being NaN.
   */
  readonly top: 'ieee' | 'nan' | 'finite' | 'scale';
}

interface ElementType {
  /** Width of an element in the file. */
  readonly bits: number;
  /** The array that holds the elements as they are, or widened where `narrow` is given. */
  readonly array: ElementArrayConstructor;
  readonly narrow?: NarrowFloat;
}

const types = {
  BOOL: { bits: 8, array: Uint8Array },
  // OCP Microscaling Formats (MX) v1.0: https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf
  F4: { bits: 4, array: Float32Array, narrow: { exponent: 2, mantissa: 1, top: 'finite' } },
  F6_E2M3: { bits: 6, array: Float32Array, narrow: { exponent: 2, mantissa: 3, top: 'finite' } },
  F6_E3M2: { bits: 6, array: Float32Array, narrow: { exponent: 3, mantissa: 2, top: 'finite' } },
  U8: { bits: 8, array: Uint8Array },
  I8: { bits: 8, array: Int8Array },
  // FP8 Formats for Deep Learning: https://arxiv.org/abs/2209.05433
  F8_E5M2: { bits: 8, array: Float32Array, narrow: { exponent: 5, mantissa: 2, top: 'ieee' } },
  F8_E4M3: { bits: 8, array: Float32Array, narrow: { exponent: 4, mantissa: 3, top: 'nan' } },
  F8_E8M0: { bits: 8, array: Float32Array, narrow: { exponent: 8, mantissa: 0, top: 'scale' } },
  I16: { bits: 16, array: Int16Array },
  U16: { bits: 16, array: Uint16Array },
  F16: { bits: 16, array: Float32Array, narrow: { exponent: 5, mantissa: 10, top: 'ieee' } },
  BF16: { bits: 16, array: Float32Array, narrow: { exponent: 8, mantissa: 7, top: 'ieee' } },
  I32: { bits: 32, array: Int32Array },
  U32: { bits: 32, array: Uint32Array },
  F32: { bits: 32, array: Float32Array },
  /** Pairs of float32, real part first. */
  C64: { bits: 64, array: Float32Array },
  F64: { bits: 64, array: Float64Array },
  I64: { bits: 64, array: BigInt64Array },
  U64: { bits: 64, array: BigUint64Array },
} as const satisfies Record<string, ElementType>;

/** The names that a safetensors file gives to element types. */
export type SafetensorsDType = keyof typeof types;

/** All of them, from the loosest alignment to the strictest, in the order of the format's own library. */
export const safetensorsDTypes = Object.keys(types) as readonly SafetensorsDType[];

export const isSafetensorsDType = (name: unknown): name is SafetensorsDType =>
  typeof name === 'string' && Object.hasOwn(types, name);

/** Width of an element in the file, in bits. */
export const bitsOf = (dtype: SafetensorsDType): number => types[dtype].bits;

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bytes of a file as a typed array: a view where alignment and width allow it, else a copy. */
export function elementsFromBytes(dtype: SafetensorsDType, bytes: Uint8Array): ElementArray {
  const type: ElementType = types[dtype];
  if (type.narrow) return widen(type.narrow, type.bits, bytes);
  const { array } = type;
  const width = array.BYTES_PER_ELEMENT;
  if (!littleEndian && width > 1) bytes = swapped(bytes, width);
  else if (bytes.byteOffset % width !== 0) bytes = bytes.slice();
  return new array(bytes.buffer, bytes.byteOffset, bytes.byteLength / width);
}

/** The bytes of a file for the elements of a typed array of the type that `elementsFromBytes` gives. */
export function bytesFromElements(dtype: SafetensorsDType, elements: ElementArray): Uint8Array {
  const { narrow, bits }: ElementType = types[dtype];
  if (narrow && bits === 16) elements = narrowed(narrow, elements as Float32Array);
  const bytes = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
  return littleEndian || elements.BYTES_PER_ELEMENT === 1
    ? bytes
    : swapped(bytes, elements.BYTES_PER_ELEMENT);
}

/**
 * Whether an array can be written as that type. Types under 16 bits go in as their packed bytes: nobody computes in
 * them here, so there is no rounding to choose.
 */
export function canHold(dtype: SafetensorsDType, elements: ElementArray): boolean {
  const { narrow, bits, array }: ElementType = types[dtype];
  return elements instanceof (narrow && bits < 16 ? Uint8Array : array);
}

/** The type that an array is written as if nothing else is said. */
export function dtypeOfElements(elements: ElementArray): SafetensorsDType {
  if (elements instanceof Float32Array) return 'F32';
  const own = (['U8', 'I8', 'U16', 'I16', 'U32', 'I32', 'F64', 'I64', 'U64'] as const).find(
    (dtype) => elements instanceof types[dtype].array,
  );
  if (own === undefined) throw new TypeError(`safetensors: no element type for ${String(elements)}`);
  return own;
}

function swapped(bytes: Uint8Array, width: number): Uint8Array {
  const out = bytes.slice();
  for (let i = 0; i < out.length; i += width) out.subarray(i, i + width).reverse();
  return out;
}

// ---- narrow floats --------------------------------------------------------------------------------------------------

const tables = new WeakMap<NarrowFloat, Float32Array>();

function widen(format: NarrowFloat, bits: number, bytes: Uint8Array): Float32Array {
  let table = tables.get(format);
  if (!table) {
    table = Float32Array.from({ length: 2 ** bits }, (_, code) => valueOfCode(format, bits, code));
    tables.set(format, table);
  }
  const out = new Float32Array((bytes.length * 8) / bits);
  if (bits === 16)
    for (let i = 0; i < out.length; i++) out[i] = table[bytes[2 * i] | (bytes[2 * i + 1] << 8)];
  else if (bits === 8) for (let i = 0; i < out.length; i++) out[i] = table[bytes[i]];
  else {
    // Elements of 4 or 6 bits lie end to end, from the lowest bit up.
    const mask = 2 ** bits - 1;
    for (let i = 0, at = 0; i < out.length; i++, at += bits) {
      const pair = bytes[at >> 3] | ((bytes[(at >> 3) + 1] ?? 0) << 8);
      out[i] = table[(pair >> (at & 7)) & mask];
    }
  }
  return out;
}

function valueOfCode({ exponent, mantissa, top }: NarrowFloat, bits: number, code: number): number {
  const highest = 2 ** exponent - 1;
  if (top === 'scale') return code === highest ? Number.NaN : 2 ** (code - 127);
  const bias = 2 ** (exponent - 1) - 1;
  const sign = code >> (bits - 1) ? -1 : 1;
  const e = (code >> mantissa) & highest;
  const fraction = code & (2 ** mantissa - 1);
  if (e === highest && top === 'ieee') return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (e === highest && top === 'nan' && fraction === 2 ** mantissa - 1) return Number.NaN;
  if (e === 0) return sign * fraction * 2 ** (1 - bias - mantissa);
  return sign * (2 ** mantissa + fraction) * 2 ** (e - bias - mantissa);
}

/** 16-bit floats, rounded to nearest, ties to even; too large becomes infinite, NaN stays NaN. */
function narrowed({ exponent, mantissa }: NarrowFloat, values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  const bias = 2 ** (exponent - 1) - 1;
  const infinity = (2 ** exponent - 1) << mantissa;
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const sign = (words[i] >>> 31) << 15;
    const size = Math.abs(values[i]);
    if (Number.isNaN(size)) out[i] = sign | infinity | (1 << (mantissa - 1));
    else if (size === Number.POSITIVE_INFINITY) out[i] = sign | infinity;
    else {
      const e = Math.max(((words[i] >>> 23) & 0xff) - 127, 1 - bias);
      // In units of the last place, exact in double precision; a carry runs into the exponent as it should.
      const units = size * 2 ** (mantissa - e);
      const whole = Math.floor(units);
      const rest = units - whole;
      const up = rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? 1 : 0;
      out[i] = sign | Math.min((e + bias) * 2 ** mantissa - 2 ** mantissa + whole + up, infinity);
    }
  }
  return out;
}
