/** What browser.test.ts calls in a page. */
import { allCases } from '@inkstone/conformance/cases';
import { differences } from '@inkstone/conformance/compare';
import { runCase } from '@inkstone/conformance/run';
import { loadBuild } from '../src/build.js';
import { CpuDevice } from '../src/device.js';
import { type CpuOptions, cpu } from '../src/index.js';
import { reference } from '../src/reference.js';
import { dtypes } from './suite-options.js';

export interface PageResult {
  readonly count: number;
  readonly failures: readonly string[];
}

export async function describeDevice(options: CpuOptions): Promise<string> {
  try {
    const device = await cpu(options).open();
    await device.close();
    return device.description;
  } catch (error) {
    return String(error);
  }
}

/** Runs the cases of one family on the page's main thread and workers, and on the reference. */
export async function runFamily(family: string, threads: number): Promise<PageResult> {
  const device = await CpuDevice.open(await loadBuild('simd', threads > 1), threads, 'page', 0);
  const oracle = await reference().open();
  const cases = allCases(dtypes)[family] ?? [];
  const failures: string[] = [];
  for (const testCase of cases) {
    const want = await runCase(testCase, oracle);
    const got = await runCase(testCase, device);
    const comparison = { tolerances: {}, flushesSubnormals: false, nonFinite: true };
    const difference = differences(testCase, got, want, comparison);
    if (difference) failures.push(`${testCase.name}: ${difference}`);
  }
  await device.close();
  return { count: cases.length, failures };
}
