/** One right step of each kind that has rules of its own, and steps that break one rule each. */
import type { Operand, Plan, Step } from '@inkstone/core/backend';

/** Twelve elements of float32, or what is said instead. */
export const operand = (buffer: number, changes: Partial<Operand> = {}): Operand => ({
  buffer,
  dtype: 'float32',
  shape: [3, 4],
  strides: [4, 1],
  offset: 0,
  ...changes,
});

const index = (buffer: number, count: number): Operand =>
  operand(buffer, { dtype: 'int32', shape: [count], strides: [1] });

const lines = { shape: [3, 4, 1], strides: [4, 1, 1] };

const load = { op: 'load', type: 'float32', input: 0 } as const;
export const copy = { instructions: [load], outputs: [0] };

/** A right step of each kind that has rules of its own; buffers have 64 bytes. */
export const right = {
  pointwise: {
    kind: 'pointwise',
    shape: [3, 4],
    inputs: [operand(0)],
    scalars: [0],
    program: copy,
    outputs: [operand(1)],
  },
  reduce: {
    kind: 'reduce',
    shape: [3, 4],
    axes: [1],
    reducer: 'sum',
    inputs: [operand(0)],
    scalars: [],
    prologue: copy,
    epilogue: null,
    epilogueInputs: [],
    outputs: [operand(1, { shape: [3], strides: [1] })],
  },
  matmul: {
    kind: 'matmul',
    batch: [],
    m: 3,
    n: 2,
    k: 4,
    a: operand(0),
    b: operand(1, { shape: [4, 2], strides: [2, 1] }),
    scalars: [],
    epilogue: null,
    epilogueInputs: [],
    outputs: [operand(2, { shape: [3, 2], strides: [2, 1] })],
  },
  quantisedMatmul: {
    kind: 'quantisedMatmul',
    bits: 8,
    rows: 1,
    columns: 3,
    depth: 4,
    groupSize: 4,
    x: operand(0, { shape: [1, 4] }),
    weight: operand(1, { dtype: 'int32', shape: [3, 1], strides: [1, 1] }),
    scale: operand(2, { shape: [3, 1], strides: [1, 1] }),
    y: operand(3, { shape: [1, 3], strides: [3, 1] }),
  },
  softmax: { kind: 'softmax', log: false, rows: 3, columns: 4, x: operand(0), y: operand(1) },
  crossEntropy: {
    kind: 'crossEntropy',
    rows: 3,
    classes: 4,
    ignoreIndex: -100,
    labelSmoothing: 0,
    logits: operand(0),
    target: index(1, 3),
    weight: null,
    loss: operand(2, { shape: [3], strides: [1] }),
    logSumExp: operand(3, { shape: [3], strides: [1] }),
    total: null,
    flag: operand(4, { dtype: 'int32', shape: [], strides: [] }),
  },
  norm: {
    kind: 'norm',
    variant: 'rms',
    rows: 3,
    columns: 4,
    eps: 1e-5,
    x: operand(0),
    weight: null,
    bias: null,
    y: operand(1),
    mean: null,
    rstd: null,
  },
  attention: {
    kind: 'attention',
    batch: 1,
    heads: 1,
    keyHeads: 1,
    queries: 3,
    keys: 3,
    headSize: 4,
    keyLength: null,
    scale: 0.5,
    causal: 0,
    causalShift: null,
    q: operand(0, { shape: [1, 1, 3, 4], strides: [12, 12, 4, 1] }),
    k: operand(1, { shape: [1, 1, 3, 4], strides: [12, 12, 4, 1] }),
    v: operand(2, { shape: [1, 1, 3, 4], strides: [12, 12, 4, 1] }),
    mask: null,
    dropout: null,
    dropoutP: null,
    out: operand(3, { shape: [1, 1, 3, 4], strides: [12, 12, 4, 1] }),
    logSumExp: null,
  },
  recurrent: {
    kind: 'recurrent',
    cell: 'tanh',
    steps: 2,
    batch: 3,
    hidden: 1,
    reverse: false,
    x: operand(0, { shape: [2, 3, 1], strides: [3, 1, 1] }),
    weight: operand(1, { shape: [1, 1], strides: [1, 1] }),
    bias: null,
    h0: operand(2, { shape: [3, 1], strides: [1, 1] }),
    c0: null,
    states: operand(3, { shape: [3, 3, 1], strides: [3, 1, 1] }),
    cells: null,
    saved: null,
  },
  sort: {
    kind: 'sort',
    rows: 3,
    columns: 4,
    count: 4,
    descending: false,
    x: operand(0),
    indices: operand(1, { dtype: 'int32' }),
  },
  scan: {
    kind: 'scan',
    reverse: false,
    outer: 3,
    size: 4,
    inner: 1,
    x: operand(0, lines),
    y: operand(1, lines),
  },
  indexSelect: {
    kind: 'indexSelect',
    outer: 1,
    size: 3,
    inner: 4,
    count: 2,
    input: operand(0, { shape: [1, 3, 4], strides: [12, 4, 1] }),
    index: index(1, 2),
    output: operand(2, { shape: [1, 2, 4], strides: [8, 4, 1] }),
    flag: null,
  },
  indexAdd: {
    kind: 'indexAdd',
    outer: 1,
    size: 3,
    inner: 4,
    count: 2,
    accumulate: true,
    skip: null,
    index: index(0, 2),
    source: operand(1, { shape: [1, 2, 4], strides: [8, 4, 1] }),
    output: operand(2, { shape: [1, 3, 4], strides: [12, 4, 1] }),
    flag: null,
  },
} as const satisfies Record<string, Step>;

type Kind = keyof typeof right;

export const plan = (...steps: Step[]): Plan => ({
  label: 'p',
  buffers: Array.from({ length: 9 }, () => ({ byteLength: 64 })),
  scalars: ['int32', 'float32'],
  uploads: [],
  steps,
});

/** A right step with some of its fields changed. */
export const changed = <K extends Kind>(kind: K, changes: object): Step =>
  ({ ...right[kind], ...changes }) as Step;

const program = (...instructions: object[]) => ({
  program: { instructions, outputs: [instructions.length - 1] },
});

/** What is wrong, the step, what the message must say. */
export const broken: [string, Step, RegExp][] = [
  [
    'a buffer that is not there',
    changed('softmax', { x: operand(9) }),
    /x .*buffer 9.* names a buffer that the plan lacks/,
  ],
  [
    'past the end',
    changed('softmax', { x: operand(0, { offset: 5 }) }),
    /x .* touches elements 5 to 16 .* 64 bytes/,
  ],
  ['before the start', changed('softmax', { x: operand(0, { offset: -1 }) }), /x .*offset is a whole number/],
  [
    'a dtype that the device lacks',
    changed('softmax', { x: operand(0, { dtype: 'float16' }) }),
    /test device has no float16/,
  ],
  [
    'a stride too few',
    changed('pointwise', { inputs: [operand(0, { strides: [4] })] }),
    /2 axes but 1 strides/,
  ],
  [
    'a negative stride',
    changed('pointwise', { inputs: [operand(0, { strides: [4, -1], offset: 3 })] }),
    /strides are whole numbers, at least 0/,
  ],
  [
    'a shift by a float',
    changed('pointwise', { inputs: [operand(0, { shift: { scalar: 1, stride: 1 } })] }),
    /shifted by a scalar that is no int32/,
  ],
  [
    'another shape',
    changed('pointwise', { inputs: [operand(0, { shape: [4, 3], strides: [3, 1] })] }),
    /inputs\[0\] .* should have shape \[3, 4\]/,
  ],
  [
    'an output that broadcasts',
    changed('pointwise', { outputs: [operand(1, { strides: [0, 1] })] }),
    /outputs\[0\] .* stores into one element twice/,
  ],
  [
    'an output whose rows overlap',
    changed('pointwise', { outputs: [operand(1, { strides: [3, 1] })] }),
    /stores into one element twice/,
  ],
  [
    'reading what is written',
    changed('softmax', { y: operand(0) }),
    /buffer 0 is stored into by y .* and read by x/,
  ],
  [
    'reading another range of it',
    changed('pointwise', {
      inputs: [operand(0, { shape: [3, 4], strides: [0, 0] })],
      outputs: [operand(0, { offset: 4 })],
    }),
    /buffer 0 is stored into by outputs\[0\]/,
  ],
  [
    'in place with other strides',
    changed('pointwise', { inputs: [operand(0, { strides: [1, 3] })], outputs: [operand(0)] }),
    /buffer 0 is stored/,
  ],
  [
    'two outputs in one place',
    changed('pointwise', { outputs: [operand(1), operand(1)], program: { ...copy, outputs: [0, 0] } }),
    /store into the same elements/,
  ],
  [
    'too many buffers',
    changed('pointwise', { inputs: Array.from({ length: 8 }, (_, i) => operand(i)), outputs: [operand(8)] }),
    /touches 9 buffers; test device allows 8/,
  ],
  ['weights of other bits', changed('quantisedMatmul', { bits: 5 as 4 }), /bits is 5: 4 or 8/],
  [
    'a group of no whole words',
    changed('quantisedMatmul', { groupSize: 3 }),
    /groupSize is 3: a multiple of 32, or at least the depth \(4\)/,
  ],
  [
    'weights that are not packed',
    changed('quantisedMatmul', { weight: operand(1, { dtype: 'int32' }) }),
    /weight .* should have shape \[3, 1\]/,
  ],
  ['no output', changed('pointwise', { outputs: [], program: { ...copy, outputs: [] } }), /has no output/],

  [
    'a value used before it is made',
    changed('pointwise', program(load, { op: 'neg', type: 'float32', a: 1 })),
    /instruction 1 \(neg\): a is value 1, but only 1 are defined/,
  ],
  [
    'an unknown instruction',
    changed('pointwise', program(load, { op: 'gelu', type: 'float32', a: 0 })),
    /\(gelu\): there is no such instruction/,
  ],
  [
    'a load of the wrong type',
    changed('pointwise', program({ ...load, type: 'int32' })),
    /\(load\): its type is int32 instead of float32/,
  ],
  ['a load of no operand', changed('pointwise', program({ ...load, input: 1 })), /input 1 of 1/],
  [
    'mixed types',
    changed(
      'pointwise',
      program(load, { op: 'const', type: 'int32', value: 1 }, { op: 'add', type: 'float32', a: 0, b: 1 }),
    ),
    /\(add\): b is int32 instead of float32/,
  ],
  [
    'a comparison that is no bool',
    changed('pointwise', program(load, { op: 'lt', type: 'float32', a: 0, b: 0 })),
    /\(lt\): its type is float32 instead of bool/,
  ],
  [
    'a float where bits are needed',
    changed('pointwise', program(load, { op: 'and', type: 'float32', a: 0, b: 0 })),
    /\(and\) does not take float32/,
  ],
  [
    'an int32 where a float is needed',
    changed(
      'pointwise',
      program({ op: 'const', type: 'int32', value: 1 }, { op: 'exp', type: 'int32', a: 0 }),
    ),
    /\(exp\) does not take int32/,
  ],
  [
    'a constant that is no int32',
    changed('pointwise', program({ op: 'const', type: 'int32', value: 1.5 })),
    /1.5 is no int32/,
  ],
  [
    'a constant that is no bool',
    changed('pointwise', program({ op: 'const', type: 'bool', value: 2 })),
    /a bool is 0 or 1/,
  ],
  [
    'a scalar of another type',
    changed('pointwise', program({ op: 'scalar', type: 'float32', scalar: 0 })),
    /\(scalar\): its type is float32 instead of int32/,
  ],
  ['a scalar that is not there', changed('pointwise', { scalars: [2] }), /scalars\[0\] is scalar 2, of 2/],
  [
    'an axis that is not there',
    changed('pointwise', program({ op: 'index', type: 'int32', axis: 2 })),
    /axis 2 of 2/,
  ],
  [
    'a condition that is no bool',
    changed('pointwise', program(load, { op: 'select', type: 'float32', a: 0, b: 0, c: 0 })),
    /the condition is float32 instead of bool/,
  ],
  [
    'an output of another type',
    changed('pointwise', program({ op: 'const', type: 'int32', value: 1 })),
    /output 0 is int32, its operand takes float32/,
  ],
  [
    'an output too many',
    changed('pointwise', { program: { ...copy, outputs: [0, 0] } }),
    /2 outputs for 1 operands/,
  ],
  [
    'an output of no value',
    changed('pointwise', { program: { ...copy, outputs: [1] } }),
    /names value 1, of 1/,
  ],

  ['an axis twice', changed('reduce', { axes: [1, 1] }), /axes \[1, 1\] are not distinct/],
  ['the shape of other axes', changed('reduce', { axes: [0] }), /outputs\[0\] .* should have shape \[4\]/],
  ['any of floats', changed('reduce', { reducer: 'any' }), /any takes bool, not float32/],
  [
    'argmax into floats',
    changed('reduce', { reducer: 'argmax' }),
    /the result is int32, its operand takes float32/,
  ],
  [
    'a prologue of two values',
    changed('reduce', { prologue: { ...copy, outputs: [0, 0] } }),
    /prologue must have one output/,
  ],
  [
    'epilogue inputs without epilogue',
    changed('reduce', { epilogueInputs: [operand(2, { shape: [3], strides: [1] })] }),
    /epilogue inputs but no epilogue/,
  ],
  [
    'argmax of nothing',
    changed('reduce', {
      reducer: 'argmax',
      shape: [3, 0],
      inputs: [operand(0, { shape: [3, 0] })],
      outputs: [operand(1, { dtype: 'int32', shape: [3], strides: [1] })],
    }),
    /argmax over no elements/,
  ],

  ['sides that do not meet', changed('matmul', { k: 3 }), /a .* should have shape \[3, 3\]/],
  [
    'a side with gaps both ways',
    changed('matmul', {
      m: 2,
      k: 2,
      a: operand(0, { shape: [2, 2], strides: [4, 2] }),
      b: operand(1, { shape: [2, 2], strides: [2, 1] }),
      outputs: [operand(2, { shape: [2, 2], strides: [2, 1] })],
    }),
    /a .*last two strides must be 1/,
  ],
  [
    'a side of whole numbers',
    changed('matmul', { a: operand(0, { dtype: 'int32' }) }),
    /a is int32: a float type is needed/,
  ],
  [
    'two outputs without epilogue',
    changed('matmul', { outputs: [...right.matmul.outputs, operand(3, { shape: [3, 2], strides: [2, 1] })] }),
    /it has one output, not 2/,
  ],

  [
    'rows with gaps',
    changed('softmax', { columns: 3, x: operand(0, { shape: [3, 3] }), y: operand(1, { shape: [3, 3] }) }),
    /x .* should be contiguous/,
  ],
  [
    'a target of floats',
    changed('crossEntropy', { target: operand(1, { shape: [3], strides: [1] }) }),
    /target is float32 instead of int32/,
  ],
  ['smoothing beyond 1', changed('crossEntropy', { labelSmoothing: 1.5 }), /labelSmoothing is 1.5/],
  ['a flag of two', changed('crossEntropy', { flag: index(4, 2) }), /flag .* should be one int32/],
  [
    'a bias of rms',
    changed('norm', { bias: operand(2, { shape: [4], strides: [1] }) }),
    /variant 'rms' has no bias/,
  ],
  ['a negative eps', changed('norm', { eps: -1 }), /eps is -1/],
  [
    'states without the initial one',
    changed('recurrent', { states: operand(3, { shape: [2, 3, 1], strides: [3, 1, 1] }) }),
    /states .* should have shape \[3, 3, 1\]/,
  ],
  ['an lstm without c', changed('recurrent', { cell: 'lstm' }), /cell 'lstm' needs cells/],
  [
    'a cell that saves what it need not',
    changed('recurrent', { saved: operand(4) }),
    /cell 'tanh' saves nothing/,
  ],
  ['a sequence without steps', changed('recurrent', { steps: 0 }), /it has 0 steps/],
  [
    'another dtype out than in',
    changed('indexSelect', { output: operand(2, { dtype: 'int32', shape: [1, 2, 4], strides: [8, 4, 1] }) }),
    /from float32 to int32/,
  ],
  [
    'an axis of size 0',
    changed('indexSelect', { size: 0, input: operand(0, { shape: [1, 0, 4], strides: [12, 4, 1] }) }),
    /axis of size 0/,
  ],
  ['a skip outside', changed('indexAdd', { skip: 3 }), /skip is 3, not in 0 ... 2/],
  [
    'a sum of bools',
    changed('indexAdd', {
      source: operand(1, { dtype: 'bool', shape: [1, 2, 4], strides: [8, 4, 1] }),
      output: operand(2, { dtype: 'bool', shape: [1, 3, 4], strides: [12, 4, 1] }),
    }),
    /bool cannot be added up/,
  ],
  ['more places than elements', changed('sort', { count: 5 }), /takes the first 5 of 4 elements/],
  ['places that are no integers', changed('sort', { indices: operand(1) }), /indices is float32 instead/],
  [
    'bools in order',
    changed('sort', { x: operand(0, { dtype: 'bool' }) }),
    /x is bool: a float type or int32/,
  ],
  [
    'sums in another dtype',
    changed('scan', { y: operand(1, { ...lines, dtype: 'int32' }) }),
    /float32 to int32/,
  ],
  ['a kind that is not there', { ...right.softmax, kind: 'conv' } as unknown as Step, /conv/],
];
