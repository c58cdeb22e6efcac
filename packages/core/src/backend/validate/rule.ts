import type { BackendDevice } from '../contract.js';

/** What validation asks of a device. */
export type DeviceRules = Pick<BackendDevice, 'name' | 'limits' | 'bytesPerElement'>;

/** A plan or a run of it breaks a rule of the contract. That is a bug of the planner, never of its user. */
export class InvalidPlanError extends Error {
  override readonly name = 'InvalidPlanError';
}

/** Throws what a rule says when it does not hold; the caller adds the plan and the step. */
export function rule(holds: boolean, message: string): asserts holds {
  if (!holds) throw new InvalidPlanError(message);
}
