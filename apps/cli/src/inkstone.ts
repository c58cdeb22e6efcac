#!/usr/bin/env node
/** The command `inkstone`. */
import { printFailure } from './failure.js';
import { run } from './program.js';

process.exitCode = await run(process.argv.slice(2)).catch(printFailure);
