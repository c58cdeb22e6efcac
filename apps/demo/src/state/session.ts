/** What the page knows: everything that the worker reported, as signals that components read. */
import { computed, signal } from '@preact/signals';
import type { DeviceChoice, DeviceReport, Failure, Report, Settings, TextFacts } from '../protocol.js';
import { LossCurve } from './loss-curve.js';

export type Phase =
  | 'idle'
  | 'preparing'
  | 'running'
  | 'pausing'
  | 'paused'
  | 'stopping'
  | 'finished'
  | 'stopped';

/** The model of the last run, as far as the page cares. */
export interface ModelFacts {
  readonly parameters: number;
  readonly vocabulary: number;
}

export interface Sample {
  readonly step: number;
  readonly text: string;
}

/** More would make the page long; the early ones are gibberish anyway. */
const mostSamples = 5;

export const phase = signal<Phase>('idle');
export const deviceChoice = signal<DeviceChoice>('auto');
/** Null while a device is being opened, or when there is none. */
export const device = signal<DeviceReport | null>(null);
export const text = signal<TextFacts | null>(null);
export const textLoading = signal(false);
export const failure = signal<Failure | null>(null);

/** The settings and the text's entropy of the run shown, whatever is typed or dropped meanwhile. */
export const runSettings = signal<Settings | null>(null);
export const runEntropy = signal<number | null>(null);
export const model = signal<ModelFacts | null>(null);
export const step = signal(0);
export const loss = signal<number | null>(null);
export const validationLoss = signal<number | null>(null);
export const tokensPerSecond = signal<number | null>(null);
export const secondsLeft = signal<number | null>(null);
export const samples = signal<readonly Sample[]>([]);

/** The curves change in place; `curvesDrawn` counts up when they did. */
export const curves = { train: new LossCurve(), validation: new LossCurve() };
export const curvesVersion = signal(0);

export const writing = signal(false);
export const written = signal<{ readonly prompt: string; readonly text: string } | null>(null);
export const packing = signal(false);

/** Whether a run is under way, paused ones included. */
export const busy = computed(() =>
  ['preparing', 'running', 'pausing', 'paused', 'stopping'].includes(phase.value),
);

/** Forgets the last run, for one that starts now. */
export function clearRun(settings: Settings): void {
  runSettings.value = settings;
  runEntropy.value = text.value?.entropy ?? null;
  model.value = null;
  step.value = 0;
  loss.value = null;
  validationLoss.value = null;
  tokensPerSecond.value = null;
  secondsLeft.value = null;
  samples.value = [];
  curves.train = new LossCurve();
  curves.validation = new LossCurve();
  curvesVersion.value++;
  written.value = null;
}

/** Takes in what the worker says. A checkpoint is the caller's to save. */
export function receive(report: Exclude<Report, { type: 'checkpoint' }>): void {
  switch (report.type) {
    case 'device':
      device.value = report.device;
      break;
    case 'text':
      text.value = report.text;
      textLoading.value = false;
      break;
    case 'started':
      model.value = report;
      phase.value = 'running';
      break;
    case 'progress':
      for (const point of report.losses) curves.train.add(point);
      curvesVersion.value++;
      step.value = report.step;
      loss.value = report.losses.at(-1)?.loss ?? loss.value;
      tokensPerSecond.value = report.tokensPerSecond;
      secondsLeft.value = report.secondsLeft;
      break;
    case 'validation':
      curves.validation.add(report.point);
      curvesVersion.value++;
      validationLoss.value = report.point.loss;
      break;
    case 'sample':
      samples.value = [report, ...samples.value].slice(0, mostSamples);
      break;
    case 'paused':
      phase.value = 'paused';
      break;
    case 'resumed':
      phase.value = 'running';
      break;
    case 'ended':
      step.value = report.step;
      secondsLeft.value = null;
      phase.value = report.end;
      break;
    case 'written':
      if (written.value) written.value = { ...written.value, text: written.value.text + report.piece };
      break;
    case 'writing-ended':
      writing.value = false;
      break;
    case 'failed':
      failure.value = report.failure;
      afterFailure(report.during);
      break;
  }
}

/** What is no longer under way after a command failed. */
function afterFailure(during: Extract<Report, { type: 'failed' }>['during']): void {
  switch (during) {
    case 'use-text':
      textLoading.value = false;
      break;
    case 'write':
      writing.value = false;
      break;
    case 'download':
      packing.value = false;
      break;
    case 'start':
      phase.value = step.value > 0 ? 'stopped' : 'idle';
      secondsLeft.value = null;
      break;
  }
}
