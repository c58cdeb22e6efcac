/** Runs one parity case and says what differs. */
import * as core from '@inkstone/core';
import { manualSeed, type Tensor } from '@inkstone/core';
import * as special from '@inkstone/core/special';
import {
  argumentsOf,
  cotangent,
  type JsonNumber,
  look,
  method,
  numberOf,
  type ParityCase,
  tensorOf,
  tensorsIn,
} from './case.js';

/** Tolerances as in DESIGN: factors of max(1, sum of |terms|, |wanted|). */
export interface Tolerance {
  readonly value: number;
  readonly gradient: number;
}

export const designTolerance: Tolerance = { value: 1e-6, gradient: 1e-5 };

/** Calls the op of a case on tensors: changes in place on a copy, draws from the case's seed. */
export async function call(testCase: ParityCase, inputs: readonly Tensor[]): Promise<unknown> {
  const [space, name] = testCase.op.split('.');
  const args = argumentsOf(testCase.args, inputs) as unknown[];
  if (testCase.seed !== undefined) manualSeed(testCase.seed);
  switch (space) {
    case 't': {
      const target = args[0] as Tensor;
      return method(name.endsWith('_') ? target.clone() : target, name)(...args.slice(1));
    }
    case 'F':
      return method(core.functional, name)(...args);
    case 'init':
      return method(core.nn.init, name)(...args);
    case 'special':
      return method(special, name)(...args);
    case 'core':
      return method(core, name)(...args);
    case 'set':
      return assign(name, args);
    default:
      throw new Error(`${testCase.op}: no such op`);
  }
}

/** Assignment: `set.number` and `set.tensor` as x[...] = value, the others as index_put. Gives what became of a copy. */
function assign(name: string, [x, index, value]: unknown[]): Tensor {
  const copy = (x as Tensor).clone();
  if (name === 'number' || name === 'tensor')
    return copy.setItem(index as core.Index[], value as Tensor | number);
  return copy.indexPut_(index as Tensor[], value as Tensor, { accumulate: name === 'accumulate' });
}

/** Differences from PyTorch, as text: '' for none. */
export async function runCase(testCase: ParityCase, tolerance: Tolerance): Promise<string> {
  const bases = testCase.in.map((spec) => {
    const base = tensorOf(spec);
    const wants = testCase.grad && base.dtype.startsWith('float') && spec.g !== false;
    return wants ? base.requiresGrad_() : base;
  });
  const views = bases.map((base, i) => look(base, testCase.in[i]));
  let parameters = new Map<string, Tensor>();
  let result: unknown;
  if (testCase.op.startsWith('nn.')) {
    const module = moduleOf(testCase, views);
    parameters = new Map(module.namedParameters());
    result = module.forward(...(argumentsOf(testCase.args, views) as never[]));
  } else result = await call(testCase, views);

  const outs = tensorsIn(result);
  const problems: string[] = [];
  if (outs.length !== testCase.out.length) return `${outs.length} results instead of ${testCase.out.length}`;
  const ends = outs.filter((out) => out.requiresGrad);
  const differentiates = testCase.grad !== undefined || testCase.parameterGrad !== undefined;
  if (differentiates) {
    ends.forEach((end, i) => {
      end.backward({ gradient: cotangent(end), retainGraph: i + 1 < ends.length });
    });
  }
  for (const [i, want] of testCase.out.entries()) {
    const out = outs[i];
    if (String(out.shape) !== String(want.s)) {
      problems.push(`result ${i}: shape [${out.shape}] instead of [${want.s}]`);
      continue;
    }
    if (out.dtype !== (want.d ?? 'float32'))
      problems.push(`result ${i}: dtype ${out.dtype} instead of ${want.d ?? 'float32'}`);
    problems.push(compare(`result ${i}`, await out.data(), want.v, tolerance.value, testCase.scale));
  }
  for (const [name, want] of Object.entries(testCase.parameters ?? {})) {
    const own = parameters.get(name);
    if (!own) problems.push(`there is no parameter ${name}`);
    else problems.push(compare(`parameter ${name}`, await own.data(), want.v, tolerance.value));
  }
  const gradients: [string, Tensor | undefined, readonly JsonNumber[] | null][] = [
    ...bases.map((base, i) => [`gradient ${i}`, base, testCase.grad?.[i] ?? null] as const),
    ...Object.entries(testCase.parameterGrad ?? {}).map(
      ([name, want]) => [`gradient of ${name}`, parameters.get(name), want] as const,
    ),
  ].map(([name, of, want]) => [name, of, want]);
  for (const [name, of, want] of gradients) {
    const got = of?.grad ?? null;
    if (want === null) {
      // PyTorch says None where nothing flows, we may say zeros.
      if (got && (await got.data()).some((x) => x !== 0)) problems.push(`${name}: should be absent`);
    } else if (got === null) {
      if (want.some((x) => x !== 0)) problems.push(`${name}: absent`);
    } else problems.push(compare(name, await got.data(), want, tolerance.gradient, testCase.gradScale));
  }
  return problems.filter((text) => text !== '').join('\n');
}

function moduleOf(
  testCase: ParityCase,
  inputs: readonly Tensor[],
): core.nn.Module & { forward(...args: never[]): unknown } {
  const [, name] = testCase.op.split('.');
  const Class = (core.nn as Record<string, unknown>)[name] as new (...args: unknown[]) => core.nn.Module;
  if (typeof Class !== 'function') throw new Error(`there is no nn.${name}`);
  if (testCase.seed !== undefined) manualSeed(testCase.seed);
  const module = new Class(...(argumentsOf(testCase.new ?? [], inputs) as unknown[]));
  return testCase.eval ? module.eval() : module;
}

/** What differs by more than factor * max(1, scale, |wanted|), as text. */
export function compare(
  what: string,
  got: ArrayLike<number>,
  want: readonly JsonNumber[],
  factor: number,
  scale = 1,
): string {
  if (got.length !== want.length) return `${what}: ${got.length} elements instead of ${want.length}`;
  let wrong = 0;
  let first = '';
  for (let i = 0; i < want.length; i++) {
    const right = numberOf(want[i]);
    if (Object.is(got[i], right) || got[i] === right) continue;
    const error = Math.abs(got[i] - right);
    if (error <= factor * Math.max(1, scale, Math.abs(right))) continue;
    wrong++;
    first ||= `[${i}] is ${got[i]} instead of ${right}`;
  }
  return wrong === 0 ? '' : `${what}: ${wrong} wrong: ${first}`;
}
