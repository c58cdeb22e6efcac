/** Language models that run anywhere: building, training, saving, loading, writing. Files need '@inkstone/models/node'. */
export { AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer } from './auto.js';
export {
  Bert,
  type BertConfig,
  BertForMaskedLM,
  type BertInputs,
  type BertOutput,
  type MaskedLMOutput,
} from './bert.js';
export { Bigram, type BigramConfig } from './bigram.js';
export { CausalLM, type CausalLMConfig, type CausalLMOutput } from './causal-lm.js';
export {
  latestCheckpoint,
  NotACheckpoint,
  resolveCheckpoint,
  type WriteCheckpointOptions,
  writeCheckpoint,
} from './checkpoint.js';
export { dialogueCorpus } from './corpus/dialogue.js';
export { countFlops, countParameters, type FlopCounts, type ParameterCounts } from './counts.js';
export {
  type Batch,
  type BlockOptions,
  evaluationBatches,
  RandomBlocks,
  splitTokens,
  type TokenSplit,
} from './data.js';
export { datasets, dialogue, findDataset } from './datasets/catalog.js';
export type { Dataset, EmbeddedDataset, PackageDataset } from './datasets/descriptor.js';
export { mobyDick, namesFemale, namesMale } from './datasets/english.js';
export {
  characterCounts,
  decodeUtf8Strict,
  splitText,
  type TextSplit,
  type TextStatistics,
  textStatistics,
  Utf8Error,
  unigramEntropy,
} from './datasets/text.js';
export { ci, yuanqu } from './datasets/verse.js';
export { type Folder, MemoryFolder, MissingFile } from './folder.js';
export { type GenerateOptions, type GenerateOutput, newTokens, type StreamOptions } from './generation.js';
export { GPT, type GPTConfig } from './gpt.js';
export { type DownloadOptions, type DownloadProgress, type PretrainedSource, sourceFolder } from './hub.js';
export { Inside, type LookOptions, lookInside } from './inside.js';
export {
  type BeginEvent,
  type CurvesEvent,
  type DoneEvent,
  findLesson,
  type Lesson,
  type LessonEvent,
  type LessonOptions,
  type LessonStepEvent,
  type LessonText,
  lessons,
  type MatrixEvent,
  type NoteEvent,
  runLesson,
  type TableEvent,
  type TellingEvent,
  type TextEvent,
  type Words,
} from './lessons/index.js';
export { Llama, type LlamaConfig } from './llama.js';
export { type Llama2cOptions, llamaFromLlama2c, tokenizerFromLlama2c } from './llama2c.js';
export { addLora, type LoraConfig, LoraLinear, loraLayers, mergeLora, removeLora } from './lora.js';
export { loadLora, type SaveLoraOptions, saveLora } from './lora-files.js';
export { ConfigError, type ConfigJSON, type ModelFiles } from './model-files.js';
export { NgramMLP, type NgramMLPConfig } from './ngram-mlp.js';
export { measurePerplexity, type Perplexity, type PerplexityOptions } from './perplexity.js';
export { type LoadModelOptions, type SaveOptions, savePretrained } from './pretrained.js';
export { isQuantized, type QuantizedDType, type QuantizeOptions, quantize } from './quantize.js';
export {
  type RecurrentCell,
  RecurrentLM,
  type RecurrentLMConfig,
  type RecurrentState,
} from './recurrent-lm.js';
export { type SentenceEmbeddingOptions, sentenceEmbeddings } from './sentence-embeddings.js';
export { Trainer } from './trainer.js';
export { defaultArguments, type TrainingArguments } from './training/arguments.js';
export type {
  CheckpointEvent,
  EndEvent,
  EvaluationEvent,
  SampleEvent,
  StartEvent,
  StepEvent,
  TrainingEvent,
} from './training/events.js';
export type {
  ResumeOptions,
  TrainerCallback,
  TrainerOptions,
  TrainingControl,
  TrainingData,
} from './training/options.js';
export { bestCheckpoint, readRun } from './training/runs.js';
export { learningRateAt } from './training/schedule.js';
export type { DataFingerprint, TrainingState } from './training/state.js';
