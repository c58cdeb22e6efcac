import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fixtureGap, requiredFixtures, requireFixture } from './fixtures.js';

// Python is missing from an empty PATH, on every machine.
beforeEach(() => {
  vi.stubEnv('PATH', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

test('a missing fixture that is required fails the test', () => {
  vi.stubEnv('INKSTONE_REQUIRE', 'adapter, python');
  const skip = vi.fn();
  expect(() => requireFixture('python', { skip } as never)).toThrow(
    'INKSTONE_REQUIRE lists python, but python3 is not on the PATH',
  );
  expect(skip).not.toHaveBeenCalled();
});

test('a missing fixture that is not required skips the test, and says why', () => {
  vi.stubEnv('INKSTONE_REQUIRE', 'adapter');
  const skip = vi.fn();
  expect(requireFixture('python', { skip } as never)).toBe(false);
  expect(skip).toHaveBeenCalledWith('needs python: python3 is not on the PATH');
  expect(requireFixture('python')).toBe(false);
});

test('a fixture that is there neither skips nor fails', () => {
  vi.unstubAllEnvs();
  const skip = vi.fn();
  const node24 = Number.parseInt(process.versions.node, 10) >= 24;
  vi.stubEnv('INKSTONE_REQUIRE', '');
  expect(fixtureGap('node24') === undefined).toBe(node24);
  expect(requireFixture('node24', { skip } as never)).toBe(node24);
  expect(skip).toHaveBeenCalledTimes(node24 ? 0 : 1);
});

test('a name that INKSTONE_REQUIRE does not know is refused, so that a slip of the pen requires nothing less', () => {
  expect(() => requiredFixtures('adapter,borwser')).toThrow(
    "INKSTONE_REQUIRE lists 'borwser'; it can list adapter, float16, browser",
  );
  expect(requiredFixtures(' adapter , browser,')).toEqual(['adapter', 'browser']);
});
