/** What a training run tells while it goes. */

import type { Rng } from '@inkstone/core';

/** Before the first step. */
export interface StartEvent {
  readonly type: 'start';
  /** Steps done before, more than 0 when a run goes on. */
  readonly step: number;
  /** Steps in all; null while only the time is limited. */
  readonly totalSteps: number | null;
  /** Parameters of the model, shared ones counted once. */
  readonly parameters: number;
  readonly trainTokens: number;
  readonly validationTokens: number;
  readonly tokensPerStep: number;
  /** The device, in words. */
  readonly device: string;
  /** Where dropout is drawn; null where the model has none. */
  readonly rng: Rng | null;
}

/** A step's loss has arrived; the device is already at work on the next. */
export interface StepEvent {
  readonly type: 'step';
  /** Steps done, counted from 1. */
  readonly step: number;
  readonly totalSteps: number | null;
  /** Of this step's batch, before its update, in nats per token. */
  readonly loss: number;
  readonly learningRate: number;
  /** Training speed since the last step event, evaluations and samples left out. */
  readonly tokensPerSecond: number;
  /** Training time so far, of earlier sessions too. */
  readonly seconds: number;
  /** An estimate. */
  readonly secondsLeft: number;
}

export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly step: number;
  /** Mean over the evaluation batches, in nats per token. */
  readonly validationLoss: number;
  /** The lowest so far, this one included. */
  readonly bestValidationLoss: number;
  /** The step that the lowest was found at. */
  readonly bestStep: number;
}

export interface SampleEvent {
  readonly type: 'sample';
  readonly step: number;
  readonly prompt: string;
  /** What the model wrote after the prompt. */
  readonly text: string;
}

/** A checkpoint lies on the disk, and `latest` names it. */
export interface CheckpointEvent {
  readonly type: 'checkpoint';
  readonly step: number;
  /** Its folder. */
  readonly path: string;
  /** Whether it is kept as the best so far; see `loadBestModelAtEnd`. */
  readonly best: boolean;
}

export interface EndEvent {
  readonly type: 'end';
  readonly step: number;
  /**
   * 'steps': all are done; 'time': the seconds are over; 'patience': too many evaluations in a row were no better;
   * 'stopped': by the signal or by `stop`.
   */
  readonly reason: 'steps' | 'time' | 'patience' | 'stopped';
  /** Of the model as it is now, if it was evaluated. */
  readonly validationLoss: number | null;
  /** The step of the weights that the model has now, where that is not the last: the best one's, put back. */
  readonly bestStep: number | null;
  /** Training time in all, of earlier sessions too. */
  readonly seconds: number;
}

export type TrainingEvent =
  | StartEvent
  | StepEvent
  | EvaluationEvent
  | SampleEvent
  | CheckpointEvent
  | EndEvent;
