/** How the command ends when something is wrong: one line that says what, and an exit code. */

/** Something that the person at the terminal can put right. Its message is the one line that they see. */
export class Failure extends Error {
  override readonly name = 'Failure';

  /** @param exitCode 1 for what went wrong in doing, 2 for a command line that makes no sense. */
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An error's message on one line, whatever was thrown. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error && error.message !== '' ? error.message : String(error);
  return message.replace(/\s*\n\s*/g, ' ').trim();
}

/**
 * Prints an error on stderr: one line; with INKSTONE_DEBUG=1 the stack and the causes as well.
 *
 * @returns the exit code.
 */
export function printFailure(error: unknown): number {
  process.stderr.write(`inkstone: ${oneLine(error)}\n`);
  if (process.env.INKSTONE_DEBUG === '1') console.error(error);
  return error instanceof Failure ? error.exitCode : 1;
}
