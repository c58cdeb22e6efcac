/** Stands for environment.ts where there is no environment that could ask for anything: in a page. */
import type { GraphDevice } from '../graph/device.js';

export function watchIfAsked(_device: GraphDevice): void {}
