/** Losses as modules; the options are those of the functions. */
import * as F from '../functional.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** Cross-entropy of class scores and class indices (or probabilities). */
export class CrossEntropyLoss extends Module {
  constructor(readonly options: F.CrossEntropyOptions = {}) {
    super();
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.crossEntropy(input, target, this.options);
  }
}

/** Negative log-likelihood of class indices, given log-probabilities. */
export class NLLLoss extends Module {
  constructor(readonly options: F.NllLossOptions = {}) {
    super();
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.nllLoss(input, target, this.options);
  }
}

/** Mean squared error. */
export class MSELoss extends Module {
  constructor(readonly options: { reduction?: F.Reduction } = {}) {
    super();
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.mseLoss(input, target, this.options);
  }
}

/** Mean absolute error. */
export class L1Loss extends Module {
  constructor(readonly options: { reduction?: F.Reduction } = {}) {
    super();
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.l1Loss(input, target, this.options);
  }
}

/** Quadratic for small errors, linear for large ones. */
export class SmoothL1Loss extends Module {
  constructor(readonly options: { beta?: number; reduction?: F.Reduction } = {}) {
    super();
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.smoothL1Loss(input, target, this.options);
  }
}

/** Quadratic for small errors, linear with slope delta for large ones. */
export class HuberLoss extends Module {
  constructor(readonly options: { delta?: number; reduction?: F.Reduction } = {}) {
    super();
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.huberLoss(input, target, this.options);
  }
}

/** Binary cross-entropy of probabilities. */
export class BCELoss extends Module {
  constructor(readonly options: F.BceOptions = {}) {
    super();
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.bceLoss(input, target, this.options);
  }
}

/** Binary cross-entropy of scores. */
export class BCEWithLogitsLoss extends Module {
  constructor(readonly options: F.BceOptions & { posWeight?: Tensor | null } = {}) {
    super();
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.bceWithLogitsLoss(input, target, this.options);
  }
}

/** Kullback-Leibler divergence, given log-probabilities. */
export class KLDivLoss extends Module {
  constructor(readonly options: F.KlDivOptions = {}) {
    super();
  }
  override forward(input: Tensor, target: Tensor): Tensor {
    return F.klDiv(input, target, this.options);
  }
}
