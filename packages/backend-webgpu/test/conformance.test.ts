/** The shared kernel suite with the kernels that are chosen for this adapter. */
import { webgpuSuite } from './suite.js';

webgpuSuite('this adapter', {}, 10);
