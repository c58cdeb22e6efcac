/** Datasets in Node: descriptors, fetching, the user's own files. Browsers take descriptors and text tools only. */
export { cacheFolder } from './cache.js';
export { datasets, dialogue, findDataset } from './catalog.js';
export type { Dataset, EmbeddedDataset, PackageDataset } from './descriptor.js';
export { mobyDick, namesFemale, namesMale } from './english.js';
export {
  DatasetRejected,
  DatasetUnavailable,
  type RejectedReason,
  TextFileError,
  type TextFileReason,
  type UnavailableReason,
} from './errors.js';
export { type DatasetProgress, type LoadDatasetOptions, type LoadedDataset, loadDataset } from './load.js';
export {
  characterCounts,
  decodeUtf8Strict,
  splitText,
  type TextSplit,
  type TextStatistics,
  textStatistics,
  Utf8Error,
  unigramEntropy,
} from './text.js';
export { loadTextFile } from './text-file.js';
export { ci, yuanqu } from './verse.js';
