import type { DeviceName, Failure, NotUsed } from '../protocol.js';
import type { SettingProblem } from '../state/setting-rules.js';

const count = (value: number) => value.toLocaleString('en');

const deviceNames: Record<DeviceName, string> = { webgpu: 'WebGPU', cpu: 'CPU' };

/** The page in English. What other languages must say too. */
export const english = {
  tagline: 'Train a small GPT on your text, in this tab',
  privacy: 'Everything runs on this device. Your text is not sent anywhere.',
  language: 'Language',
  theme: { label: 'Theme', auto: 'System', light: 'Light', dark: 'Dark' },
  optional: 'optional',

  text: {
    title: 'Text',
    source: 'Where the text comes from',
    builtin: 'Built-in',
    file: 'File',
    typed: 'Paste',
    builtinAbout: 'Short dialogues in Chinese and English, written for Inkstone.',
    drop: 'Drop a text file here',
    choose: 'or choose one',
    dropAnywhere: 'Drop it to train on it',
    otherFile: 'Choose another file',
    typedLabel: 'Text to train on',
    typedPlaceholder: 'Paste a few pages of text. The more, the better.',
    useTyped: 'Use this text',
    reading: 'Reading…',
    characters: (n: number) => `${count(n)} ${n === 1 ? 'character' : 'characters'}`,
    distinct: (n: number) => `${count(n)} different`,
    openingOf: 'How the text starts',
  },

  model: {
    title: 'Model',
    size: 'Size',
    tiny: 'Tiny',
    small: 'Small',
    medium: 'Medium',
    custom: 'Custom',
    layers: 'Layers',
    heads: 'Heads',
    width: 'Width',
    block: 'Block',
    blockHelp: 'characters it sees at once',
  },

  training: {
    title: 'Training',
    batch: 'Batch',
    learningRate: 'Learning rate',
    seed: 'Seed',
    steps: 'Steps',
  },

  device: {
    title: 'Device',
    auto: 'Auto',
    names: deviceNames,
    opening: 'Looking for a device…',
    runsOn: (name: DeviceName) => `Runs on ${name === 'cpu' ? 'the CPU' : 'WebGPU'}`,
    oneThread: 'One thread only: the server did not send the headers that let a page use more.',
    notUsed(name: DeviceName, reason: NotUsed): string {
      const subject = name === 'cpu' ? 'The CPU' : 'WebGPU';
      switch (reason.why) {
        case 'not-asked':
          return `${subject} was not asked for.`;
        case 'second-choice':
          return `${subject} would work too.`;
        case 'software':
          return `${subject} is there, but its adapter (${reason.adapter}) computes on the CPU, which is faster without it.`;
        case 'insecure':
          return `${subject} needs a secure page: https, or localhost.`;
        case 'unsupported':
          return `This browser has no ${deviceNames[name]}.`;
        case 'failed':
          return `${subject} cannot be used: ${reason.message}`;
      }
    },
  },

  run: {
    title: 'Training run',
    start: 'Start training',
    again: 'Train again',
    pause: 'Pause',
    resume: 'Resume',
    stop: 'Stop',
    progress: 'Steps done',
    step: 'Step',
    of: (steps: number) => `of ${count(steps)}`,
    loss: 'Loss',
    validation: 'Validation',
    speed: 'Tokens/s',
    timeLeft: 'Time left',
    parameters: (n: number, vocabulary: number) =>
      `${count(n)} parameters, ${count(vocabulary)} ${vocabulary === 1 ? 'character' : 'characters'}`,
    states: {
      idle: 'Ready',
      preparing: 'Preparing…',
      running: 'Training',
      pausing: 'Pausing…',
      paused: 'Paused',
      stopping: 'Stopping…',
      finished: 'Finished',
      stopped: 'Stopped',
    },
  },

  chart: {
    title: 'Loss',
    train: 'train',
    validation: 'validation',
    entropy: 'character frequencies alone',
    step: 'step',
    empty: 'The loss appears here, step by step.',
    describe: (step: number, loss: string, validation: string) =>
      `Loss by step. At step ${count(step)} the training loss is ${loss}, the validation loss ${validation}.`,
    none: 'not known yet',
  },

  samples: {
    title: 'Samples',
    empty: 'Now and then the model writes a few lines. They appear here, the newest first.',
    at: (step: number) => `step ${count(step)}`,
  },

  write: {
    title: 'Write with it',
    prompt: 'Prompt',
    promptPlaceholder: 'Where it goes on from',
    temperature: 'Temperature',
    topK: 'Top-k',
    allCharacters: 'all',
    length: 'Length',
    write: 'Write',
    stop: 'Stop',
    output: 'What it wrote',
    empty: 'Once training has begun, let the model go on from any words.',
  },

  checkpoint: {
    download: 'Download checkpoint',
    packing: 'Packing…',
    about: 'model.safetensors, config.json and tokenizer.json in one zip',
  },

  problems: {
    range: (problem: SettingProblem & { kind: 'range' }, label: string) =>
      `${label} must be ${problem.whole ? 'a whole number' : 'a number'} from ${problem.min} to ${problem.max}, not ${problem.value || 'empty'}.`,
    multiple: (width: number, heads: number) =>
      `Width ${width} must be a multiple of heads, which is ${heads}.`,
    dismiss: 'Dismiss',
    failure(failure: Failure): string {
      switch (failure.code) {
        case 'empty-text':
          return `${failure.name ?? 'The text'} is empty. It needs some characters to learn from.`;
        case 'not-utf8': {
          const byte = `0x${failure.byte.toString(16).toUpperCase().padStart(2, '0')}`;
          return `${failure.name} is not UTF-8: byte ${byte} at offset ${count(failure.offset)}. Save it as UTF-8 and try again.`;
        }
        case 'too-large':
          return `${failure.name} has ${count(failure.bytes)} bytes; at most ${count(failure.most)} are read here.`;
        case 'unreadable':
          return `${failure.name} cannot be read: ${failure.message}`;
        case 'too-short':
          return `The text has ${count(failure.characters)} characters; a block of ${count(failure.block)} needs at least ${count(failure.needed)}. Use a longer text or a smaller block.`;
        case 'no-device':
          return english.device.notUsed(failure.name, failure.notUsed);
        case 'unknown-characters':
          return `The text has no ${failure.characters}: the model knows only the characters that it was trained on.`;
        case 'other':
          return failure.message;
      }
    },
  },

  duration(seconds: number): string {
    if (seconds < 60) return `${Math.ceil(seconds)} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
    return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  },
};

/** The shape of a translation: the same keys, any words. */
export type Messages = typeof english;
