/**
 * The part of the ZIP format that NumPy's archives need: files that are stored or deflated, with ZIP64's sizes.
 * Deflate itself is the platform's. The format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
/** The comment behind the end of the directory has at most this many bytes. */
const maxComment = 0xffff;

/** A file within an archive. */
export interface ZipEntry {
  readonly name: string;
  /** @throws (rejects) with what `fail` makes of a wrong length or checksum */
  read(): Promise<Uint8Array>;
}

/** The files of an archive. @param fail throws the caller's error, which names the archive */
export function readZip(bytes: Uint8Array, fail: (why: string) => never): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && end >= bytes.length - 22 - maxComment && view.getUint32(end, true) !== endSignature)
    end--;
  if (end < 0 || view.getUint32(end, true) !== endSignature) fail('not a zip archive, or a truncated one');
  const wide = (at: number): number => Number(view.getBigUint64(at, true));
  let count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  // ZIP64: a locator stands before the end and says where the wide directory's end is.
  if (at === 0xffffffff || count === 0xffff) {
    const end64 = end >= 20 ? wide(end - 12) : -1;
    if (!(end64 >= 0 && end64 + 56 <= end && view.getUint32(end64, true) === end64Signature))
      fail('the archive has no directory');
    count = wide(end64 + 32);
    at = wide(end64 + 48);
  }
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== entrySignature) fail('its directory is broken');
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const checksum = view.getUint32(at + 16, true);
    const [nameLength, extraLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
    const next = at + 46 + nameLength + extraLength + view.getUint16(at + 32, true);
    if (next > end) fail('its directory is broken');
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    // Sizes that do not fit into 32 bits stand in an extra field, in this order, each only where it is needed.
    const fields = [24, 20, 42].map((offset) => view.getUint32(at + offset, true));
    for (let extra = at + 46 + nameLength; extra + 4 <= next; extra += 4 + view.getUint16(extra + 2, true)) {
      if (view.getUint16(extra, true) !== 1) continue;
      const needed = fields.flatMap((field, j) => (field === 0xffffffff ? [j] : []));
      if (extra + 4 + 8 * needed.length > end) fail('its directory is broken');
      needed.forEach((j, place) => {
        fields[j] = wide(extra + 4 + 8 * place);
      });
    }
    const [size, packedSize, local] = fields;
    if (flags & 1) fail(`'${name}' is encrypted`);
    if (method !== 0 && method !== 8)
      fail(`'${name}' is packed by method ${method}; stored and deflate are known`);
    if (local + 30 > end || view.getUint32(local, true) !== localSignature)
      fail(`'${name}' is not where it should be`);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    if (start + packedSize > end || (method === 0 && size !== packedSize)) fail(`'${name}' is truncated`);
    const packed = bytes.subarray(start, start + packedSize);
    entries.push({
      name,
      async read() {
        const out = method === 0 ? packed : await inflate(packed, size, (why) => fail(`'${name}': ${why}`));
        if (out.length !== size) fail(`'${name}' has ${out.length} bytes instead of ${size}`);
        if (crc32(out) !== checksum) fail(`'${name}' does not match its checksum`);
        return out;
      },
    });
    at = next;
  }
  return entries;
}

/** At most `size` bytes: a small file that unpacks to a huge one is stopped there. */
async function inflate(packed: Uint8Array, size: number, fail: (why: string) => never): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = new Blob([packed as BlobPart]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const reader = stream.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
      if (length > size) break;
      chunks.push(part.value);
    }
  } catch (error) {
    fail(`cannot be unpacked (${(error as Error).message})`);
  }
  if (length > size) {
    await reader.cancel();
    fail(`unpacks to more than the ${size} bytes that it announces`);
  }
  return joined(chunks);
}

/** An archive of files, deflated if asked. Sizes up to 4 GiB. @throws RangeError beyond */
export async function writeZip(
  files: ReadonlyMap<string, Uint8Array>,
  compressed: boolean,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, bytes] of files) {
    const body = compressed
      ? new Uint8Array(
          await new Response(
            new Blob([bytes as BlobPart]).stream().pipeThrough(new CompressionStream('deflate-raw')),
          ).arrayBuffer(),
        )
      : bytes;
    const label = new TextEncoder().encode(name);
    // Version, flags (UTF-8 names), method, time, date (1 January 1980), checksum, sizes.
    const common = new DataView(new ArrayBuffer(26));
    common.setUint16(0, 20, true);
    common.setUint16(2, 0x800, true);
    common.setUint16(4, compressed ? 8 : 0, true);
    common.setUint16(8, 0x21, true);
    common.setUint32(10, crc32(bytes), true);
    common.setUint32(14, body.length, true);
    common.setUint32(18, bytes.length, true);
    common.setUint16(22, label.length, true);
    const shared = new Uint8Array(common.buffer);
    parts.push(numbers(4, localSignature), shared, label, body);
    directory.push(
      numbers(4, entrySignature),
      numbers(2, 20),
      shared,
      new Uint8Array(10),
      numbers(4, offset),
      label,
    );
    offset += 30 + label.length + body.length;
    if (offset > 0xffffffff) throw new RangeError('an archive of more than 4 GiB');
  }
  const listed = joined(directory);
  const end = [
    numbers(4, endSignature, 0),
    numbers(2, files.size, files.size),
    numbers(4, listed.length, offset),
    new Uint8Array(2),
  ];
  return joined([...parts, listed, ...end]);
}

/** Little-endian numbers of 2 or 4 bytes. */
function numbers(width: 2 | 4, ...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(width * values.length));
  values.forEach((value, i) => {
    if (width === 2) view.setUint16(2 * i, value, true);
    else view.setUint32(4 * i, value, true);
  });
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

let table: Uint32Array | undefined;

/** The checksum of ZIP and PNG: https://www.w3.org/TR/png/#D-CRCAppendix */
function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n;
  });
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return ~crc >>> 0;
}
