import { defineConfig } from 'vite';

/**
 * What a page fetches together lies in one file. By itself a bundler cuts a file for each set of parts that share a
 * module; a dozen small files compress a sixth worse than these. The first that a module fits takes it, with all that
 * it imports and that is not taken yet.
 */
const groups: Readonly<Record<string, RegExp>> = {
  base: /src\/(error|format\/(check|json))\.ts/,
  core: /src\/(pipeline\/pipeline|pipeline\/pretokenizers|format\/file|model\/(vocab|word-cache))\.ts/,
  text: /src\/pipeline\/(split|patterns|utf8|prepended)\.ts/,
  bytes: /src\/kinds\/bytes\.ts/,
  bpe: /src\/kinds\/bpe\.ts/,
  sentencepiece: /src\/kinds\/sentencepiece\.ts/,
  unigram: /src\/kinds\/unigram\.ts/,
  'unicode-forms': /src\/pipeline\/unicode\.ts/,
  unicode: /src\/kinds\/unicode\.ts/,
  cl100k: /src\/scan\/cl100k\.ts/,
  o200k: /src\/scan\/o200k\.ts/,
  deepseek: /src\/scan\/deepseek\.ts/,
  bert: /src\/kinds\/bert\.ts/,
};

/** The package's programs; `tsup` makes the declarations beside them. */
export default defineConfig({
  logLevel: 'warn',
  build: {
    lib: {
      entry: ['index', 'chat', 'formats', 'regex', 'train'].map((name) => `src/${name}.ts`),
      formats: ['es'],
    },
    target: 'es2022',
    minify: false,
    sourcemap: true,
    emptyOutDir: false,
    rolldownOptions: {
      external: ['@huggingface/jinja'],
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name].js',
        codeSplitting: {
          groups: Object.entries(groups).map(([name, test], i) => ({ name, test, priority: -i })),
        },
      },
    },
  },
});
