import {
  type AttentionBackwardStep,
  type AttentionStep,
  dropoutLimit,
  dropoutScale,
  type Operand,
} from '@inkstone/core/backend';
import type { Kernel, Late } from '../kernel.js';
import type { Lowering } from '../plan/lowering.js';
import type { TemplateValues } from '../template.js';
import forward from './attention.wgsl';
import backwardKeys from './attention_dkv.wgsl';
import backwardQueries from './attention_dq.wgsl';
import dropout from './attention_dropout.wgsl';
import gradient from './attention_gradient.wgsl';
import forwardLanes from './attention_lanes.wgsl';
import backwardKeysLanes from './attention_lanes_dkv.wgsl';
import backwardQueriesLanes from './attention_lanes_dq.wgsl';
import lanesProducts from './attention_lanes_products.wgsl';
import place from './attention_place.wgsl';
import products from './attention_products.wgsl';
import score from './attention_score.wgsl';
import { isAligned } from './pointwise.js';

/** What is more to a part of a step that was cut (plan/split.ts). */
export interface AttentionPart {
  /** The place of its first probability among all of the whole step, for dropout from a seed. Default 0. */
  readonly dropoutFrom?: number;
}

type Step = (AttentionStep | AttentionBackwardStep) & AttentionPart;

/** With 64 lanes of two vectors each, more columns have no owner. */
const largestHead = 512;

/** Backward: what the rows of a workgroup are, and what its lanes read against them (attention_products.wgsl). */
const byQueries = { ROW: 'q', ROW_OUT: 'dout', LANE: 'k', LANE_OUT: 'v' };
const byKeys = { ROW: 'k', ROW_OUT: 'v', LANE: 'q', LANE_OUT: 'dout' };

export function attention(step: AttentionStep & AttentionPart, to: Lowering): void {
  const { batch, heads, queries, logSumExp } = step;
  if (batch * heads * queries * step.headSize === 0) return;
  const kernel = to.kernel(step.label ?? 'attention');
  const access = new Access(step, kernel);
  access.read('q', step.q);
  access.read('k', step.k);
  access.read('v', step.v);
  access.write('out', step.out);
  if (logSumExp) kernel.output('log_sum', logSumExp);
  const kernels = { tiles: forward + score, lanes: forwardLanes + score };
  finish('attention', kernels, step, access, to, queries, heads, { LOG_SUM: logSumExp !== null });
}

export function attentionBackward(step: AttentionBackwardStep & AttentionPart, to: Lowering): void {
  const { batch, heads, keyHeads, queries, keys } = step;
  if (batch * heads * step.headSize === 0) return;
  const delta = to.scratch('float32', [batch, heads, Math.max(1, queries)]);
  if (queries > 0) {
    const kernel = to.kernel(`${step.label ?? 'attention backward'} (queries)`);
    const access = new Access(step, kernel);
    for (const name of ['q', 'k', 'v', 'out', 'dout'] as const) access.read(name, step[name]);
    access.write('dq', step.dq);
    kernel.input('log_sum', step.logSumExp);
    kernel.output('delta', delta);
    const kernels = { tiles: backwardQueries + gradient, lanes: backwardQueriesLanes + gradient };
    finish('attention_dq', kernels, step, access, to, queries, heads, byQueries);
  }
  if (keys > 0) {
    const kernel = to.kernel(`${step.label ?? 'attention backward'} (keys)`);
    const access = new Access(step, kernel);
    for (const name of ['q', 'k', 'v', 'dout'] as const) access.read(name, step[name]);
    access.write('dk', step.dk);
    access.write('dv', step.dv);
    kernel.input('log_sum', step.logSumExp);
    kernel.input('delta', delta);
    kernel.sizes({ keys, key_heads: keyHeads });
    const kernels = { tiles: backwardKeys + gradient, lanes: backwardKeysLanes + gradient };
    finish('attention_dkv', kernels, step, access, to, keys, keyHeads, byKeys);
  }
}

/** Generates, for [batch, heads, positions, headSize] operands, the offset of a row and its vectors of four. */
class Access {
  readonly code: string[] = [];

  constructor(
    private readonly step: Step,
    readonly kernel: Kernel,
  ) {
    if (step.headSize > largestHead) {
      throw new Error(
        `webgpu: ${step.label ?? step.kind}: heads of ${step.headSize} elements, at most ${largestHead} are supported`,
      );
    }
  }

  /** Declares `row_NAME(b, h, t)` and `read_NAME(row, c)`, elements 4 c to 4 c + 3 of a row, zeros beyond its end. */
  read(name: string, operand: Operand): void {
    const vector = this.row(name, operand);
    this.kernel.input(name, operand, vector ? 4 : 1);
    const { headSize } = this.step;
    const each = [0, 1, 2, 3].map(
      (i) => `select(0.0, load_${name}(at + 4u * c + ${i}u), 4u * c + ${i}u < ${headSize}u)`,
    );
    const value = vector ? `load4_${name}(at + 4u * c)` : `vec4<f32>(${each.join(', ')})`;
    this.code.push(`fn read_${name}(at: u32, c: u32) -> vec4<f32> { return ${value}; }`);
  }

  /** Declares `row_NAME(b, h, t)` and `write_NAME(row, c, v)`, which drops what lies beyond the end of the row. */
  write(name: string, operand: Operand): void {
    const vector = this.row(name, operand);
    this.kernel.output(name, operand, vector ? 4 : 1);
    const { headSize } = this.step;
    const each = [0, 1, 2, 3].map(
      (i) => `if (4u * c + ${i}u < ${headSize}u) { store_${name}(at + 4u * c + ${i}u, v[${i}]); }`,
    );
    const body = vector ? `if (c < params.chunks) { store4_${name}(at + 4u * c, v); }` : each.join(' ');
    this.code.push(`fn write_${name}(at: u32, c: u32, v: vec4<f32>) { ${body} }`);
  }

  /** Single elements by key. */
  mask(operand: Operand): void {
    this.kernel.input('mask', operand);
    this.row('mask', operand);
    this.kernel.sizes({ mask_key: operand.strides[3] as number });
  }

  /** Factors by their places, or the seed that they are computed from. */
  dropout(operand: Operand, p: number | null): void {
    this.kernel.input('dropout', operand);
    this.kernel.sizes({ keys: this.step.keys });
    if (p === null) return;
    this.kernel.sizes({ dropout_limit: dropoutLimit(p) });
    this.kernel.param('dropout_scale', 'f32', dropoutScale(p));
    // Places count in 32 bits, as all of a hash does.
    const { dropoutFrom } = this.step;
    if (dropoutFrom) this.kernel.sizes({ dropout_from: dropoutFrom % 2 ** 32 });
  }

  /** Declares `row_NAME(b, h, t)`; true if rows can be read as vectors. */
  private row(name: string, operand: Operand): boolean {
    const [batch, head, position] = operand.strides as [number, number, number, number];
    this.kernel.sizes({ [`${name}_batch`]: batch, [`${name}_head`]: head, [`${name}_position`]: position });
    this.code.push(
      `fn row_${name}(b: u32, h: u32, t: u32) -> u32 { return b * params.${name}_batch + h * params.${name}_head + t * params.${name}_position; }`,
    );
    return (
      this.step.headSize % 4 === 0 &&
      isAligned(operand) &&
      [batch, head, position].every((stride) => stride % 4 === 0)
    );
  }
}

/**
 * Two ways to share out the work: `tiles` through workgroup memory, and `lanes` through subgroups, for adapters that run on a
 * CPU, where it has enough positions to give each lane one.
 */
interface Variants {
  readonly tiles: string;
  readonly lanes: string;
}

/** With more slots of columns to a lane, registers run out. */
const mostSlots = 4;

function finish(
  name: string,
  variants: Variants,
  step: Step,
  access: Access,
  to: Lowering,
  positions: number,
  heads: number,
  values: TemplateValues,
): void {
  const { kernel } = access;
  if (step.mask) access.mask(step.mask);
  if (step.dropout) access.dropout(step.dropout, step.dropoutP);
  const chunks = Math.ceil(step.headSize / 4);
  const { subgroup, attentionLanes, attentionRows } = to.tuning;
  const byLanes = subgroup >= 4 && positions * 2 >= subgroup && chunks <= mostSlots * subgroup;
  let lanes = byLanes ? subgroup : attentionLanes;
  while (!byLanes && lanes * 2 < chunks) lanes *= 2;
  // Backward, a row takes twice the registers: half as many leave room for twice the waves (docs/kernels.md).
  const mostRows = name === 'attention' ? attentionRows : Math.max(4, attentionRows / 2);
  let rows = byLanes ? lanes : mostRows;
  while (!byLanes && rows > 1 && rows / 2 >= positions) rows /= 2;
  const tiles = Math.ceil(positions / rows);
  const groups = step.batch * heads * tiles;
  const { keyLength, causal, causalShift } = step;
  const length: Late<number> = keyLength === null ? step.keys : (scalars) => scalars[keyLength] as number;
  kernel.sizes({
    groups,
    tiles,
    chunks,
    heads: step.heads,
    heads_per_key: step.heads / step.keyHeads,
    queries: step.queries,
    key_length: length,
  });
  kernel.param('scale', 'f32', step.scale);
  const conditions = ['t < params.queries', 's < params.key_length'];
  if (causal !== null) {
    const offset: Late<number> =
      causalShift === null ? causal : (scalars) => causal + (scalars[causalShift] as number);
    kernel.param('causal', 'i32', offset);
    conditions.push('i32(s) <= i32(t) + params.causal');
  }
  access.code.push(`fn sees(t: u32, s: u32) -> bool { return ${conditions.join(' && ')}; }`);
  to.add(
    kernel.build(
      name,
      `${byLanes ? variants.lanes : variants.tiles}${place}${dropout}`,
      {
        ...values,
        ACCESS: access.code.join('\n'),
        LANES: lanes,
        SLOTS: Math.ceil(chunks / lanes),
        CAUSAL: causal !== null,
        MASK: step.mask !== null,
        BOOL_MASK: step.mask?.dtype === 'bool',
        DROPOUT: step.dropout !== null,
        SEEDED: step.dropoutP !== null,
        PART: Boolean(step.dropoutFrom),
        ...(byLanes ? {} : { ROWS: rows, PER: 2 }),
        ...(name === 'attention' ? {} : { PRODUCTS: byLanes ? lanesProducts : products }),
        ...(name === 'attention' && !byLanes ? { SHARE: lanes / rows, SHARED: lanes > rows } : {}),
      },
      groups,
    ),
  );
}
