/** `npm run build` and `npm run typecheck`: turbo, with pnpm on its PATH, which it runs the packages' scripts with. */
import { run } from './run.mjs';
import { pnpm } from './workspace.mjs';

process.exitCode = await run(pnpm('exec', 'turbo', 'run', ...process.argv.slice(2)));
