import { dirname, resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';

const entry = Object.fromEntries(
  ['index', 'chat', 'formats', 'regex', 'train'].map((name) => [name, `src/${name}.ts`]),
);

/**
 * What a page fetches together lies in one file. By itself a bundler cuts a file for each set of parts that share a
 * module; a dozen small files compress a sixth worse than these. The first that a module fits takes it, with all that
 * it imports (`import()` apart) and that is not taken yet.
 */
const groups: Readonly<Record<string, RegExp>> = {
  base: /src\/(error|format\/(check|json))\.ts/,
  core: /src\/(pipeline\/(pipeline|pretokenizers|utf8)|format\/file|model\/(vocab|word-cache))\.ts/,
  batches: /src\/pipeline\/batches\.ts/,
  bytes: /src\/kinds\/bytes\.ts/,
  bpe: /src\/kinds\/bpe\.ts/,
  sentencepiece: /src\/kinds\/sentencepiece\.ts/,
  unigram: /src\/kinds\/unigram\.ts/,
  unicode: /src\/kinds\/unicode\.ts/,
  cl100k: /src\/scan\/cl100k\.ts/,
  o200k: /src\/scan\/o200k\.ts/,
  deepseek: /src\/scan\/deepseek\.ts/,
  bert: /src\/kinds\/bert\.ts/,
};

const fileOf = (group: string): string => `part-${group}`;

/**
 * Makes an entry of each group, which exports whatever its modules export (two of one group can't export the same
 * name: who imports it would not find it), and leaves imports from one group to another as they are.
 */
const grouping: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'grouping',
  async setup(build) {
    const { metafile } = await build.esbuild.build({
      entryPoints: entry,
      packages: 'external',
      bundle: true,
      format: 'esm',
      splitting: true,
      outdir: 'unused',
      metafile: true,
      write: false,
    });
    const groupOf = new Map<string, string>();
    const take = (module: string, group: string): void => {
      const path = resolve(module);
      if (groupOf.has(path)) return;
      groupOf.set(path, group);
      for (const { path: imported, kind, external: outside } of metafile.inputs[module]?.imports ?? [])
        if (kind === 'import-statement' && !outside) take(imported, group);
    };
    for (const [group, pattern] of Object.entries(groups)) {
      const modules = Object.keys(metafile.inputs).filter((module) => pattern.test(module));
      if (modules.length === 0) throw new Error(`${group}: no module is like ${pattern}`);
      for (const module of modules) take(module, group);
    }

    const ofGroups = Object.keys(groups).map((group) => [fileOf(group), `group:${group}`]);
    build.initialOptions.entryPoints = { ...entry, ...Object.fromEntries(ofGroups) };
    build.onResolve({ filter: /^group:/ }, ({ path }) => ({
      path: path.slice('group:'.length),
      namespace: 'group',
    }));
    build.onLoad({ filter: /.*/, namespace: 'group' }, ({ path: group }) => ({
      contents: [...groupOf]
        .filter(([, own]) => own === group)
        .map(([module]) => `export * from ${JSON.stringify(module)};`)
        .join('\n'),
      resolveDir: process.cwd(),
    }));
    build.onResolve({ filter: /^\./ }, ({ path, importer }) => {
      const group = groupOf.get(resolve(dirname(importer), path.replace(/\.js$/, '.ts')));
      if (group === undefined || group === groupOf.get(importer)) return undefined;
      return { path: `./${fileOf(group)}.js`, external: true };
    });
  },
};

export default defineConfig({
  entry,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  dts: true,
  sourcemap: true,
  clean: true,
  splitting: true,
  esbuildPlugins: [grouping],
});
