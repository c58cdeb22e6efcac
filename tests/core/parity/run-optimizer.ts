/** Runs a parity case of an optimizer or a schedule. See make/optimizers.py for the loss that it descends. */
import { nn, optim, type Tensor, zeros } from '@inkstone/core';
import { cotangent, numberOf, type ParityCase, tensorOf } from './case.js';
import { compare, type Tolerance } from './run.js';

interface OptimizerCase extends ParityCase {
  readonly clip?: { readonly norm?: number; readonly normType?: number | 'inf'; readonly value?: number };
  readonly rates?: readonly number[];
  readonly momenta?: readonly number[];
}

type Make<T> = new (of: unknown, options: Record<string, unknown>) => T;

/** All parameters after every step (and the norm before clipping), against PyTorch's. */
export async function runOptimizer(testCase: OptimizerCase, tolerance: Tolerance): Promise<string> {
  const parameters = testCase.in.map((spec) => new nn.Parameter(tensorOf(spec)));
  const Class = (optim as Record<string, unknown>)[testCase.op.split('.')[1]] as Make<optim.SGD>;
  const optimizer = new Class(parameters, { ...(testCase.new?.[0] as object) });
  const found: Tensor[] = [];
  for (let t = 0; t < (testCase.args[0] as number); t++) {
    optimizer.zeroGrad();
    const terms = parameters.map((p) =>
      p
        .mul(cotangent(p))
        .mul((t + 1) / 4)
        .sum()
        .add(p.square().sum().mul(0.5)),
    );
    terms.reduce((sum, term) => sum.add(term)).backward();
    const { clip } = testCase;
    if (clip?.norm !== undefined) {
      const normType = typeof clip.normType === 'string' ? numberOf(clip.normType) : (clip.normType ?? 2);
      found.push(optim.clipGradNorm(parameters, clip.norm, { normType }).keep());
    }
    if (clip?.value !== undefined) optim.clipGradValue(parameters, clip.value);
    optimizer.step();
    found.push(...parameters.map((p) => p.detach().clone().keep()));
  }
  const problems = await Promise.all(
    testCase.out.map(async (want, i) =>
      compare(`result ${i}`, await found[i].data(), want.v, tolerance.value, testCase.scale),
    ),
  );
  return problems.filter((text) => text !== '').join('\n');
}

/** The rates (and momenta) of all epochs. */
export function runSchedule(testCase: OptimizerCase): string {
  const [lr, epochs, metrics] = testCase.args as [number, number, number[] | undefined];
  const optimizer = new optim.SGD([new nn.Parameter(zeros(1))], { lr, momentum: 0.9 });
  const options = { ...(testCase.new?.[0] as Record<string, unknown>) };
  const name = testCase.op.split('.')[1];
  const decay = (epoch: number): number => 1 / (1 + (options.gamma as number) * epoch);
  const Class = (optim.lrScheduler as Record<string, unknown>)[name] as Make<{ step(metric?: number): void }>;
  const scheduler = new Class(optimizer, name === 'LambdaLR' ? (decay as never) : options);
  const rates: number[] = [];
  const momenta: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    rates.push(optimizer.paramGroups[0].lr);
    momenta.push(optimizer.paramGroups[0].momentum);
    // The last step of a cycle has nothing to go to.
    if (epoch + 1 < epochs) scheduler.step(metrics?.[epoch]);
  }
  const all = [compare('rates', rates, testCase.rates ?? [], 1e-12)];
  if (testCase.momenta) all.push(compare('momenta', momenta, testCase.momenta, 1e-12));
  return all.filter((text) => text !== '').join('\n');
}
