/**
 * `npm start`: installs and builds what the command `inkstone` needs, unless that was done, and runs
 * `inkstone train`. What follows `--` goes to it: `npm start -- --steps 200`. The exit code is the command's.
 */
import { prepare } from './prepare.mjs';
import { run } from './run.mjs';
import { commandFile } from './workspace.mjs';

await prepare('cli');
process.exitCode = await run({
  command: process.execPath,
  args: [commandFile, 'train', ...process.argv.slice(2)],
});
