/** Activations as modules. */
import type { Device } from '../device.js';
import * as F from '../functional.js';
import { expectWhole } from '../ops/expect.js';
import { full } from '../tensor/creation.js';
import { Parameter, type Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** max(x, 0) */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return F.relu(x);
  }
}

/** 1 / (1 + e^-x) */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return F.sigmoid(x);
  }
}

export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return F.tanh(x);
  }
}

/** Gaussian error linear unit. https://arxiv.org/abs/1606.08415 */
export class GELU extends Module {
  constructor(readonly options: { approximate?: 'none' | 'tanh' } = {}) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return F.gelu(x, this.options);
  }
}

/** x * sigmoid(x) */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return F.silu(x);
  }
}

export class Softmax extends Module {
  constructor(readonly dim: number) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return F.softmax(x, this.dim);
  }
}

/** log(sigmoid(x)) */
export class LogSigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return F.logSigmoid(x);
  }
}

/** x limited to [0, 6]. */
export class ReLU6 extends Module {
  override forward(x: Tensor): Tensor {
    return F.relu6(x);
  }
}

/** relu6(x + 3) / 6 */
export class Hardsigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return F.hardsigmoid(x);
  }
}

/** x relu6(x + 3) / 6. https://arxiv.org/abs/1905.02244 */
export class Hardswish extends Module {
  override forward(x: Tensor): Tensor {
    return F.hardswish(x);
  }
}

/** x / (1 + |x|) */
export class Softsign extends Module {
  override forward(x: Tensor): Tensor {
    return F.softsign(x);
  }
}

/** x - tanh(x) */
export class Tanhshrink extends Module {
  override forward(x: Tensor): Tensor {
    return F.tanhshrink(x);
  }
}

/** x tanh(softplus(x)). https://arxiv.org/abs/1908.08681 */
export class Mish extends Module {
  override forward(x: Tensor): Tensor {
    return F.mish(x);
  }
}

/** Scaled exponential linear unit. https://arxiv.org/abs/1706.02515 */
export class SELU extends Module {
  override forward(x: Tensor): Tensor {
    return F.selu(x);
  }
}

export class LogSoftmax extends Module {
  constructor(readonly dim: number) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return F.logSoftmax(x, this.dim);
  }
}

/** x where x > 0, else negativeSlope * x (0.01). */
export class LeakyReLU extends Module {
  constructor(readonly negativeSlope = 0.01) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return F.leakyRelu(x, this.negativeSlope);
  }
}

/** x where x > 0, else alpha (e^x - 1). https://arxiv.org/abs/1511.07289 */
export class ELU extends Module {
  constructor(readonly alpha = 1) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return F.elu(x, this.alpha);
  }
}

/** max(0, x) + min(0, alpha (e^(x / alpha) - 1)). https://arxiv.org/abs/1704.07483 */
export class CELU extends Module {
  constructor(readonly alpha = 1) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return F.celu(x, this.alpha);
  }
}

/** log(1 + e^(beta x)) / beta; the identity where beta x is above the threshold (20). */
export class Softplus extends Module {
  constructor(readonly options: { beta?: number; threshold?: number } = {}) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return F.softplus(x, this.options);
  }
}

/** x limited to [minVal, maxVal] (-1 and 1). */
export class Hardtanh extends Module {
  constructor(
    readonly minVal = -1,
    readonly maxVal = 1,
  ) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return F.hardtanh(x, this.minVal, this.maxVal);
  }
}

/** The first half of a dimension times the sigmoid of the second. https://arxiv.org/abs/1612.08083 */
export class GLU extends Module {
  constructor(readonly dim = -1) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return F.glu(x, this.dim);
  }
}

/** As LeakyReLU with a slope that is learnt; `weight` starts at `init` (0.25). https://arxiv.org/abs/1502.01852 */
export class PReLU extends Module {
  readonly weight: Parameter;
  constructor(numParameters = 1, options: { init?: number; device?: Device } = {}) {
    super();
    expectWhole('PReLU', 'numParameters', numParameters);
    const at = options.device ? { device: options.device } : {};
    this.weight = new Parameter(full([numParameters], options.init ?? 0.25, at));
  }
  override forward(x: Tensor): Tensor {
    return F.prelu(x, this.weight);
  }
}

/** What it is given. */
export class Identity extends Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}

/** Dimensions startDim (1) ... endDim (-1) as one. */
export class Flatten extends Module {
  constructor(
    readonly startDim = 1,
    readonly endDim = -1,
  ) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return x.flatten(this.startDim, this.endDim);
  }
}
