/** Ctrl-C and its relatives: the first one asks for an orderly end, a later one ends at once. */

/** Exit codes of a process that a signal ended, as shells count them: 128 and the signal's number. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
const closedOutput = 141;

/** npm passes a Ctrl-C on to a process that the terminal has sent it to already; both arrive within this time. */
const sameInterrupt = 1000;

export interface Interrupt {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** What the process should exit with: 0 as long as nothing has interrupted it. */
  exitCode(): number;
  /** Takes the handlers away: a signal then ends the process as it does by default. */
  release(): void;
}

/**
 * Catches SIGINT, SIGTERM, SIGHUP and a closed output (`| head`) until released. The first aborts `signal`; one that
 * comes more than a second later ends the process at once.
 */
export function catchInterrupts(): Interrupt {
  const controller = new AbortController();
  let first = 0;
  let code = 0;
  const interrupt = (exitCode: number) => {
    if (code !== 0) {
      if (performance.now() - first > sameInterrupt) process.exit(exitCode);
      return;
    }
    code = exitCode;
    first = performance.now();
    controller.abort(new Error('interrupted'));
  };
  const handlers = Object.entries(exitCodes).map(([name, exitCode]) => {
    return [name as keyof typeof exitCodes, () => interrupt(exitCode)] as const;
  });
  for (const [name, handler] of handlers) process.on(name, handler);
  const onOutputError = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (code === 0) interrupt(closedOutput);
  };
  process.stdout.on('error', onOutputError);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      for (const [name, handler] of handlers) process.off(name, handler);
      // The handler of a closed output stays: what is still in the pipe must not end in a stack trace.
    },
  };
}
