/** The reference gives the same bits every time, on fixed and on fresh random plans. */
import { sameBitsSuite, soakSuite } from '@inkstone/conformance';
import { reference } from '../../src/reference.js';

const open = () => reference().open();

sameBitsSuite(open, open, { randomRuns: 10 });
soakSuite(open, { oracle: open, milliseconds: 1000 });
