/**
 * The suite on the reference itself. It cannot tell right from wrong here (values.test.ts does), but shows that every
 * case is a valid plan, that runs are deterministic and that nothing outside of outputs changes.
 */
import { kernelSuite } from '@inkstone/conformance';
import { reference } from '../../src/reference.js';

kernelSuite(() => reference().open(), {
  oracle: () => reference().open(),
  dtypes: ['float32', 'float64', 'int32', 'uint8', 'bool', 'float16'],
});
