/** Bad input throws at the call, and the message names the op and the shapes (or the value and what is allowed). */
import { reference } from '@inkstone/backend-cpu/reference';
import {
  arange,
  cat,
  type Device,
  einsum,
  eye,
  functional as F,
  hstack,
  linspace,
  meshgrid,
  multinomial,
  nn,
  ones,
  open,
  optim,
  outer,
  setDefaultDevice,
  stack,
  type Tensor,
  tensor,
  where,
  zeros,
} from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

const z = (...shape: number[]): Tensor => zeros(shape);
const int = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const mask = (...shape: number[]): Tensor => zeros(shape, { dtype: 'bool' });

type Row = readonly [call: () => unknown, ...says: string[]];
type Table = Readonly<Record<string, Row>>;

function throws(table: Table): void {
  for (const [name, [call, ...says]] of Object.entries(table)) {
    it(name, () => {
      let message = '';
      try {
        call();
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).not.toBe('');
      for (const words of says) expect(message).toContain(words);
    });
  }
}

describe('wrong shapes', () => {
  const pointwise = [
    'add',
    'sub',
    'mul',
    'div',
    'pow',
    'maximum',
    'minimum',
    'eq',
    'lt',
    'remainder',
    'fmod',
  ];
  throws(
    Object.fromEntries(
      [...pointwise, 'atan2', 'logaddexp', 'logicalAnd', 'floorDivide', 'hypot'].map(
        (name): [string, Row] => [
          name,
          [
            () => (z(2, 3) as unknown as Record<string, (other: Tensor) => Tensor>)[name](z(2, 4)),
            '[2, 3]',
            '[2, 4]',
          ],
        ],
      ),
    ),
  );
  throws({
    matmul: [() => z(2, 3).matmul(z(2, 3)), 'matmul', '[2, 3]', 'inner dimensions 3 and 2'],
    mm: [() => z(2, 3).mm(z(3)), 'mm', '[2, 3]', '[3]'],
    bmm: [() => z(2, 3, 4).bmm(z(3, 4, 5)), 'bmm', '[2, 3, 4]', '[3, 4, 5]'],
    mv: [() => z(2, 3).mv(z(2)), '[2, 3]', '[2'],
    dot: [() => z(2).dot(z(2, 2)), 'dot', '[2, 2]'],
    outer: [() => outer(z(2, 2), z(2)), 'outer', '[2, 2]'],
    addmm: [() => z(7).addmm(z(2, 3), z(3, 4)), '[7]', '[2, 4]'],
    'einsum sizes': [() => einsum('ij,jk->ik', z(2, 3), z(4, 2)), 'einsum', 'ij,jk->ik', "'j' is 3 and 4"],
    'einsum ranks': [() => einsum('ij->i', z(2)), 'einsum', "'ij' names 2 dimensions of [2]"],
    'einsum operands': [() => einsum('i,i->i', z(2)), 'einsum', '2 terms for 1 operands'],
    'einsum result': [() => einsum('i->j', z(2)), 'einsum', "'j'"],
    reshape: [() => z(2, 3).reshape(4), 'reshape', '[2, 3]', '[4]'],
    'reshape, -1': [() => z(2, 3).reshape(4, -1), 'reshape', '[4, -1]'],
    view: [() => z(2, 3).view(5), 'view', '[2, 3]'],
    expand: [() => z(2, 3).expand(4, 3), '[2, 3]', '[4, 3]'],
    permute: [() => z(2, 3).permute(0, 0), 'permute', '[0, 0]', '[2, 3]'],
    t: [() => z(2, 3, 4).t(), 't:', '[2, 3, 4]'],
    unflatten: [() => z(6).unflatten(0, [4, 2]), 'unflatten', '[4, 2]', '[6]'],
    split: [() => z(5).split([2, 2]), 'split', '[2, 2]', '5'],
    cat: [() => cat([z(2, 3), z(3, 4)], 0), 'cat', '[2, 3]', '[3, 4]'],
    'cat of nothing': [() => cat([]), 'cat'],
    stack: [() => stack([z(2), z(3)]), 'stack', '[2]', '[3]'],
    hstack: [() => hstack([z(2, 3), z(3, 3)]), '[2, 3]', '[3, 3]'],
    meshgrid: [() => meshgrid(z(2, 2)), 'meshgrid', '[2, 2]'],
    where: [() => where(mask(2), z(3), 0), 'where', '[2]', '[3]'],
    maskedFill: [() => z(3).maskedFill(mask(2), 0), '[2]', '[3]'],
    tril: [() => z(3).tril(), 'tril', '[3]'],
    diag: [() => z(2, 2, 2).diag(), 'diag', '[2, 2, 2]'],
    trace: [() => z(3).trace(), 'trace', '[3]'],
    repeat: [() => z(2, 3).repeat(2), 'repeat', '[2]', '[2, 3]'],
    roll: [() => z(2).roll([1, 2], 0), 'roll', '2 shifts and 1 dims'],
    pad: [() => F.pad(z(2), [1, 1, 1, 1]), 'pad', '[1, 1, 1, 1]', '[2]'],
    'pad, reflect': [() => F.pad(z(2), [2, 0], { mode: 'reflect' }), 'pad', 'at most 1'],
    unfold: [() => z(3).unfold(0, 4, 1), 'unfold', 'size 4', '[3]'],
    max: [() => z(0).max(), 'max', '[0]'],
    argmax: [() => z(2, 0).argmax(1), 'argmax', '[2, 0]'],
    gather: [() => z(2, 3).gather(0, zeros(2, { dtype: 'int32' })), 'gather', '[2]', '[2, 3]'],
    scatter: [() => z(2, 3).scatter(0, zeros([1, 4], { dtype: 'int32' }), 0), 'scatter', '[1, 4]', '[2, 3]'],
    scatterAdd: [() => z(3).scatterAdd(0, int(0, 1), z(1)), 'scatterAdd', '[2]', '[1]'],
    indexAdd: [() => z(3, 2).indexAdd(0, int(0), z(2, 2)), 'indexAdd', '[2, 2]', '[1]'],
    indexPut: [() => z(3).indexPut([int(0, 1)], z(3)), 'indexPut', '[3]', '[2]'],
    getItem: [() => z(2, 3).getItem(0, 0, 0), 'getItem', '3 indices', '[2, 3]'],
    'setItem, a mask': [() => z(2, 3).setItem([mask(3)], 1), 'setItem', '[3]', '[2, 3]'],
    linear: [() => F.linear(z(2, 3), z(4, 5)), 'linear', '[2, 3]', '[4, 5]'],
    'linear, bias': [() => F.linear(z(2, 3), z(4, 3), z(3)), 'linear', '[4, 3]', '[3]'],
    embedding: [() => F.embedding(int(0), z(3)), 'embedding', '[3]'],
    layerNorm: [() => F.layerNorm(z(2, 3), [4]), 'layerNorm', '[2, 3]', '[4]'],
    rmsNorm: [() => F.rmsNorm(z(2, 3), [3], z(2)), 'rmsNorm', '[2]', '[3]'],
    crossEntropy: [() => F.crossEntropy(z(2, 3), int(0, 1, 2)), 'crossEntropy', '[2, 3]', '[3]'],
    'crossEntropy, weight': [
      () => F.crossEntropy(z(2, 3), int(0, 1), { weight: z(2) }),
      'crossEntropy',
      '[2]',
      '3 classes',
    ],
    nllLoss: [() => F.nllLoss(z(2, 3), int(0)), 'nllLoss', '[2, 3]', '[1]'],
    mseLoss: [() => F.mseLoss(z(2), z(3)), 'mseLoss', '[2]', '[3]'],
    l1Loss: [() => F.l1Loss(z(2), z(3)), 'l1Loss', '[2]', '[3]'],
    smoothL1Loss: [() => F.smoothL1Loss(z(2), z(3)), 'smoothL1Loss', '[2]', '[3]'],
    huberLoss: [() => F.huberLoss(z(2), z(3)), 'huberLoss', '[2]', '[3]'],
    bceLoss: [() => F.bceLoss(z(2), z(3)), 'bceLoss', '[2]', '[3]'],
    bceWithLogitsLoss: [() => F.bceWithLogitsLoss(z(2), z(3)), 'bceWithLogitsLoss', '[2]', '[3]'],
    klDiv: [() => F.klDiv(z(2), z(3)), 'klDiv', '[2]', '[3]'],
    glu: [() => F.glu(z(2, 3)), 'glu', '[2, 3]', 'even'],
    prelu: [() => F.prelu(z(2, 3), z(2)), 'prelu', '[2]', '[2, 3]'],
    rotary: [() => F.rotary(z(2, 3)), 'rotary', '[2, 3]', 'even'],
    attention: [
      () => F.scaledDotProductAttention(z(1, 1, 2, 4), z(1, 1, 3, 5), z(1, 1, 3, 5)),
      'ttention',
      '[1, 1, 2, 4]',
      '[1, 1, 3, 5]',
    ],
    'attention, mask': [
      () =>
        F.scaledDotProductAttention(z(1, 1, 2, 4), z(1, 1, 3, 4), z(1, 1, 3, 4), { attnMask: mask(3, 3) }),
      'mask',
      '[3, 3]',
      '[1, 1, 2, 3]',
    ],
    multinomial: [() => multinomial(z(2, 2, 2), 1), 'multinomial', '[2, 2, 2]'],
    LSTM: [() => new nn.LSTM(3, 2).forward(z(4, 1, 5)), 'LSTM', '[4, 1, 5]', '3'],
    'LSTM, state': [
      () => new nn.LSTM(3, 2).forward(z(4, 1, 3), [z(1, 1, 3), z(1, 1, 2)]),
      'LSTM',
      '[1, 1, 3]',
      '[1, 1, 2]',
    ],
    GRU: [() => new nn.GRU(3, 2).forward(z(4)), 'GRU', '[4]'],
    RNNCell: [() => new nn.RNNCell(3, 2).forward(z(4, 2)), 'RNNCell', '[4, 2]'],
    MultiheadAttention: [
      () => new nn.MultiheadAttention(4, 2).forward(z(2, 1, 4), z(2, 1, 3), z(2, 1, 4)),
      'MultiheadAttention',
      '[2, 1, 3]',
    ],
    'backward of a vector': [() => z(2).requiresGrad_().mul(2).backward(), 'backward', '[2]'],
    'backward, gradient': [
      () =>
        z(2)
          .requiresGrad_()
          .mul(2)
          .backward({ gradient: z(3) }),
      'backward',
      '[3]',
      '[2]',
    ],
    'in place': [() => z(2).add_(z(3, 2)), 'add_', '[3, 2]', '[2]'],
    Muon: [() => new optim.Muon([new nn.Parameter(z(3))]), 'Muon', '[3]', 'matrices'],
  });
});

describe('wrong dtypes', () => {
  throws({
    mean: [() => int(1).mean(), 'mean', 'int32'],
    norm: [() => int(1).norm(), 'norm', 'int32'],
    softmax: [() => int(1).softmax(0), 'softmax', 'int32'],
    logSoftmax: [() => int(1).logSoftmax(0), 'logSoftmax', 'int32'],
    matmul: [() => z(2, 2).matmul(zeros([2, 2], { dtype: 'int32' })), 'matmul', 'float32', 'int32'],
    'neg of bools': [() => mask(2).neg(), 'neg', 'bool'],
    'sub of bools': [() => mask(2).sub(mask(2)), 'sub', 'bool'],
    gather: [() => z(2).gather(0, z(1)), 'gather', 'int32', 'float32'],
    scatter: [() => z(2).scatter(0, z(1), 0), 'scatter', 'int32', 'float32'],
    'scatter, source': [() => z(2).scatter(0, int(0), int(1)), 'scatter', 'float32', 'int32'],
    indexSelect: [() => z(2).indexSelect(0, z(1)), 'indexSelect', 'int32', 'float32'],
    indexAdd: [() => z(2).indexAdd(0, z(1), z(1)), 'indexAdd', 'int32', 'float32'],
    getItem: [() => z(2).getItem(z(1)), 'int32', 'float32'],
    embedding: [() => F.embedding(z(1), z(2, 2)), 'embedding', 'int32', 'float32'],
    oneHot: [() => F.oneHot(z(1), 3), 'oneHot', 'int32', 'float32'],
    crossEntropy: [() => F.crossEntropy(z(2, 3), z(2)), 'crossEntropy', 'int32', 'float32'],
    nllLoss: [() => F.nllLoss(z(2, 3), z(2)), 'nllLoss', 'int32', 'float32'],
    multinomial: [() => multinomial(int(1), 1), 'multinomial', 'int32'],
    requiresGrad_: [() => int(1).requiresGrad_(), 'requiresGrad_', 'int32'],
  });
  it('shifts by counts that no integer has bits for push all of them out', async () => {
    const counts = tensor([-33, -1, 0, 31, 32, 40], { dtype: 'int32' });
    const shifted = (x: number, name: 'bitwiseLeftShift' | 'bitwiseRightShift') =>
      tensor([x], { dtype: 'int32' })[name](counts).toArray();
    expect(await shifted(1, 'bitwiseLeftShift')).toEqual([0, 0, 1, -(2 ** 31), 0, 0]);
    expect(await shifted(1024, 'bitwiseRightShift')).toEqual([0, 0, 1024, 0, 0, 0]);
    expect(await shifted(-1024, 'bitwiseRightShift')).toEqual([-1, -1, -1024, -1, -1, -1]);
  });
  it('allclose and equal', async () => {
    await expect(z(2).allclose(z(3))).rejects.toThrow(/\[2\].*\[3\]/);
    expect(await z(2).equal(z(3))).toBe(false);
    expect(await tensor([1, Number.NaN]).equal(tensor([1, Number.NaN]))).toBe(false);
    expect(await tensor([1, 2]).equal(tensor([1, 2]))).toBe(true);
    const bytes = (value: number): Tensor => tensor([value], { dtype: 'uint8' });
    expect(await bytes(1).allclose(bytes(2), { atol: 1.5 })).toBe(true);
    expect(await mask(2).allclose(mask(2))).toBe(true);
    expect(await tensor([1, 2]).allclose(tensor([1, 2.00001]))).toBe(true);
    expect(await tensor([1, 2]).allclose(tensor([1, 2.1]))).toBe(false);
    expect(await tensor([1, Number.NaN]).allclose(tensor([1, Number.NaN]), { equalNan: true })).toBe(true);
  });
  it('maskedSelect', async () => {
    await expect(z(2).maskedSelect(z(2))).rejects.toThrow('maskedSelect: a mask of dtype bool is needed');
  });
});

describe('out of range, known on the host', () => {
  throws({
    indexSelect: [() => z(3).indexSelect(0, int(0, 3)), 'indexSelect', 'index 3', '0 to 2'],
    gather: [() => z(3).gather(0, int(-1)), 'gather', 'index -1', '0 to 2'],
    scatter: [() => z(3).scatter(0, int(5), 1), 'scatter', 'index 5', '0 to 2'],
    scatterAdd: [() => z(3).scatterAdd(0, int(3), z(1)), 'scatterAdd', 'index 3'],
    indexAdd: [() => z(3).indexAdd(0, int(3), z(1)), 'indexAdd', 'index 3'],
    getItem: [() => z(3, 4).getItem(':', int(-5)), 'index -5', 'dimension 1 of [3, 4]', '-4 to 3'],
    setItem: [() => z(3).setItem([int(3)], 0), 'index 3', '[3]', '-3 to 2'],
    embedding: [() => F.embedding(int(7), z(3, 2)), 'embedding', 'index 7', '0 to 2'],
    'embedding, paddingIdx': [() => F.embedding(int(0), z(3, 2), { paddingIdx: 3 }), 'embedding', '3'],
    crossEntropy: [() => F.crossEntropy(z(1, 3), int(3)), 'crossEntropy', 'index 3', '0 to 2'],
    nllLoss: [() => F.nllLoss(z(1, 3), int(-2)), 'nllLoss', 'index -2'],
    oneHot: [() => F.oneHot(int(4), 3), 'oneHot', 'index 4', '0 to 2'],
    select: [() => z(2, 3).select(1, 3), 'select', 'index 3', '[2, 3]'],
    narrow: [() => z(3).narrow(0, 2, 2), 'narrow', '[3]'],
    slice: [() => z(3).slice(0, 0, 3, 0), 'slice', 'step 0'],
    'a dimension': [() => z(2, 3).sum(2), 'dimension 2', '-2 to 1'],
    'dimensions twice': [() => z(2, 3).sum([1, -1]), 'more than once'],
    topk: [() => z(2, 3).topk(4), 'topk', 'k is 4', '[2, 3]', '3 elements'],
    sort: [() => z(2).sort(1), 'sort', 'dimension 1'],
    cumsum: [() => z(2).cumsum(1), 'cumsum', 'dimension 1'],
    multinomial: [() => multinomial(ones(3), 4), 'multinomial', '4 samples of 3'],
    arange: [() => arange(0, 5, -1), 'arange', '0 to 5'],
    linspace: [() => linspace(0, 1, -1), 'linspace', '-1'],
    eye: [() => eye(2).select(0, 2), 'select', '[2, 2]'],
  });
});

describe('out of range, on the device', () => {
  const index = (): Tensor => int(1, 2).mul(3);
  const reads: Readonly<Record<string, () => Tensor>> = {
    indexSelect: () => z(4).indexSelect(0, index()),
    gather: () => z(4).gather(0, index()),
    scatter: () => z(4).scatter(0, index(), 1),
    scatterAdd: () => z(4).scatterAdd(0, index(), z(2)),
    indexAdd: () => z(4).indexAdd(0, index(), z(2)),
    embedding: () => F.embedding(index(), z(4, 2)),
    crossEntropy: () => F.crossEntropy(z(2, 4), index()),
    indexSelect_: () => z(4, 9).getItem(index(), index()),
  };
  for (const [name, make] of Object.entries(reads)) {
    it(name, async () => {
      await expect(make().toArray()).rejects.toThrow('out of range');
      // The next read is not concerned.
      expect(await ones(1).item()).toBe(1);
    });
  }
});

describe('wrong options', () => {
  const p = (): nn.Parameter[] => [new nn.Parameter(zeros(2, 2))];
  throws({
    'loss reduction': [() => F.mseLoss(z(2), z(2), { reduction: 'max' as 'mean' }), 'mseLoss', "'max'"],
    'dropout p': [() => F.dropout(z(2), { p: 1.5 }), 'dropout', '1.5'],
    labelSmoothing: [() => F.crossEntropy(z(1, 2), int(0), { labelSmoothing: 2 }), 'labelSmoothing', '2'],
    gelu: [() => F.gelu(z(2), { approximate: 'erf' as 'tanh' }), 'gelu', "'erf'"],
    roundingMode: [() => z(2).div(2, { roundingMode: 'up' as 'floor' }), 'roundingMode', "'up'"],
    'pad mode': [() => F.pad(z(2), [1, 1], { mode: 'wrap' as 'circular' }), 'pad', "'wrap'"],
    Linear: [() => new nn.Linear(-1, 2), 'Linear', 'inFeatures', '-1'],
    LSTM: [() => new nn.LSTM(2, 2, { numLayers: 0 }), 'LSTM', 'numLayers', '0'],
    RNN: [() => new nn.RNN(2, 2, { nonlinearity: 'gelu' as 'relu' }), 'RNN', "'gelu'"],
    MultiheadAttention: [() => new nn.MultiheadAttention(5, 2), 'MultiheadAttention', '2 heads', '5'],
    SGD: [() => new optim.SGD(p(), { lr: -1 }), 'SGD', 'lr', '-1'],
    Adam: [() => new optim.Adam(p(), { betas: [1, 0.9] }), 'Adam', 'betas[0]', '1'],
    RMSprop: [() => new optim.RMSprop(p(), { alpha: -1 }), 'RMSprop', 'alpha', '-1'],
    Adagrad: [() => new optim.Adagrad(p(), { lrDecay: -1 }), 'Adagrad', 'lrDecay', '-1'],
    Muon: [() => new optim.Muon(p(), { momentum: 1 }), 'Muon', 'momentum', '1'],
    'no parameters': [() => new optim.SGD([]), 'SGD', 'no parameters'],
    clipGradNorm: [() => optim.clipGradNorm(p(), -1), 'clipGradNorm', '-1'],
    clipGradValue: [() => optim.clipGradValue(p(), -1), 'clipGradValue', '-1'],
    StepLR: [
      () => new optim.lrScheduler.StepLR(new optim.SGD(p()), { stepSize: 0 }),
      'StepLR',
      'stepSize',
      '0',
    ],
    OneCycleLR: [
      () => {
        const cycle = new optim.lrScheduler.OneCycleLR(new optim.SGD(p()), { maxLr: 1, totalSteps: 2 });
        for (let i = 0; i < 3; i++) cycle.step();
      },
      'OneCycleLR',
      '2 steps',
    ],
    ReduceLROnPlateau: [
      () => new optim.lrScheduler.ReduceLROnPlateau(new optim.SGD(p())).step(),
      'ReduceLROnPlateau',
      'measure',
    ],
  });
});
