/** What a backend fulfils: the contract and the kernel vocabulary. Backends import this entry and nothing else. */
export * from './backend/contract.js';
export { dropoutLimit, dropoutScale } from './backend/dropout.js';
export * from './backend/dtype.js';
export { type NamedOperand, operandsOf, type StepOperands } from './backend/operands.js';
export * from './backend/program.js';
export * from './backend/quantised.js';
export * from './backend/steps.js';
export { type DeviceRules, InvalidPlanError, validatePlan, validateRun } from './backend/validate.js';
export { nameModules } from './debug/modules.js';
