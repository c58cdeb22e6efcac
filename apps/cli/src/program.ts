/** The command line: commands, options, their ranges and their help. What they do is loaded when they are called. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { Failure } from './failure.js';
import type { LessonCommandOptions } from './lesson/command.js';
import { atLeastZero, decimal, positive, share, wholeNumber } from './numbers.js';
import type { TrainOptions } from './train/command.js';

const backendNames = ['auto', 'cpu', 'webgpu', 'reference'];

/** The version in package.json, which lies one folder above, built or not. */
function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/**
 * Runs a command line (without `node` and the script).
 *
 * @returns the exit code.
 * @throws Failure for a command line that makes no sense, and whatever the command throws.
 */
export async function run(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = describe((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...(args.length === 0 ? ['--help'] : args)], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0; // --help and --version have been printed
    throw new Failure(inOneLine(error.message), 2, { cause: error });
  }
  return exitCode;
}

/** Commander's "error: unknown option '--stps'\n(Did you mean --steps?)" as one line. */
function inOneLine(message: string): string {
  return message
    .replace(/^error: /, '')
    .replace('\n(Did you mean ', ' (did you mean ')
    .replace(/\s*\n\s*/g, ' ');
}

function describe(exit: (code: number) => void): Command {
  const program = new Command('inkstone')
    .description('Train, resume and run language models from the terminal.')
    .version(version(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  inkstone train                             a character GPT on Song ci, in a few minutes
  inkstone train --data diary.txt --steps 2000
  inkstone train --resume                    go on with the latest run
  inkstone generate runs/ci --prompt 春      write with what was trained
  inkstone lesson xor                        a tutorial’s program, step by step
  inkstone doctor                            what this machine can train on`,
    );

  program
    .command('train')
    .description('Train a character GPT on a text and write with it.')
    .option(
      '--data <name|file>',
      'ci, yuanqu, moby-dick, names-female, names-male, dialogue, or a UTF-8 file',
    )
    .option('--out <dir>', 'folder for the run (default: runs/NAME)')
    .addOption(backendOption())
    .option('--threads <n>', 'threads of the CPU backend (default: all cores)', wholeNumber(1, 64))
    .option('--steps <n>', 'optimizer steps in all', wholeNumber(1, 1e9))
    .option('--minutes <m>', 'stop after so many minutes of training', decimal(positive))
    .addOption(shaping('--layers <n>', 'transformer blocks', wholeNumber(1, 1000)))
    .addOption(shaping('--heads <n>', 'attention heads in a block', wholeNumber(1, 1000)))
    .addOption(
      shaping('--width <n>', 'size of a token’s vector, a multiple of the heads', wholeNumber(1, 65536)),
    )
    .addOption(shaping('--block <n>', 'characters that the model sees at once', wholeNumber(1, 65536)))
    .addOption(shaping('--batch <n>', 'blocks in a step', wholeNumber(1, 65536)))
    .addOption(shaping('--lr <rate>', 'highest learning rate', decimal(positive)))
    .addOption(shaping('--dropout <p>', 'share of activations dropped in training', decimal(share)))
    .addOption(shaping('--seed <n>', 'of the initial weights and of the batches', wholeNumber(0)))
    .option('--resume [dir]', 'go on with a run, the latest one below runs/ if none is named')
    .option('--plain', 'lines instead of a live picture (default where stdout is no terminal)')
    .addOption(new Option('--json', 'one JSON object a line').conflicts('plain'))
    .addHelpText(
      'after',
      `
Without options it trains on Song ci verse with settings that take a few minutes on two CPU cores. Ctrl-C
saves a checkpoint that --resume goes on from as if nothing had happened.

Examples:
  inkstone train --data moby-dick --minutes 10
  inkstone train --data diary.txt --layers 4 --heads 4 --width 256 --block 128 --out runs/diary
  inkstone train --resume runs/diary --steps 5000
  inkstone train --json > log.jsonl`,
    )
    .action(async (options: TrainOptions) => {
      const { train } = await import('./train/command.js');
      exit(await train(options));
    });

  program
    .command('generate')
    .description('Write with a model: one that was trained here, or a folder in the Hugging Face layout.')
    .argument('<dir>', 'folder of a run or of a model')
    .option('--prompt <text>', 'what the text begins with', '')
    .option('--tokens <n>', 'tokens to write', wholeNumber(1, 1e6), 200)
    .option(
      '--temperature <t>',
      'below 1 safer, above 1 wilder; 0 always takes the likeliest',
      decimal(atLeastZero),
      0.8,
    )
    .option('--top-k <k>', 'choose among the k likeliest only', wholeNumber(1))
    .option('--seed <n>', 'makes the text repeatable', wholeNumber(0))
    .addOption(backendOption())
    .option('--threads <n>', 'threads of the CPU backend (default: all cores)', wholeNumber(1, 64))
    .addHelpText(
      'after',
      `
Examples:
  inkstone generate runs/ci --prompt 春 --tokens 100
  inkstone generate runs/ci --temperature 0.7 --top-k 40 --seed 1`,
    )
    .action(async (folder: string, options) => {
      const { generate } = await import('./generate.js');
      exit(await generate(folder, options));
    });

  program
    .command('lesson')
    .description('Run a lesson: the program of a tutorial, with its numbers. Without a name, list them.')
    .argument('[name]', 'which lesson')
    .addOption(backendOption())
    .option('--threads <n>', 'threads of the CPU backend (default: all cores)', wholeNumber(1, 64))
    .option('--seed <n>', 'of the random numbers (default: the tutorial’s)', wholeNumber(0))
    .option('--steps <n>', 'steps or epochs of training (default: the tutorial’s)', wholeNumber(1, 1e9))
    .option('--data <name|file>', 'the text to learn from: a dataset or a UTF-8 file')
    .addOption(
      new Option('--way <way>', 'attention-zh: the tutorial’s shortcut, or all gradients').choices([
        'as-written',
        'full',
      ]),
    )
    .addOption(new Option('--cell <cell>', 'hello-lstm: the layer').choices(['rnn', 'gru', 'lstm']))
    .addOption(
      new Option(
        '--flavour <flavour>',
        'bigram-shakespeare: PyTorch’s own sampling, or that of its x86 wheels',
      ).choices(['aten', 'mkl']),
    )
    .option('--model <folder|id>', 'bert-zh: a folder, or a model of Hugging Face’s hub')
    .addOption(new Option('--lang <language>', 'one language only (default: both)').choices(['zh', 'en']))
    .option('--json', 'one JSON object a line; the last has all losses and results')
    .addHelpText(
      'after',
      `
Examples:
  inkstone lesson
  inkstone lesson xor
  inkstone lesson attention-zh --way full
  inkstone lesson hello-lstm --cell gru --lang zh
  inkstone lesson bigram-zh --data ci
  inkstone lesson self-attention --backend webgpu --json > attention.jsonl`,
    )
    .action(async (name: string | undefined, options: LessonCommandOptions) => {
      const { lesson } = await import('./lesson/command.js');
      exit(await lesson(name, options));
    });

  program
    .command('doctor')
    .description(
      'Say what this machine has: Node, WebAssembly, WebGPU, datasets. Exit code 0 if it can train.',
    )
    .action(async () => {
      const { doctor } = await import('./doctor.js');
      exit(await doctor(version()));
    });

  // Commander takes settings over to sub-commands only where they are made after them.
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
    command.helpOption('--help', 'print this help');
    command.allowExcessArguments(false);
  }
  return program;
}

function backendOption(): Option {
  return new Option('--backend <name>', 'where to compute; auto takes a GPU where there is one')
    .choices(backendNames)
    .default('auto');
}

/** An option that a run keeps from its first step to its last, so that it cannot come with --resume. */
function shaping(flags: string, description: string, parse: (text: string) => number): Option {
  return new Option(flags, description).argParser(parse).conflicts('resume');
}
