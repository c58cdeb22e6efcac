/**
 * Safetensors files: named tensors in one file, 8 bytes of header length, a JSON header, then the elements.
 *
 * The format and its limits: https://github.com/huggingface/safetensors#format. Everything here works on bytes and
 * typed arrays; `state-dict.ts` makes tensors of them.
 *
 * A file may come from anyone, so every figure in it is checked against the file's real length before anything is
 * allocated: no holes, no overlaps, no byte that belongs to no tensor.
 */
import {
  bitsOf,
  bytesFromElements,
  canHold,
  dtypeOfElements,
  type ElementArray,
  elementsFromBytes,
  isSafetensorsDType,
  type SafetensorsDType,
  safetensorsDTypes,
} from './element-types.js';

/** Bytes of JSON at most, as in the format's own library: a header of a million tensors stays below it. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

/** A file that is not a safetensors file, or a broken or hostile one. The message names the file and the key. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';

  constructor(
    /** Name of the file, as the reader was told it. */
    readonly file: string,
    why: string,
    /** The tensor concerned, if one is. */
    readonly key?: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${key === undefined ? '' : `tensor ${JSON.stringify(key)}: `}${why}`, options);
  }
}

/** What the header says of one tensor. */
export interface TensorInfo {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** First byte, counted from the end of the header. */
  readonly begin: number;
  /** One past the last byte. */
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Free text by key: `format: 'pt'` and the like. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the elements begin in the file. */
  readonly dataStart: number;
}

/** One tensor of a file. */
export interface SafetensorsEntry {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  /** Row-major. Floats of 4 to 16 bits are widened to float32, booleans are 0 and 1, 64-bit integers are bigints. */
  readonly data: ElementArray;
}

export interface ReadOptions {
  /** The file's name for messages (default 'safetensors'). */
  file?: string;
}

/** An open file: nothing is copied until a tensor is asked for. */
export interface SafetensorsFile {
  readonly header: SafetensorsHeader;
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of the tensors, in the order of the header. */
  readonly keys: readonly string[];
  has(key: string): boolean;
  /**
   * One tensor. Its data may be a view of the file's bytes.
   * @throws SafetensorsError if there is no such tensor.
   */
  get(key: string): SafetensorsEntry;
}

/**
 * Reads a whole file.
 *
 * @param bytes the file
 * @throws SafetensorsError that names the file and the tensor that is wrong
 * @example
 * const file = readSafetensors(bytes, { file: 'model.safetensors' });
 * file.get('wte.weight'); // { dtype: 'F32', shape: [65, 32], data: Float32Array }
 */
export function readSafetensors(bytes: Uint8Array, options: ReadOptions = {}): SafetensorsFile {
  const { file = 'safetensors' } = options;
  const header = readSafetensorsHeader(bytes, bytes.byteLength, options);
  const keys = [...header.tensors.keys()];
  return {
    header,
    metadata: header.metadata,
    keys,
    has: (key) => header.tensors.has(key),
    get(key) {
      const info = header.tensors.get(key);
      if (!info) throw new SafetensorsError(file, `not in the file, which has ${listed(keys)}`, key);
      const { dtype, shape, begin, end } = info;
      const part = bytes.subarray(header.dataStart + begin, header.dataStart + end);
      return { dtype, shape, data: elementsFromBytes(dtype, part) };
    },
  };
}

/**
 * Reads and checks a header, for those who fetch the tensors one by one.
 *
 * @param bytes the beginning of the file: 8 bytes, and the header whose length they give
 * @param fileLength the length of the whole file in bytes
 * @throws SafetensorsError
 */
export function readSafetensorsHeader(
  bytes: Uint8Array,
  fileLength: number,
  options: ReadOptions = {},
): SafetensorsHeader {
  const { file = 'safetensors' } = options;
  const fail = (why: string, cause?: unknown): never => {
    throw new SafetensorsError(file, why, undefined, { cause });
  };
  if (bytes.byteLength < 8)
    fail(`not a safetensors file: ${bytes.byteLength} bytes are too few for a header`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    fail(
      `not a safetensors file: it announces a header of ${length} bytes, ${MAX_HEADER_BYTES} is the limit`,
    );
  }
  const dataStart = 8 + Number(length);
  if (dataStart > fileLength || dataStart > bytes.byteLength) {
    fail(
      `truncated: the header needs ${dataStart} bytes, the file has ${Math.min(fileLength, bytes.byteLength)}`,
    );
  }
  let json: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(8, dataStart),
    );
    json = JSON.parse(text);
  } catch (error) {
    fail(`the header is not JSON (${(error as Error).message})`, error);
  }
  if (!isObject(json)) throw new SafetensorsError(file, 'the header is not a JSON object');
  const tensors = new Map<string, TensorInfo>();
  for (const [key, entry] of Object.entries(json))
    if (key !== METADATA) tensors.set(key, tensorInfo(file, key, entry));
  checkLayout(file, tensors, fileLength - dataStart);
  return { tensors, metadata: metadataOf(file, json[METADATA]), dataStart };
}

function tensorInfo(file: string, key: string, entry: unknown): TensorInfo {
  const fail = (why: string): never => {
    throw new SafetensorsError(file, why, key);
  };
  if (!isObject(entry))
    throw new SafetensorsError(file, `its header is ${show(entry)}, must be an object`, key);
  const { dtype, shape, data_offsets: offsets, ...rest } = entry;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) fail(`its header has an unknown field ${JSON.stringify(unknown)}`);
  if (!isSafetensorsDType(dtype)) {
    throw new SafetensorsError(
      file,
      `dtype is ${show(dtype)}, must be one of ${safetensorsDTypes.join(', ')}`,
      key,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw new SafetensorsError(file, `shape is ${show(shape)}, must be whole numbers from 0 on`, key);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw new SafetensorsError(
      file,
      `data_offsets is ${show(offsets)}, must be two whole numbers from 0 on`,
      key,
    );
  }
  const [begin, end] = offsets as [number, number];
  const bits = shape.reduce((product, size) => product * size, bitsOf(dtype));
  if (!Number.isSafeInteger(bits)) fail(`shape ${show(shape)} is larger than any file`);
  if (bits % 8 !== 0) fail(`shape ${show(shape)} of ${dtype} does not fill whole bytes`);
  if (end - begin !== bits / 8) {
    fail(
      `shape ${show(shape)} of ${dtype} takes ${bits / 8} bytes, data_offsets ${show(offsets)} span ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end };
}

/** The tensors must tile the data: what else lies in a file could be read as something else by someone else. */
function checkLayout(file: string, tensors: ReadonlyMap<string, TensorInfo>, dataLength: number): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  let before = '';
  for (const [key, { begin, end }] of inOrder) {
    if (begin < covered) {
      throw new SafetensorsError(
        file,
        `begins at byte ${begin}, inside tensor ${JSON.stringify(before)}`,
        key,
      );
    }
    if (begin > covered)
      throw new SafetensorsError(file, `${begin - covered} bytes before it belong to no tensor`, key);
    if (end > dataLength) {
      throw new SafetensorsError(
        file,
        `truncated: it ends at byte ${end} of the data, which has ${dataLength}`,
        key,
      );
    }
    covered = end;
    before = key;
  }
  if (covered !== dataLength) {
    throw new SafetensorsError(file, `${dataLength - covered} bytes at the end belong to no tensor`);
  }
}

function metadataOf(file: string, metadata: unknown): Readonly<Record<string, string>> {
  if (metadata === undefined) return {};
  if (!isObject(metadata))
    throw new SafetensorsError(file, `${METADATA} is ${show(metadata)}, must be an object`);
  const [wrong] = Object.entries(metadata).filter(([, value]) => typeof value !== 'string');
  if (wrong)
    throw new SafetensorsError(file, `${METADATA}.${wrong[0]} is ${show(wrong[1])}, must be a string`);
  return metadata as Record<string, string>;
}

/** A tensor to write. */
export interface TensorToWrite {
  /** Default by the array: Float32Array is F32, Int32Array I32, ... */
  readonly dtype?: SafetensorsDType;
  readonly shape: readonly number[];
  /**
   * Row-major elements: F16 and BF16 take a Float32Array and round to nearest; types under 16 bits but BOOL, U8 and I8
   * take their packed bytes in a Uint8Array; others take their own typed array.
   */
  readonly data: ElementArray;
}

export interface WriteOptions {
  /** Free text by key. Hugging Face's readers want `format: 'pt'`. */
  metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a file. Tensors lie in the order of the format's own library (strictest alignment first, then by name), so the
 * same tensors give the same bytes, and each is aligned to its element size.
 *
 * @throws SafetensorsError for data that does not fit its shape or type
 * @example
 * writeSafetensors({ x: { shape: [2], data: Float32Array.of(1, 2) } }, { metadata: { format: 'pt' } });
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorToWrite> | Readonly<Record<string, TensorToWrite>>,
  options: WriteOptions = {},
): Uint8Array {
  const entries =
    tensors instanceof Map ? [...tensors] : Object.entries(tensors as Record<string, TensorToWrite>);
  const parts = entries.map(([key, tensor]) => {
    const dtype = tensor.dtype ?? dtypeOfElements(tensor.data);
    return { key, dtype, shape: tensor.shape, bytes: checkedBytes(key, dtype, tensor) };
  });
  const rank = ({ dtype }: { dtype: SafetensorsDType }): number => safetensorsDTypes.indexOf(dtype);
  parts.sort((a, b) => rank(b) - rank(a) || (a.key < b.key ? -1 : 1));

  // A null prototype: a tensor may be called '__proto__'.
  const header: Record<string, unknown> = Object.create(null);
  if (options.metadata && Object.keys(options.metadata).length > 0) header[METADATA] = options.metadata;
  let end = 0;
  for (const { key, dtype, shape, bytes } of parts) {
    header[key] = { dtype, shape, data_offsets: [end, (end += bytes.byteLength)] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces up to a multiple of 8, so that the elements are aligned.
  const dataStart = 8 + Math.ceil(json.length / 8) * 8;
  if (dataStart - 8 > MAX_HEADER_BYTES)
    throw new SafetensorsError('safetensors', 'the header would be too large');
  const out = new Uint8Array(dataStart + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  out.set(json, 8);
  out.fill(0x20, 8 + json.length, dataStart);
  let at = dataStart;
  for (const { bytes } of parts) {
    out.set(bytes, at);
    at += bytes.byteLength;
  }
  return out;
}

function checkedBytes(key: string, dtype: SafetensorsDType, { shape, data }: TensorToWrite): Uint8Array {
  const fail = (why: string): never => {
    throw new SafetensorsError('safetensors', why, key);
  };
  if (key === METADATA) fail('the name is reserved');
  if (!isSafetensorsDType(dtype))
    fail(`dtype is ${show(dtype)}, must be one of ${safetensorsDTypes.join(', ')}`);
  if (!shape.every(isCount)) fail(`shape is ${show(shape)}, must be whole numbers from 0 on`);
  if (!canHold(dtype, data)) fail(`${dtype} cannot be written from a ${data.constructor.name}`);
  const bytes = bytesFromElements(dtype, data);
  const bits = shape.reduce((product, size) => product * size, bitsOf(dtype));
  if (bits !== bytes.byteLength * 8) {
    fail(`shape ${show(shape)} of ${dtype} takes ${bits / 8} bytes, the data has ${bytes.byteLength}`);
  }
  return bytes;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A value of the file in a message: short, whatever it is. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

function listed(keys: readonly string[]): string {
  if (keys.length === 0) return 'no tensors';
  const first = keys.slice(0, 5).map((key) => JSON.stringify(key));
  return first.join(', ') + (keys.length > first.length ? ` and ${keys.length - first.length} more` : '');
}
