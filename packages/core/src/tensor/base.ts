/** The handle that a user holds: what a tensor is, how it is read, and its place in a backward pass. */
import { type BackwardOptions, backward } from '../autograd/backward.js';
import { addGradientHook, keepGradient, keptGradient } from '../autograd/hooks.js';
import type { DType } from '../backend/dtype.js';
import { isFloatingPoint } from '../backend/dtype.js';
import { Cell, Leaf, noteChange } from '../graph/cell.js';
import type { GraphDevice } from '../graph/device.js';
import { isGradEnabled } from '../graph/grad-mode.js';
import { normalizeDim, type Shape, showShape } from '../graph/shape.js';
import type { HostArray, Value } from '../graph/value.js';
import { clone, detach } from '../ops/cast.js';
import { type ViewStep, viewSteps } from '../ops/write-back.js';
import { formatTensor } from './print.js';
import type { Tensor } from './tensor.js';

/** Nested arrays of numbers (or booleans), as `toArray` gives and `tensor` takes them. */
export type NestedArray = number | boolean | readonly NestedArray[];

/** How a view comes from its base. */
export interface Origin {
  readonly base: Tensor;
  /** The version of the base (its value's number) that the view shows. */
  seen: number;
  readonly steps: readonly ViewStep[];
}

export abstract class TensorBase extends Cell<Value> {
  /** A new handle. */
  protected abstract handle(value: Value): Tensor;

  /** A new handle for the result of an op, which is not this tensor's own value: what changes it leaves this as it is. */
  protected make(value: Value): Tensor {
    return this.handle(value === this.value ? clone(value) : value);
  }

  /** Of views: the tensor that is looked at, so that an in-place change can go there. */
  protected origin: Origin | null = null;

  /** A new handle for another look at this tensor's elements. */
  protected viewed(value: Value): Tensor {
    const same = value === this.value && value.requiresGrad && !isGradEnabled();
    const view = this.handle(same ? detach(value) : value);
    const steps = viewSteps(this.value, value);
    view.origin = { base: this as unknown as Tensor, seen: this.value.seq, steps };
    return view;
  }

  /** Sizes of the dimensions. */
  get shape(): Shape {
    return this.value.shape;
  }

  /** Element type: 'float32', 'int32', ... */
  get dtype(): DType {
    return this.value.dtype;
  }

  get device(): GraphDevice {
    return this.value.device;
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.value.shape.length;
  }

  /** Number of elements. */
  numel(): number {
    return this.value.size;
  }

  /** The shape, or the size of one dimension (negative counts from the end). */
  size(): Shape;
  size(dim: number): number;
  size(dim?: number): Shape | number {
    return dim === undefined ? this.shape : this.shape[normalizeDim('size', dim, this.ndim)];
  }

  // ---- reading --------------------------------------------------------------------------------------------------

  /**
   * The elements in row-major order, as they are at this line: later in-place changes do not show.
   * The array is the caller's. float16 comes as Float32Array, bool as Uint8Array of 0 and 1.
   */
  async data(): Promise<HostArray> {
    const host = await this.device.read(this.value);
    return host === this.value.host ? host.slice() : host;
  }

  /**
   * The one element of a tensor.
   * @throws (rejects) if it has more elements or none.
   */
  async item(): Promise<number> {
    if (this.value.size !== 1) {
      throw new Error(`item: a tensor with one element is needed, not shape ${showShape(this.shape)}`);
    }
    return (await this.device.read(this.value))[0];
  }

  /** The elements as nested arrays; booleans for dtype bool. */
  async toArray(): Promise<NestedArray> {
    const host = await this.device.read(this.value);
    const { shape } = this;
    const bool = this.dtype === 'bool';
    let next = 0;
    const build = (dim: number): NestedArray => {
      if (dim === shape.length) return bool ? host[next++] !== 0 : host[next++];
      return Array.from({ length: shape[dim] }, () => build(dim + 1));
    };
    return build(0);
  }

  /** Shape and dtype at once; the values are read by `print`. */
  override toString(): string {
    const grad = this.requiresGrad ? ', requiresGrad=true' : '';
    return `Tensor(shape=${showShape(this.shape)}, dtype=${this.dtype}, device=${this.device.name}${grad})`;
  }

  /** The values as PyTorch prints them. */
  async format(): Promise<string> {
    return formatTensor(await this.device.read(this.value), this.shape, this.dtype);
  }

  /** Prints the values as PyTorch does. */
  async print(): Promise<void> {
    console.log(await this.format());
  }

  // ---- autograd -------------------------------------------------------------------------------------------------

  /** Whether a backward pass computes (or passes on) a gradient here. */
  get requiresGrad(): boolean {
    return this.value.requiresGrad;
  }

  /** Whether gradients end here: made by the user, not by an op on something that requires one. */
  get isLeaf(): boolean {
    return !this.value.requiresGrad || this.value.leaf !== null;
  }

  /** Makes this a leaf whose gradient is collected in `grad`, or stops that. Returns the tensor. */
  requiresGrad_(requires = true): this {
    const { value } = this;
    if (!this.isLeaf) {
      if (requires) return this;
      throw new Error('requiresGrad_: only leaves can stop requiring a gradient; use detach()');
    }
    if (requires && !isFloatingPoint(this.dtype)) {
      throw new Error(`requiresGrad_: only floating point tensors have gradients, not ${this.dtype}`);
    }
    if (requires) {
      // What has been recorded without gradients stays so: the leaf is a fresh view of it.
      const leafValue = value.op === null ? value : detach(value);
      leafValue.leaf ??= newLeaf(leafValue.device, 'grad');
      leafValue.requiresGrad = true;
      this.value = leafValue;
    } else {
      value.requiresGrad = false;
      value.leaf = null;
      noteChange();
    }
    return this;
  }

  /** The gradient collected by backward passes: null before the first and after `zeroGrad`. */
  get grad(): Tensor | null {
    const gradient = this.value.leaf?.gradient ?? keptGradient(this.value);
    return gradient ? this.handle(gradient) : null;
  }

  set grad(gradient: Tensor | null) {
    const { leaf } = this.value;
    if (!leaf) {
      if (gradient === null) return;
      throw new Error('grad: only leaves that require a gradient have one');
    }
    if (gradient && showShape(gradient.shape) !== showShape(this.shape)) {
      throw new Error(
        `grad: shape ${showShape(gradient.shape)} for a tensor of shape ${showShape(this.shape)}`,
      );
    }
    leaf.gradient = gradient ? gradient.value : null;
  }

  /**
   * Differentiates this tensor with respect to all leaves it depends on, and adds to their `grad`.
   *
   * @param options.gradient the gradient of this tensor; 1 for scalars.
   * @param options.retainGraph keep what another backward pass over this graph needs.
   * @param options.createGraph record the pass, so that gradients can be differentiated.
   * @example
   * const x = tensor([1, 2, 3]).requiresGrad_();
   * x.square().sum().backward();
   * await x.grad.toArray(); // [2, 4, 6]
   */
  backward(options: { gradient?: Tensor; retainGraph?: boolean; createGraph?: boolean } = {}): void {
    const passed: BackwardOptions = {
      gradient: options.gradient?.value,
      retainGraph: options.retainGraph,
      createGraph: options.createGraph,
    };
    backward(this.value, passed);
  }

  /** Keeps the gradient of a tensor that is no leaf: it is in `grad` after the backward pass. */
  retainGrad(): void {
    if (!this.requiresGrad) throw new Error('retainGrad: the tensor does not require a gradient');
    if (!this.isLeaf) keepGradient(this.value);
  }

  /**
   * Runs `hook` on this tensor's gradient when a backward pass has completed it; a tensor that it returns takes the
   * gradient's place.
   * @returns a function that removes the hook.
   * @example
   * const remove = h.registerHook((gradient) => gradient.clamp(-1, 1));
   */
  registerHook(hook: (gradient: Tensor) => Tensor | undefined): () => void {
    if (!this.requiresGrad) throw new Error('registerHook: the tensor does not require a gradient');
    return addGradientHook(this.value, (gradient) => {
      const next = hook(this.handle(gradient));
      if (next && showShape(next.shape) !== showShape(gradient.shape)) {
        throw new Error(
          `registerHook: the hook gave shape ${showShape(next.shape)} for a gradient of shape ${showShape(gradient.shape)}`,
        );
      }
      return next?.value;
    });
  }

  /** The same values, cut off from the backward pass. */
  detach(): Tensor {
    return this.make(detach(this.value));
  }

  /** The same values in memory of their own; the gradient flows through. */
  clone(): Tensor {
    return this.make(clone(this.value));
  }

  /**
   * Computes the values now and keeps them, whatever is overwritten later. For what is read only after an optimizer
   * step and is neither a loss nor otherwise unused.
   */
  keep(): this {
    this.device.run([this.value]);
    return this;
  }

  /** Gives the memory back at once instead of when the garbage collector finds out. Never needed. */
  dispose(): void {
    this.device.release(this.value);
  }
}

export function newLeaf(device: GraphDevice, name: string): Leaf {
  return new Leaf(name, device.slot(`${name} (gradient)`));
}
