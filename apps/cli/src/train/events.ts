/**
 * What happens in a run, in the order in which it happens. `--json` prints these objects, a line each; a person sees
 * them drawn. Losses are in nats per character.
 */

/** A dataset is on its way: only when it was not in the cache. */
export interface FetchEvent {
  readonly event: 'fetch';
  readonly dataset: string;
  readonly phase: 'download' | 'verify' | 'extract' | 'convert';
  /** Bytes, from 0 to `total`. */
  readonly done: number;
  readonly total: number;
}

/** Something that the person should know, in one line. */
export interface NoticeEvent {
  readonly event: 'notice';
  readonly message: string;
}

export interface DataEvent {
  readonly event: 'data';
  /** A dataset's name, or a file, as it was asked for. */
  readonly source: string;
  readonly characters: number;
  /** Characters that are held out for validation. */
  readonly validationCharacters: number;
  /** Different characters. */
  readonly distinct: number;
  /** Tokens that the model knows. */
  readonly vocabulary: number;
  /** The loss of a model that knows only how frequent each character is. */
  readonly unigramEntropy: number;
}

export interface ModelEvent {
  readonly event: 'model';
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly block: number;
  readonly batch: number;
  readonly parameters: number;
  /** Share of activations dropped in training, and where that is drawn (null where nothing is dropped). */
  readonly dropout: number;
  readonly rng: 'host' | 'device' | null;
  /** Name and description of the device. */
  readonly device: string;
  readonly folder: string;
  /** Steps done before: more than 0 where a run goes on. */
  readonly step: number;
  /** Steps in all; null while only the time is known. */
  readonly steps: number | null;
}

export interface StepEvent {
  readonly event: 'step';
  /** Steps done, from 1. */
  readonly step: number;
  /** Steps in all; null while only the time is known. */
  readonly steps: number | null;
  readonly loss: number;
  readonly learningRate: number;
  /** Since the event before, validation and samples left out. */
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

export interface ValidationEvent {
  readonly event: 'validation';
  readonly step: number;
  readonly loss: number;
}

export interface SampleEvent {
  readonly event: 'sample';
  readonly step: number;
  readonly text: string;
}

export interface CheckpointEvent {
  readonly event: 'checkpoint';
  readonly step: number;
  readonly folder: string;
}

export interface EndEvent {
  readonly event: 'end';
  readonly reason: 'steps' | 'minutes' | 'interrupted';
  readonly step: number;
  readonly steps: number | null;
  /** The last validation loss, null if the run ended before the first one. */
  readonly validationLoss: number | null;
  readonly unigramEntropy: number;
  /** Of training in all, from the run's first step. */
  readonly seconds: number;
  /** What the model writes now; nothing after an interruption. */
  readonly samples: readonly string[];
  readonly folder: string;
  /** Command lines to go on with. */
  readonly resume: string;
  readonly generate: string;
}

export type TrainEvent =
  | FetchEvent
  | NoticeEvent
  | DataEvent
  | ModelEvent
  | StepEvent
  | ValidationEvent
  | SampleEvent
  | CheckpointEvent
  | EndEvent;

/** Shows events: as a live picture, as lines, or as JSON. */
export interface Reporter {
  report(event: TrainEvent): void;
  /** Takes in what a run told before it was interrupted, which is part of the picture and no news. */
  recall(events: readonly TrainEvent[]): void;
  /** Leaves the terminal in order; nothing is reported after it. */
  close(): void;
}
