import { reference } from '@inkstone/backend-cpu/reference';
import { expect, it } from 'vitest';
import { recurrentCases } from '../../../tests/conformance/cases/recurrent.js';
import { differences } from '../../../tests/conformance/compare.js';
import { runCase } from '../../../tests/conformance/run.js';
import { webgpu } from '../src/index.js';
import { tunings } from '../src/tuning.js';
import { dtypes, tolerances } from './tolerances.js';

const c = recurrentCases(dtypes).filter((k) => !process.env.ONLY || k.name.includes(process.env.ONLY));
for (const [name, tuning] of Object.entries(tunings))
  it(name, async () => {
    const [o, d] = [await reference().open(), await webgpu({ tuning }).open()];
    const bad: string[] = [];
    for (const k of c) {
      const t = performance.now();
      const got = await runCase(k, d);
      const ms = performance.now() - t;
      if (process.env.ONLY) {
        const t2 = performance.now();
        await runCase(k, d, 1);
        const t3 = performance.now();
        await runCase(k, d, 5);
        const t4 = performance.now();
        console.log(k.name, ms, 'again', t3 - t2, 'per run', (t4 - t3 - (t3 - t2)) / 4);
      }
      const diff = differences(k, got, await runCase(k, o), {
        tolerances,
        flushesSubnormals: true,
        nonFinite: true,
      });
      if (diff) bad.push(`${k.name}: ${diff}`);
    }
    console.log(name, c.length, 'cases', d.description);
    await d.close();
    expect(bad.join('\n')).toBe('');
  }, 200000);
