import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root, tool } from '../../tools/workspace.mjs';

/** A workspace in which all is as it should be: every arrow that is allowed, and a cycle of types. */
const sound: Record<string, string> = {
  'packages/tokenizer/src/index.ts': 'export const encode = 1;',
  'packages/core/src/index.ts':
    "export { Tensor } from './tensor/tensor.js';\nexport * from './nn/linear.js';",
  'packages/core/src/backend.ts': "export * from './backend/contract.js';",
  'packages/core/src/tensor/tensor.ts':
    "import { add } from '../ops/add.js';\nexport class Tensor { add = add; }",
  'packages/core/src/ops/add.ts':
    "import type { Tensor } from '../tensor/tensor.js';\nimport { record } from '../graph/record.js';\nexport const add = (t: Tensor) => record(t);",
  'packages/core/src/graph/record.ts':
    "import { kernels } from '../backend/contract.js';\nexport const record = (x: unknown) => [kernels, x];",
  'packages/core/src/backend/contract.ts': 'export const kernels = 1;',
  'packages/core/src/nn/linear.ts':
    "import type { record } from '../graph/record.js';\nimport { add } from '../ops/add.js';\nexport const linear: typeof record = add as never;",
  'packages/backend-cpu/src/index.ts': "export { kernels } from '@inkstone/core/backend';",
  'packages/models/src/index.ts':
    "export { Tensor } from '@inkstone/core';\nexport { encode } from '@inkstone/tokenizer';",
  'packages/models/test/models.test.ts': "import '@inkstone/backend-cpu';\nimport '../src/index.js';",
  'apps/cli/src/inkstone.ts': "import '@inkstone/models';\nimport '@inkstone/backend-cpu';",
};

/** One file that breaks each rule: rule, importing file, what it says, what that resolves to. */
const broken: [rule: string, from: string, text: string, to: string][] = [
  [
    'arrows-of-tokenizer',
    'packages/tokenizer/src/a.ts',
    "import '@inkstone/core';",
    'packages/core/src/index.ts',
  ],
  ['arrows-of-core', 'packages/core/src/a.ts', "import '@inkstone/models';", 'packages/models/src/index.ts'],
  [
    'arrows-of-backends',
    'packages/backend-cpu/src/a.ts',
    "import '@inkstone/core';",
    'packages/core/src/index.ts',
  ],
  [
    'arrows-of-models',
    'packages/models/src/a.ts',
    "import '@inkstone/backend-cpu';",
    'packages/backend-cpu/src/index.ts',
  ],
  [
    'arrows-of-models',
    'packages/models/src/b.ts',
    "import type {} from '@inkstone/backend-cpu';",
    'packages/backend-cpu/src/index.ts',
  ],
  [
    'core-stair-backend',
    'packages/core/src/backend/a.ts',
    "import '../graph/record.js';",
    'packages/core/src/graph/record.ts',
  ],
  [
    'core-stair-graph',
    'packages/core/src/graph/a.ts',
    "import '../ops/add.js';",
    'packages/core/src/ops/add.ts',
  ],
  [
    'core-stair-ops',
    'packages/core/src/ops/a.ts',
    "import '../tensor/tensor.js';",
    'packages/core/src/tensor/tensor.ts',
  ],
  [
    'core-beside-the-stair',
    'packages/core/src/optim/a.ts',
    "import '../graph/record.js';",
    'packages/core/src/graph/record.ts',
  ],
  [
    'core-stair-stands-alone',
    'packages/core/src/graph/b.ts',
    "import '../nn/linear.js';",
    'packages/core/src/nn/linear.ts',
  ],
  [
    'packages-by-name',
    'apps/cli/src/a.ts',
    "import '../../../packages/models/src/index.js';",
    'packages/models/src/index.ts',
  ],
  [
    'packages-by-name',
    'packages/backend-cpu/test/a.test.ts',
    "import '../../core/src/nn/linear.js';",
    'packages/core/src/nn/linear.ts',
  ],
  ['resolves', 'apps/cli/src/b.ts', "import '@inkstone/core/nn/linear';", '@inkstone/core/nn/linear'],
  ['resolves', 'apps/cli/src/c.ts', "import '@inkstone/core/src/index.js';", '@inkstone/core/src/index.js'],
  ['resolves', 'packages/models/src/c.ts', "import './missing.js';", './missing.js'],
  ['no-circular', 'packages/models/src/ring-a.ts', "import './ring-b.js';", 'packages/models/src/ring-b.ts'],
  ['runs-in-a-browser', 'packages/core/src/b.ts', "import 'node:fs';", 'fs'],
  ['declared-dependencies', 'apps/cli/src/d.ts', "import 'undeclared';", 'node_modules/undeclared/index.js'],
];

let workspace: string;

function write(file: string, text: string): void {
  const path = join(workspace, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${text}\n`);
}

beforeAll(() => {
  workspace = realpathSync(mkdtempSync(join(tmpdir(), 'inkstone-arrows-')));
  for (const name of ['tokenizer', 'core', 'backend-cpu', 'models']) {
    write(
      `packages/${name}/package.json`,
      readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'),
    );
  }
  write('apps/cli/package.json', '{ "name": "inkstone", "type": "module" }');
  write('package.json', '{ "private": true, "type": "module" }');
  write(
    'node_modules/undeclared/package.json',
    '{ "name": "undeclared", "version": "1.0.0", "main": "index.js" }',
  );
  write('node_modules/undeclared/index.js', '');
  for (const [file, text] of Object.entries(sound)) write(file, text);
});

afterAll(() => rmSync(workspace, { recursive: true, force: true }));

/** Runs the check as `npm run check` does, in the workspace of this test. */
function check(): { code: number | null; violations: string[] } {
  const config = join(root, '.dependency-cruiser.mjs');
  const { command, args } = tool(
    'dependency-cruiser',
    ['--config', config, '--no-progress', 'packages', 'apps'],
    'depcruise',
  );
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: workspace, encoding: 'utf8' });
  if (!/dependencies cruised/.test(stdout)) throw new Error(`dependency-cruiser said: ${stderr}${stdout}`);
  const found = stdout.matchAll(/^ *error ([^:]+): (\S+) →\s+(\S+)/gm);
  return { code: status, violations: [...found].map(([, rule, from, to]) => `${rule}: ${from} -> ${to}`) };
}

test('a workspace that keeps to the arrows passes', () => {
  expect(check()).toEqual({ code: 0, violations: [] });
});

test('each rule catches what it is there for, and nothing else', () => {
  for (const [, from, text] of broken) write(from, text);
  // The other half of the circle, which is reported once.
  write('packages/models/src/ring-b.ts', "import './ring-a.js';");
  const { code, violations } = check();
  expect([...violations].sort()).toEqual(
    broken.map(([rule, from, , to]) => `${rule}: ${from} -> ${to}`).sort(),
  );
  expect(code).toBeGreaterThan(0);
});
