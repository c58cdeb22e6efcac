/**
 * Checks a plan, and a run of it, against every rule of the contract (contract.ts, program.ts, steps.ts). The reference
 * backend does so by default, and so do the planner's tests: a plan that passes is one that every backend must run.
 */
import type { BackendBuffer, Plan } from './contract.js';
import { operandsOf } from './operands.js';
import type { Step } from './steps.js';
import { checkAliasing, checkBounds, checkOperand, isCount } from './validate/layout.js';
import { type DeviceRules, InvalidPlanError, rule } from './validate/rule.js';
import { checkStep } from './validate/steps.js';

export { type DeviceRules, InvalidPlanError };

/**
 * @throws InvalidPlanError that names the plan, the step (its number from 0, kind and label) and the broken rule.
 *
 * @example
 * validatePlan(plan, device);
 * // InvalidPlanError: plan 'train step', step 3 (matmul, 'h.0.attn'): a (float32 [2, 3], ...) should have shape [2, 4]
 */
export function validatePlan(plan: Plan, device: DeviceRules): void {
  within(planName(plan), () => {
    const { maxBufferBytes, maxBuffersPerStep } = device.limits;
    plan.buffers.forEach(({ byteLength }, i) => {
      rule(
        isCount(byteLength) && byteLength > 0 && byteLength <= maxBufferBytes,
        `buffer ${i} has ${byteLength} bytes; ${device.name} has buffers of 1 to ${maxBufferBytes}`,
      );
    });
    plan.scalars.forEach((type, i) => {
      const known = type === 'float32' || type === 'int32' || type === 'float64';
      rule(known && device.bytesPerElement[type] !== undefined, `scalar ${i}: ${device.name} has no ${type}`);
    });
    plan.uploads.forEach(({ buffer, byteOffset, byteLength }, i) => {
      const what = `upload ${i} (${byteLength} bytes at ${byteOffset} of buffer ${buffer})`;
      rule(buffer in plan.buffers, `${what}: the plan has ${plan.buffers.length} buffers`);
      rule(isCount(byteOffset) && byteOffset % 4 === 0, `${what} must start at a multiple of 4`);
      const size = plan.buffers[buffer].byteLength;
      rule(
        isCount(byteLength) && byteOffset + byteLength <= size,
        `${what} leaves the buffer of ${size} bytes`,
      );
    });
    plan.steps.forEach((step, i) => {
      within(stepName(step, i), () => {
        const { inputs, outputs } = operandsOf(step);
        const operands = [...inputs, ...outputs];
        for (const operand of operands) checkOperand(operand, plan, device);
        const buffers = new Set(operands.map(({ operand }) => operand.buffer)).size;
        const fused = step.kind === 'pointwise' || step.kind === 'reduce' || step.kind === 'matmul';
        rule(
          !fused || buffers <= maxBuffersPerStep,
          `it touches ${buffers} buffers; ${device.name} allows ${maxBuffersPerStep}`,
        );
        checkStep(step, plan.scalars);
        checkAliasing(step);
      });
    });
  });
}

/**
 * Checks what changes from run to run: the sizes of buffers and uploads, and the positions that scalars move.
 * @throws InvalidPlanError
 */
export function validateRun(
  plan: Plan,
  device: DeviceRules,
  buffers: readonly BackendBuffer[],
  scalars: readonly number[],
  uploads: readonly ArrayBufferView[],
): void {
  within(`run of ${planName(plan)}`, () => {
    rule(
      buffers.length === plan.buffers.length,
      `${buffers.length} buffers instead of ${plan.buffers.length}`,
    );
    rule(
      scalars.length === plan.scalars.length,
      `${scalars.length} scalars instead of ${plan.scalars.length}`,
    );
    rule(
      uploads.length === plan.uploads.length,
      `${uploads.length} uploads instead of ${plan.uploads.length}`,
    );
    plan.buffers.forEach(({ byteLength }, i) => {
      const given = buffers[i].byteLength;
      rule(given >= byteLength, `buffer ${i} has ${given} bytes; ${byteLength} are needed`);
    });
    rule(new Set(buffers).size === buffers.length, 'one buffer is bound twice, which hides overlaps');
    plan.scalars.forEach((type, i) => {
      const value = scalars[i];
      const fits = typeof value === 'number' && (type !== 'int32' || value === (value | 0));
      rule(fits, `scalar ${i} is ${value}, which is no ${type}`);
    });
    plan.uploads.forEach(({ byteLength }, i) => {
      const given = uploads[i].byteLength;
      rule(given === byteLength, `upload ${i} has ${given} bytes instead of ${byteLength}`);
    });
    plan.steps.forEach((step, i) => {
      within(stepName(step, i), () => checkStepOfRun(step, plan, device, scalars));
    });
  });
}

function checkStepOfRun(step: Step, plan: Plan, device: DeviceRules, scalars: readonly number[]): void {
  const { inputs, outputs } = operandsOf(step);
  for (const { name, operand } of [...inputs, ...outputs]) {
    const { shift, dtype } = operand;
    if (shift === undefined) continue;
    checkBounds(
      operand,
      scalars[shift.scalar] * shift.stride,
      name,
      plan,
      device.bytesPerElement[dtype] ?? 8,
    );
  }
  if ((step.kind === 'attention' || step.kind === 'attentionBackward') && step.keyLength !== null) {
    const length = scalars[step.keyLength];
    rule(length >= 0 && length <= step.keys, `keyLength is ${length}, not in 0 ... ${step.keys}`);
  }
}

/** Puts the place in front of what a broken rule says. */
function within(place: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof InvalidPlanError)) throw error;
    const separator = error.message.startsWith('step ') ? ', ' : ': ';
    throw new InvalidPlanError(`${place}${separator}${error.message}`);
  }
}

function planName({ label }: Plan): string {
  return label === undefined ? 'plan' : `plan '${label}'`;
}

function stepName({ kind, label }: Step, i: number): string {
  return `step ${i} (${kind}${label === undefined ? '' : `, '${label}'`})`;
}
