/**
 * Every op that core exports refuses a wrong shape, a wrong dtype and an index out of range, and says its name and the
 * shapes (the dtype, the index). An op that takes any shape or dtype stands in a list that says so, which is checked
 * too; an op that stands nowhere fails.
 */
import { reference } from '@inkstone/backend-cpu/reference';
import * as core from '@inkstone/core';
import {
  broadcastTensors,
  cat,
  type Device,
  einsum,
  functional as F,
  hstack,
  meshgrid,
  multinomial,
  nn,
  noGrad,
  open,
  outer,
  setDefaultDevice,
  stack,
  type Tensor,
  tensor,
  vstack,
  where,
  zeros,
} from '@inkstone/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opsOf } from './exported.js';

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

const z = (...shape: number[]): Tensor => zeros(shape);
const int = (...values: number[]): Tensor => tensor(values, { dtype: 'int32' });
const ints = (...shape: number[]): Tensor => zeros(shape, { dtype: 'int32' });
const mask = (...shape: number[]): Tensor => zeros(shape, { dtype: 'bool' });
/** Indices that only the device knows: the right ones, scaled out of range. */
const far = (...values: number[]): Tensor => int(...values).mul(100);

type Call = () => unknown;
/** A call, and words that its message holds besides the op's name. */
type Row = readonly [call: Call, ...says: string[]];
type Rows = Readonly<Record<string, Row>>;
type AnyMethod = (...args: unknown[]) => unknown;
const method = (x: Tensor, name: string): AnyMethod => {
  const found = (x as unknown as Record<string, AnyMethod>)[name];
  return (...args) => found.apply(x, args);
};
const words = (text: string): string[] => text.trim().split(/\s+/);
const rows = (names: string, row: (name: string) => Row, space = 't'): Rows =>
  Object.fromEntries(words(names).map((name) => [`${space}.${name}`, row(name)]));
/** The name of 'add_' in messages may be that of 'add'; modules say theirs or that of the function they call. */
const nameOf = (op: string): RegExp => {
  const [space, name] = op.split('.');
  const plain = name.replace(/_$/, '');
  const other = delegates[op];
  const names = [plain, ...(other ? [other] : [])];
  return new RegExp(names.join('|'), space === 'nn' ? 'i' : '');
};
/** Layers and losses whose message is that of the function which they call. */
const delegates: Readonly<Record<string, string>> = {
  'nn.MultiheadAttention': 'attention',
  'nn.KLDivLoss': 'klDiv',
  'nn.CrossEntropyLoss': 'crossEntropy',
  'F.scaledDotProductAttention': 'attention',
  'core.vstack': 'cat',
  'core.hstack': 'cat',
  't.getItem': 'index',
  't.setItem': 'indexPut',
  't.broadcastTo': 'expand',
  't.swapaxes': 'transpose',
  't.tile': 'repeat',
  't.addmm': 'add',
  't.baddbmm': 'add',
  't.addmm_': 'add',
  't.baddbmm_': 'add',
  't.argsort': 'sort',
  't.copy_': 'expand',
  't.maskedFill_': 'where',
};

const binary =
  'add sub mul div floorDivide remainder fmod pow maximum minimum eq ne lt le gt ge logicalAnd logicalOr logicalXor ' +
  'atan2 hypot logaddexp fmax fmin copysign xlogy heaviside isclose bitwiseAnd bitwiseOr bitwiseXor bitwiseLeftShift ' +
  'bitwiseRightShift copy_ add_ sub_ mul_ div_ floorDivide_ remainder_ fmod_ pow_ eq_ ne_ lt_ le_ gt_ ge_ logicalAnd_ ' +
  'logicalOr_ logicalXor_ atan2_ hypot_ copysign_ xlogy_ heaviside_ bitwiseAnd_ bitwiseOr_ bitwiseXor_ ' +
  'bitwiseLeftShift_ bitwiseRightShift_';
/** Of one tensor of floats, and in place: what they give goes into floats alone. */
const floats =
  'sqrt_ rsqrt_ reciprocal_ exp_ expm1_ log_ log1p_ log2_ log10_ exp2_ sin_ cos_ tan_ asin_ acos_ atan_ sinh_ cosh_ tanh_ ' +
  'asinh_ acosh_ atanh_ sigmoid_ logit_ erf_ erfc_ lgamma_ digamma_ erfinv_ sinc_';
/** Not defined for bools. */
const numbers = 'neg abs sign floor ceil round trunc frac relu';
const inPlace = (names: string): string =>
  words(names)
    .map((name) => `${name}_`)
    .join(' ');
const bitwise = 'bitwiseAnd bitwiseOr bitwiseXor bitwiseLeftShift bitwiseRightShift';
const losses = 'mseLoss l1Loss smoothL1Loss huberLoss bceLoss bceWithLogitsLoss klDiv';
const lossModules = 'MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss BCEWithLogitsLoss KLDivLoss';
const alongDim = 'sum mean prod amax amin argmax argmin any all var std logsumexp';
const byDim =
  'softmax logSoftmax cumsum cumprod cumsum_ cumprod_ logcumsumexp cummax cummin sort argsort flip unbind';
const module = (name: string, ...options: unknown[]): nn.Module & { forward: AnyMethod } => {
  const Class = (
    nn as unknown as Record<string, new (...args: unknown[]) => nn.Module & { forward: AnyMethod }>
  )[name];
  return new Class(...options);
};

/** Shapes that do not fit, or dimensions and sizes that the shape does not have. */
const wrongShapes: Rows = {
  ...rows(binary, (name) => [() => method(z(2, 3), name)(z(2, 4)), '[2, 3]', '[2, 4]']),
  ...rows(`${bitwise} ${inPlace(bitwise)}`, (name) => [
    () => method(ints(2, 3), name)(ints(2, 4)),
    '[2, 3]',
    '[2, 4]',
  ]),
  ...rows(alongDim, (name) => [() => method(z(2, 3), name)(2), 'dimension 2', '2 dimensions']),
  ...rows(byDim, (name) => [() => method(z(2, 3), name)(2), 'dimension 2', '2 dimensions']),
  ...rows(
    losses,
    (name) => [() => (F as unknown as Record<string, AnyMethod>)[name](z(2), z(3)), '[2]', '[3]'],
    'F',
  ),
  ...rows(lossModules, (name) => [() => module(name).forward(z(2), z(3)), '[2]', '[3]'], 'nn'),
  ...rows('tril triu tril_ triu_ trace', (name) => [() => method(z(3), name)(), '[3]']),
  ...rows('swapaxes transpose', (name) => [() => method(z(2, 3), name)(0, 2), 'dimension 2', '2 dimensions']),
  ...rows('expand broadcastTo', (name) => [() => method(z(2, 3), name)(4, 3), '[2, 3]', '[4, 3]']),
  ...rows('repeat tile', (name) => [() => method(z(2, 3), name)(-1, 1), '-1', '[2, 3]']),
  ...rows('reshape view', (name) => [() => method(z(2, 3), name)(4), '[2, 3]', '[4]']),
  ...rows('indexFill indexFill_ indexSelect', (name) => [
    () => method(z(2, 3), name)(2, int(0), 0),
    'dimension 2',
  ]),
  ...rows('scatter scatter_', (name) => [
    () => method(z(2, 3), name)(0, ints(1, 4), z(1, 4)),
    '[1, 4]',
    '[2, 3]',
  ]),
  ...rows('scatterAdd scatterAdd_', (name) => [() => method(z(3), name)(0, ints(2), z(1)), '[2]', '[1]']),
  ...rows('indexAdd indexAdd_', (name) => [() => method(z(3, 2), name)(0, int(0), z(2, 2)), '[2, 2]', '[1]']),
  ...rows('indexPut indexPut_', (name) => [() => method(z(3), name)([int(0, 1)], z(3)), '[3]', '[2]']),
  ...rows('maskedFill maskedFill_', (name) => [() => method(z(3), name)(mask(2), 0), '[2]', '[3]']),
  ...rows('RNNCell GRUCell LSTMCell', (name) => [() => module(name, 3, 2).forward(z(4, 2)), '[4, 2]'], 'nn'),
  ...rows('RNN GRU LSTM', (name) => [() => module(name, 3, 2).forward(z(4, 1, 5)), '[4, 1, 5]'], 'nn'),
  ...rows('Softmax LogSoftmax', (name) => [() => module(name, 3).forward(z(2, 3)), 'dimension 3'], 'nn'),
  ...rows(
    'softmax logSoftmax softmin',
    (name) => [() => (F as unknown as Record<string, AnyMethod>)[name](z(2), 1), 'dimension 1'],
    'F',
  ),
  ...rows('addcmul addcdiv addcmul_ addcdiv_', (name) => [
    () => method(z(2, 3), name)(z(2, 4), z(1)),
    '[2, 3]',
    '[2, 4]',
  ]),
  ...rows('lerp lerp_', (name) => [() => method(z(2, 3), name)(z(2, 4), 0.5), '[2, 3]', '[2, 4]']),
  't.norm': [() => z(2, 3).norm(2, 5), 'dimension 5'],
  't.max': [() => z(0).max(), '[0]'],
  't.min': [() => z(2, 0).min(1), '[2, 0]'],
  't.topk': [() => z(2, 3).topk(4), 'k is 4', '[2, 3]'],
  't.roll': [() => z(2).roll([1, 2], 0), '2 shifts and 1 dims'],
  't.repeatInterleave': [() => z(2, 3).repeatInterleave(2, 5), 'dimension 5'],
  't.unfold': [() => z(3).unfold(0, 4, 1), 'size 4', '[3]'],
  't.diag': [() => z(2, 2, 2).diag(), '[2, 2, 2]'],
  't.diagonal': [() => z(3).diagonal(), 'dimension 1'],
  't.t': [() => z(2, 3, 4).t(), '[2, 3, 4]'],
  't.flatten': [() => z(2, 3).flatten(1, 0), 'startDim 1', 'endDim 0'],
  't.permute': [() => z(2, 3).permute(0, 0), '[0, 0]', '[2, 3]'],
  't.squeeze': [() => z(2).squeeze(3), 'dimension 3'],
  't.unsqueeze': [() => z(2).unsqueeze(3), 'dimension 3'],
  't.slice': [() => z(3).slice(0, 0, 3, 0), 'step 0'],
  't.narrow': [() => z(3).narrow(0, 2, 2), '2 to 4', '[3]'],
  't.select': [() => z(2, 3).select(1, 3), 'index 3', '[2, 3]'],
  't.split': [() => z(5).split([2, 2]), '[2, 2]', '[5]'],
  't.chunk': [() => z(5).chunk(2, 1), 'dimension 1'],
  't.unflatten': [() => z(6).unflatten(0, [4, 2]), '[4, 2]', '[6]'],
  't.movedim': [() => z(2, 3).movedim([0, 1], 0), '[0, 1]', '[0]'],
  't.matmul': [() => z(2, 3).matmul(z(2, 3)), '[2, 3]', 'inner dimensions 3 and 2'],
  't.mm': [() => z(2, 3).mm(z(3)), '[2, 3]', '[3]'],
  't.bmm': [() => z(2, 3, 4).bmm(z(3, 4, 5)), '[2, 3, 4]', '[3, 4, 5]'],
  't.mv': [() => z(2, 3).mv(z(2)), '[2, 3]', '[2'],
  't.dot': [() => z(2).dot(z(2, 2)), '[2]', '[2, 2]'],
  't.outer': [() => z(2, 2).outer(z(2)), '[2, 2]'],
  ...rows('addmm addmm_', (name) => [() => method(z(7), name)(z(2, 3), z(3, 4)), '[7]', '[2, 4]']),
  ...rows('baddbmm baddbmm_', (name) => [
    () => method(z(7), name)(z(1, 2, 3), z(1, 3, 4)),
    '[7]',
    '[1, 2, 4]',
  ]),
  't.gather': [() => z(2, 3).gather(0, ints(2)), '[2]', '[2, 3]'],
  't.takeAlongDim': [() => z(2, 3).takeAlongDim(ints(2), 0), '[2]', '[2, 3]'],
  ...rows('maskedScatter maskedScatter_', (name) => [() => method(z(3), name)(mask(2), z(2)), '[2]', '[3]']),
  't.getItem': [() => z(2, 3).getItem(0, 0, 0), '3 indices', '[2, 3]'],
  't.setItem': [() => z(2, 3).setItem([mask(3)], 1), '[3]', '[2, 3]'],
  't.updateSlice_': [() => noGrad(() => z(2, 3).updateSlice_(0, 0, z(1, 4))), '[2, 3]', '[1, 4]'],
  't.where': [() => z(3).where(mask(2), 0), '[2]', '[3]'],
  'core.where': [() => where(mask(2), z(3), 0), '[2]', '[3]'],
  'core.cat': [() => cat([z(2, 3), z(3, 4)], 0), '[2, 3]', '[3, 4]'],
  'core.stack': [() => stack([z(2), z(3)]), '[2]', '[3]'],
  'core.hstack': [() => hstack([z(2, 3), z(3, 3)]), '[2, 3]', '[3, 3]'],
  'core.vstack': [() => vstack([z(2, 3), z(2, 4)]), '[2, 3]', '[2, 4]'],
  'core.meshgrid': [() => meshgrid(z(2, 2)), '[2, 2]'],
  'core.outer': [() => outer(z(2, 2), z(2)), '[2, 2]'],
  'core.einsum': [() => einsum('ij,jk->ik', z(2, 3), z(4, 2)), '[2, 3]', '[4, 2]'],
  'core.broadcastTensors': [() => broadcastTensors(z(2), z(3)), '[2]', '[3]'],
  'core.multinomial': [() => multinomial(z(2, 2, 2), 1), '[2, 2, 2]'],
  'F.linear': [() => F.linear(z(2, 3), z(4, 5)), '[2, 3]', '[4, 5]'],
  'F.embedding': [() => F.embedding(int(0), z(3)), '[3]'],
  'F.layerNorm': [() => F.layerNorm(z(2, 3), [4]), '[2, 3]', '[4]'],
  'F.rmsNorm': [() => F.rmsNorm(z(2, 3), [3], z(2)), '[2]', '[3]'],
  'F.crossEntropy': [() => F.crossEntropy(z(2, 3), int(0, 1, 2)), '[2, 3]', '[3]'],
  'F.nllLoss': [() => F.nllLoss(z(2, 3), int(0)), '[2, 3]', '[1]'],
  'F.glu': [() => F.glu(z(2, 3)), '[2, 3]'],
  'F.prelu': [() => F.prelu(z(2, 3), z(2)), '[2]', '[2, 3]'],
  'F.pad': [() => F.pad(z(2), [1, 1, 1, 1]), '[1, 1, 1, 1]', '[2]'],
  'F.normalize': [() => F.normalize(z(2)), 'dimension 1'],
  'F.cosineSimilarity': [() => F.cosineSimilarity(z(2, 3), z(2, 4)), '[2, 3]', '[2, 4]'],
  'F.rotary': [() => F.rotary(z(2, 3)), '[2, 3]'],
  'F.scaledDotProductAttention': [
    () => F.scaledDotProductAttention(z(1, 1, 2, 4), z(1, 1, 3, 5), z(1, 1, 3, 5)),
    '[1, 1, 2, 4]',
    '[1, 1, 3, 5]',
  ],
  'nn.Linear': [() => new nn.Linear(3, 4).forward(z(2, 5)), '[2, 5]', '[4, 3]'],
  'nn.LayerNorm': [() => new nn.LayerNorm(4).forward(z(2, 3)), '[2, 3]', '[4]'],
  'nn.RMSNorm': [() => new nn.RMSNorm(4).forward(z(2, 3)), '[2, 3]', '[4]'],
  'nn.CrossEntropyLoss': [() => new nn.CrossEntropyLoss().forward(z(2, 3), int(0)), '[2, 3]', '[1]'],
  'nn.NLLLoss': [() => new nn.NLLLoss().forward(z(2, 3), int(0)), '[2, 3]', '[1]'],
  'nn.GLU': [() => new nn.GLU().forward(z(2, 3)), '[2, 3]'],
  'nn.PReLU': [() => new nn.PReLU(4).forward(z(2, 3)), '[4]', '[2, 3]'],
  'nn.Flatten': [() => new nn.Flatten(3).forward(z(2, 3)), 'dimension 3'],
  'nn.MultiheadAttention': [
    () => new nn.MultiheadAttention(4, 2).forward(z(2, 1, 4), z(2, 1, 3), z(2, 1, 4)),
    '[2, 1, 3]',
  ],
};

/** Ops of single elements and the like. */
const anyShape =
  'neg abs sign floor ceil round trunc frac square sqrt rsqrt reciprocal exp expm1 exp2 log log1p log2 log10 sin cos tan ' +
  'asin acos atan sinh cosh tanh asinh acosh atanh sigmoid logit erf erfc relu isnan isinf isfinite logicalNot clamp ' +
  'lgamma digamma erfinv sinc nanToNum isposinf isneginf ' +
  'clamp_ to float int bool detach clone fill_ zero_ nonzero square_ nanToNum_ logicalNot_ ' +
  `${floats} ${inPlace(numbers)}`;
const anyShapeF =
  'relu sigmoid tanh gelu silu leakyRelu elu softplus logSigmoid hardtanh relu6 hardsigmoid hardswish softsign tanhshrink ' +
  'mish selu celu dropout oneHot';
const anyShapeModules =
  'ReLU Sigmoid Tanh GELU SiLU LeakyReLU ELU CELU Softplus LogSigmoid Hardtanh ReLU6 Hardsigmoid Hardswish Softsign ' +
  'Tanhshrink Mish SELU Identity Dropout';
/** They make tensors of numbers: no tensor goes in. */
const makers =
  'arange linspace eye full ones zeros onesLike zerosLike rand randn randint randperm F.rotaryAngles F.sinusoidalPositions';

/** Dtypes that the op does not take. */
const wrongDtypes: Rows = {
  ...rows(`${numbers} ${inPlace(numbers)} square_`, (name) => [() => method(mask(2), name)(), 'bool']),
  ...rows(floats, (name) => [() => method(ints(2), name)(), 'float32', 'int32']),
  ...rows('atan2_ hypot_ copysign_ xlogy_', (name) => [
    () => method(ints(2), name)(ints(2)),
    'float32',
    'int32',
  ]),
  ...rows('pow_', (name) => [() => method(ints(2), name)(0.5), 'float32', 'int32']),
  ...rows(`${bitwise} ${inPlace(bitwise)}`, (name) => [() => method(z(2), name)(z(2)), 'float32']),
  't.bitwiseNot': [() => z(2).bitwiseNot(), 'float32'],
  ...rows('sub sub_', (name) => [() => method(mask(2), name)(mask(2)), 'bool']),
  ...rows('floorDivide remainder fmod floorDivide_ remainder_ fmod_', (name) => [
    () => method(mask(2), name)(mask(2)),
    'bool',
  ]),
  ...rows('add_ mul_', (name) => [() => method(ints(2), name)(0.5), 'float32', 'int32']),
  't.clamp_': [() => ints(2).clamp_(0.5, 1), 'float32', 'int32'],
  't.div_': [() => ints(2).div_(2), 'float32', 'int32'],
  ...rows('mean var std norm', (name) => [() => method(ints(2), name)(), 'int32']),
  ...rows('softmax logSoftmax', (name) => [() => method(ints(2), name)(0), 'int32']),
  ...rows('matmul mm', (name) => [() => method(z(2, 2), name)(ints(2, 2)), 'float32', 'int32']),
  ...rows('mv', (name) => [() => method(z(2, 2), name)(ints(2)), 'float32', 'int32']),
  ...rows('bmm', (name) => [() => method(z(1, 2, 2), name)(ints(1, 2, 2)), 'float32', 'int32']),
  ...rows('gather', (name) => [() => method(z(2), name)(0, z(1)), 'int32', 'float32']),
  ...rows('takeAlongDim', (name) => [() => method(z(2), name)(z(1), 0), 'int32', 'float32']),
  ...rows('scatter scatter_ scatterAdd scatterAdd_', (name) => [
    () => method(z(2), name)(0, z(1), z(1)),
    'int32',
    'float32',
  ]),
  ...rows('indexSelect indexFill indexFill_', (name) => [
    () => method(z(2), name)(0, z(1), 1),
    'int32',
    'float32',
  ]),
  ...rows('indexAdd indexAdd_', (name) => [() => method(z(2), name)(0, z(1), z(1)), 'int32', 'float32']),
  ...rows('indexPut indexPut_', (name) => [() => method(z(2), name)([z(1)], z(1)), 'int32', 'float32']),
  ...rows('maskedFill maskedFill_', (name) => [() => method(z(2), name)(z(2), 0), 'bool', 'float32']),
  ...rows(
    'softmax logSoftmax softmin',
    (name) => [() => (F as unknown as Record<string, AnyMethod>)[name](ints(2), 0), 'int32'],
    'F',
  ),
  ...rows(
    'relu logSigmoid softsign',
    (name) => [() => (F as unknown as Record<string, AnyMethod>)[name](mask(2)), 'bool'],
    'F',
  ),
  't.getItem': [() => z(2).getItem(z(1)), 'int32', 'float32'],
  't.setItem': [() => z(2).setItem([z(1)], 1), 'int32', 'float32'],
  't.maskedScatter': [() => z(2).maskedScatter(z(2), z(2)), 'bool', 'float32'],
  't.where': [() => z(2).where(z(2), 0), 'bool', 'float32'],
  'core.where': [() => where(z(2), z(2), 0), 'bool', 'float32'],
  'core.multinomial': [() => multinomial(int(1), 1), 'int32'],
  'core.rand': [() => tensorOf('rand')(2, { dtype: 'int32' }), 'int32'],
  'core.randn': [() => tensorOf('randn')(2, { dtype: 'bool' }), 'bool'],
  'F.linear': [() => F.linear(ints(2, 3), ints(4, 3)), 'int32'],
  'F.embedding': [() => F.embedding(z(1), z(2, 2)), 'int32', 'float32'],
  'F.oneHot': [() => F.oneHot(z(1), 3), 'int32', 'float32'],
  'F.layerNorm': [() => F.layerNorm(ints(2, 3), [3]), 'int32'],
  'F.rmsNorm': [() => F.rmsNorm(ints(2, 3), [3]), 'int32'],
  'F.normalize': [() => F.normalize(ints(2, 3)), 'int32'],
  'F.cosineSimilarity': [() => F.cosineSimilarity(ints(2, 3), ints(2, 3)), 'int32'],
  'F.crossEntropy': [() => F.crossEntropy(z(2, 3), z(2)), 'int32', 'float32'],
  'F.nllLoss': [() => F.nllLoss(z(2, 3), z(2)), 'int32', 'float32'],
  'F.scaledDotProductAttention': [
    () => F.scaledDotProductAttention(z(1, 1, 2, 4), z(1, 1, 2, 4), ints(1, 1, 2, 4)),
    'float32',
    'int32',
  ],
};
const tensorOf =
  (name: 'rand' | 'randn'): AnyMethod =>
  (...args) =>
    ({ rand: core.rand, randn: core.randn })[name](...(args as [number]));

/** Indices that the host knows. */
const outOfRange: Rows = {
  ...rows('indexSelect indexFill indexFill_', (name) => [
    () => method(z(3), name)(0, int(0, 3), 1),
    'index 3',
  ]),
  ...rows('scatter scatter_ scatterAdd scatterAdd_', (name) => [
    () => method(z(3), name)(0, int(3), z(1)),
    'index 3',
  ]),
  ...rows('indexAdd indexAdd_', (name) => [() => method(z(3), name)(0, int(3), z(1)), 'index 3']),
  ...rows('indexPut indexPut_', (name) => [() => method(z(3), name)([int(-4)], z(1)), 'index -4', '[3]']),
  't.gather': [() => z(3).gather(0, int(-1)), 'index -1', '0 to 2'],
  't.takeAlongDim': [() => z(3).takeAlongDim(int(3), 0), 'index 3', '0 to 2'],
  't.getItem': [() => z(3, 4).getItem(':', int(-5)), 'index -5', '[3, 4]', '-4 to 3'],
  't.setItem': [() => z(3).setItem([int(3)], 0), 'index 3', '[3]'],
  't.select': [() => z(2, 3).select(1, -4), 'index -4', '[2, 3]'],
  't.narrow': [() => z(3).narrow(0, 4, 0), '4 to 4', '[3]'],
  'F.embedding': [() => F.embedding(int(7), z(3, 2)), 'index 7', '0 to 2'],
  'F.crossEntropy': [() => F.crossEntropy(z(1, 3), int(3)), 'index 3', '0 to 2'],
  'F.nllLoss': [() => F.nllLoss(z(1, 3), int(-2)), 'index -2'],
  'F.oneHot': [() => F.oneHot(int(4), 3), 'index 4', '0 to 2'],
};

/** Indices that only the device knows: the read rejects. Messages name the kernel, which several ops share. */
const outOfRangeThere: Readonly<Record<string, readonly [make: () => Tensor, ...says: string[]]>> = {
  't.indexSelect': [() => z(4, 2).indexSelect(0, far(1, 2)), 'indexSelect', '[4, 2]'],
  't.indexFill': [() => z(4).indexFill(0, far(1, 2), 1), '[4]'],
  't.indexFill_': [() => z(4).indexFill_(0, far(1, 2), 1), '[4]'],
  't.gather': [() => z(4).gather(0, far(1, 2)), 'gather', '[4]'],
  't.takeAlongDim': [() => z(4).takeAlongDim(far(1, 2), 0), 'gather', '[4]'],
  't.scatter': [() => z(4).scatter(0, far(1, 2), 1), 'scatter', '[4]'],
  't.scatter_': [() => z(4).scatter_(0, far(1, 2), 1), 'scatter', '[4]'],
  't.scatterAdd': [() => z(4).scatterAdd(0, far(1, 2), z(2)), 'scatterAdd', '[2]'],
  't.scatterAdd_': [() => z(4).scatterAdd_(0, far(1, 2), z(2)), 'scatterAdd', '[2]'],
  't.indexAdd': [() => z(4).indexAdd(0, far(1, 2), z(2)), 'indexAdd', '[2]'],
  't.indexAdd_': [() => z(4).indexAdd_(0, far(1, 2), z(2)), 'indexAdd', '[2]'],
  't.indexPut': [() => z(4).indexPut([far(1, 2)], z(2)), 'scatter', '[4]'],
  't.indexPut_': [() => z(4).indexPut_([far(1, 2)], z(2)), 'scatter', '[4]'],
  't.getItem': [() => z(4, 9).getItem(far(1, 2), far(1, 2)), 'indexSelect', '[36]'],
  't.setItem': [() => z(4).setItem([far(1, 2)], 1), 'scatter', '[4]'],
  't.maskedScatter': [() => z(4).maskedScatter(z(4).eq(0), z(2)), 'gather', '[2]'],
  't.maskedScatter_': [() => z(4).maskedScatter_(z(4).eq(0), z(2)), 'gather', '[2]'],
  'F.embedding': [() => F.embedding(far(1, 2), z(4, 2)), 'indexSelect', '[4, 2]'],
  'F.crossEntropy': [() => F.crossEntropy(z(2, 4), far(1, 2)), 'crossEntropy', '[2, 4]'],
  'F.nllLoss': [() => F.nllLoss(z(2, 4), far(1, 2)), '[2, 4]'],
  'F.oneHot': [() => F.oneHot(far(1, 2), 5), 'scatter', '[2, 5]'],
};

const messageOf = (call: Call): string => {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe.each([
  ['wrong shapes', wrongShapes],
  ['wrong dtypes', wrongDtypes],
  ['indices out of range, known on the host', outOfRange],
] as const)('%s', (_, table) => {
  it.each(Object.entries(table))('%s', (op, [call, ...says]) => {
    const message = messageOf(call);
    expect(message).toMatch(nameOf(op));
    for (const text of says) expect(message).toContain(text);
  });
});

describe('indices out of range, known on the device only', () => {
  it.each(Object.entries(outOfRangeThere))('%s', async (_, [make, ...says]) => {
    const read = make().toArray();
    await expect(read).rejects.toThrow('out of range');
    for (const text of says) await expect(read).rejects.toThrow(text);
    // The next read is not concerned.
    expect(await z(1).item()).toBe(0);
  });
});

describe('every op', () => {
  const all = ['t', 'F', 'core', 'nn'].flatMap((space) => opsOf(space).map((name) => `${space}.${name}`));
  const none = new Set(words(makers).map((name) => (name.includes('.') ? name : `core.${name}`)));

  it('has a shape that it refuses, or takes any', () => {
    const any = new Set([
      ...words(anyShape).map((name) => `t.${name}`),
      ...words(anyShapeF).map((name) => `F.${name}`),
      ...words(anyShapeModules).map((name) => `nn.${name}`),
      // Of integers of any shape.
      't.bitwiseNot',
      't.bitwiseNot_',
      // Its input is an index of any shape.
      'nn.Embedding',
      // Awaited: see errors.test.ts.
      't.maskedSelect',
    ]);
    expect(all.filter((op) => !(op in wrongShapes) && !any.has(op) && !none.has(op))).toEqual([]);
  });

  it('that takes an index has one that it refuses, on the host and on the device', () => {
    const takers = all.filter((op) =>
      /index|gather|scatter|Item|embedding|oneHot|crossEntropy|nllLoss|AlongDim/i.test(op),
    );
    const host = takers.filter(
      (op) => op.startsWith('nn.') === false && !(op in outOfRange) && !op.startsWith('t.maskedScatter'),
    );
    expect(host).toEqual([]);
    expect(takers.filter((op) => !op.startsWith('nn.') && !(op in outOfRangeThere))).toEqual([]);
  });

  it.each(words(anyShape))('%s takes any shape', (name) => {
    const given: unknown[] = { to: ['float32'], fill_: [1], clamp: [0, 1], clamp_: [0, 1] }[name] ?? [];
    for (const shape of [[], [0], [2, 3], [2, 1, 2]])
      expect(
        messageOf(() => method(zeros(shape), name)(...given)),
        `[${shape}]`,
      ).toBe('');
  });

  /** What PyTorch promotes, we do. */
  it.each(words(anyShape))('%s takes any dtype, or says which not', (name) => {
    const given: unknown[] = { to: ['float32'], fill_: [1], clamp: [0, 1], clamp_: [0, 1] }[name] ?? [];
    for (const x of [z(2), ints(2), mask(2)]) {
      const message = messageOf(() => method(x, name)(...given));
      if (message !== '')
        expect(wrongDtypes, `${name} of ${x.dtype}: ${message}`).toHaveProperty([`t.${name}`]);
    }
  });

  it('of two tensors takes any dtypes, or says which not', () => {
    for (const name of words(binary)) {
      for (const x of [z(2), ints(2), mask(2)]) {
        const message = messageOf(() => method(x, name)(x));
        if (message !== '')
          expect(wrongDtypes, `${name} of ${x.dtype}: ${message}`).toHaveProperty([`t.${name}`]);
      }
    }
  });
});
