/** Recording: the one way in which values come to be. */
import type { DType } from '../backend/dtype.js';
import { isFloatingPoint } from '../backend/dtype.js';
import type { GraphDevice } from './device.js';
import { isGradEnabled } from './grad-mode.js';
import { hostArray } from './host-data.js';
import { signatureOf } from './key.js';
import type { Attrs, AuxOp, Op } from './op.js';
import { type Shape, showShape, sizeOf } from './shape.js';
import { observer, tracer, walker } from './trace.js';
import { type HostArray, overwrittenError, Value } from './value.js';

/**
 * Records an op on values. Shapes and dtypes have been checked by the caller.
 * @throws Error if inputs live on different devices, have been overwritten, or need a gradient that the op lacks.
 */
export function record(
  op: Op,
  inputs: readonly Value[],
  shape: Shape,
  dtype: DType,
  attrs: Attrs | null = null,
  scalars: readonly number[] = noScalars,
): Value {
  return recordOn(inputs[0].device, op, inputs, shape, dtype, attrs, scalars);
}

const noScalars: readonly number[] = [];

/** As `record`, for ops without inputs. */
export function recordOn(
  device: GraphDevice,
  op: Op,
  inputs: readonly Value[],
  shape: Shape,
  dtype: DType,
  attrs: Attrs | null = null,
  scalars: readonly number[] = noScalars,
): Value {
  if (walker !== null) return walker.record(op, attrs, dtype, scalars);
  let requiresGrad = false;
  for (const input of inputs) {
    if (input.device !== device) {
      throw new Error(
        `${op.name}: tensors on different devices: ${device.name} and ${input.device.name}; move one with to(device)`,
      );
    }
    // Its elements are gone.
    if (input.overwritten) throw overwrittenError(input);
    requiresGrad ||= input.requiresGrad;
    input.consumers++;
  }
  const value = new Value(
    device,
    shape,
    dtype,
    op,
    attrs,
    inputs,
    scalars,
    signatureOf(op, attrs, dtype, scalars.length),
  );
  if (requiresGrad && isGradEnabled() && isFloatingPoint(dtype)) {
    if (!op.gradient && op.kind !== 'aux') {
      throw new Error(
        `${op.name}: not differentiable, but an input of shape ${showShape(inputs[0].shape)} requires a gradient; detach() it`,
      );
    }
    value.requiresGrad = op.kind !== 'aux';
  }
  observer?.records?.(value);
  device.note(value);
  return value;
}

/** A value whose elements are on the host. The array belongs to the value from now on. */
export function hostValue(device: GraphDevice, host: HostArray, shape: Shape, dtype: DType): Value {
  if (host.length !== sizeOf(shape)) {
    throw new Error(`internal: ${host.length} elements for shape ${showShape(shape)}`);
  }
  device.elementBytes(dtype);
  const value = new Value(device, shape, dtype, null, null, [], noScalars, -1);
  value.host = host;
  return value;
}

/**
 * A value whose elements `fill` draws on the host: now, and anew at each call of a compiled function.
 * Everything random that enters a graph comes through here.
 */
export function drawnValue(
  device: GraphDevice,
  shape: Shape,
  dtype: DType,
  fill: (out: HostArray) => void,
): Value {
  let host: HostArray | null = hostArray(dtype, sizeOf(shape));
  const value = hostValue(device, host, shape, dtype);
  const draw = (): void => {
    // A backend may still be looking at the array of the call before.
    host ??= hostArray(dtype, value.size);
    fill(host);
    value.host = host;
    host = null;
  };
  if (tracer) tracer.random(draw, value);
  else draw();
  return value;
}

const auxOp: AuxOp = { kind: 'aux', name: 'aux' };

/** Side result `index` of a kernel (a saved mean, a log-sum-exp): recorded once, computed if something uses it. */
export function auxOf(kernel: Value, index: number, shape: Shape, dtype: DType): Value {
  kernel.aux ??= [];
  const known = kernel.aux[index];
  if (known) return known;
  const aux = record(auxOp, [kernel], shape, dtype, { index });
  kernel.aux[index] = aux;
  return aux;
}
