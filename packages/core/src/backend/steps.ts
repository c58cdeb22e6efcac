/**
 * The kernel vocabulary: every kind of step that a plan may hold, with its exact meaning.
 *
 * A backend implements these and nothing more. The plain reading of each comment is the definition; the reference
 * backend is its executable form, and one suite holds all backends to it.
 *
 * Conventions
 * - Shapes, strides and offsets count elements. Strides are 0 or more: 0 (broadcast) on inputs only, as the elements of
 *   an output are distinct.
 * - "contiguous" means row-major without gaps from `offset` on.
 * - An output may be the very same operand (buffer, offset, shift, shape, strides, dtype) as an input of a `pointwise`
 *   step or of an epilogue, which is how updates happen in place. Otherwise a step does not read the buffers that it
 *   stores into, not even other ranges of them (WebGPU refuses one buffer bound both ways). Several outputs may share a
 *   buffer if no element belongs to two of them: the parts of a fused dq, dk, dv.
 * - The float operands of a step share one compute type: float32 (each stored as float32 or float16), or float64.
 * - An axis may have size 0: the step then stores what is left to store (a reduction its neutral elements). `classes`,
 *   the `columns` of a norm, and the `size` of an indexed axis with a non-empty index are at least 1.
 * - "flagged": the step stores 1 into its `flag` operand (int32, one element), which the graph clears and reads; a null
 *   flag means that the graph has checked the indices already. The clamp is done in either case.
 * - Accumulation is in float32 at least (float64 for float64); the order is fixed by the step and the kernel variant,
 *   never by the number of threads.
 */
import type { DType } from './dtype.js';
import type { Program } from './program.js';
import type { QuantisedBits } from './quantised.js';

/** A strided view of a buffer of the plan. */
export interface Operand {
  /** Index into `Plan.buffers`. */
  readonly buffer: number;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  /** Adds `scalars[scalar] * stride` to the offset at run time: a position that grows without a new plan. */
  readonly shift?: { readonly scalar: number; readonly stride: number };
}

interface Labelled {
  /** The op (and module path) that this step comes from, for profiles and errors. */
  readonly label?: string;
  /** The module that this step belongs to, 'GPT.blocks.0.attn', where modules are named (see `nameModules`). */
  readonly module?: string;
}

/**
 * For each point of `shape`: runs `program` and stores its outputs. All operands have exactly this shape (broadcast
 * axes have stride 0). Also serves as copy, cast, fill, concat (one step a part), pad and optimizer update.
 */
export interface PointwiseStep extends Labelled {
  readonly kind: 'pointwise';
  readonly shape: readonly number[];
  readonly inputs: readonly Operand[];
  /** Plan scalars that `scalar` instructions name by their place in this list. */
  readonly scalars: readonly number[];
  readonly program: Program;
  readonly outputs: readonly Operand[];
}

export type Reducer = 'sum' | 'mean' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin' | 'any' | 'all';

/**
 * Reduces the value of `prologue` (one output) over `axes` of `shape`, then runs `epilogue`.
 *
 * - `prologue` reads `inputs`, operands of shape `shape`. `axes` are distinct, in any order.
 * - Output operands and `epilogueInputs` have the shape of the kept axes, in order (a reduction over all axes has shape
 *   []). `epilogue` sees the reduced value as `load` 0 and `epilogueInputs[i]` as `load` 1 + i; null stores the value
 *   (one output).
 * - `argmax` and `argmin` give int32: the row-major position within the reduced axes, the first of equals; a NaN wins.
 * - `max` and `min` propagate NaN. `any` and `all` take and give bool; `mean` takes floats; the others floats or int32,
 *   which wraps. An empty reduction gives the neutral element: 0 for sum, NaN for mean, 1 for prod, -inf and inf for max
 *   and min (-2147483648 and 2147483647 on int32), false for any, true for all; empty argmax, argmin do not occur.
 * - `sum`, `mean`, `prod` accumulate pairwise or blockwise, so that the error grows slower than linearly.
 */
export interface ReduceStep extends Labelled {
  readonly kind: 'reduce';
  readonly shape: readonly number[];
  readonly axes: readonly number[];
  readonly reducer: Reducer;
  readonly inputs: readonly Operand[];
  readonly scalars: readonly number[];
  readonly prologue: Program;
  readonly epilogue: Program | null;
  readonly epilogueInputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

/**
 * c[..., i, j] = sum over l of a[..., i, l] * b[..., l, j]; float32 (or float16 operands with float32 accumulation).
 *
 * - `a` has shape [...batch, m, k], `b` [...batch, k, n] with any strides, so that a transposed side is a view. Batch
 *   strides may be 0. Within a matrix one of the two strides is 1 (or its axis has size 1); the planner copies others.
 * - `epilogue` sees the product as `load` 0 and `epilogueInputs[i]` (shape [...batch, m, n]) as `load` 1 + i; null
 *   stores the product (one output). Outputs have shape [...batch, m, n]; there may be several (a saved pre-activation).
 * - k = 0 gives zeros.
 */
export interface MatmulStep extends Labelled {
  readonly kind: 'matmul';
  readonly batch: readonly number[];
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Operand;
  readonly b: Operand;
  readonly scalars: readonly number[];
  readonly epilogue: Program | null;
  readonly epilogueInputs: readonly Operand[];
  readonly outputs: readonly Operand[];
}

/**
 * y[r, j] = sum over l of x[r, l] * q[j, l] * scale[j, floor(l / groupSize)]: a product with weights of 4 or 8 bits.
 *
 * - q are signed integers (two's complement), packed along l into 32-bit words from the low bits up, each row starting a
 *   new word: q[j, l] stands in weight[j, floor(l / n)] from bit (l mod n) * bits on, n = 32 / bits. What the last word
 *   of a row holds beyond `depth` is not used.
 * - `groupSize` is a multiple of 32, or at least `depth` (one scale a row).
 * - Contiguous: x float [rows, depth], weight int32 [columns, ceil(depth / n)], scale float
 *   [columns, ceil(depth / groupSize)], y float [rows, columns]. depth = 0 gives zeros.
 */
export interface QuantisedMatmulStep extends Labelled {
  readonly kind: 'quantisedMatmul';
  readonly bits: QuantisedBits;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly groupSize: number;
  readonly x: Operand;
  readonly weight: Operand;
  readonly scale: Operand;
  readonly y: Operand;
}

/** y = softmax (or log-softmax) of each row. Operands [rows, columns], contiguous. A row of -inf only gives NaN. */
export interface SoftmaxStep extends Labelled {
  readonly kind: 'softmax';
  readonly log: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly x: Operand;
  readonly y: Operand;
}

/** dx from y and dy: softmax y * (dy - sum(y * dy)), log-softmax dy - exp(y) * sum(dy). Contiguous [rows, columns]. */
export interface SoftmaxBackwardStep extends Labelled {
  readonly kind: 'softmaxBackward';
  readonly log: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly y: Operand;
  readonly dy: Operand;
  readonly dx: Operand;
}

/**
 * Per-row cross-entropy of class scores, without a one-hot and without storing probabilities.
 *
 * With p = softmax(logits[r]), w = weight (ones if null), t = target[r], s = labelSmoothing, C = classes:
 *   loss[r] = -(1 - s) * w[t] * log p[t] - (s / C) * sum over c of w[c] * log p[c],   0 where t == ignoreIndex.
 * `logSumExp[r]` is kept for the backward step. `total[r]` (when not null) is w[t], 0 where ignored: the mean's divisor.
 * logits [rows, classes] contiguous; target int32 [rows]; loss, logSumExp, total float [rows]; weight [classes].
 * Where s = 0 the second term is absent, so that classes masked with -infinity do no harm.
 * A target outside [0, classes) that is not ignoreIndex is clamped and flagged.
 */
export interface CrossEntropyStep extends Labelled {
  readonly kind: 'crossEntropy';
  readonly rows: number;
  readonly classes: number;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  readonly logits: Operand;
  readonly target: Operand;
  readonly weight: Operand | null;
  readonly loss: Operand;
  readonly logSumExp: Operand;
  readonly total: Operand | null;
  readonly flag: Operand | null;
}

/** dlogits [rows, classes] from dloss (shape [rows], strides may be 0): the derivative of the step above. */
export interface CrossEntropyBackwardStep extends Labelled {
  readonly kind: 'crossEntropyBackward';
  readonly rows: number;
  readonly classes: number;
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
  readonly logits: Operand;
  readonly target: Operand;
  readonly weight: Operand | null;
  readonly logSumExp: Operand;
  readonly dloss: Operand;
  readonly dlogits: Operand;
}

/**
 * `layer`: y = (x - mean) * rstd * weight + bias, rstd = 1 / sqrt(var + eps), biased variance, computed in two passes.
 * `rms`:   y = x * rstd * weight,                 rstd = 1 / sqrt(mean(x * x) + eps); mean and bias are null.
 * x, y [rows, columns] contiguous; weight, bias [columns] or null; mean, rstd [rows], null when not wanted.
 * https://arxiv.org/abs/1607.06450, https://arxiv.org/abs/1910.07467
 */
export interface NormStep extends Labelled {
  readonly kind: 'norm';
  readonly variant: 'layer' | 'rms';
  readonly rows: number;
  readonly columns: number;
  readonly eps: number;
  readonly x: Operand;
  readonly weight: Operand | null;
  readonly bias: Operand | null;
  readonly y: Operand;
  readonly mean: Operand | null;
  readonly rstd: Operand | null;
}

/** Gradients of the step above. Each of dx, dweight, dbias may be null (not wanted). mean is null for `rms`. */
export interface NormBackwardStep extends Labelled {
  readonly kind: 'normBackward';
  readonly variant: 'layer' | 'rms';
  readonly rows: number;
  readonly columns: number;
  readonly x: Operand;
  readonly dy: Operand;
  readonly weight: Operand | null;
  readonly mean: Operand | null;
  readonly rstd: Operand;
  readonly dx: Operand | null;
  readonly dweight: Operand | null;
  readonly dbias: Operand | null;
}

/** What forward and backward attention share. */
interface AttentionBase extends Labelled {
  readonly batch: number;
  readonly heads: number;
  /** Divides `heads`: query head h reads key head floor(h / (heads / keyHeads)). */
  readonly keyHeads: number;
  /** Query positions. */
  readonly queries: number;
  /** Key positions in the operands. */
  readonly keys: number;
  readonly headSize: number;
  /**
   * How many keys exist at run time: a plan scalar (int32, 0 ... `keys`), or null for all of `keys`. Keys, values and
   * mask beyond are not read; their dk and dv are zeros.
   */
  readonly keyLength: number | null;
  readonly scale: number;
  /**
   * null: every query sees every key. Otherwise query t sees keys s <= t + offset, where offset is this number plus
   * plan scalar `causalShift` if that is not null. PyTorch's `isCausal` is offset 0.
   */
  readonly causal: number | null;
  readonly causalShift: number | null;
  /** [batch, heads, queries, headSize]; the last stride is 1, the others any (so that a fused qkv needs no copy). */
  readonly q: Operand;
  /** [batch, keyHeads, keys, headSize] */
  readonly k: Operand;
  readonly v: Operand;
  /** [batch, heads, queries, keys] with any strides (0 too): bool, true takes part; or float, added to the scores. */
  readonly mask: Operand | null;
  /**
   * What multiplies the probabilities, or null. Where `dropoutP` is null: factors, 0 or 1 / (1 - p), [batch, heads,
   * queries, keys], float, contiguous. Else: the seed (int32, shape []) from which a kernel computes the factor that it
   * needs, so that none lies in memory.
   */
  readonly dropout: Operand | null;
  /** The probability with which a seed drops, above 0. dropout.ts has the factor, at ((b * heads + h) * queries + t) * keys + s. */
  readonly dropoutP: number | null;
}

/**
 * out = softmax(q k^T * scale + mask) v, without storing the queries x keys matrix.
 * A query that sees no key (none exists, or all are masked by causality, false, or -infinity) gives zeros.
 * `logSumExp` [batch, heads, queries] contiguous is log(sum over keys of exp(score)), before dropout, and 0 for a query
 * that sees no key; kept for the backward step (null when not wanted). https://arxiv.org/abs/2205.14135, https://arxiv.org/abs/2307.08691
 */
export interface AttentionStep extends AttentionBase {
  readonly kind: 'attention';
  /** [batch, heads, queries, headSize], last stride 1 */
  readonly out: Operand;
  readonly logSumExp: Operand | null;
}

/**
 * dq, dk, dv from dout; dk and dv are summed over the query heads of a key head. `out` and `logSumExp` are what the
 * forward step stored. dout, dq, dk and dv have the shapes of out, q, k and v, last stride 1, the others any.
 */
export interface AttentionBackwardStep extends AttentionBase {
  readonly kind: 'attentionBackward';
  readonly out: Operand;
  readonly logSumExp: Operand;
  readonly dout: Operand;
  readonly dq: Operand;
  readonly dk: Operand;
  readonly dv: Operand;
}

/**
 * Selection along an axis by one index for all rows. Every operand is contiguous.
 * input [outer, size, inner], index int32 [count], output [outer, count, inner]; output[o, i] = input[o, index[i]].
 * Input and output have one dtype, any. Negative indices are not in the language. An index outside [0, size) is clamped and flagged.
 */
export interface IndexSelectStep extends Labelled {
  readonly kind: 'indexSelect';
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly count: number;
  readonly input: Operand;
  readonly index: Operand;
  readonly output: Operand;
  readonly flag: Operand | null;
}

/**
 * The transpose of the step above: output[o, index[i]] += source[o, i], in the order of i (deterministic).
 * `accumulate` adds to what is there, otherwise the output starts as zeros. `skip` (0 ... size - 1): this index adds
 * nothing (an embedding's padding row), null for none. Source and output have one dtype, a float type or int32. Contiguous operands: source [outer, count, inner], output [outer, size, inner].
 */
export interface IndexAddStep extends Labelled {
  readonly kind: 'indexAdd';
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly count: number;
  readonly accumulate: boolean;
  readonly skip: number | null;
  readonly index: Operand;
  readonly source: Operand;
  readonly output: Operand;
  readonly flag: Operand | null;
}

/**
 * torch.gather: output[o, i, n] = input[o, index[o, i, n], n]. Contiguous: input [outer, size, inner], index int32 and
 * output [outer, count, inner].
 */
export interface GatherStep extends Labelled {
  readonly kind: 'gather';
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly count: number;
  readonly input: Operand;
  readonly index: Operand;
  readonly output: Operand;
  readonly flag: Operand | null;
}

/**
 * torch.scatter (reduce 'none': the last i wins) and scatterAdd ('sum', in the order of i): output[o, index[o, i, n], n]
 * takes source[o, i, n]. The output keeps what it holds elsewhere if `accumulate` (and a sum adds to it), else it starts
 * as zeros. Source and output have one dtype: any for 'none', a float type or int32 for 'sum'.
 */
export interface ScatterStep extends Labelled {
  readonly kind: 'scatter';
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly count: number;
  readonly reduce: 'none' | 'sum';
  readonly accumulate: boolean;
  readonly index: Operand;
  readonly source: Operand;
  readonly output: Operand;
  readonly flag: Operand | null;
}

/**
 * Where the first `count` elements of each row stand when it is in order: indices int32 [rows, count] for x [rows, columns],
 * contiguous, float or int32; `count` is at most `columns`. Equal elements (0 and -0 too) keep their order, NaN counts as
 * the largest.
 */
export interface SortStep extends Labelled {
  readonly kind: 'sort';
  readonly rows: number;
  readonly columns: number;
  readonly count: number;
  readonly descending: boolean;
  readonly x: Operand;
  readonly indices: Operand;
}

/**
 * Running sums: y[o, i, n] = sum of x[o, j, n] over j <= i, or over j >= i if `reverse` (its gradient). Contiguous
 * [outer, size, inner] of one dtype, float or int32, which wraps.
 */
export interface ScanStep extends Labelled {
  readonly kind: 'scan';
  readonly reverse: boolean;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly x: Operand;
  readonly y: Operand;
}

/** What a recurrent layer does at a step; see `RecurrentStep`. */
export type RecurrentCell = 'tanh' | 'relu' | 'lstm' | 'gru';

/** What forward and backward steps of recurrent layers share. */
interface RecurrentBase extends Labelled {
  readonly cell: RecurrentCell;
  /** At least 1. */
  readonly steps: number;
  readonly batch: number;
  /** At least 1. */
  readonly hidden: number;
  /** Whether time runs backwards: the state before step t is that of step t + 1, and the first is step `steps - 1`. */
  readonly reverse: boolean;
  /** U [gates * hidden, hidden]: `weight_hh`. Gates stand one under the other, in PyTorch's order. */
  readonly weight: Operand;
  /**
   * h of all times [steps + 1, batch, hidden]. Step t stores h_t in row t + 1 and the initial state is row 0; with
   * `reverse` it stores in row t, and the initial state is row `steps`. So the states that steps start from are rows
   * 0 ... steps - 1 (with `reverse` 1 ... steps), which is what the gradient of `weight` is multiplied with.
   */
  readonly states: Operand;
  /** lstm: c of all times, as `states`. Otherwise null. */
  readonly cells: Operand | null;
}

/**
 * A recurrent layer over a whole sequence, in one direction. With h, c the states that a step starts from, x_t the step's
 * row of `x`, s = U h + b, and x_t and s cut into gates of `hidden` columns:
 *   tanh, relu  h' = f(x + s)
 *   lstm        i, f, o = sigmoid(x + s), g = tanh(x + s) (gates i, f, g, o): c' = f c + i g, h' = o tanh(c')
 *   gru         r, z = sigmoid(x + s), n = tanh(x_n + r s_n) (gates r, z, n): h' = n + z (h - n)
 * x [steps, batch, gates * hidden] is what comes from the input, with its bias; b [gates * hidden] (null: zeros) is
 * `bias_hh`. All operands are contiguous. The initial states are copied into `states` and `cells`. A
 * step starts from the states before they are rounded to the dtype that they are stored in.
 *
 * `saved` (null when not wanted) is kept for the backward step: lstm i, f, g, o [steps, batch, 4 * hidden]; gru r, z, n, s_n,
 * likewise; always null for tanh and relu, whose h' says all.
 * https://doi.org/10.1162/neco.1997.9.8.1735, https://arxiv.org/abs/1406.1078
 */
export interface RecurrentStep extends RecurrentBase {
  readonly kind: 'recurrent';
  readonly x: Operand;
  readonly bias: Operand | null;
  /** Initial states [batch, hidden]; `c0` is null but for lstm. */
  readonly h0: Operand;
  readonly c0: Operand | null;
  readonly saved: Operand | null;
}

/**
 * Gradients of the step above, from those of all h_t (`dout` [steps, batch, hidden], by t) and, for lstm, of the last c
 * (`dlastCell` [batch, hidden], null: zeros). `states`, `cells`, `saved` are what the forward step stored.
 * dx is the gradient of `x`. For gru, `ds` [steps, batch, 3 * hidden] is that of s = U h + b, which differs from dx in n;
 * null for the others, where dx is both. dh0, dc0 (null but for lstm) are those of the initial states.
 * That of `weight` is then a product of ds and `states`, that of `bias` the sum of ds over steps and batch.
 */
export interface RecurrentBackwardStep extends RecurrentBase {
  readonly kind: 'recurrentBackward';
  readonly saved: Operand | null;
  readonly dout: Operand;
  readonly dlastCell: Operand | null;
  readonly dx: Operand;
  readonly ds: Operand | null;
  readonly dh0: Operand;
  readonly dc0: Operand | null;
}

export type Step =
  | PointwiseStep
  | ReduceStep
  | MatmulStep
  | QuantisedMatmulStep
  | SoftmaxStep
  | SoftmaxBackwardStep
  | CrossEntropyStep
  | CrossEntropyBackwardStep
  | NormStep
  | NormBackwardStep
  | AttentionStep
  | AttentionBackwardStep
  | RecurrentStep
  | RecurrentBackwardStep
  | IndexSelectStep
  | IndexAddStep
  | GatherStep
  | ScatterStep
  | SortStep
  | ScanStep;

export type StepKind = Step['kind'];

/** How many gates a cell's `x`, `weight` and `bias` have. */
export const gatesOf: Readonly<Record<RecurrentCell, number>> = { tanh: 1, relu: 1, lstm: 4, gru: 3 };
