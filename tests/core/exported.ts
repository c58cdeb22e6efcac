/** What core exports, by the spaces that parity cases and tables of errors name: 't.add', 'F.gelu', 'nn.Linear', 'special.ndtr'. */
import * as core from '@inkstone/core';
import * as special from '@inkstone/core/special';

/** What is exported and no op: how it is read, what it is made of, where it lives. */
const notOps = {
  t: 'constructor handle make viewed looked fromHost size numel data item toArray toString format print requiresGrad_ backward retainGrad registerHook keep dispose allclose equal',
  core:
    'Tensor Parameter Generator BackendUnavailable DeviceLostError OutOfMemoryError ' +
    'use open setDefaultDevice defaultDevice grad valueAndGrad noGrad enableGrad checkpoint keep state withRng ' +
    'fromTypedArray tensor manualSeed seed initialSeed getRngState setRngState',
  nn: 'Module Parameter Sequential ModuleList',
  optim: 'Optimizer',
  lrScheduler: 'LRScheduler',
  F: 'observeAttention',
  init: 'calculateGain skipInit isInitialising',
} as const;

function methods(prototype: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = prototype; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (typeof value === 'function') names.add(name);
  }
  return [...names];
}

const functionsOf = (space: object): string[] =>
  Object.entries(space).flatMap(([name, value]) => (typeof value === 'function' ? [name] : []));

/** All that is exported and can be called. */
export const exported: Readonly<Record<string, readonly string[]>> = {
  t: methods(core.Tensor.prototype),
  F: functionsOf(core.functional),
  core: functionsOf(core),
  nn: functionsOf(core.nn),
  optim: functionsOf(core.optim),
  lrScheduler: functionsOf(core.optim.lrScheduler),
  init: functionsOf(core.nn.init),
  special: functionsOf(special),
};

/** Of a space, what is an op, a function, a layer, a loss or an optimizer. */
export function opsOf(space: string): string[] {
  const skipped = new Set((notOps[space as keyof typeof notOps] ?? '').split(' '));
  return exported[space].filter((name) => !skipped.has(name));
}
