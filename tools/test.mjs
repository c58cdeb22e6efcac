/**
 * `npm test`: installs, builds, lints, checks types and package arrows, and runs every test, from a fresh clone
 * with nothing but Node and npm. Its last line is `N passed, N failed, N skipped`, where a stage that fails
 * counts as one failed.
 *
 *   npm test                      everything
 *   npm test -- packages/core     the same, but only the test files whose path has that in it
 *   npm run test:long             (--long) with the soaks and the fuzzing (*.long.test.ts)
 *   node tools/test.mjs --suite   only the test files, on what is installed and built
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closing } from './closing.mjs';
import { run } from './run.mjs';
import { isInstalled, markCommandBuilt, markInstalled, pnpm, requireNode, tool } from './workspace.mjs';

requireNode();
const args = process.argv.slice(2);
const suiteOnly = args.includes('--suite');
if (args.includes('--long')) process.env.INKSTONE_LONG = '1';
const filters = args.filter((argument) => argument !== '--suite' && argument !== '--long');

// biome's `ci` colours a log file too, unless it is told not to.
const colors = process.stdout.isTTY || process.env.FORCE_COLOR ? 'force' : 'off';

/** @type {string[]} */
const failedStages = [];

/**
 * Runs one stage with its output live, and says how it went.
 *
 * @param {string} name
 * @param {() => Promise<number>} work resolves to an exit code
 */
async function stage(name, work) {
  console.log(`\n── ${name} ${'─'.repeat(Math.max(0, 60 - name.length))}`);
  const start = performance.now();
  const code = await work().catch((error) => {
    console.error(String(error));
    return 1;
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    code === 0
      ? `── ${name}: done in ${seconds} s`
      : `── ${name}: FAILED after ${seconds} s (exit code ${code})`,
  );
  if (code !== 0) failedStages.push(name);
  return code === 0;
}

async function install() {
  if (isInstalled('all')) {
    console.log('everything is installed');
    return 0;
  }
  const code = await run(pnpm('install', '--frozen-lockfile', '--reporter=append-only'));
  if (code === 0) markInstalled('all');
  return code;
}

async function build() {
  const code = await run(pnpm('exec', 'turbo', 'run', 'build', '--output-logs=errors-only'));
  if (code === 0) markCommandBuilt();
  return code;
}

/** @type {import('./closing-reporter.mjs').Counts} */
let counts = { passed: 0, failed: [], skipped: [] };

async function tests() {
  const folder = mkdtempSync(join(tmpdir(), 'inkstone-test-'));
  const report = join(folder, 'counts.json');
  try {
    const reporters = ['--reporter=default', '--reporter=./tools/closing-reporter.mjs'];
    const code = await run(tool('vitest', ['run', ...reporters, ...filters]), {
      env: { INKSTONE_REPORT: report },
    });
    counts = JSON.parse(readFileSync(report, 'utf8'));
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ready = suiteOnly || ((await stage('install', install)) && (await stage('build', build)));
if (ready) {
  if (!suiteOnly) {
    await stage('lint', () =>
      run(tool('@biomejs/biome', ['ci', '--error-on-warnings', `--colors=${colors}`, '.'])),
    );
    await stage('types', () => run(pnpm('exec', 'turbo', 'run', 'typecheck', '--output-logs=errors-only')));
    await stage('arrows', () =>
      run(tool('dependency-cruiser', ['packages', 'apps', 'bench', 'tests'], 'depcruise')),
    );
  }
  await stage('tests', tests);
}

const { lines, failed } = closing(counts, failedStages, { ci: Boolean(process.env.CI) });
console.log(`\n${lines.join('\n')}`);
process.exitCode = failed === 0 ? 0 : 1;
