/** How this command was started, so that the lines to go on with can be typed as they stand. */
import { basename, relative } from 'node:path';

/** The start of a command line that runs this command again: `inkstone`, `npx inkstone`, `node apps/cli/dist/inkstone.js`. */
export function thisCommand(argv = process.argv, env = process.env): string {
  const script = argv[1] ?? 'inkstone';
  if (/\.[cm]?[jt]s$/.test(script) && !script.includes('node_modules')) {
    const near = relative(process.cwd(), script);
    return `node ${shellWord(near.startsWith('..') ? script : near)}`;
  }
  const name = basename(script).replace(/\.[cm]?js$/, '');
  return env.npm_command === 'exec' || script.includes('node_modules') ? `npx ${name}` : name;
}

/**
 * The command lines with which a run goes on and writes. `npm start` in a checkout is one of them.
 *
 * @param further options for a run that is over: without another limit it would be over again
 */
export function nextCommands(
  folder: string,
  prompt: string,
  further: readonly string[] = [],
): { resume: string; generate: string } {
  const again = thisCommand();
  const start =
    process.env.npm_lifecycle_event === 'start' ? 'npm start -- --resume' : `${again} train --resume`;
  return {
    resume: [start, shellWord(folder), ...further].join(' '),
    generate: `${again} generate ${shellWord(folder)} --prompt ${shellWord(prompt)}`,
  };
}

/** A word as a shell takes it: quoted where it has to be. */
function shellWord(word: string): string {
  if (/^[\p{L}\p{N}_@%+=:,./\\-]+$/u.test(word)) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
