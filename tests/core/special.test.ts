/** What '@inkstone/core/special' refuses, by name; values and gradients are the parity cases of family 'special'. */
import { reference } from '@inkstone/backend-cpu/reference';
import { type Device, open, setDefaultDevice, type Tensor, zeros } from '@inkstone/core';
import * as special from '@inkstone/core/special';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { opsOf } from './exported.js';

let device: Device;
beforeAll(async () => {
  device = await open(reference());
  setDefaultDevice(device);
});
afterAll(() => device.close());

type Call = (...given: unknown[]) => unknown;
const named = (name: string): Call => (special as unknown as Record<string, Call>)[name];
const all = opsOf('special');
const integers = ['gcd', 'lcm'];
const ofTwo = [...integers, 'ldexp', 'logaddexp2', 'xlog1py', 'floatPower'];
/** Their shapes and arguments are below. */
const statistics =
  'aminmax bincount countNonzero diff histc kthvalue median nanmean nansum quantile unique'.split(' ');
const ofOne = all.filter((name) => !ofTwo.includes(name) && !statistics.includes(name));
/** What the function of one tensor is called with. */
const given = (name: string, x: Tensor): unknown[] => {
  if (name === 'polygamma') return [1, x];
  return name === 'multigammaln' ? [x, 2] : [x];
};

it.each(ofTwo)('%s refuses shapes that do not broadcast', (name) => {
  const dtype = integers.includes(name) ? 'int32' : 'float32';
  expect(() => named(name)(zeros([2, 3], { dtype }), zeros([2, 4], { dtype }))).toThrow(
    new RegExp(`^${name}: .*\\[2, 3\\].*\\[2, 4\\]`),
  );
});

describe.each(ofOne)('%s', (name) => {
  it.each([[[]], [[0]], [[2, 3]], [[2, 1, 2]]])('takes shape %j', (shape) => {
    expect(() => named(name)(...given(name, zeros(shape)))).not.toThrow();
  });
});

it('wrong dtypes', () => {
  const x = zeros(2, { dtype: 'int32' });
  expect(() => special.gcd(zeros(2), x)).toThrow('gcd: integers are needed, not float32');
  expect(() => special.lcm(x.bool(), x.bool())).toThrow('lcm: integers are needed, not bool');
  expect(() => special.frexp(x)).toThrow('frexp: a floating point dtype is needed, not int32');
  expect(() => special.hardshrink(x.bool())).toThrow(/^hardshrink: .*bool/);
});

it('numbers that mean nothing', () => {
  const x = zeros(2);
  expect(() => special.polygamma(-1, x)).toThrow(
    'polygamma: n is -1, but must be a whole number from 0 to 30',
  );
  expect(() => special.multigammaln(x, 0)).toThrow(
    'multigammaln: p is 0, but must be a whole number from 1 on',
  );
  expect(() => special.softshrink(x, -1)).toThrow('softshrink: lambd is -1, but must be a number from 0 on');
});

it('what gives integers and bools has no gradient to lose; the mantissa has one', () => {
  const x = zeros(2).requiresGrad_();
  const { mantissa, exponent } = special.frexp(x);
  expect([mantissa.requiresGrad, exponent.requiresGrad, special.signbit(x).requiresGrad]).toEqual([
    true,
    false,
    false,
  ]);
});

describe('statistics', () => {
  const whole = (): Tensor => zeros(2, { dtype: 'int32' });

  it('of dimensions that are not there, or empty', () => {
    const x = zeros(2, 3);
    expect(() => special.median(x, 2)).toThrow(/^median: dimension 2 /);
    expect(() => special.kthvalue(x, 1, 2)).toThrow(/^kthvalue: dimension 2 /);
    expect(() => special.quantile(x, 0.5, { dim: 2 })).toThrow(/^quantile: dimension 2 /);
    expect(() => special.diff(x, 1, 2)).toThrow(/^diff: dimension 2 /);
    expect(() => special.nansum(x, 2)).toThrow(/^nansum: .*dimension 2 /);
    expect(() => special.nanmean(x, 2)).toThrow(/^nanmean: .*dimension 2 /);
    expect(() => special.countNonzero(x, 2)).toThrow(/^countNonzero: .*dimension 2 /);
    expect(() => special.aminmax(x, { dim: 2 })).toThrow(/^aminmax: .*dimension 2 /);
    expect(() => special.median(zeros(0))).toThrow('median: dimension 0 of [0] has no entries');
    expect(() => special.diff(zeros([]))).toThrow('diff: at least 1 dimension is needed, not shape []');
  });

  it('of numbers that mean nothing', () => {
    const x = zeros(2, 3);
    expect(() => special.kthvalue(x, 4)).toThrow('kthvalue: k is 4, but must be a whole number from 1 to 3');
    expect(() => special.quantile(x, 1.5)).toThrow('quantile: q is 1.5, but must be between 0 and 1');
    expect(() => special.quantile(x, 0.5, { interpolation: 'cubic' as 'linear' })).toThrow("'cubic'");
    expect(() => special.histc(x, 0)).toThrow('histc: bins is 0, but must be a whole number from 1 on');
    expect(() => special.histc(x, 4, 2, 1)).toThrow('histc: max is 1, but must be a number from 2 on');
    expect(() => special.diff(x, -1)).toThrow('diff: n is -1, but must be a whole number from 0 on');
  });

  it('of dtypes that have none', () => {
    expect(() => special.quantile(whole(), 0.5)).toThrow(/^quantile: a floating point dtype .* int32/);
    expect(() => special.nanmean(whole())).toThrow(/^nanmean: a floating point dtype .* int32/);
    expect(() => special.histc(whole())).toThrow(/^histc: a floating point dtype .* int32/);
    expect(() => special.histc(zeros(2).requiresGrad_())).toThrow('histc: not differentiable');
  });

  it('that are awaited reject', async () => {
    await expect(special.bincount(zeros(2))).rejects.toThrow(
      'bincount: a vector of integers is needed, not float32 [2]',
    );
    await expect(special.bincount(whole().sub(1))).rejects.toThrow('bincount: there is a -1');
    await expect(special.bincount(whole(), { weights: zeros(3) })).rejects.toThrow(
      'bincount: weights [3] for a vector [2]',
    );
    await expect(special.bincount(whole(), { minlength: -1 })).rejects.toThrow('bincount: minlength is -1');
  });

  it('of a single number', async () => {
    const one = zeros([]).add(3);
    expect(await special.median(one).item()).toBe(3);
    expect(special.median(one, 0).values.shape).toEqual([]);
    expect(special.kthvalue(one, 1).indices.shape).toEqual([]);
    expect(await special.quantile(one, 0.5, { keepdim: true }).item()).toBe(3);
  });
});
