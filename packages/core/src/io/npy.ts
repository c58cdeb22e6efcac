/**
 * NumPy's `.npy` files: one array each, a short header in Python's notation, then the elements.
 *
 * The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, versions 1 to 3. Arrays of Python
 * objects hold pickled code and are refused, as every type that has no counterpart here.
 */
import {
  bitsOf,
  bytesFromElements,
  canHold,
  dtypeOfElements,
  type ElementArray,
  elementsFromBytes,
  type SafetensorsDType,
} from './element-types.js';

/** A file that is not NumPy's, or a broken or hostile one. The message names the file. */
export class NumpyFileError extends Error {
  override readonly name = 'NumpyFileError';

  constructor(
    /** Name of the file, as the reader was told it. */
    readonly file: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${why}`, options);
  }
}

/** An array of a file. Element types have the names that safetensors gives them: 'F32' is NumPy's float32. */
export interface NumpyArray {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Row-major. float16 is widened to float32, booleans are 0 and 1, 64-bit integers are bigints. */
  readonly data: ElementArray;
}

export interface NumpyArrayToWrite {
  /** If absent, the type of `data`: a Float32Array is written as float32. */
  readonly dtype?: SafetensorsDType;
  readonly shape: readonly number[];
  readonly data: ElementArray;
}

export interface NumpyReadOptions {
  /** The file's name for messages (default 'npy'). */
  file?: string;
}

/** NumPy's letters for the element types. */
const descriptions: Readonly<Record<string, SafetensorsDType>> = {
  b1: 'BOOL',
  i1: 'I8',
  i2: 'I16',
  i4: 'I32',
  i8: 'I64',
  u1: 'U8',
  u2: 'U16',
  u4: 'U32',
  u8: 'U64',
  f2: 'F16',
  f4: 'F32',
  f8: 'F64',
  c8: 'C64',
};

const magic = '\x93NUMPY';
/** Headers of plain types take some 100 bytes; NumPy itself refuses to parse more than this. */
const maxHeaderBytes = 10_000;

/**
 * Reads a `.npy` file.
 *
 * @throws NumpyFileError that names the file and what is wrong
 * @example
 * const { shape, data } = readNpy(bytes, { file: 'x.npy' }); // [2, 3], Float32Array
 */
export function readNpy(bytes: Uint8Array, options: NumpyReadOptions = {}): NumpyArray {
  const { file = 'npy' } = options;
  const fail = (why: string): never => {
    throw new NumpyFileError(file, why);
  };
  if (bytes.length < 10 || String.fromCharCode(...bytes.subarray(0, 6)) !== magic) fail('not a .npy file');
  const version = bytes[6];
  if (version < 1 || version > 3) fail(`version ${version} of the format is unknown`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = version > 1;
  if (long && bytes.length < 12) fail('truncated in its header');
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (long ? 12 : 10) + length;
  if (length > maxHeaderBytes)
    fail(`it announces a header of ${length} bytes, ${maxHeaderBytes} is the limit`);
  if (start > bytes.length) fail(`truncated: the header ends at ${start}, the file at ${bytes.length}`);
  const header = new TextDecoder().decode(bytes.subarray(start - length, start));

  const descr = header.match(/'descr':\s*'([^']*)'/)?.[1];
  const order = header.match(/'fortran_order':\s*(True|False)/)?.[1];
  const sizes = header.match(/'shape':\s*\(([\d\s,]*)\)/)?.[1];
  if (descr === undefined || order === undefined || sizes === undefined)
    return fail(`its header is not that of a plain array: ${header.trim().slice(0, 200)}`);
  const dtype = descriptions[descr.slice(1)];
  if (!dtype || !/^[<>|=]/.test(descr))
    return fail(`dtype '${descr}' is not supported; ${Object.keys(descriptions).join(', ')} are`);
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  const count = shape.reduce((product, size) => product * size, 1);
  const width = bitsOf(dtype) / 8;
  if (!Number.isSafeInteger(count * width) || count * width !== bytes.length - start)
    fail(`shape (${shape.join(', ')}) of ${descr} needs ${count * width} bytes, not ${bytes.length - start}`);

  let body = bytes.subarray(start);
  if (descr[0] === '>') body = reversed(body, dtype === 'C64' ? 4 : width);
  if (order === 'True' && shape.length > 1) body = toRowMajor(body, shape, width);
  return { dtype, shape, data: elementsFromBytes(dtype, body) };
}

/**
 * The bytes of a `.npy` file, as `numpy.save` writes them.
 * @throws Error if the shape and the number of elements differ, or the type has no counterpart in NumPy
 */
export function writeNpy(array: NumpyArrayToWrite): Uint8Array {
  const { shape, data } = array;
  const dtype = array.dtype ?? dtypeOfElements(data);
  const letters = Object.keys(descriptions).find((key) => descriptions[key] === dtype);
  if (letters === undefined) throw new Error(`writeNpy: NumPy has no type like ${dtype}`);
  if (!canHold(dtype, data))
    throw new Error(`writeNpy: ${dtype} cannot be written from a ${data.constructor.name}`);
  const body = bytesFromElements(dtype, data);
  const needed = (shape.reduce((product, size) => product * size, 1) * bitsOf(dtype)) / 8;
  if (needed !== body.length)
    throw new Error(
      `writeNpy: shape [${shape.join(', ')}] of ${dtype} needs ${needed} bytes, not ${body.length}`,
    );
  const order = bitsOf(dtype) === 8 ? '|' : '<';
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  let header = `{'descr': '${order}${letters}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // NumPy leaves room for the first size to grow to 21 digits in place, and aligns the elements to 64 bytes.
  if (shape.length > 0) header += ' '.repeat(21 - String(shape[0]).length);
  header += `${' '.repeat(64 - ((11 + header.length) % 64))}\n`;
  const out = new Uint8Array(10 + header.length + body.length);
  out.set(Uint8Array.from(magic, (letter) => letter.charCodeAt(0)));
  out[6] = 1;
  new DataView(out.buffer).setUint16(8, header.length, true);
  new TextEncoder().encodeInto(header, out.subarray(10));
  out.set(body, 10 + header.length);
  return out;
}

/** Elements of `width` bytes with their bytes the other way round. */
function reversed(bytes: Uint8Array, width: number): Uint8Array {
  const out = bytes.slice();
  for (let i = 0; i < out.length; i += width) out.subarray(i, i + width).reverse();
  return out;
}

/** Elements of a column-major array in row-major order. */
function toRowMajor(bytes: Uint8Array, shape: readonly number[], width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, width));
  const at = shape.map(() => 0);
  for (let to = 0, from = 0; to < out.length; to += width) {
    out.set(bytes.subarray(from, from + width), to);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++at[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      at[axis] = 0;
    }
  }
  return out;
}
