/** The reference backend: plain TypeScript, slow and obvious, with float64. The oracle of all tests. */
export { type ReferenceOptions, reference } from './reference/device.js';
