/** Fresh random plans at every run of the tests: valid, deterministic, and nothing stored outside of outputs. */
import { soakSuite } from '@inkstone/conformance';
import { reference } from '../../src/reference.js';

const open = () => reference().open();

soakSuite(open, { oracle: open, milliseconds: 1000 });
