/** What `compile` hears of those who stand beside the stair: optimizers, schedules and modules. */
export { noteChange } from '../graph/cell.js';
export { observer, tracer } from '../graph/trace.js';
