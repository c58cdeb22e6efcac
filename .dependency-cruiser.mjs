/**
 * Who may import whom, between packages and inside core, as docs/architecture.md draws it. `npm run check` and
 * `npm test` hold these rules; tests/arrows shows of each that it catches what it is there for.
 */
import { fileURLToPath } from 'node:url';
import { entries } from './tools/arrow-aliases.mjs';

/** @param {string} text */
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** @param {string[]} files */
const anyOf = (files) => `^(${files.map(escaped).join('|')})$`;
/** @param {string} start */
const entriesOf = (start) => Object.values(entries).filter((file) => file.startsWith(start));

/** What the sources of each package may import of the others: these entry files and nothing else. */
const arrows = {
  tokenizer: [],
  core: [],
  'backend-[^/]+': ['packages/core/src/backend.ts'],
  models: [...entriesOf('packages/core/'), ...entriesOf('packages/tokenizer/')],
};

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const packageArrows = Object.entries(arrows).map(([name, allowed]) => ({
  name: `arrows-of-${name.replace('-[^/]+', 's')}`,
  comment:
    allowed.length === 0
      ? 'It imports no other package of the workspace.'
      : `Of the workspace it imports only ${allowed.join(', ')}.`,
  severity: 'error',
  from: { path: `^packages/(${name})/src/` },
  to: {
    path: '^(packages|apps|bench|tests)/',
    pathNot: ['^packages/$1/', ...(allowed.length > 0 ? [anyOf(allowed)] : [])],
  },
}));

// Inside core, data flows down one stair; what stands beside it uses the upper two steps only. A type may be
// named across the stair, since a type carries no code.
const stair = ['tensor', 'ops', 'graph', 'backend'];
const beside = ['nn', 'optim', 'random', 'data', 'io', 'quantization'];
/** @type {{ dependencyTypesNot: import('dependency-cruiser').DependencyType[] }} */
const codeOnly = { dependencyTypesNot: ['type-only'] };
/** @param {string[]} folders */
const inCore = (folders) => `^packages/core/src/(${folders.join('|')})(/|\\.ts$)`;

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const coreStair = stair.slice(1).map((step, index) => ({
  name: `core-stair-${step}`,
  comment: `core/src/${step} imports nothing from the steps above it (${stair.slice(0, index + 1).join(', ')}) but types.`,
  severity: 'error',
  from: { path: inCore([step]) },
  to: { path: inCore(stair.slice(0, index + 1)), ...codeOnly },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...packageArrows,
    ...coreStair,
    {
      name: 'core-beside-the-stair',
      comment: `In core, ${beside.join(', ')} use tensor and ops, and only types of graph and backend.`,
      severity: 'error',
      from: { path: inCore(beside) },
      to: { path: inCore(['graph', 'backend']), ...codeOnly },
    },
    {
      name: 'core-stair-stands-alone',
      comment: `In core, graph and backend know nothing of ${beside.join(', ')}.`,
      severity: 'error',
      from: { path: inCore(['graph', 'backend']) },
      to: { path: inCore(beside), ...codeOnly },
    },
    {
      name: 'packages-by-name',
      comment: 'A package is imported by its name, through its exports, never by a path to its files.',
      severity: 'error',
      from: { path: '^((?:packages|apps)/[^/]+|bench|tests)/' },
      to: { path: '^(packages|apps|bench|tests)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'resolves',
      comment: 'Every import resolves: a path that a package does not export is not to be had.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circular',
      comment: 'No circular imports, other than of types.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'runs-in-a-browser',
      comment: 'core and tokenizer run wherever JavaScript does, with no dependency.',
      severity: 'error',
      from: { path: '^packages/(core|tokenizer)/src/' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
      },
    },
    {
      name: 'declared-dependencies',
      comment: 'What ships imports only npm packages that its own package.json declares for its users.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only', 'triple-slash-type-reference'],
      },
    },
  ],
  options: {
    exclude: { path: '(^|/)(dist|fixtures)/' },
    doNotFollow: { path: 'node_modules' },
    // Keep `import type`, so that cycles and stairs can tell types from code.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    webpackConfig: { fileName: fileURLToPath(new URL('./tools/arrow-aliases.mjs', import.meta.url)) },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
