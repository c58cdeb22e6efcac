/**
 * The suite must notice a wrong kernel. Each mutant is the reference with one rule of the contract broken; at least one
 * case of the family has to fail on it.
 */
import { allCases, differences, runCase } from '@inkstone/conformance';
import type { BackendDevice, Operand, Plan, Step } from '@inkstone/core/backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reference } from '../../src/reference.js';

type Change = (step: Step) => Step;

/** Changes steps of one kind. */
function of<K extends Step['kind']>(
  kind: K,
  change: (step: Extract<Step, { kind: K }>) => Partial<Extract<Step, { kind: K }>>,
): Change {
  return (step) => (step.kind === kind ? { ...step, ...change(step as Extract<Step, { kind: K }>) } : step);
}

const noOffset = (operand: Operand): Operand => ({ ...operand, offset: 0 });

/** The operand's own shape, read as if it were dense. */
function asDense(operand: Operand): Operand {
  let stride = 1;
  const strides = operand.shape.map(() => 0);
  for (let axis = operand.shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= Math.max(1, operand.shape[axis]);
  }
  return { ...operand, strides };
}

const unshifted = (operand: Operand): Operand => {
  const { shift: _, ...rest } = operand;
  return rest;
};

const mutants: Record<string, Record<string, Change>> = {
  pointwise: {
    'forgets offsets of inputs': of('pointwise', (s) => ({ inputs: s.inputs.map(noOffset) })),
    'takes inputs for dense': of('pointwise', (s) => ({ inputs: s.inputs.map(asDense) })),
    'takes outputs for dense': of('pointwise', (s) => ({ outputs: s.outputs.map(asDense) })),
  },
  placement: {
    'forgets shifts': of('pointwise', (s) => ({
      inputs: s.inputs.map(unshifted),
      outputs: s.outputs.map(unshifted),
    })),
    'stores one output only': of('pointwise', (s) => ({
      outputs: s.outputs.slice(0, 1),
      program: { ...s.program, outputs: s.program.outputs.slice(0, 1) },
    })),
  },
  reduce: {
    'forgets the epilogue': of('reduce', (s) => ({
      epilogue: null,
      epilogueInputs: [],
      outputs: s.outputs.slice(0, 1),
    })),
    'takes argmin for argmax': of('reduce', (s) => (s.reducer === 'argmax' ? { reducer: 'argmin' } : {})),
    'takes the sum for the mean': of('reduce', (s) => (s.reducer === 'mean' ? { reducer: 'sum' } : {})),
    'takes any for all': of('reduce', (s) => (s.reducer === 'all' ? { reducer: 'any' } : {})),
    'takes inputs for dense': of('reduce', (s) => ({ inputs: s.inputs.map(asDense) })),
  },
  matmul: {
    'takes a for dense': of('matmul', (s) => ({ a: asDense(s.a) })),
    'takes b for dense': of('matmul', (s) => ({ b: asDense(s.b) })),
    'takes outputs for dense': of('matmul', (s) => ({ outputs: s.outputs.map(asDense) })),
    'forgets the last term': of('matmul', (s) => {
      if (s.k === 0) return {};
      const k = s.k - 1;
      const a = { ...s.a, shape: [...s.batch, s.m, k] };
      return { k, a, b: { ...s.b, shape: [...s.batch, k, s.n] } };
    }),
    'forgets the epilogue': of('matmul', (s) => ({
      epilogue: null,
      epilogueInputs: [],
      outputs: s.outputs.slice(0, 1),
    })),
  },
  quantised: {
    'forgets offsets': of('quantisedMatmul', (s) => ({ weight: noOffset(s.weight) })),
    'has one scale for each row': of('quantisedMatmul', (s) => ({ groupSize: Math.max(1, s.depth) })),
  },
  softmax: {
    'takes softmax for log-softmax': of('softmax', () => ({ log: false })),
    'mixes up the gradients': of('softmaxBackward', () => ({ log: true })),
    'forgets offsets': of('softmax', (s) => ({ y: noOffset(s.y) })),
  },
  crossEntropy: {
    'forgets smoothing': of('crossEntropy', () => ({ labelSmoothing: 0 })),
    'forgets weights': of('crossEntropy', () => ({ weight: null })),
    'forgets weights in the gradient': of('crossEntropyBackward', () => ({ weight: null })),
    'forgets smoothing in the gradient': of('crossEntropyBackward', () => ({ labelSmoothing: 0 })),
    'ignores another index': of('crossEntropy', () => ({ ignoreIndex: -7 })),
    'ignores another index in the gradient': of('crossEntropyBackward', () => ({ ignoreIndex: -7 })),
    'raises no flag': of('crossEntropy', () => ({ flag: null })),
    'takes dloss for dense': of('crossEntropyBackward', (s) => ({ dloss: asDense(s.dloss) })),
  },
  norm: {
    'forgets eps': of('norm', () => ({ eps: 0 })),
    'forgets the weight': of('norm', () => ({ weight: null })),
    'forgets the bias': of('norm', () => ({ bias: null })),
    'forgets the weight in the gradient': of('normBackward', () => ({ weight: null })),
    'forgets dbias': of('normBackward', (s) => (s.dx ? { dbias: null } : {})),
  },
  attention: {
    'forgets causality': of('attention', () => ({ causal: null, causalShift: null })),
    'forgets causality in the gradient': of('attentionBackward', () => ({ causal: null, causalShift: null })),
    'forgets the shift of causality': of('attention', () => ({ causalShift: null })),
    'forgets the key length': of('attention', () => ({ keyLength: null })),
    'forgets the key length in the gradient': of('attentionBackward', () => ({ keyLength: null })),
    'forgets the mask': of('attention', () => ({ mask: null })),
    'forgets dropout': of('attention', () => ({ dropout: null, dropoutP: null })),
    'forgets dropout in the gradient': of('attentionBackward', () => ({ dropout: null, dropoutP: null })),
    'takes another seed': of('attention', (s) =>
      s.dropoutP ? { dropout: s.dropout && noOffset(s.dropout) } : {},
    ),
    'takes another seed in the gradient': of('attentionBackward', (s) =>
      s.dropoutP ? { dropout: s.dropout && noOffset(s.dropout) } : {},
    ),
    'drops fewer': of('attention', (s) => ({ dropoutP: s.dropoutP && s.dropoutP / 2 })),
    'takes the mask for dense': of('attention', (s) => ({ mask: s.mask && asDense(s.mask) })),
    'takes k for dense': of('attention', (s) => ({ k: asDense(s.k) })),
    'takes dv for dense': of('attentionBackward', (s) => ({ dv: asDense(s.dv) })),
  },
  recurrent: {
    'forgets the direction': of('recurrent', (s) => ({ reverse: !s.reverse })),
    'forgets the direction in the gradient': of('recurrentBackward', (s) => ({ reverse: !s.reverse })),
    'forgets the bias': of('recurrent', () => ({ bias: null })),
    'forgets the gradient of the last c': of('recurrentBackward', () => ({ dlastCell: null })),
    'takes relu for tanh': of('recurrent', (s) => (s.cell === 'tanh' ? { cell: 'relu' } : {})),
    'forgets the offset of the states': of('recurrent', (s) => ({ h0: noOffset(s.h0) })),
  },
  ordering: {
    'sorts downwards only': of('sort', () => ({ descending: true })),
    'forgets the offset of what it sorts': of('sort', (s) => ({ x: noOffset(s.x) })),
    'adds up forwards only': of('scan', () => ({ reverse: false })),
    'adds up all elements as one line': of('scan', (s) => {
      const size = s.outer * s.size * s.inner;
      const line = { shape: [1, size, 1], strides: [size, 1, 1] };
      return { outer: 1, size, inner: 1, x: { ...s.x, ...line }, y: { ...s.y, ...line } };
    }),
  },
  indexing: {
    'raises no flag': of('indexSelect', () => ({ flag: null })),
    'raises no flag in gather': of('gather', () => ({ flag: null })),
    'raises no flag in index-add': of('indexAdd', () => ({ flag: null })),
    'raises no flag in scatter': of('scatter', () => ({ flag: null })),
    'always accumulates': of('indexAdd', () => ({ accumulate: true })),
    'never accumulates': of('scatter', () => ({ accumulate: false })),
    'skips nothing': of('indexAdd', () => ({ skip: null })),
    'sums where it should replace': of('scatter', (s) => (isNumber(s.output) ? { reduce: 'sum' } : {})),
    'replaces where it should sum': of('scatter', () => ({ reduce: 'none' })),
  },
};

function isNumber({ dtype }: Operand): boolean {
  return dtype !== 'bool' && dtype !== 'uint8';
}

/** A device that runs changed plans. */
function mutate(device: BackendDevice, change: Change): BackendDevice {
  return new Proxy(device, {
    get(target, key) {
      if (key === 'compile')
        return (plan: Plan) => target.compile({ ...plan, steps: plan.steps.map(change) });
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

describe('the suite notices a device that', () => {
  const families = allCases(['float32', 'int32', 'uint8', 'bool']);
  const comparison = { tolerances: {}, flushesSubnormals: false, nonFinite: true };
  let device: BackendDevice;
  beforeAll(async () => {
    device = await reference({ validate: false }).open();
  });
  afterAll(() => device.close());

  for (const [family, changes] of Object.entries(mutants)) {
    for (const [name, change] of Object.entries(changes)) {
      it(`${name} (${family})`, async () => {
        const mutant = mutate(device, change);
        let noticed = '';
        for (const testCase of families[family]) {
          if (!testCase.steps.some((step) => change(step) !== step)) continue;
          const want = await runCase(testCase, device);
          const got = await runCase(testCase, mutant);
          noticed = differences(testCase, got, want, comparison);
          if (noticed !== '') break;
        }
        expect(noticed).not.toBe('');
      });
    }
  }

  it('has cases that differ by name, as their values are drawn from it', () => {
    const names = Object.values(families).flatMap((cases) => cases.map(({ name }) => name));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});
