/// <reference types="node" />
/** Runs once, before vitest forks the test processes: they inherit the environment that is set here. */
import { fixtureGap, requiredFixtures } from './fixtures.js';
import { softwareGpu } from './software-gpu.js';

export default async function setup(): Promise<void> {
  const required = requiredFixtures();
  if (fixtureGap('adapter') === undefined) Object.assign(process.env, (await softwareGpu()).env);
  for (const kind of required) {
    const gap = fixtureGap(kind);
    if (gap !== undefined) console.error(`INKSTONE_REQUIRE lists ${kind}, but ${gap}: its tests will fail.`);
  }
}
