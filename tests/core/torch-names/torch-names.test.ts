/**
 * Nothing of torch.Tensor and torch.special is lacking without a reason: each name that PyTorch 1.13 has is ours in
 * camelCase, ours under another name, or not built, and known.ts says why.
 */
import { readFileSync } from 'node:fs';
import { Tensor } from '@inkstone/core';
import { describe, expect, it } from 'vitest';
import { exported } from '../exported.js';
import { inPlaceOfSpecial, notBuilt, under } from './known.js';

interface Recorded {
  readonly made_with: string;
  readonly Tensor: readonly string[];
  readonly special: readonly string[];
}
const torch = JSON.parse(readFileSync(new URL('torch.json', import.meta.url), 'utf8')) as Recorded;
const names = [...new Set([...torch.Tensor, ...torch.special])];

const words = (text: string): string[] => text.trim().split(/\s+/);
const camel = (name: string): string =>
  name.replace(/(?<=.)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
/** A method or a property of tensors, or a function of '@inkstone/core/special', of the same name. */
const ours = (name: string): boolean =>
  camel(name) in Tensor.prototype || exported.special.includes(camel(name));
const lacking = new Map(
  Object.entries(notBuilt).flatMap(([reason, given]) => words(given).map((name) => [name, reason] as const)),
);
const elsewhere = new Set([...Object.keys(under), ...words(inPlaceOfSpecial)]);

describe('the names of PyTorch', () => {
  it('are recorded whole', () => {
    expect(torch.made_with).toMatch(/^torch 1\.13/);
    expect(torch.Tensor.length).toBeGreaterThan(590);
    expect(torch.special.length).toBeGreaterThan(50);
  });

  it('are each ours, ours under another name, or not built for a reason', () => {
    const unknown = names.filter((name) => !ours(name) && !elsewhere.has(name) && !lacking.has(name));
    expect(unknown).toEqual([]);
  });

  it('stand in one place', () => {
    const twice = [...elsewhere, ...lacking.keys()].filter(
      (name) => ours(name) || (elsewhere.has(name) && lacking.has(name)) || !names.includes(name),
    );
    expect(twice).toEqual([]);
    expect(words(Object.values(notBuilt).join(' ')).length).toBe(lacking.size);
  });

  it.each(Object.entries(under))('%s is %s', (_, mine) => {
    const [space, name] = mine.split('.');
    const found = space === 't' ? name in Tensor.prototype : exported[space]?.includes(name);
    expect(found).toBe(true);
  });

  it.each(words(inPlaceOfSpecial))('%s is that of a function of /special', (name) => {
    const plain = name.replace(/_$/, '');
    expect(exported.special).toContain(camel(under[plain]?.split('.')[1] ?? plain));
  });
});
