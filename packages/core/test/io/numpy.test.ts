/// <reference types="node" />
/** `.npy` and `.npz`: files of real NumPy are read, ours are its own byte for byte, and what it read in our archives. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type NumpyArray, NumpyFileError, readNpy, readNpz, writeNpy, writeNpz } from '../../src/io.js';
import { ours } from './numpy-files.js';

interface Recorded {
  readonly shape: readonly number[];
  readonly values: readonly (number | string)[];
}
const golden = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../goldens/numpy/${name}`, import.meta.url), 'utf8')) as T;
const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));
const made = golden<{
  arrays: Record<string, Recorded & { file: string }>;
  readOnly: Record<string, Recorded & { file: string }>;
  archives: Record<string, string>;
  members: Record<string, Recorded>;
  unreadable: Record<string, string>;
}>('arrays.json');
const read = golden<{
  files: Record<string, { sha256: string; arrays: Record<string, Recorded & { dtype: string }> }>;
}>('read.json');

function expectRecorded({ shape, data }: NumpyArray, want: Recorded): void {
  expect(shape).toEqual(want.shape);
  const [like] = want.values;
  const values = Array.from(data as ArrayLike<number | bigint>, (x) =>
    typeof like === 'string' ? String(x) : Number(x),
  );
  expect(values).toEqual(want.values);
}

describe('.npy', () => {
  test.each(Object.keys({ ...made.arrays, ...made.readOnly }))('reads %s', (name) => {
    const recorded = made.arrays[name] ?? made.readOnly[name];
    expectRecorded(readNpy(bytes(recorded.file)), recorded);
  });

  test.each(Object.keys(made.arrays))('writes %s as NumPy does, byte for byte', (name) => {
    const file = bytes(made.arrays[name].file);
    expect(Buffer.from(writeNpy(readNpy(file))).equals(Buffer.from(file))).toBe(true);
  });

  test.each(Object.entries(made.unreadable))('refuses %s, and says so', (_, file) => {
    expect(() => readNpy(bytes(file), { file: 'x.npy' })).toThrow(/^x\.npy: (dtype|its header)/);
  });

  test('refuses what is broken', () => {
    const file = bytes(made.arrays.float32.file);
    const header = (from: string, to: string): Uint8Array =>
      new Uint8Array(Buffer.from(Buffer.from(file).toString('latin1').replace(from, to), 'latin1'));
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [new Uint8Array(), /not a \.npy file/],
      [file.subarray(0, 9), /not a \.npy file/],
      [file.subarray(0, 60), /truncated: the header ends at 128/],
      [file.subarray(0, -1), /needs 24 bytes, not 23/],
      [header('(2, 3)', '(9, 9)'), /shape \(9, 9\) of <f4 needs 324 bytes/],
      [header('(2, 3), }       ', '(99999999, 9), }'), /needs/],
      [header('<f4', '<f3'), /dtype '<f3' is not supported/],
      [header('descr', 'desrc'), /its header is not that of a plain array/],
      [Uint8Array.of(...file.subarray(0, 6), 9, ...file.subarray(7)), /version 9/],
      [Uint8Array.of(...file.subarray(0, 6), 2, 0, 255, 255, 255, 255, 0, 0), /header of 4294967295 bytes/],
    ];
    for (const [broken, why] of cases) {
      const open = (): unknown => readNpy(broken, { file: 'w.npy' });
      expect(open).toThrow(NumpyFileError);
      expect(open).toThrow(why);
      expect(open).toThrow(/^w\.npy: /);
    }
  });

  test('writing says what does not fit', () => {
    expect(() => writeNpy({ shape: [3], data: Float32Array.of(1) })).toThrow(
      /shape \[3\] of F32 needs 12 bytes/,
    );
    expect(() => writeNpy({ shape: [1], dtype: 'F64', data: Float32Array.of(1) })).toThrow(
      /F64.*Float32Array/,
    );
    expect(() => writeNpy({ shape: [1], dtype: 'BF16', data: Float32Array.of(1) })).toThrow(
      /no type like BF16/,
    );
  });
});

describe('.npz', () => {
  test.each(Object.entries(made.archives))('reads what %s writes', async (_, file) => {
    const arrays = await readNpz(bytes(file));
    expect([...arrays.keys()]).toEqual(Object.keys(made.members));
    for (const [name, array] of arrays) expectRecorded(array, made.members[name]);
  });

  test.each(['stored', 'deflated'])('NumPy reads what we write: %s', async (kind) => {
    const file = await writeNpz(ours, { compressed: kind === 'deflated' });
    if (process.env.INKSTONE_RECORD) writeFileSync(`${process.env.INKSTONE_RECORD}/${kind}.npz`, file);
    const recorded = read.files[kind];
    // How well deflate packs depends on the platform's zlib; what is stored does not.
    if (kind === 'stored') expect(createHash('sha256').update(file).digest('hex')).toBe(recorded.sha256);
    const back = await readNpz(file);
    expect([...back.keys()]).toEqual([...ours.keys()]);
    expect(Object.keys(recorded.arrays)).toEqual([...ours.keys()]);
    for (const [name, array] of back) expectRecorded(array, recorded.arrays[name]);
  });

  test('refuses what is broken', async () => {
    const stored = bytes(made.archives.savez);
    const packed = bytes(made.archives.savez_compressed);
    const changed = (file: Uint8Array, at: number, value: number): Uint8Array => {
      const copy = file.slice();
      copy[at < 0 ? copy.length + at : at] = value;
      return copy;
    };
    const signature = Buffer.from('PK\x01\x02', 'latin1');
    const directory = Buffer.from(stored).indexOf(signature);
    const packedDirectory = Buffer.from(packed).indexOf(signature);
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [new Uint8Array(), /not a zip archive/],
      [stored.subarray(0, -1), /not a zip archive, or a truncated one/],
      [stored.subarray(100), /directory is broken/],
      [changed(stored, 300, stored[300] ^ 1), /does not match its checksum/],
      [changed(stored, directory + 10, 99), /packed by method 99/],
      [changed(stored, directory + 8, 1), /encrypted/],
      [changed(stored, directory + 24, 1), /truncated/],
      [changed(packed, packedDirectory + 24, 1), /unpacks to more than/],
      [changed(packed, 60, 0xff), /cannot be unpacked|checksum|unpacks|bytes instead/],
    ];
    for (const [broken, why] of cases) {
      const opened = readNpz(broken, { file: 'w.npz' });
      await expect(opened).rejects.toThrow(why);
      await expect(opened).rejects.toThrow(NumpyFileError);
      await expect(opened).rejects.toThrow(/^w\.npz: /);
    }
  });
});
