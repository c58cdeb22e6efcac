/**
 * How long the package takes to load in a fresh Node process, and to open: milliseconds, medians over processes, and what
 * of it is processor time (the steadier figure where others use the machine). To reach: loading under 30 ms.
 *
 *   node bench/cpu/load.mjs [--processes 15]
 *
 * Build the packages first.
 */
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../contender.mjs';

const { values: options } = parseArgs({ options: { processes: { type: 'string', default: '15' } } });
const program = `
const cpuNow = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
const start = performance.now(), cpuStart = cpuNow();
const { cpu } = await import('@inkstone/backend-cpu');
const loaded = performance.now() - start, loadedCpu = cpuNow() - cpuStart;
const device = await cpu({ threads: 1 }).open();
const opened = performance.now() - start - loaded, openedCpu = cpuNow() - cpuStart - loadedCpu;
console.log(JSON.stringify({ loaded, loadedCpu, opened, openedCpu }));
await device.close();
`;
const here = dirname(fileURLToPath(import.meta.url));
const runs = Array.from({ length: Number(options.processes) }, () => {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: here,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
});
const of = (key) => median(runs.map((run) => run[key])).toFixed(1);
console.log(`loading ${of('loaded')} ms (processor ${of('loadedCpu')} ms), to reach: 30`);
console.log(`opening ${of('opened')} ms (processor ${of('openedCpu')} ms), one thread`);
