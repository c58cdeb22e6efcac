/**
 * Numbers that the encoder (TypeScript, in src/) and the kernels (AssemblyScript) share.
 * This file is read by both compilers: only plain enums here.
 */

/** First word of a command. */
export enum CommandKind {
  End,
  Pointwise,
  Reduce,
  Matmul,
  QuantisedMatmul,
  Softmax,
  SoftmaxBackward,
  CrossEntropy,
  CrossEntropyBackward,
  Norm,
  NormBackward,
  Attention,
  AttentionBackward,
  IndexSelect,
  IndexAdd,
  Gather,
  Scatter,
  Recurrent,
  RecurrentBackward,
  Sort,
  Scan,
}

/** Bits of a command's third word. */
export enum CommandFlags {
  /** Worth dealing out to all threads. */
  Parallel = 1,
}

/** How an element lies in memory. */
export enum Storage {
  F32,
  I32,
  F16,
  /** uint8: widened to int32. */
  U8,
  /** bool: widened to a mask of ones; stored as 0 or 1. */
  Bool,
  /** Not memory: the coordinate that the strides add up to (int32). */
  Coordinate,
}

/** How a block of an operand reaches its register. */
export enum Access {
  /** Contiguous over the whole iteration space: 32-bit elements are used in place. */
  Flat,
  /** The same element everywhere: one splat. */
  Uniform,
  /** Contiguous over the last `period` points and repeated over the rest (a bias). */
  Periodic,
  /** Anything else: gathered (or scattered) run by run. */
  Strided,
  /** In the thread's scratch memory: a product or a sum that the epilogue takes over (see `setLocal`). */
  Local,
}

/** Where the micro-kernels find B, or which other method a matmul takes. */
export enum MatmulMode {
  /** B in place (its n axis contiguous). */
  Direct,
  /** A thread packs the whole B of a batch element for itself: many small products. */
  LocalPack,
  /** The threads pack B together, then share its rows: large products. */
  SharedPack,
  /** One to four rows, k axis of B contiguous: dot products at memory speed. */
  Dot,
  /** One to four rows, n axis of B contiguous: rows of B scaled and summed. */
  RowSum,
}

/** What a recurrent layer does at a step. */
export enum RecurrentCell {
  Tanh,
  Relu,
  Lstm,
  Gru,
}

export enum Reduction {
  SumF32,
  SumI32,
  ProdF32,
  ProdI32,
  MaxF32,
  MaxI32,
  MinF32,
  MinI32,
  All,
  Any,
  ArgMaxF32,
  ArgMaxI32,
  ArgMinF32,
  ArgMinI32,
}

/** Instructions of pointwise programs. Bools are masks: all bits or none. */
export enum Op {
  Copy,
  NegF, NegI,
  AbsF, AbsI,
  SignF, SignI,
  Floor, Ceil, Round, Trunc,
  Sqrt, Rsqrt,
  Exp, Expm1, Log, Log1p, Log2,
  Sin, Cos, Tan, Atan, Sinh, Cosh, Tanh, Sigmoid, Erf,
  Not, IsNan, IsInf,
  FloatToInt, IntToFloat, MaskToFloat, MaskToInt, NonZeroF, NonZeroI,
  AddF, AddI, SubF, SubI, MulF, MulI, DivF,
  FloorDivF, FloorDivI, RemainderF, RemainderI, FmodF, FmodI,
  Pow, PowI,
  MaxF, MaxI, MinF, MinI,
  Atan2,
  EqF, NeF, LtF, LeF, GtF, GeF,
  EqI, NeI, LtI, LeI, GtI, GeI,
  And, Or, Xor, Shl, Shr,
  Select,
  /** a * b + c with two roundings: two instructions in one pass, the same bits. */
  MulAddF,
}
