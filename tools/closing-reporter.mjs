/**
 * A vitest reporter that counts: it writes to the file that INKSTONE_REPORT names how many tests passed, failed
 * and were skipped, with the names of the last two, for the closing lines of `npm test`.
 */
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {string[]} failed names of tests that failed, and of files and blocks whose own code did
 * @property {{ name: string, reason: string }[]} skipped
 */

/** @typedef {import('vitest/node').Reporter} Reporter */

/** @implements {Reporter} */
export default class ClosingReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest').SerializedError[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    /** @type {Counts} */
    const counts = { passed: 0, failed: [], skipped: [] };
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      // A file that cannot be loaded and a failing beforeAll have no test of their own to fail.
      if (module.errors().length > 0) counts.failed.push(file);
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) counts.failed.push(`${file} > ${suite.fullName}`);
      }
      for (const test of module.children.allTests()) {
        const name = `${file} > ${test.fullName}`;
        const result = test.result();
        if (result.state === 'passed') counts.passed++;
        else if (result.state === 'skipped') counts.skipped.push({ name, reason: result.note ?? '' });
        else counts.failed.push(name);
      }
    }
    for (const error of unhandledErrors) counts.failed.push(`outside of any test: ${error.message}`);
    const report = process.env.INKSTONE_REPORT;
    if (report) writeFileSync(report, JSON.stringify(counts));
  }
}
