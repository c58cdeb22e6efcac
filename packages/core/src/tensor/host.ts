/** Tensors over host arrays, and the arithmetic of shapes, for what stands beside the stair: nn, optim, data, io. */
import type { DType } from '../backend/dtype.js';
import { type Device, defaultDevice } from '../device.js';
import { hostArray } from '../graph/host-data.js';
import { hostValue } from '../graph/record.js';
import type { Shape } from '../graph/shape.js';
import type { HostArray } from '../graph/value.js';
import { Tensor } from './tensor.js';

export { type Shape, sameShape, showShape, sizeOf } from '../graph/shape.js';

/** A tensor that takes a host array over without a copy; the caller does not touch it again. */
export function hostTensor(
  host: HostArray,
  shape: Shape,
  dtype: DType,
  device: Device = defaultDevice(),
): Tensor {
  return new Tensor(hostValue(device, host, shape, dtype));
}

/** A host array for a dtype that holds the given numbers. */
export function hostCopy(dtype: DType, data: ArrayLike<number>): HostArray {
  const host = hostArray(dtype, data.length);
  host.set(data);
  return host;
}
