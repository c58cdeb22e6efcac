/** How `npm test` ends: what was skipped and why, what failed, and one plain line of counts. */

/**
 * @param {import('./closing-reporter.mjs').Counts} counts of the tests
 * @param {readonly string[]} failedStages names of the stages that failed
 * @param {{ ci: boolean }} options in CI a skip must say what was missing: one without a reason is a test that
 *   someone switched off, and counts as failed
 * @returns {{ lines: string[], failed: number }} the lines to print, the last of them
 *   `N passed, N failed, N skipped`, where a stage that failed counts as one
 */
export function closing(counts, failedStages, { ci }) {
  const skipped = counts.skipped.filter(({ reason }) => reason !== '' || !ci);
  const switchedOff = counts.skipped.filter(({ reason }) => reason === '' && ci);
  const failed = [...counts.failed, ...switchedOff.map(({ name }) => `${name} (skipped without a reason)`)];
  // The stage of the tests fails through them, which are counted one by one; without any, it counts itself.
  const stages = failedStages.filter((name) => name !== 'tests' || counts.failed.length === 0);
  const failures = failed.length + stages.length;
  return {
    lines: [
      ...skipped.map(({ name, reason }) => `skipped  ${name}${reason && ` (${reason})`}`),
      ...failed.map((name) => `failed   ${name}`),
      ...stages.map((name) => `failed   stage ${name}, whose output is above`),
      `${counts.passed} passed, ${failures} failed, ${skipped.length} skipped`,
    ],
    failed: failures,
  };
}
