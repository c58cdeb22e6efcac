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
const ofOne = all.filter((name) => !ofTwo.includes(name));
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
