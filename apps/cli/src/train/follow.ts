/** Runs a trainer and tells what it does: in the terminal, and in the log of the run. */
import type { WriteStream } from 'node:fs';
import type { GPTConfig, StartEvent, Trainer, TrainingEvent } from '@inkstone/models';
import { nextCommands } from '../invocation.js';
import type { EndEvent, ModelEvent, Reporter, TrainEvent } from './events.js';
import { openLog } from './run-folder.js';
import { samplePrompt, type Tokens } from './session.js';
import type { TrainingText } from './text.js';

export interface Session {
  readonly trainer: Trainer;
  readonly text: TrainingText;
  readonly tokens: Tokens;
  readonly folder: string;
  /** What the run has told before. */
  readonly past: readonly TrainEvent[];
}

/**
 * Trains to the end or until the signal comes.
 *
 * @throws the signal's reason if it came before the first step: nothing was saved then.
 */
export async function follow(session: Session, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const { trainer, tokens, folder, past } = session;
  // The log begins with the first step: a run that never made one leaves nothing behind.
  const before: TrainEvent[] = [...past];
  let log: WriteStream | undefined;
  const tell = (event: TrainEvent): void => {
    reporter.report(event);
    if (log) log.write(`${JSON.stringify(event)}\n`);
    else before.push(event);
  };

  tell(tokens.facts);
  reporter.recall(past);
  const onStop = () => {
    if (trainer.step > 0) reporter.report({ event: 'notice', message: 'stopping: a checkpoint is saved' });
  };
  signal.addEventListener('abort', onStop, { once: true });
  let steps: number | null = null;
  let validationLoss: number | null = null;
  try {
    for await (const event of trainer.run({ signal })) {
      switch (event.type) {
        case 'start':
          steps = event.totalSteps;
          tell(modelEvent(trainer, folder, event));
          break;
        case 'end':
          if (event.reason === 'stopped' && event.step === 0) throw signal.reason;
          validationLoss = event.validationLoss ?? validationLoss;
          tell(await endEvent(session, { ...event, validationLoss }, steps, signal));
          break;
        case 'step':
          steps = event.totalSteps;
          log ??= await openLog(folder, before);
          tell(stepEvent(event));
          break;
        case 'evaluation':
          validationLoss = event.validationLoss;
          tell({ event: 'validation', step: event.step, loss: event.validationLoss });
          break;
        case 'sample':
          tell({ event: 'sample', step: event.step, text: event.text });
          break;
        case 'checkpoint':
          tell({ event: 'checkpoint', step: event.step, folder: event.path });
          break;
      }
    }
  } finally {
    signal.removeEventListener('abort', onStop);
    await new Promise<void>((resolve) => (log ? log.end(resolve) : resolve()));
  }
}

function modelEvent({ model, arguments: args }: Trainer, folder: string, start: StartEvent): ModelEvent {
  const { nLayer, nHead, nEmbd, blockSize, dropout } = model.config as GPTConfig;
  return {
    event: 'model',
    layers: nLayer,
    heads: nHead,
    width: nEmbd,
    block: blockSize,
    batch: args.batchSize,
    parameters: start.parameters,
    dropout,
    rng: start.rng,
    device: start.device,
    folder,
    step: start.step,
    steps: start.totalSteps,
  };
}

function stepEvent(event: Extract<TrainingEvent, { type: 'step' }>): TrainEvent {
  const { step, totalSteps, loss, learningRate, tokensPerSecond, secondsLeft } = event;
  return { event: 'step', step, steps: totalSteps, loss, learningRate, tokensPerSecond, secondsLeft };
}

// The command sets no patience: `patience` is there for the type only.
const reasons = { steps: 'steps', patience: 'steps', time: 'minutes', stopped: 'interrupted' } as const;

async function endEvent(
  { trainer, text, tokens, folder }: Session,
  { reason, step, validationLoss, seconds }: Extract<TrainingEvent, { type: 'end' }>,
  steps: number | null,
  signal: AbortSignal,
): Promise<EndEvent> {
  return {
    event: 'end',
    reason: reasons[reason],
    step,
    steps,
    validationLoss,
    unigramEntropy: tokens.facts.unigramEntropy,
    seconds,
    samples: reason === 'stopped' ? [] : await finalSamples(trainer, text.text, tokens, signal),
    folder,
    ...nextCommands(folder, examplePrompt(text.text), reason === 'stopped' ? [] : further(trainer)),
  };
}

/** Twice the limit that ended the run. */
function further({ arguments: { maxSteps, maxSeconds } }: Trainer): string[] {
  if (maxSteps !== null) return ['--steps', String(2 * maxSteps)];
  return maxSeconds === null ? [] : ['--minutes', String(Number(((2 * maxSeconds) / 60).toFixed(3)))];
}

const finalSampleCount = 3;
const finalSampleTokens = 120;

/** What the model writes when the run is over, each from a seed of its own. */
async function finalSamples(
  { model, step, arguments: args }: Trainer,
  text: string,
  { tokenizer }: Tokens,
  signal: AbortSignal,
): Promise<string[]> {
  const prompt = tokenizer.encode(samplePrompt(text));
  const samples: string[] = [];
  for (let i = 0; i < finalSampleCount && !signal.aborted; i++) {
    const ids = await model.generate(prompt, {
      maxNewTokens: finalSampleTokens,
      temperature: args.sampleTemperature,
      topK: args.sampleTopK,
      seed: step + 1 + i,
      signal,
    });
    samples.push(tokenizer.decode(ids.slice(prompt.length), { skipSpecialTokens: true }));
  }
  return samples;
}

/** A beginning that the model knows, for the command line that is shown: 春 if it can be, else the text's first word. */
function examplePrompt(text: string): string {
  if (text.includes('春')) return '春';
  return text.match(/[\p{L}\p{N}]+/u)?.[0].slice(0, 20) ?? [...text][0];
}
