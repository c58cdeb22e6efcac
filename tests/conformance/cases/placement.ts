/** Where pointwise steps store: updates in place, one value to several outputs, parts of a buffer, chains of steps. */
import type { Instruction, Operand } from '@inkstone/core/backend';
import { type Case, contiguous, define, gapped, padded, transposed } from '../case.js';
import { integers, uniform } from '../values.js';
import { constant, copy, exact, load } from './pointwise.js';

export function placementCases(): Case[] {
  return [
    ...[1, 33, 257, 5000].map((n) =>
      define(`AdamW in place over ${n}`, (b) => {
        const [w, g, m, v] = [0, 1, 2, 3].map((i) =>
          b.input('float32', [n], uniform(b.random, n, i === 3 ? 0 : -1, 1)),
        );
        for (const operand of [w, m, v]) b.stored(operand, { keys: ['value'] });
        const rate = b.scalar('float32', 1e-3);
        const instructions: Instruction[] = [
          load(0), // 0: w
          load(1), // 1: g
          load(2), // 2: m
          load(3), // 3: v
          { op: 'scalar', type: 'float32', scalar: 0 }, // 4
          constant(0.9),
          constant(0.1),
          { op: 'mul', type: 'float32', a: 2, b: 5 },
          { op: 'mul', type: 'float32', a: 1, b: 6 },
          { op: 'add', type: 'float32', a: 7, b: 8 }, // 9: m
          constant(0.99),
          constant(0.01),
          { op: 'mul', type: 'float32', a: 3, b: 10 },
          { op: 'mul', type: 'float32', a: 1, b: 1 },
          { op: 'mul', type: 'float32', a: 13, b: 11 },
          { op: 'add', type: 'float32', a: 12, b: 14 }, // 15: v
          { op: 'sqrt', type: 'float32', a: 15 },
          constant(1e-3),
          { op: 'add', type: 'float32', a: 16, b: 17 },
          { op: 'div', type: 'float32', a: 9, b: 18 },
          { op: 'mul', type: 'float32', a: 19, b: 4 },
          { op: 'sub', type: 'float32', a: 0, b: 20 }, // 21: w
        ];
        b.pointwise([n], [w, g, m, v], { instructions, outputs: [21, 9, 15] }, [w, m, v], [rate]);
      }),
    ),
    define('in place through a strided operand, the gaps untouched', (b) => {
      const x = b.stored(b.input('float32', [5, 6], integers(b.random, 30, -9, 9), gapped(2)), exact);
      const instructions: Instruction[] = [load(0), { op: 'neg', type: 'float32', a: 0 }];
      b.pointwise([5, 6], [x], { instructions, outputs: [1] }, [x]);
    }),
    define('in place, the same operand loaded three times', (b) => {
      const x = b.stored(b.input('float32', [70], integers(b.random, 70, -9, 9)), exact);
      const instructions: Instruction[] = [
        load(0),
        load(1),
        load(2),
        { op: 'mul', type: 'float32', a: 0, b: 1 },
        { op: 'sub', type: 'float32', a: 3, b: 2 },
      ];
      b.pointwise([70], [x, x, x], { instructions, outputs: [4] }, [x]);
    }),
    define('one value stored twice, another once', (b) => {
      const x = b.input('float32', [4, 9], integers(b.random, 36, -9, 9));
      const outputs = [contiguous, transposed, padded(2)].map((layout) =>
        b.output('float32', [4, 9], exact, layout),
      );
      const instructions: Instruction[] = [load(0), { op: 'abs', type: 'float32', a: 0 }];
      b.pointwise([4, 9], [x], { instructions, outputs: [1, 1, 0] }, outputs);
    }),
    define('concat: each part a step, into columns', (b) => {
      const y = b.output('float32', [6, 12], exact);
      let offset = 0;
      for (const columns of [3, 1, 8]) {
        const part: Operand = { ...y, shape: [6, columns], offset };
        const x = b.input('float32', [6, columns], uniform(b.random, 6 * columns));
        b.pointwise([6, columns], [x], copy('float32'), [part]);
        offset += columns;
      }
    }),
    define('a row of a cache, at a position that a scalar moves', (b) => {
      const cache = b.input('float32', [2, 8, 5], uniform(b.random, 80));
      const position = b.scalar('int32', 3);
      const row: Operand = {
        ...cache,
        shape: [2, 5],
        strides: [40, 1],
        shift: { scalar: position, stride: 5 },
      };
      const x = b.input('float32', [2, 5], uniform(b.random, 10));
      b.pointwise([2, 5], [x], copy('float32'), [row]);
      b.stored({ ...cache, shape: [2, 5], strides: [40, 1], offset: 15 }, exact);
      const y = b.output('float32', [2, 5], exact);
      b.pointwise([2, 5], [row], copy('float32'), [y]);
    }),
    define('two outputs interleaved in one buffer', (b) => {
      const both = b.output('float32', [10, 2], exact);
      const x = b.input('float32', [10], uniform(b.random, 10));
      const instructions: Instruction[] = [load(0), { op: 'neg', type: 'float32', a: 0 }];
      const outputs: Operand[] = [0, 1].map((offset) => ({ ...both, shape: [10], strides: [2], offset }));
      b.pointwise([10], [x], { instructions, outputs: [0, 1] }, outputs);
    }),
    define('a chain of steps, each reads what the one before stored', (b) => {
      const n = 300;
      let x = b.input('float32', [n], integers(b.random, n, -3, 3));
      for (let i = 0; i < 12; i++) {
        const y = b.output('float32', [n], exact);
        const instructions: Instruction[] = [
          load(0),
          constant(i),
          { op: 'add', type: 'float32', a: 0, b: 1 },
        ];
        b.pointwise([n], [x], { instructions, outputs: [2] }, [y]);
        x = y;
      }
    }),
  ];
}
