/** Trainers, apart from the rest: `import { trainBPE } from '@inkstone/tokenizer/train'`. */
export {
  type BPETrainOptions,
  trainBPE,
  trainWordLevel,
  trainWordPiece,
  type WordLevelTrainOptions,
  type WordPieceTrainOptions,
} from './train/bpe.js';
export { type Corpus, lines, type Progress, type TrainOptions } from './train/corpus.js';
export { trainUnigram, type UnigramTrainOptions } from './train/unigram.js';
