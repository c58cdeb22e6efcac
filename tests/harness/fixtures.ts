/// <reference types="node" />
/**
 * Things that some tests need and some machines lack. A test says so with `requireFixture`; where the thing is
 * missing the test is skipped with the reason, which the closing lines of `npm test` name, and where the
 * environment variable INKSTONE_REQUIRE lists it (as CI does) the test fails instead. So no test can stop
 * running without anyone noticing.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { archiveRunsHere } from './browser-archive.js';

/** The folder of goldens, specifications and data that may lie beside a checkout. */
export const sharedFolder: string = fileURLToPath(new URL('../../../shared/', import.meta.url));

const resolves = (name: string): boolean => {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
};

const onPath = (command: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, command)));

/** Each kind's probe returns what is missing, as the end of "…, but …", or undefined when all is there. */
const probes = {
  /** A GPU adapter for Dawn in Node; see software-gpu.ts. */
  adapter: () => {
    if (!resolves('webgpu')) return 'the npm package webgpu (Dawn) is not installed';
    if (archiveRunsHere)
      return resolves('@sparticuz/chromium')
        ? undefined
        : 'the npm package @sparticuz/chromium is not installed';
    return process.env.INKSTONE_ADAPTER === 'system'
      ? undefined
      : 'there is no packaged software adapter for this platform (INKSTONE_ADAPTER=system uses its own GPU)';
  },
  /** An adapter that stores float16: SwiftShader does not. */
  float16: () =>
    process.env.INKSTONE_ADAPTER === 'lavapipe' || process.env.INKSTONE_ADAPTER === 'system'
      ? undefined
      : 'the adapter has no shader-f16 (INKSTONE_ADAPTER=lavapipe has it)',
  /** The packaged headless Chromium; see chromium.ts. */
  browser: () => {
    if (!archiveRunsHere) return 'the packaged Chromium is for Linux x64 only';
    return resolves('@sparticuz/chromium')
      ? undefined
      : 'the npm package @sparticuz/chromium is not installed';
  },
  /** Goldens and data beside the checkout, in ../shared. */
  shared: () =>
    existsSync(join(sharedFolder, 'goldens'))
      ? undefined
      : 'there is no ../shared/goldens beside this checkout',
  /** Node 24 or later running this test. */
  node24: () =>
    Number.parseInt(process.versions.node, 10) >= 24
      ? undefined
      : `this is Node ${process.versions.node}, not 24 or later`,
  /** Python 3, for tests that compare with a reader of another language. */
  python: () => (onPath('python3') ? undefined : 'python3 is not on the PATH'),
  /** util-linux's `script`, which runs a program in a terminal. */
  terminal: () =>
    process.platform === 'linux' && onPath('script') ? undefined : 'util-linux script is not on the PATH',
} satisfies Record<string, () => string | undefined>;

/** The name of a thing that a test may need. */
export type FixtureKind = keyof typeof probes;

/** What is missing for a kind of fixture, as a clause, or undefined when it is there. */
export function fixtureGap(kind: FixtureKind): string | undefined {
  return probes[kind]();
}

/** The kinds that INKSTONE_REQUIRE lists, separated by commas; throws on one that does not exist. */
export function requiredFixtures(list: string = process.env.INKSTONE_REQUIRE ?? ''): FixtureKind[] {
  const names = list.split(',').flatMap((name) => name.trim() || []);
  for (const name of names) {
    if (!Object.hasOwn(probes, name)) {
      throw new Error(`INKSTONE_REQUIRE lists '${name}'; it can list ${Object.keys(probes).join(', ')}`);
    }
  }
  return names as FixtureKind[];
}

/**
 * Says that a test, or with `beforeEach` every test of a block, needs a fixture. Returns true when it is there.
 * Missing and required, it throws, so the test fails. Missing and not required, it skips the test of `context`
 * with the reason; without a context (in `beforeAll`) it returns false.
 *
 * @example
 * let browser: Browser;
 * beforeAll(async () => { if (requireFixture('browser')) browser = await launchChromium(); });
 * beforeEach((context) => { requireFixture('browser', context); });
 */
export function requireFixture(kind: FixtureKind, context?: Pick<TestContext, 'skip'>): boolean {
  const gap = fixtureGap(kind);
  if (gap === undefined) return true;
  if (requiredFixtures().includes(kind)) throw new Error(`INKSTONE_REQUIRE lists ${kind}, but ${gap}`);
  context?.skip(`needs ${kind}: ${gap}`);
  return false;
}
