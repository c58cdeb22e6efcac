/**
 * Recurrent layers over whole sequences: RNN, LSTM, GRU, with PyTorch's parameter names, initial values and order of
 * gates. The products with the input are made for all steps at once; the rest of a sequence is one kernel.
 */
import type { RecurrentCell } from '../backend/steps.js';
import * as F from '../functional.js';
import { expectShare, expectWhole } from '../ops/expect.js';
import { recurrent } from '../ops/recurrent.js';
import type { Generator } from '../random/index.js';
import { cat, zeros } from '../tensor/creation.js';
import { showShape } from '../tensor/host.js';
import { type Parameter, Tensor } from '../tensor/tensor.js';
import type { ModuleOptions } from './layers.js';
import { Module } from './module.js';
import {
  checkNonlinearity,
  type LSTMState,
  type Nonlinearity,
  recurrentParameters,
  type Weights,
} from './recurrent-cells.js';

export interface RecurrentOptions extends ModuleOptions {
  /** Layers, each working on what the one below puts out (default 1). */
  numLayers?: number;
  /** Whether there are biases (default true). */
  bias?: boolean;
  /** Input and output as [batch, steps, features] instead of [steps, batch, features] (default false). */
  batchFirst?: boolean;
  /** Probability with which the outputs of all layers but the last are zeroed in training (default 0). */
  dropout?: number;
  /** Also reads backwards; the outputs of both directions stand side by side (default false). */
  bidirectional?: boolean;
}

/** What the three layers share; `S` holds the states of one layer and direction: [h] or [h, c]. */
abstract class Recurrent extends Module {
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly #generator: Generator | undefined;

  constructor(
    private readonly kind: string,
    readonly inputSize: number,
    readonly hiddenSize: number,
    gates: number,
    options: RecurrentOptions,
  ) {
    super();
    const { numLayers = 1, bias = true, batchFirst = false, dropout = 0, bidirectional = false } = options;
    expectWhole(kind, 'inputSize', inputSize);
    expectWhole(kind, 'hiddenSize', hiddenSize);
    expectWhole(kind, 'numLayers', numLayers);
    expectShare(kind, 'dropout', dropout);
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    this.#generator = options.generator;
    const rows = gates * hiddenSize;
    const fields = this as unknown as Record<string, Parameter>;
    for (let layer = 0; layer < numLayers; layer++) {
      for (const suffix of this.#directions(layer)) {
        const width = layer === 0 ? inputSize : hiddenSize * (bidirectional ? 2 : 1);
        const names = ['weight_ih', 'weight_hh', ...(bias ? ['bias_ih', 'bias_hh'] : [])];
        const shapes = [[rows, width], [rows, hiddenSize], ...(bias ? [[rows], [rows]] : [])];
        const drawn = recurrentParameters(shapes, hiddenSize, options);
        names.forEach((name, i) => {
          fields[`${name}_${suffix}`] = drawn[i];
        });
      }
    }
  }

  /** The endings of the parameters' names. */
  #directions(layer: number): string[] {
    return this.bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`];
  }

  #weights(suffix: string): Weights {
    const fields = this as unknown as Record<string, Parameter | undefined>;
    const [ih, hh] = [fields[`weight_ih_${suffix}`], fields[`weight_hh_${suffix}`]];
    if (!ih || !hh) throw new Error(`${this.kind}: there are no parameters *_${suffix}`);
    return {
      ih,
      hh,
      biasIh: fields[`bias_ih_${suffix}`] ?? null,
      biasHh: fields[`bias_hh_${suffix}`] ?? null,
    };
  }

  /** What a step does. */
  protected abstract get cell(): RecurrentCell;

  /** @param initial as many states as a step has, each [layers * directions, batch, hiddenSize], or none. */
  protected run(
    x: Tensor,
    initial: readonly Tensor[] | null,
    count: number,
  ): { output: Tensor; states: Tensor[] } {
    const batched = x.ndim === 3;
    if ((x.ndim !== 2 && !batched) || x.shape[x.ndim - 1] !== this.inputSize) {
      const order = this.batchFirst ? 'batch, steps' : 'steps, batch';
      throw new Error(
        `${this.kind}: input ${showShape(x.shape)} must be [${order}, ${this.inputSize}] or [steps, ${this.inputSize}]`,
      );
    }
    const steps = !batched ? x.unsqueeze(1) : this.batchFirst ? x.transpose(0, 1) : x;
    const [length, batch] = steps.shape;
    if (length === 0) throw new Error(`${this.kind}: the sequence in ${showShape(x.shape)} has no steps`);
    const directions = this.bidirectional ? 2 : 1;
    const full = [this.numLayers * directions, batch, this.hiddenSize];
    const wanted = batched ? full : [full[0], full[2]];
    const starts = Array.from({ length: count }, (_, i) => {
      const given = initial?.[i];
      if (!given) return zeros(full, { device: x.device, dtype: x.dtype });
      if (showShape(given.shape) !== showShape(wanted))
        throw new Error(`${this.kind}: hidden state ${showShape(given.shape)} must be ${showShape(wanted)}`);
      return given.reshape(full);
    });
    const ends: Tensor[][] = starts.map(() => []);
    let layerInput = steps;
    for (let layer = 0; layer < this.numLayers; layer++) {
      const outputs = this.#directions(layer).map((suffix, direction) => {
        const first = starts.map((start) => start.select(0, layer * directions + direction));
        const weights = this.#weights(suffix);
        const { output, states } = recurrent(
          this.cell,
          {
            x: F.linear(layerInput, weights.ih, weights.biasIh).value,
            weight: weights.hh.value,
            bias: weights.biasHh?.value ?? null,
            h0: first[0].value,
            c0: first[1]?.value ?? null,
          },
          direction === 1,
        );
        states.forEach((state, i) => {
          ends[i].push(new Tensor(state));
        });
        return new Tensor(output);
      });
      layerInput = outputs.length === 1 ? outputs[0] : cat(outputs, -1);
      if (this.dropout > 0 && this.training && layer + 1 < this.numLayers)
        layerInput = F.dropout(layerInput, {
          p: this.dropout,
          ...(this.#generator && { generator: this.#generator }),
        });
    }
    const states = ends.map((list) => cat(list, 0).reshape(wanted));
    const output = !batched
      ? layerInput.squeeze(1)
      : this.batchFirst
        ? layerInput.transpose(0, 1)
        : layerInput;
    return { output, states };
  }
}

/**
 * h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), or relu.
 *
 * Input [steps, batch, inputSize] (or [steps, inputSize]), initial state [layers * directions, batch, hiddenSize]
 * (default zeros); gives [output, hN] with output [steps, batch, directions * hiddenSize].
 */
export class RNN extends Recurrent {
  readonly nonlinearity: Nonlinearity;
  constructor(
    inputSize: number,
    hiddenSize: number,
    options: RecurrentOptions & { nonlinearity?: Nonlinearity } = {},
  ) {
    super('RNN', inputSize, hiddenSize, 1, options);
    this.nonlinearity = checkNonlinearity('RNN', options.nonlinearity);
  }
  protected override get cell(): RecurrentCell {
    return this.nonlinearity;
  }
  override forward(x: Tensor, h0?: Tensor | null): [Tensor, Tensor] {
    const { output, states } = this.run(x, h0 ? [h0] : null, 1);
    return [output, states[0]];
  }
}

/** Gated recurrent unit; shapes as in `RNN`. https://arxiv.org/abs/1406.1078 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super('GRU', inputSize, hiddenSize, 3, options);
  }
  protected override get cell(): RecurrentCell {
    return 'gru';
  }
  override forward(x: Tensor, h0?: Tensor | null): [Tensor, Tensor] {
    const { output, states } = this.run(x, h0 ? [h0] : null, 1);
    return [output, states[0]];
  }
}

/**
 * Long short-term memory; shapes as in `RNN`, with a state [h, c]. https://doi.org/10.1162/neco.1997.9.8.1735
 * @example
 * const lstm = new nn.LSTM(10, 20, { numLayers: 2, batchFirst: true });
 * const [output, [h, c]] = lstm.forward(x);
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super('LSTM', inputSize, hiddenSize, 4, options);
  }
  protected override get cell(): RecurrentCell {
    return 'lstm';
  }
  override forward(x: Tensor, state?: LSTMState | null): [Tensor, LSTMState] {
    const { output, states } = this.run(x, state ?? null, 2);
    return [output, [states[0], states[1]]];
  }
}
