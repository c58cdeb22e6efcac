/**
 * Safetensors files that are read tensor by tensor: from a Blob (a File of a page, or a file of Node through
 * `fs.openAsBlob`), from a URL whose server answers ranges, or from anything that reads a span of bytes.
 */
import type { Tensor } from '../tensor/tensor.js';
import { elementsFromBytes } from './element-types.js';
import {
  type ReadOptions,
  readSafetensorsHeader,
  type SafetensorsEntry,
  SafetensorsError,
  type SafetensorsHeader,
} from './safetensors.js';
import { type LoadOptions, toTensor } from './state-dict.js';

/** Something that gives a span of a file. */
export interface ByteSource {
  /** Of the whole file. */
  readonly byteLength: number;
  /** Bytes begin ... end - 1, which lie within the file. */
  read(begin: number, end: number): Promise<Uint8Array>;
}

/** A file of which only the header has been read. */
export interface LazySafetensors {
  readonly header: SafetensorsHeader;
  readonly metadata: Readonly<Record<string, string>>;
  /** Names of the tensors, in the order of the header. */
  readonly keys: readonly string[];
  has(key: string): boolean;
  /**
   * Reads one tensor.
   * @throws (rejects) SafetensorsError if there is no such tensor, or its bytes do not come.
   */
  get(key: string): Promise<SafetensorsEntry>;
  /** As `get`, as a tensor; see `loadSafetensors` for the dtypes. */
  load(key: string, options?: Pick<LoadOptions, 'device'>): Promise<Tensor>;
}

/** What is asked for at first: most headers fit, and one request is enough. */
const firstBytes = 65_536;

/**
 * Opens a file by its header; tensors are read when they are asked for, by ranges.
 *
 * @param source a Blob, a URL, or an object that reads spans
 * @throws (rejects) SafetensorsError that names the file and what is wrong; for a URL that cannot be fetched, its status
 * @example
 * const file = await openSafetensors(await openAsBlob('model.safetensors'));   // node:fs
 * const table = await file.load('wte.weight');
 */
export async function openSafetensors(
  source: Blob | URL | ByteSource,
  options: ReadOptions = {},
): Promise<LazySafetensors> {
  const { file = source instanceof URL ? source.href : 'safetensors' } = options;
  const bytes = source instanceof URL ? await urlSource(source, file) : blobSource(source);
  const read = async (begin: number, end: number, key?: string): Promise<Uint8Array> => {
    const part = await bytes.read(begin, end);
    if (part.length !== end - begin)
      throw new SafetensorsError(file, `${end - begin} bytes from ${begin} on are ${part.length}`, key);
    return part;
  };
  let first = await read(0, Math.min(firstBytes, bytes.byteLength));
  if (first.length >= 8) {
    const length = 8 + Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true));
    // A length that is out of all bounds is an error of the header, which says so.
    if (length > first.length && length <= Math.min(bytes.byteLength, maxHeader))
      first = await read(0, length);
  }
  const header = readSafetensorsHeader(first, bytes.byteLength, { file });
  const get = async (key: string): Promise<SafetensorsEntry> => {
    const info = header.tensors.get(key);
    if (!info) throw new SafetensorsError(file, 'not in the file', key);
    const { dtype, shape, begin, end } = info;
    const part = await read(header.dataStart + begin, header.dataStart + end, key);
    return { dtype, shape, data: elementsFromBytes(dtype, part) };
  };
  return {
    header,
    metadata: header.metadata,
    keys: [...header.tensors.keys()],
    has: (key) => header.tensors.has(key),
    get,
    load: async (key, { device } = {}) => toTensor(await get(key), key, { file, ...(device && { device }) }),
  };
}

/** The limit of the format, which readSafetensorsHeader holds. */
const maxHeader = 100_000_008;

function blobSource(source: Blob | ByteSource): ByteSource {
  if (!(source instanceof Blob)) return source;
  return {
    byteLength: source.size,
    read: async (begin, end) => new Uint8Array(await source.slice(begin, end).arrayBuffer()),
  };
}

/** The whole file where the server does not answer ranges. */
async function urlSource(url: URL, file: string): Promise<ByteSource> {
  const ask = async (begin: number, end: number): Promise<Response> => {
    const response = await fetch(url, { headers: { Range: `bytes=${begin}-${end - 1}` } });
    if (!response.ok)
      throw new SafetensorsError(file, `the server answers ${response.status} ${response.statusText}`);
    return response;
  };
  const body = async (response: Response): Promise<Uint8Array> =>
    new Uint8Array(await response.arrayBuffer());
  const response = await ask(0, firstBytes);
  const first = await body(response);
  const total = response.headers.get('Content-Range')?.match(/\/(\d+)$/)?.[1];
  if (response.status !== 206 || total === undefined) {
    return { byteLength: first.length, read: async (begin, end) => first.slice(begin, end) };
  }
  return {
    byteLength: Number(total),
    read: async (begin, end) => {
      if (end <= first.length) return first.slice(begin, end);
      return begin === end ? new Uint8Array() : body(await ask(begin, end));
    },
  };
}
