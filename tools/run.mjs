/** Child processes of the tools: spawned as they are, without a shell between, with their signals seen to. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { quietEnvironment, root } from './workspace.mjs';

/**
 * Runs a command in the root of the checkout.
 *
 * @param {import('./workspace.mjs').CommandLine} line
 * @param {object} [options]
 * @param {Record<string, string>} [options.env] on top of this process's environment
 * @param {(text: string) => void} [options.onOutput] takes what it prints; by default it prints it itself
 * @returns {Promise<number>} its exit code, 128 + n when signal n ended it
 */
export function run({ command, args }, { env = {}, onOutput } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...quietEnvironment, ...env },
      stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      // npx is a .cmd file on Windows, which only a shell starts.
      shell: process.platform === 'win32' && command.endsWith('.cmd'),
    });
    if (onOutput) {
      for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', onOutput);
    }
    const release = forwardSignals(child);
    child.once('error', (error) => {
      release();
      fail(error);
    });
    child.once('close', (code, signal) => {
      release();
      done(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}

/**
 * Lets a child end in its own way when this process is told to end.
 *
 * A terminal sends Ctrl-C to every process in the foreground, the child among them, and npm sends it to us once
 * more: passing it on would reach the child twice or thrice, and a program that saves on the first SIGINT gives
 * up on the second. So from a terminal it is only kept from ending us. Without one, a SIGINT was sent to us
 * alone, and is passed on once. SIGTERM and SIGHUP are never sent to all, and are passed on.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void} takes the handlers away again
 */
function forwardSignals(child) {
  const sent = new Set();
  /** @type {(signal: NodeJS.Signals) => void} */
  const onSignal = (signal) => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    if (sent.has(signal)) return;
    sent.add(signal);
    child.kill(signal);
  };
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
