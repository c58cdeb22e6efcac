/** The page's side of the worker: one function for each thing that a user can do. */
import { batch } from '@preact/signals';
import type { Command, DeviceChoice, Report, Settings, TextSource, Writing } from '../protocol.js';
import * as session from './session.js';

const worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'trainer' });

worker.onmessage = ({ data }: MessageEvent<Report>) => {
  if (isStale(data)) return;
  if (data.type === 'checkpoint') {
    session.packing.value = false;
    save(data.archive, data.name);
  } else {
    batch(() => session.receive(data));
  }
};

worker.onerror = (event) => {
  event.preventDefault();
  const message = event.message || 'the worker did not start';
  batch(() => session.receive({ type: 'failed', during: 'start', failure: { code: 'other', message } }));
};

/** The last turn of each kind of choice: an answer to an earlier one comes too late. */
const turns = new Map<Command['type'], number>();

function nextTurn(type: 'use-device' | 'use-text'): number {
  const turn = (turns.get(type) ?? 0) + 1;
  turns.set(type, turn);
  return turn;
}

function isStale(report: Report): boolean {
  if (!('turn' in report) || report.turn === undefined) return false;
  return report.turn !== turns.get(report.type === 'failed' ? report.during : `use-${report.type}`);
}

function send(command: Command): void {
  worker.postMessage(command);
}

/** Opens a device, on which the next run trains. */
export function useDevice(choice: DeviceChoice): void {
  session.deviceChoice.value = choice;
  session.device.value = null;
  session.failure.value = null;
  send({ type: 'use-device', turn: nextTurn('use-device'), choice });
}

/** Loads a text, on which the next run trains. Until it is there the old one is gone. */
export function useText(source: TextSource): void {
  session.text.value = null;
  session.textLoading.value = true;
  session.failure.value = null;
  send({ type: 'use-text', turn: nextTurn('use-text'), source });
}

/** Puts the text away: another is being chosen or typed, and nothing should be trained on this one by mistake. */
export function forgetText(): void {
  nextTurn('use-text');
  session.text.value = null;
  session.textLoading.value = false;
}

/** Trains a new model; the last one is gone. */
export function start(settings: Settings): void {
  session.clearRun(settings);
  session.failure.value = null;
  session.phase.value = 'preparing';
  send({ type: 'start', settings });
}

export function pause(): void {
  session.phase.value = 'pausing';
  send({ type: 'pause' });
}

export function resume(): void {
  send({ type: 'resume' });
}

export function stop(): void {
  session.phase.value = 'stopping';
  send({ type: 'stop' });
}

/** Lets the model go on from a prompt; while it trains, between two steps. */
export function write(writing: Writing): void {
  session.written.value = { prompt: writing.prompt, text: '' };
  session.writing.value = true;
  session.failure.value = null;
  send({ type: 'write', writing });
}

export function stopWriting(): void {
  send({ type: 'stop-writing' });
}

/** Packs the model as it is now, and saves it. */
export function download(): void {
  session.packing.value = true;
  session.failure.value = null;
  send({ type: 'download' });
}

function save(archive: Uint8Array<ArrayBuffer>, name: string): void {
  const url = URL.createObjectURL(new Blob([archive], { type: 'application/zip' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the bytes over by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
