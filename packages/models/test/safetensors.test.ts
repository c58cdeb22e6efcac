/** Tensors to files and back; the files themselves are tested in core. */
import { reference } from '@inkstone/backend-cpu/reference';
import { tensor, use } from '@inkstone/core';
import { loadSafetensors, saveSafetensors, writeSafetensors } from '@inkstone/core/io';
import { describe, expect, test } from 'vitest';

describe('tensors', () => {
  test('round trip through a state dict', async () => {
    await use(reference());
    const state = new Map([
      [
        'w',
        tensor([
          [1.5, -2],
          [3, 4],
        ]),
      ],
      ['i', tensor([1, -2], { dtype: 'int32' })],
      ['m', tensor([true, false])],
      ['d', tensor([Math.PI], { dtype: 'float64' })],
    ]);
    const loaded = loadSafetensors(await saveSafetensors(state));
    expect([...loaded.keys()].sort()).toEqual([...state.keys()].sort());
    for (const [key, value] of state) {
      const other = loaded.get(key);
      expect(other?.dtype).toBe(value.dtype);
      expect(await other?.toArray()).toEqual(await value.toArray());
    }
    const half = loadSafetensors(await saveSafetensors(state, { float32As: 'BF16' }));
    expect(await half.get('w')?.toArray()).toEqual([
      [1.5, -2],
      [3, 4],
    ]);
  });

  test('integers of 64 bits fit or are refused', async () => {
    await use(reference());
    const file = (value: bigint) => writeSafetensors({ n: { shape: [1], data: BigInt64Array.of(value) } });
    expect(await loadSafetensors(file(-7n)).get('n')?.toArray()).toEqual([-7]);
    expect(() => loadSafetensors(file(2n ** 31n), { file: 'f' })).toThrow(
      'f: tensor "n": element 0 is 2147483648',
    );
  });
});
