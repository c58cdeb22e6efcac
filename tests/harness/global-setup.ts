/// <reference types="node" />
/** Runs once, before vitest forks the test processes: they inherit the environment that is set here. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fixtureGap, requiredFixtures } from './fixtures.js';
import { softwareGpu } from './software-gpu.js';

const kernelCompiler = fileURLToPath(
  new URL('../../packages/backend-cpu/scripts/build-wasm.mjs', import.meta.url),
);

export default async function setup(): Promise<void> {
  // Tests run from the sources, and the CPU backend's sources include its compiled kernels.
  await promisify(execFile)(process.execPath, [kernelCompiler]);
  const required = requiredFixtures();
  if (fixtureGap('adapter') === undefined) Object.assign(process.env, (await softwareGpu()).env);
  for (const kind of required) {
    const gap = fixtureGap(kind);
    if (gap !== undefined) console.error(`INKSTONE_REQUIRE lists ${kind}, but ${gap}: its tests will fail.`);
  }
}
