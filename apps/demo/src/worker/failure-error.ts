import type { Failure } from '../protocol.js';

/** A failure that the page has words for, on its way through the worker. */
export class FailureError extends Error {
  override readonly name = 'FailureError';

  constructor(readonly failure: Failure) {
    super(failure.code);
  }
}

/** Any error as a failure; one that is not foreseen keeps its message. */
export function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  return { code: 'other', message: error instanceof Error ? error.message : String(error) };
}
