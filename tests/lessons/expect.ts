/** What each lesson must give: the numbers of PyTorch and NumPy, and how far from them a run may lie. */
import { readFileSync } from 'node:fs';
import type { DoneEvent, LessonEvent, LessonOptions } from '@inkstone/models';
import { expect } from 'vitest';

interface Curve {
  readonly first20: readonly number[];
  readonly every100: readonly number[];
  /** How far training in float64 is from these losses. */
  readonly distance: number;
}

interface Goldens {
  readonly text: string;
  readonly 'attention-zh': {
    readonly 'as-written': Record<'losses' | 'probabilities' | 'attention', readonly number[]>;
    readonly full: Curve & {
      readonly probabilities: readonly number[];
      readonly probabilitiesDistance: number;
    };
  };
  readonly 'hello-lstm': Readonly<Record<'rnn' | 'gru', Curve & { readonly generated: string }>>;
  readonly 'bigram-zh': Curve & {
    readonly initialLoss: number;
    readonly untrainedIds: readonly number[];
    readonly generatedIds: readonly number[];
    readonly vocabSize: number;
  };
  readonly 'activations-and-losses': {
    readonly [name in 'ReLU' | 'Sigmoid' | 'Tanh']: Record<'y' | 'gradient', readonly number[]>;
  } & {
    readonly softmax: readonly number[];
    readonly [name: string]: unknown;
  };
  readonly 'ngram-mlp': { readonly loss: number } & Record<'logits' | 'gradC', readonly number[]>;
}

/** The programs that core is held to as well. */
interface Training {
  readonly attention: Record<'losses' | 'outputs', readonly number[]> & {
    readonly after: Readonly<Record<string, readonly number[]>>;
  };
  readonly mlp: Readonly<Record<string, Record<'first10' | 'every100' | 'predictions', readonly number[]>>>;
  readonly lstm: { readonly first_appearance: Readonly<Record<string, { readonly detach: Curve }>> };
  readonly bigram: {
    readonly initialLoss: number;
    readonly untrained: readonly number[];
    readonly losses: Readonly<Record<string, number>>;
    readonly generated: readonly number[];
    readonly lecture: Readonly<Record<string, number>>;
    readonly lectureGenerated: readonly number[];
  };
}

const read = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as unknown;
export const goldens = read('goldens.json') as Goldens;
export const training = read('../core/goldens/training.json') as Training;

/** Every number of `got` within `bound` of the one that is wanted. */
export function near(got: unknown, want: readonly number[], bound: number, what = 'values'): void {
  const numbers = [got].flat(3) as number[];
  expect(numbers.length, what).toBe(want.length);
  const worst = Math.max(...want.map((x, i) => Math.abs(x - (numbers[i] as number))));
  expect(worst, `${what}: the largest distance is ${worst}`).toBeLessThanOrEqual(bound);
}

/** A run: which lesson, what it is told, and what its end must say. */
export interface Case {
  readonly title: string;
  readonly lesson: string;
  readonly options: LessonOptions;
  check(done: DoneEvent, events: readonly LessonEvent[]): void;
}

const every100 = (losses: readonly number[]): number[] => losses.filter((_, i) => i % 100 === 99);

function speller(cell: 'rnn' | 'gru' | 'lstm', steps: number): Case {
  const want = cell === 'lstm' ? training.lstm.first_appearance['42']?.detach : goldens['hello-lstm'][cell];
  if (!want) throw new Error('training.json lacks the LSTM of seed 42');
  // tolerances_float64.json has 1.07e-7 and 4.0e-8 for the LSTM of seed 42.
  const bounds = cell === 'lstm' ? [1.07e-6, 3.95e-7] : [10 * want.distance, 10 * want.distance];
  return {
    title: `hello-lstm, ${cell}, ${steps} epochs`,
    lesson: 'hello-lstm',
    options: { cell, steps },
    check({ losses, result }) {
      near(losses.slice(0, 20), want.first20, bounds[0] as number, 'first 20');
      near(
        every100(losses),
        want.every100.slice(0, Math.floor(steps / 100)),
        bounds[1] as number,
        'every 100',
      );
      if (steps === 1000) expect(result).toMatchObject({ generated: 'hello', right: true });
    },
  };
}

/**
 * The lessons that need no text from elsewhere.
 *
 * @param options.epochs of xor and hello-lstm; the tutorials have 1,000
 * @param options.cells the recurrent layers to spell with
 */
export function cases({
  epochs = 1000,
  cells = ['lstm', 'rnn', 'gru'],
}: {
  epochs?: number;
  cells?: readonly ('lstm' | 'rnn' | 'gru')[];
} = {}): Case[] {
  const asWritten = goldens['attention-zh']['as-written'];
  const { full } = goldens['attention-zh'];
  return [
    {
      title: 'attention-zh, as written',
      lesson: 'attention-zh',
      options: {},
      check({ losses, result }, events) {
        near(losses, asWritten.losses, 1e-12, 'losses');
        near(result.probabilities, asWritten.probabilities, 1e-12, 'probabilities');
        near(result.attention, asWritten.attention, 1e-12, 'attention');
        const steps = events.filter((event) => event.event === 'step');
        expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => 10 * i));
        expect(steps.every(({ predicted, right }) => predicted === '美' && right === '美')).toBe(true);
        expect(steps.map(({ loss }) => loss.toFixed(4))).toEqual(
          [
            '6',
            '6',
            '6',
            '5',
            '5',
            '5',
            '5',
            '5',
            '4',
            '4',
            '4',
            '4',
            '4',
            '4',
            '4',
            '4',
            '3',
            '3',
            '3',
            '3',
          ].map((digit) => `0.000${digit}`),
        );
      },
    },
    {
      title: 'attention-zh, in full',
      lesson: 'attention-zh',
      options: { way: 'full' },
      check({ losses, result }) {
        near(losses.slice(0, 20), full.first20, 10 * full.distance, 'first 20');
        near(every100(losses), full.every100, 10 * full.distance, 'every 100');
        near(result.probabilities, full.probabilities, 1e-6, 'probabilities');
        expect(result).toMatchObject({ predicted: '美', right: '美' });
      },
    },
    {
      title: 'self-attention',
      lesson: 'self-attention',
      options: {},
      check({ losses, result }, events) {
        const want = training.attention;
        near(losses, want.losses, 2.16e-6, 'losses');
        const printed = events.flatMap((event) => (event.event === 'step' ? [event.loss.toFixed(4)] : []));
        expect(printed).toEqual(want.losses.map((loss) => loss.toFixed(4)));
        expect([printed[0], printed[19]]).toEqual(['1.7862', '0.4381']);
        const after = result.after as Record<string, number[][]>;
        // 10 times what float64 moves each matrix by.
        for (const [name, bound] of [['W_Q', 1.24e-6], ['W_K', 1.15e-6], ['W_V', 6.8e-7]] as const) // biome-ignore format: a table
          near(after[name], want.after[`${name}.weight`] ?? [], bound, name);
        near(result.outputs, want.outputs, 2.2e-6, 'outputs');
      },
    },
    {
      title: `xor, ${epochs} epochs`,
      lesson: 'xor',
      options: { steps: epochs },
      check({ losses, result }) {
        const want = training.mlp['42'];
        if (!want) throw new Error('training.json lacks the network of seed 42');
        near(losses.slice(0, 10), want.first10, 1.08e-6, 'first 10');
        near(every100(losses), want.every100.slice(0, Math.floor(epochs / 100)), 1.08e-6, 'every 100');
        if (epochs === 1000) near(result.predictions, want.predictions, 1.97e-6, 'predictions');
      },
    },
    ...cells.map((cell) => speller(cell, epochs)),
    {
      title: 'bigram-zh',
      lesson: 'bigram-zh',
      options: { data: { name: 'three', text: goldens.text } },
      check({ losses, result }) {
        const want = goldens['bigram-zh'];
        near(losses.slice(0, 20), want.first20, 10 * want.distance, 'first 20');
        near(every100(losses), want.every100, 10 * want.distance, 'every 100');
        near(result.initialLoss, [want.initialLoss], 1e-6, 'initial loss');
        const { vocabSize, untrainedIds, generatedIds } = want;
        expect(result).toMatchObject({ vocabSize, untrainedIds, generatedIds });
      },
    },
    {
      title: 'activations-and-losses',
      lesson: 'activations-and-losses',
      options: {},
      check({ losses, result }) {
        expect(losses).toEqual([]);
        const want = goldens['activations-and-losses'];
        type Part = { y: number[]; gradient: number[]; loss: number; probabilities: number[] };
        const part = (from: unknown, name: string): Part => (from as Record<string, Part>)[name] as Part;
        for (const name of ['ReLU', 'Sigmoid', 'Tanh']) {
          near(part(result, name).y, part(want, name).y, 1e-6, name);
          near(part(result, name).gradient, part(want, name).gradient, 1e-6, `${name}'`);
        }
        near(part(result, 'softmax').probabilities, want.softmax, 1e-6, 'softmax');
        for (const name of ['crossEntropy', 'mse']) {
          near(part(result, name).loss, [part(want, name).loss], 1e-6, name);
          near(part(result, name).gradient, part(want, name).gradient, 1e-6, `${name}'`);
        }
      },
    },
  ];
}

/** The lecture on the text that it uses. */
export function shakespeare(text: string, steps: 100 | 10_000): Case {
  const { bigram } = training;
  return {
    title: `bigram-shakespeare, ${steps} steps`,
    lesson: 'bigram-shakespeare',
    options: { steps, data: { name: 'tinyshakespeare', text } },
    check({ losses, result }) {
      const want = steps === 100 ? bigram.losses : bigram.lecture;
      expect(losses.length).toBe(steps);
      near(result.initialLoss, [bigram.initialLoss], 1e-6, 'initial loss');
      const places = Object.keys(want).map(Number);
      // 10 times what float64 makes over 10,000 steps.
      near(places.map((step) => losses[step]), Object.values(want), 6.7e-5, 'losses'); // biome-ignore format: one line
      expect(result).toMatchObject({
        vocabSize: 65,
        logitsShape: [32, 65],
        untrainedIds: bigram.untrained,
        generatedIds: steps === 100 ? bigram.generated : bigram.lectureGenerated,
        sameFromLastToken: true,
      });
      expect((result.initialLoss as number).toFixed(4)).toBe('4.8786');
    },
  };
}
