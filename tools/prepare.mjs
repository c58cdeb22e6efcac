/** What `npm start` and `npm run demo` do first: install and build what they need, unless that was done. */
import { run } from './run.mjs';
import {
  isCommandBuilt,
  isInstalled,
  markCommandBuilt,
  markInstalled,
  pnpm,
  requireNode,
} from './workspace.mjs';

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

/** The command and what it is made of; the root's own tools build it. Tests' browser and GPU stay out. */
const commandOnly = ['--filter-prod', '.', '--filter-prod', 'inkstone...'];

/**
 * Installs, and builds the libraries and the command. Ends the process, with the reason, where that fails.
 *
 * @param {'all' | 'cli'} scope what to install: everything, or only what the command needs
 */
export async function prepare(scope) {
  requireNode();
  if (!isInstalled(scope)) {
    const filter = scope === 'cli' ? commandOnly : [];
    await quietStage(
      'installing',
      'installed',
      pnpm('install', '--frozen-lockfile', '--reporter=append-only', ...filter),
    );
    markInstalled(scope);
  }
  if (!isCommandBuilt()) {
    await quietStage('building', 'built', pnpm('exec', 'turbo', 'run', 'build:js', '--filter=inkstone...'));
    markCommandBuilt();
  }
}
