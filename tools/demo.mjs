/**
 * `npm run demo`: installs and builds what the site needs, unless that was done, and serves it from its sources on
 * this machine alone. What follows `--` goes to vite: `npm run demo -- --port 8080`.
 */
import { join } from 'node:path';
import { prepare } from './prepare.mjs';
import { run } from './run.mjs';
import { root } from './workspace.mjs';

await prepare('all');
const vite = join(root, 'apps', 'demo', 'node_modules', 'vite', 'bin', 'vite.js');
process.exitCode = await run({
  command: process.execPath,
  args: [vite, 'apps/demo', '--host', '127.0.0.1', ...process.argv.slice(2)],
});
