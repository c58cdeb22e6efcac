/**
 * What the page and its worker say to each other. The worker owns the text, the device, the model and the training;
 * the page shows them. Everything here survives a structured clone, and nothing is in a human language: the page
 * finds the words.
 */

/** How the model is made and trained. Counts are whole numbers. */
export interface Settings {
  readonly layers: number;
  readonly heads: number;
  /** Channels; a multiple of `heads`. */
  readonly width: number;
  /** Characters that the model sees at once. */
  readonly block: number;
  /** Blocks a step. */
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly steps: number;
}

export type DeviceChoice = 'auto' | 'webgpu' | 'cpu';
export type DeviceName = 'webgpu' | 'cpu';

/** How one text is written on. */
export interface Writing {
  readonly prompt: string;
  readonly temperature: number;
  /** Only the k likeliest characters; 0 for all. */
  readonly topK: number;
  /** Characters to write. */
  readonly length: number;
}

/** Where a training text comes from. */
export type TextSource =
  | { readonly kind: 'builtin' }
  | { readonly kind: 'file'; readonly name: string; readonly file: Blob }
  | { readonly kind: 'typed'; readonly text: string };

/** Page to worker. */
export type Command =
  /** `turn` comes back with the answer, so that an answer to an earlier choice can be told from the one awaited. */
  | { readonly type: 'use-device'; readonly turn: number; readonly choice: DeviceChoice }
  | { readonly type: 'use-text'; readonly turn: number; readonly source: TextSource }
  | { readonly type: 'start'; readonly settings: Settings }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  /** Ends the run early; the model stays, to write with and to download. */
  | { readonly type: 'stop' }
  | { readonly type: 'write'; readonly writing: Writing }
  | { readonly type: 'stop-writing' }
  | { readonly type: 'download' };

/** Figures of the text that is loaded now. */
export interface TextFacts {
  readonly name: string | null;
  /** Code points. */
  readonly characters: number;
  /** Different code points. */
  readonly distinct: number;
  /** Nats a character when only their frequencies are known: what a model must beat. */
  readonly entropy: number;
  /** How the text starts. */
  readonly opening: string;
}

/** Why a device is not the one in use. */
export type NotUsed =
  | { readonly why: 'not-asked' }
  /** It would work, and another one goes first. */
  | { readonly why: 'second-choice' }
  /** An adapter that computes on the CPU: the CPU backend does that faster. */
  | { readonly why: 'software'; readonly adapter: string }
  /** The page came over plain http from another machine. */
  | { readonly why: 'insecure' }
  /** The browser has no `navigator.gpu`. */
  | { readonly why: 'unsupported' }
  | { readonly why: 'failed'; readonly message: string };

export interface DeviceReport {
  readonly name: DeviceName;
  /** One line from the backend: the adapter, or the number of threads. */
  readonly description: string;
  readonly other: { readonly name: DeviceName; readonly notUsed: NotUsed };
  /** Whether the page may share memory; without it the CPU runs on one thread. */
  readonly isolated: boolean;
}

/** What went wrong, by what the user can do about it. */
export type Failure =
  | { readonly code: 'empty-text'; readonly name: string | null }
  | { readonly code: 'not-utf8'; readonly name: string; readonly offset: number; readonly byte: number }
  | { readonly code: 'too-large'; readonly name: string; readonly bytes: number; readonly most: number }
  | { readonly code: 'unreadable'; readonly name: string; readonly message: string }
  | {
      readonly code: 'too-short';
      readonly characters: number;
      readonly needed: number;
      readonly block: number;
    }
  | { readonly code: 'no-device'; readonly name: DeviceName; readonly notUsed: NotUsed }
  | { readonly code: 'unknown-characters'; readonly characters: string }
  | { readonly code: 'other'; readonly message: string };

/** One point of a loss curve. */
export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** Why a run is over. */
export type RunEnd = 'finished' | 'stopped';

/** Worker to page. */
export type Report =
  | { readonly type: 'device'; readonly turn: number; readonly device: DeviceReport }
  | { readonly type: 'text'; readonly turn: number; readonly text: TextFacts }
  /** A run has begun, with a model of so many numbers. */
  | { readonly type: 'started'; readonly parameters: number; readonly vocabulary: number }
  /** Steps since the last report, a few reports a second. `secondsLeft` is null until there is a rate. */
  | {
      readonly type: 'progress';
      readonly step: number;
      readonly losses: readonly LossPoint[];
      readonly tokensPerSecond: number;
      readonly secondsLeft: number | null;
    }
  | { readonly type: 'validation'; readonly point: LossPoint }
  | { readonly type: 'sample'; readonly step: number; readonly text: string }
  | { readonly type: 'paused' }
  | { readonly type: 'resumed' }
  | { readonly type: 'ended'; readonly end: RunEnd; readonly step: number }
  | { readonly type: 'written'; readonly piece: string }
  | { readonly type: 'writing-ended' }
  | { readonly type: 'checkpoint'; readonly name: string; readonly archive: Uint8Array<ArrayBuffer> }
  /** Something failed. `during` names the command that it ends, so that the page knows what state it is in. */
  | {
      readonly type: 'failed';
      readonly during: Command['type'];
      readonly turn?: number;
      readonly failure: Failure;
    };
