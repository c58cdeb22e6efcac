/// <reference types="node" />
/** Reads the READMEs as a reader would run them. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const checkout: string = fileURLToPath(new URL('../../', import.meta.url));

/** Under `npx --package=...` (another Node, say) npm hands its own options down to every npx below it. */
const { npm_config_package: _package, npm_config_call: _call, ...inherited } = process.env;

/** The environment of what a test runs as a reader of the README would. */
export const environment: NodeJS.ProcessEnv = inherited;

export const readmes = ['README.md', 'README.zh-CN.md'] as const;

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a file of the checkout, in order. */
export function codeBlocks(file: string): CodeBlock[] {
  const text = readFileSync(`${checkout}${file}`, 'utf8');
  return Array.from(text.matchAll(/^```(\w+)\n(.*?)^```$/gms), ([, language, body]) => ({
    language,
    text: body,
  }));
}

/** The training program, and what the README says to change for the GPU: an import more and another `use`. */
export function programs(file: string): { readonly cpu: string; readonly webgpu: string } {
  const [program, change] = codeBlocks(file).filter(({ language }) => language === 'ts');
  const lines = change.text.trim().split('\n');
  const added = lines.filter((line) => line.startsWith('import'));
  const [use] = lines.filter((line) => line.includes('use('));
  const swapped = program.text.replace(/^.*await use\(.*$/m, use.replace('webgpu(), cpu()', 'webgpu()'));
  if (swapped === program.text) throw new Error(`${file}: the training program has no line with use()`);
  return { cpu: program.text, webgpu: [...added, swapped].join('\n') };
}
