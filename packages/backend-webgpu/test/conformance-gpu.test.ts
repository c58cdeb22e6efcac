/** The shared kernel suite with the kernels of GPUs, on whatever adapter there is. */
import { tunings } from '../src/tuning.js';
import { webgpuSuite } from './suite.js';

webgpuSuite('a GPU', { tuning: tunings.GPU, autotune: false }, 3);
