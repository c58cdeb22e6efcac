/** Modules made of modules. */
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** A module that maps one tensor to one. */
export interface Layer extends Module {
  forward(x: Tensor): Tensor;
}

/** Modules by number: the keys of their parameters begin with '0.', '1.', ... */
export class ModuleList<M extends Module = Module> extends Module implements Iterable<M> {
  readonly [index: number]: M;
  #length = 0;

  constructor(modules: Iterable<M> = []) {
    super();
    for (const module of modules) this.append(module);
  }

  get length(): number {
    return this.#length;
  }

  append(module: M): this {
    (this as unknown as Record<number, M>)[this.#length++] = module;
    return this;
  }

  *[Symbol.iterator](): Iterator<M> {
    for (let i = 0; i < this.#length; i++) yield this[i];
  }

  forward(): never {
    throw new Error('ModuleList: has no forward; call its modules');
  }
}

/** Layers one after the other. */
export class Sequential extends Module {
  readonly [index: number]: Layer;
  readonly length: number;

  constructor(...layers: Layer[]) {
    super();
    layers.forEach((layer, i) => {
      (this as unknown as Record<number, Layer>)[i] = layer;
    });
    this.length = layers.length;
  }

  override forward(x: Tensor): Tensor {
    let out = x;
    for (let i = 0; i < this.length; i++) out = this[i].forward(out);
    return out;
  }
}
