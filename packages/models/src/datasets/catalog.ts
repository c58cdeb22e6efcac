/** Every dataset that Inkstone knows by name. */
import { dialogueCorpus } from '../corpus/dialogue.js';
import type { Dataset, EmbeddedDataset } from './descriptor.js';
import { mobyDick, namesFemale, namesMale } from './english.js';
import { ci, yuanqu } from './verse.js';

/** Short exchanges in Chinese and English, inside this package: needs no network. */
export const dialogue: EmbeddedDataset = {
  kind: 'embedded',
  name: 'dialogue',
  title: 'Short dialogues, Chinese and English, inside this package',
  license: 'MIT',
  text: () => dialogueCorpus,
};

/** The datasets in the order in which a list shows them. */
export const datasets: readonly Dataset[] = [ci, yuanqu, mobyDick, namesFemale, namesMale, dialogue];

/** The dataset of that name, or undefined. */
export function findDataset(name: string): Dataset | undefined {
  return datasets.find((dataset) => dataset.name === name);
}
