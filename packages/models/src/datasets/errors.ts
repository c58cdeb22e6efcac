/** What can go wrong on the way to a dataset, by what a caller can do about it. */

/** Why a dataset cannot be had now. */
export type UnavailableReason =
  /** There is no npm to run. */
  | 'no-npm'
  /** The registry cannot be reached. */
  | 'network'
  /** Nothing arrived for too long. */
  | 'timeout'
  /** The registry does not have the package or the version. */
  | 'not-found'
  /** npm failed for another reason; the message has npm's own words. */
  | 'npm'
  /** The cache folder cannot be written. */
  | 'cache';

/** Why what arrived was refused. */
export type RejectedReason =
  /** The bytes are not the ones that the descriptor promises. */
  | 'integrity'
  /** The archive is truncated, malformed or tries to leave its folder. */
  | 'archive'
  /** A wanted file is missing. */
  | 'files'
  /** The files are not what `toText` expects. */
  | 'text';

/**
 * The dataset cannot be fetched here and now: no npm, no network, no room. Another dataset may do; `inkstone`
 * falls back to the embedded dialogue corpus.
 */
export class DatasetUnavailable extends Error {
  override readonly name = 'DatasetUnavailable';

  constructor(
    readonly dataset: string,
    readonly reason: UnavailableReason,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`dataset '${dataset}' is unavailable: ${why}`, options);
  }
}

/** The dataset arrived, but broken or tampered with. Nothing of it was kept. */
export class DatasetRejected extends Error {
  override readonly name = 'DatasetRejected';

  constructor(
    readonly dataset: string,
    readonly reason: RejectedReason,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`dataset '${dataset}' is refused: ${why}`, options);
  }
}

/** Why a text file of the user's cannot be trained on. */
export type TextFileReason = 'missing' | 'directory' | 'empty' | 'encoding' | 'too-large' | 'unreadable';

/** A text file of the user's that cannot be trained on. `offset` is set for `encoding`: the first bad byte. */
export class TextFileError extends Error {
  override readonly name = 'TextFileError';
  readonly offset: number | undefined;

  constructor(
    readonly path: string,
    readonly reason: TextFileReason,
    why: string,
    options: ErrorOptions & { readonly offset?: number } = {},
  ) {
    super(`${path}: ${why}`, options);
    this.offset = options.offset;
  }
}
