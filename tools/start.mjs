/**
 * `npm start`: installs and builds what the command `inkstone` needs, unless that was done, and runs
 * `inkstone train`. What follows `--` goes to it: `npm start -- --steps 200`. The exit code is the command's.
 */
import { run } from './run.mjs';
import {
  commandFile,
  isCommandBuilt,
  isInstalled,
  markCommandBuilt,
  markInstalled,
  pnpm,
  requireNode,
} from './workspace.mjs';

requireNode();

/**
 * Runs a stage in one line that ends with its seconds; its output is shown only when it fails.
 *
 * @param {string} doing what the line says meanwhile
 * @param {string} done what it says afterwards
 * @param {import('./workspace.mjs').CommandLine} line
 */
async function quietStage(doing, done, line) {
  const start = performance.now();
  const seconds = () => ((performance.now() - start) / 1000).toFixed(1);
  const live = process.stdout.isTTY;
  const show = () => process.stdout.write(`\r\x1b[2K  ${doing} … ${seconds()} s`);
  const timer = live ? setInterval(show, 100) : undefined;
  let interrupted = false;
  const onInterrupt = () => {
    interrupted = true;
  };
  process.once('SIGINT', onInterrupt);
  let log = '';
  const code = await run(line, { onOutput: (text) => (log += text) }).finally(() => {
    clearInterval(timer);
    process.off('SIGINT', onInterrupt);
    if (live) process.stdout.write('\r\x1b[2K');
  });
  if (code === 0) {
    console.log(`✓ ${done} in ${seconds()} s`);
    return;
  }
  if (interrupted) {
    console.error(`✗ ${doing} was interrupted; the next npm start goes on from here.`);
    process.exit(130);
  }
  process.stderr.write(log);
  console.error(`✗ ${doing} failed after ${seconds()} s; its output is above.`);
  process.exit(code);
}

if (!isInstalled('cli')) {
  await quietStage(
    'installing',
    'installed',
    // The command and what it is made of; the root's own tools build it. Tests' browser and GPU stay out.
    pnpm(
      'install',
      '--frozen-lockfile',
      '--reporter=append-only',
      '--filter-prod',
      '.',
      '--filter-prod',
      'inkstone...',
    ),
  );
  markInstalled('cli');
}
if (!isCommandBuilt()) {
  await quietStage('building', 'built', pnpm('exec', 'turbo', 'run', 'build:js', '--filter=inkstone...'));
  markCommandBuilt();
}
process.exitCode = await run({
  command: process.execPath,
  args: [commandFile, 'train', ...process.argv.slice(2)],
});
