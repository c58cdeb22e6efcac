import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { closing } from '../../tools/closing.mjs';
import { root, tool } from '../../tools/workspace.mjs';

const skipped = [
  { name: 'a', reason: 'needs browser: it is not there' },
  { name: 'b', reason: '' },
];

test('the last line is the counts, alone and plain', () => {
  const { lines, failed } = closing({ passed: 12, failed: [], skipped: [] }, [], { ci: true });
  expect(lines).toEqual(['12 passed, 0 failed, 0 skipped']);
  expect(failed).toBe(0);
});

test('skips are named with their reasons above it', () => {
  expect(closing({ passed: 1, failed: [], skipped }, [], { ci: false }).lines).toEqual([
    'skipped  a (needs browser: it is not there)',
    'skipped  b',
    '1 passed, 0 failed, 2 skipped',
  ]);
});

test('in CI a skip without a reason has failed', () => {
  const { lines, failed } = closing({ passed: 1, failed: [], skipped }, [], { ci: true });
  expect(lines).toEqual([
    'skipped  a (needs browser: it is not there)',
    'failed   b (skipped without a reason)',
    '1 passed, 1 failed, 1 skipped',
  ]);
  expect(failed).toBe(1);
});

test('a stage that fails counts as one failed, the stage of the tests only when no test of it did', () => {
  const one = closing({ passed: 3, failed: ['t'], skipped: [] }, ['lint', 'tests'], { ci: false });
  expect(one.lines.at(-1)).toBe('3 passed, 2 failed, 0 skipped');
  const crashed = closing({ passed: 0, failed: [], skipped: [] }, ['tests'], { ci: false });
  expect(crashed.lines).toEqual([
    'failed   stage tests, whose output is above',
    '0 passed, 1 failed, 0 skipped',
  ]);
  expect(crashed.failed).toBe(1);
});

// A small project of its own, inside node_modules so that it finds vitest.
let project: string;
beforeAll(() => {
  const cache = join(root, 'node_modules', '.cache', 'inkstone');
  mkdirSync(cache, { recursive: true });
  project = mkdtempSync(join(cache, 'closing-'));
  const write = (name: string, text: string) => writeFileSync(join(project, name), text);
  write('vitest.config.mjs', 'export default { test: { include: ["*.test.js"], exclude: [] } };');
  write(
    'all.test.js',
    `import { beforeAll, describe, expect, test } from 'vitest';
    test('passes', () => {});
    test('fails', () => expect(1).toBe(2));
    test('is skipped', (context) => context.skip('needs a reason'));
    test.skip('is switched off', () => {});
    test.todo('is to be written');
    describe('block', () => {
      beforeAll(() => { throw new Error('no'); });
      test('never runs', () => {});
    });`,
  );
  write('broken.test.js', "import './missing.js';");
  write(
    'late.test.js',
    "import { test } from 'vitest'; test('rejects too late', () => { Promise.reject(new Error('late')); });",
  );
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

test('the reporter counts tests, and what fails outside of them', () => {
  const report = join(project, 'counts.json');
  const { command, args } = tool('vitest', [
    'run',
    `--reporter=${join(root, 'tools', 'closing-reporter.mjs')}`,
  ]);
  const { status } = spawnSync(command, args, {
    cwd: project,
    env: { ...process.env, INKSTONE_REPORT: report },
  });
  const counts = JSON.parse(readFileSync(report, 'utf8'));
  expect(status).not.toBe(0);
  expect(counts.passed).toBe(2);
  expect(
    counts.skipped.sort((a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)),
  ).toEqual([
    { name: 'all.test.js > block > never runs', reason: '' },
    { name: 'all.test.js > is skipped', reason: 'needs a reason' },
    { name: 'all.test.js > is switched off', reason: '' },
    { name: 'all.test.js > is to be written', reason: '' },
  ]);
  expect(counts.failed.sort()).toEqual([
    'all.test.js > block',
    'all.test.js > fails',
    'broken.test.js',
    'outside of any test: late',
  ]);
});
