/** One step of a recurrent layer: RNNCell, LSTMCell, GRUCell; and the steps themselves, which whole layers share. */
import { defaultDevice } from '../device.js';
import * as F from '../functional.js';
import { expectOneOf, expectWhole } from '../ops/expect.js';
import { defaultGenerator, initRecurrent } from '../random/index.js';
import { zeros } from '../tensor/creation.js';
import { hostTensor, type Shape, showShape, sizeOf } from '../tensor/host.js';
import { Parameter, type Tensor } from '../tensor/tensor.js';
import { isInitialising } from './init.js';
import type { ModuleOptions } from './layers.js';
import { Module } from './module.js';

export type Nonlinearity = 'tanh' | 'relu';

/** Hidden state of an LSTM: [h, c]. */
export type LSTMState = readonly [Tensor, Tensor];

/** Weights of one layer in one direction; gates stand one under the other in PyTorch's order. */
export interface Weights {
  readonly ih: Parameter;
  readonly hh: Parameter;
  readonly biasIh: Parameter | null;
  readonly biasHh: Parameter | null;
}

/** h' = f(W_ih x + b_ih + W_hh h + b_hh); `fromInput` is W_ih x + b_ih. */
export function rnnStep(fromInput: Tensor, h: Tensor, w: Weights, nonlinearity: Nonlinearity): Tensor {
  const sum = fromInput.add(F.linear(h, w.hh, w.biasHh));
  return nonlinearity === 'relu' ? sum.relu() : sum.tanh();
}

/** Gates i, f, g, o: c' = f c + i g, h' = o tanh(c'). https://doi.org/10.1162/neco.1997.9.8.1735 */
export function lstmStep(fromInput: Tensor, [h, c]: LSTMState, w: Weights): LSTMState {
  const [i, f, g, o] = fromInput.add(F.linear(h, w.hh, w.biasHh)).chunk(4, -1);
  const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
  return [o.sigmoid().mul(cell.tanh()), cell];
}

/** Gates r, z, n: n = tanh(W x + r (U h)), h' = n + z (h - n). https://arxiv.org/abs/1406.1078 */
export function gruStep(fromInput: Tensor, h: Tensor, w: Weights): Tensor {
  const [xr, xz, xn] = fromInput.chunk(3, -1);
  const [hr, hz, hn] = F.linear(h, w.hh, w.biasHh).chunk(3, -1);
  const r = xr.add(hr).sigmoid();
  const z = xz.add(hz).sigmoid();
  const n = xn.add(r.mul(hn)).tanh();
  return n.add(z.mul(h.sub(n)));
}

/** Parameters of the given shapes, drawn one after the other, uniform on +-1 / sqrt(hiddenSize). */
export function recurrentParameters(
  shapes: readonly Shape[],
  hiddenSize: number,
  options: ModuleOptions,
): Parameter[] {
  const hosts = shapes.map((shape) => new Float32Array(sizeOf(shape)));
  if (isInitialising()) initRecurrent(options.generator ?? defaultGenerator, hosts, hiddenSize);
  const device = options.device ?? defaultDevice();
  return hosts.map((host, i) => new Parameter(hostTensor(host, shapes[i], 'float32', device)));
}

export interface CellOptions extends ModuleOptions {
  /** Whether there are biases (default true). */
  bias?: boolean;
}

/** What the cells share: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`, and checks of shapes. */
abstract class Cell extends Module {
  readonly weight_ih: Parameter;
  readonly weight_hh: Parameter;
  readonly bias_ih: Parameter | null;
  readonly bias_hh: Parameter | null;

  constructor(
    private readonly kind: string,
    readonly inputSize: number,
    readonly hiddenSize: number,
    gates: number,
    options: CellOptions,
  ) {
    super();
    expectWhole(kind, 'inputSize', inputSize);
    expectWhole(kind, 'hiddenSize', hiddenSize);
    const rows = gates * hiddenSize;
    const biases = (options.bias ?? true) ? [[rows], [rows]] : [];
    const drawn = recurrentParameters(
      [[rows, inputSize], [rows, hiddenSize], ...biases],
      hiddenSize,
      options,
    );
    [this.weight_ih, this.weight_hh] = drawn;
    this.bias_ih = drawn[2] ?? null;
    this.bias_hh = drawn[3] ?? null;
  }

  protected get weights(): Weights {
    return { ih: this.weight_ih, hh: this.weight_hh, biasIh: this.bias_ih, biasHh: this.bias_hh };
  }

  /** W_ih x + b_ih, and a state of zeros if none is given. */
  protected prepared(
    x: Tensor,
    states: readonly (Tensor | undefined)[],
  ): { input: Tensor; states: Tensor[] } {
    const [last] = x.shape.slice(-1);
    if (x.ndim < 1 || x.ndim > 2 || last !== this.inputSize) {
      throw new Error(
        `${this.kind}: input ${showShape(x.shape)} must be [batch, ${this.inputSize}] or [${this.inputSize}]`,
      );
    }
    const shape = [...x.shape.slice(0, -1), this.hiddenSize];
    const given = states.map((state) => state ?? zeros(shape, { device: x.device, dtype: x.dtype }));
    for (const state of given) {
      if (showShape(state.shape) !== showShape(shape))
        throw new Error(`${this.kind}: hidden state ${showShape(state.shape)} must be ${showShape(shape)}`);
    }
    return { input: F.linear(x, this.weight_ih, this.bias_ih), states: given };
  }
}

/** One step of an RNN: x [batch, inputSize] and h [batch, hiddenSize] (default zeros) give the next h. */
export class RNNCell extends Cell {
  readonly nonlinearity: Nonlinearity;
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: CellOptions & { nonlinearity?: Nonlinearity } = {},
  ) {
    super('RNNCell', inputSize, hiddenSize, 1, options);
    this.nonlinearity = checkNonlinearity('RNNCell', options.nonlinearity);
  }
  override forward(x: Tensor, h?: Tensor): Tensor {
    const { input, states } = this.prepared(x, [h]);
    return rnnStep(input, states[0], this.weights, this.nonlinearity);
  }
}

/** @throws Error for anything but 'tanh' (the default) and 'relu'. */
export function checkNonlinearity(kind: string, name: Nonlinearity = 'tanh'): Nonlinearity {
  expectOneOf(kind, 'nonlinearity', name, ['tanh', 'relu']);
  return name;
}

/** One step of a GRU: x [batch, inputSize] and h [batch, hiddenSize] (default zeros) give the next h. */
export class GRUCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super('GRUCell', inputSize, hiddenSize, 3, options);
  }
  override forward(x: Tensor, h?: Tensor): Tensor {
    const { input, states } = this.prepared(x, [h]);
    return gruStep(input, states[0], this.weights);
  }
}

/** One step of an LSTM: x [batch, inputSize] and [h, c] (default zeros) give the next [h, c]. */
export class LSTMCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super('LSTMCell', inputSize, hiddenSize, 4, options);
  }
  override forward(x: Tensor, state?: LSTMState): LSTMState {
    const { input, states } = this.prepared(x, [state?.[0], state?.[1]]);
    return lstmStep(input, [states[0], states[1]], this.weights);
  }
}
