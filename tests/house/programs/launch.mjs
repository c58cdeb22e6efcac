// Does what `npm start` does once all is built: runs the command and ends with its exit code.
import { run } from '../../../tools/run.mjs';

const program = new URL('./save-on-interrupt.mjs', import.meta.url).pathname;
process.exitCode = await run({ command: process.execPath, args: [program] });
