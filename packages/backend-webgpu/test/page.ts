/** What browser.test.ts calls in a page. */
import { reference } from '@inkstone/backend-cpu/reference';
import { allCases } from '@inkstone/conformance/cases';
import { differences } from '@inkstone/conformance/compare';
import { runCase } from '@inkstone/conformance/run';
import { webgpu } from '../src/index.js';
import { databaseStore, platformStore } from '../src/tuning-store.js';
import { dtypes, tolerances } from './tolerances.js';

export interface PageResult {
  readonly count: number;
  readonly failures: readonly string[];
}

export async function describeDevice(): Promise<string> {
  const device = await webgpu().open();
  await device.close();
  return device.description;
}

/** Runs the cases of one family on the page's GPU and on the reference. */
export async function runFamily(family: string): Promise<PageResult> {
  const [device, oracle] = await Promise.all([webgpu().open(), reference().open()]);
  const cases = allCases(dtypes)[family] ?? [];
  const failures: string[] = [];
  for (const testCase of cases) {
    const want = await runCase(testCase, oracle);
    const got = await runCase(testCase, device);
    const comparison = { tolerances, flushesSubnormals: true, nonFinite: true, signedZeros: false };
    const difference = differences(testCase, got, want, comparison);
    if (difference) failures.push(`${testCase.name}: ${difference}`);
  }
  await device.close();
  return { count: cases.length, failures };
}

/** What the store of a page gives back, also to another that is opened later. */
export async function storeInPage(): Promise<readonly (string | null)[]> {
  // However slow the machine.
  const store = platformStore() && databaseStore(60_000);
  const before = (await store?.get('a')) ?? null;
  await store?.set('a', '1');
  await store?.set('a', '2');
  return [before, (await databaseStore(60_000).get('a')) ?? null, (await store?.get('b')) ?? null];
}
