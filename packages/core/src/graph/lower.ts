/**
 * Lowering: from a fused recording to the steps of a plan.
 *
 * Decides where every value lies (an external's memory, a slot in place, a fresh result, a part of a concatenation,
 * scratch) and emits one step for each group, with copies only where a kernel cannot read a layout.
 */
import type { Plan } from '../backend/contract.js';
import { computeTypeOf, type DType } from '../backend/dtype.js';
import type { Step } from '../backend/steps.js';
import type { GraphDevice } from './device.js';
import { Fusion, type Group } from './fuse.js';
import type { Binding } from './key.js';
import {
  broadcastLayout,
  contiguousLayout,
  type Layout,
  layoutIsContiguous,
  type PlanBuffer,
} from './layout.js';
import { lowerMatmul } from './lower-matmul.js';
import { lowerPointwise, lowerReduce } from './lower-pointwise.js';
import { resolveStep, ScratchMemory } from './memory.js';
import type { KernelIO } from './op.js';
import { OperandList } from './operand-list.js';
import { Placements, partRegions } from './placement.js';
import { type Expr, ProgramBuilder } from './program-builder.js';
import type { Recording } from './recording.js';
import { type Shape, showShape, sizeOf } from './shape.js';
import { moduleOf } from './trace.js';

/** Where an output of a plan lies after a run. */
export interface OutputPlace {
  readonly node: number;
  /** Which of the recording's outputs this is. */
  readonly output: number;
  /** Position in `Plan.buffers`. */
  readonly buffer: number;
  /** In bytes. */
  readonly offset: number;
  /** Whether the output overwrote its slot's buffer; if not, `buffer` is new memory that it now owns. */
  readonly inPlace: boolean;
}

export interface LoweredPlan {
  readonly plan: Plan;
  /** `Plan.buffers` holds the bound buffers first, then new results, then scratch. */
  readonly bound: number;
  readonly fresh: number;
  readonly outputs: readonly OutputPlace[];
  /** Externals that are uploaded, in the order of `Plan.uploads`. */
  readonly uploads: readonly number[];
  /** The nodes whose scalars are fed, in order. */
  readonly scalarNodes: readonly number[];
  /** Op names by flag word: which checks of device-side indices the plan holds. */
  readonly flags: readonly string[];
}

export class Lowering {
  readonly fusion: Fusion;
  readonly #layouts: (Layout | null)[];
  readonly #external: Layout[];
  readonly #copies = new Map<Layout, Layout>();
  readonly #steps: Step[] = [];
  readonly #memory = new ScratchMemory();
  readonly #bound: PlanBuffer[];
  readonly #fresh: PlanBuffer[] = [];
  readonly #scalarBase: number[] = [];
  readonly #scalarTypes: ('float32' | 'float64' | 'int32')[] = [];
  readonly #scalarNodes: number[] = [];
  readonly #placements: Placements;
  readonly #inPlace = new Set<number>();
  /** For each bound buffer, the groups that still have to read it. */
  readonly #readers: Set<Group>[];
  readonly #flags: string[] = [];
  #group: Group | null = null;

  constructor(
    readonly device: GraphDevice,
    readonly recording: Recording,
    private readonly binding: Binding,
  ) {
    const { nodes, externals } = recording;
    this.fusion = new Fusion(recording, device.backend.limits.maxBuffersPerStep);
    this.#layouts = new Array(nodes.length).fill(null);
    this.#bound = binding.buffers.map((buffer, index) => ({
      index,
      byteLength: buffer.byteLength,
      scratch: false,
    }));
    this.#external = externals.map((value, j) => {
      const at = binding.externals[j];
      if (at < 0)
        return contiguousLayout(
          this.#memory.allocate(this.bytes(value.shape, value.dtype)),
          value.dtype,
          value.shape,
        );
      const offset = (value.region?.offset ?? 0) / this.elementBytes(value.dtype);
      return contiguousLayout(this.#bound[at], value.dtype, value.shape, offset);
    });
    for (let i = 0; i < nodes.length; i++) {
      this.#scalarBase.push(this.#scalarTypes.length);
      if (nodes[i].scalars.length === 0) continue;
      this.#scalarNodes.push(i);
      const type = nodes[i].attrs?.scalarType ?? (nodes[i].dtype === 'float64' ? 'float64' : 'float32');
      for (const _ of nodes[i].scalars) this.#scalarTypes.push(type as 'float32');
    }
    this.#placements = new Placements(recording, this.fusion);
    this.#readers = this.#bound.map(() => new Set());
  }

  build(): LoweredPlan {
    this.#orderUpdates();
    const groups = this.fusion.ordered();
    for (const group of groups) {
      for (const bound of this.#boundReads(group)) this.#readers[bound].add(group);
    }
    for (const group of groups) {
      this.#group = group;
      this.#lowerGroup(group);
      for (const readers of this.#readers) readers.delete(group);
    }
    return this.#finish();
  }

  // ---- what lowering functions use ------------------------------------------------------------------------------

  elementBytes(dtype: DType): number {
    return this.device.elementBytes(dtype);
  }

  bytes(shape: Shape, dtype: DType): number {
    return Math.max(1, sizeOf(shape)) * this.elementBytes(dtype);
  }

  emit(step: Step): void {
    const at = this.#steps.length;
    this.#memory.touch(step, at);
    // A device may run a pointwise step along with the norm's gradient before it, so what that reads is not given away.
    const before = this.#steps[at - 1];
    if (step.kind === 'pointwise' && before?.kind === 'normBackward') this.#memory.touch(before, at);
    const module = this.#module();
    this.#steps.push(module === undefined ? step : { ...step, module });
  }

  /** The module of what makes up the group: its kernel, or the first of a chain. */
  #module(): string | undefined {
    const node =
      this.#group && this.recording.nodes[this.#group.root < 0 ? this.#group.members[0] : this.#group.root];
    return node ? moduleOf.get(node) : undefined;
  }

  /** Plan scalars of a node. */
  scalar(node: number, i: number): number {
    return this.#scalarBase[node] + i;
  }

  scalarType(node: number, i: number): 'float32' | 'float64' | 'int32' {
    return this.#scalarTypes[this.#scalarBase[node] + i];
  }

  /** Where the value of a reference lies; for views, computed from what they look at. */
  layout(ref: number): Layout {
    if (ref < 0) return this.#external[-1 - ref];
    const known = this.#layouts[ref];
    if (known) return known;
    const node = this.recording.nodes[ref];
    if (node.op?.kind !== 'view') throw new Error(`internal: ${node.op?.name} is read before it is computed`);
    const base = this.layout(node.inputs[0].index);
    const layout = node.op.layout(base, node) ?? node.op.layout(this.contiguous(base), node);
    if (!layout) throw new Error(`internal: ${node.op.name} has no layout over contiguous memory`);
    this.#layouts[ref] = layout;
    return layout;
  }

  /** The same elements without gaps: as they are if they lie so, else copied (once for all who ask). */
  contiguous(layout: Layout): Layout {
    if (layoutIsContiguous(layout)) return layout;
    return this.copy(layout);
  }

  copy(layout: Layout): Layout {
    const known = this.#copies.get(layout);
    if (known) return known;
    const copy = this.scratch(layout.shape, layout.dtype);
    this.emitCopy(layout, copy, 'copy');
    this.#copies.set(layout, copy);
    return copy;
  }

  emitCopy(from: Layout, to: Layout, label: string): void {
    const b = new ProgramBuilder();
    const value = b.load(0, computeTypeOf(from.dtype));
    lowerPointwise(this, to.shape, b, [broadcastLayout(from, to.shape)], [], [value], [to], label);
  }

  scratch(shape: Shape, dtype: DType): Layout {
    return contiguousLayout(this.#memory.allocate(this.bytes(shape, dtype)), dtype, shape);
  }

  /** Memory for the result of a node. */
  output(node: number): Layout {
    const known = this.#layouts[node];
    if (known) return known;
    const value = this.recording.nodes[node];
    const layout = this.#outputLayout(node, value.shape, value.dtype);
    this.#layouts[node] = layout;
    return layout;
  }

  // ---- groups ---------------------------------------------------------------------------------------------------

  #lowerGroup(group: Group): void {
    switch (group.kind) {
      case 'pointwise':
        this.#lowerChain(group);
        return;
      case 'reduce':
        lowerReduce(this, group);
        return;
      case 'matmul':
        lowerMatmul(this, group);
        return;
      case 'copy': {
        const node = this.recording.nodes[group.root];
        const from = this.layout(group.root);
        const to = this.#outputLayout(group.root, node.shape, node.dtype);
        this.emitCopy(from, to, node.op?.name ?? 'copy');
        this.#layouts[group.root] = to;
        return;
      }
      case 'kernel':
        this.#lowerKernel(group.root);
    }
  }

  #lowerChain(group: Group): void {
    const b = new ProgramBuilder();
    const operands = new OperandList(this, group.shape);
    const exprs = this.emitMembers(b, operands, group.members, new Map());
    const kept = group.members.filter((member) => this.fusion.materialised(member));
    lowerPointwise(
      this,
      group.shape,
      b,
      operands.layouts,
      operands.scalars,
      kept.map((member) => exprs.get(member) as Expr),
      kept.map((member) => this.output(member)),
      kept.map((member) => this.recording.nodes[member].op?.name).join('+'),
    );
  }

  /** Writes pointwise nodes into a program, reading what is outside of it through `operands`. */
  emitMembers(
    b: ProgramBuilder,
    operands: OperandList,
    members: readonly number[],
    known: Map<number, Expr>,
  ): Map<number, Expr> {
    for (const member of members) {
      const node = this.recording.nodes[member];
      if (node.op?.kind !== 'pointwise') throw new Error('internal: not a pointwise node');
      const inputs = node.inputs.map((input) => known.get(input.index) ?? operands.load(b, input.index));
      const scalars = node.scalars.map((_, i) =>
        operands.scalar(b, this.scalar(member, i), this.scalarType(member, i)),
      );
      let expr = b.cast(node.op.emit(b, inputs, node, scalars), computeTypeOf(node.dtype));
      // uint8 arithmetic is done in int32 and wraps at each op, as PyTorch's does.
      if (node.dtype === 'uint8') expr = b.binary('and', expr, b.const(255, 'int32'));
      known.set(member, expr);
    }
    return known;
  }

  #lowerKernel(root: number): void {
    const node = this.recording.nodes[root];
    if (node.op?.kind !== 'kernel') throw new Error('internal: not a kernel node');
    const io: KernelIO = {
      input: (i, want) => {
        const layout = this.layout(node.inputs[i].index);
        if (want === 'contiguous') return this.contiguous(layout);
        if (want === 'unitStride' && layout.strides[layout.strides.length - 1] !== 1)
          return this.copy(layout);
        return layout;
      },
      output: () => this.output(root),
      part: (i) => this.#part(root, i),
      aux: (index) => {
        const aux = this.fusion.consumers[root].find((consumer) => {
          const value = this.recording.nodes[consumer];
          return value.op?.kind === 'aux' && value.attrs?.index === index;
        });
        return aux === undefined ? null : this.output(aux);
      },
      scratch: (shape, dtype) => this.scratch(shape, dtype),
      scalar: (i) => this.scalar(root, i),
      copy: (from, to) => this.emitCopy(from, to, node.op?.name ?? 'copy'),
      flag: () => this.#flag(`${node.op?.name} (${node.inputs.map((x) => showShape(x.shape)).join(', ')})`),
      emit: (step) => this.emit(step),
    };
    node.op.lower(node, io);
  }

  /** The region of a join's output that its input `i` belongs to, or null if the input lies there already. */
  #part(join: number, i: number): Layout | null {
    const node = this.recording.nodes[join];
    const out = this.output(join);
    const { strides, offset } = partRegions(node)[i];
    const region = { ...out, shape: node.inputs[i].shape, strides, offset: out.offset + offset };
    const input = this.layout(node.inputs[i].index);
    const there =
      input.buffer === region.buffer &&
      input.offset === region.offset &&
      input.strides.every((stride, axis) => input.shape[axis] === 1 || stride === region.strides[axis]);
    return there ? null : region;
  }

  #flag(op: string): Layout {
    this.#flags.push(op);
    if (!this.#flagBuffer) {
      this.#flagBuffer = { index: -1, byteLength: 256 * this.elementBytes('int32'), scratch: false };
    }
    return contiguousLayout(this.#flagBuffer, 'int32', [1], (this.#flags.length - 1) % 256);
  }
  #flagBuffer: PlanBuffer | null = null;

  // ---- memory ---------------------------------------------------------------------------------------------------

  #outputLayout(node: number, shape: Shape, dtype: DType): Layout {
    const o = this.recording.outputs.findIndex((output) => output.node === node);
    if (o >= 0) {
      const bound = this.binding.outputs[o];
      if (bound >= 0 && this.#mayOverwrite(bound, shape)) {
        this.#inPlace.add(node);
        return contiguousLayout(this.#bound[bound], dtype, shape);
      }
      const buffer: PlanBuffer = { index: -1, byteLength: this.bytes(shape, dtype), scratch: false };
      this.#fresh.push(buffer);
      return contiguousLayout(buffer, dtype, shape);
    }
    const placement = this.#placements.get(node);
    if (placement) {
      const owner = this.recording.nodes[placement.owner];
      const base =
        owner.op?.kind === 'view' ? this.scratch(owner.shape, owner.dtype) : this.output(placement.owner);
      return { ...base, shape, strides: placement.strides, offset: base.offset + placement.offset };
    }
    return this.scratch(shape, dtype);
  }

  /**
   * Whether the current group may write over a bound buffer: nothing that runs later reads the old version, and this
   * group reads it only element for element where it writes.
   */
  #mayOverwrite(bound: number, shape: Shape): boolean {
    for (const reader of this.#readers[bound]) if (reader !== this.#group) return false;
    const group = this.#group as Group;
    if (!this.#readers[bound].has(group)) return true;
    if (group.kind === 'copy') return false;
    if (group.kind === 'kernel') return this.#overwritesInput(group.root, bound, shape);
    for (const node of [...group.prologue, ...(group.root >= 0 ? [group.root] : []), ...group.members]) {
      for (const input of this.recording.nodes[node].inputs) {
        const producer = this.fusion.producer(input.index);
        if (producer >= 0 || this.binding.externals[-1 - producer] !== bound) continue;
        const isEpilogueInput = group.kind === 'pointwise' || group.members.includes(node);
        const layout = this.layout(input.index);
        if (
          !isEpilogueInput ||
          layout.offset !== 0 ||
          sizeOf(layout.shape) !== sizeOf(shape) ||
          !layoutIsContiguous(layout)
        ) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether a kernel that may write over its input 0 finds it, and nothing else, in a bound buffer. */
  #overwritesInput(root: number, bound: number, shape: Shape): boolean {
    const { op, inputs } = this.recording.nodes[root];
    if (op?.kind !== 'kernel' || !op.overwrites) return false;
    const lies = inputs.map((input) => {
      const producer = this.fusion.producer(input.index);
      return producer < 0 && this.binding.externals[-1 - producer] === bound;
    });
    if (!lies[0] || lies.lastIndexOf(true) !== 0) return false;
    const layout = this.layout(inputs[0].index);
    return layout.offset === 0 && sizeOf(layout.shape) === sizeOf(shape) && layoutIsContiguous(layout);
  }

  /** Bound buffers that a group reads. */
  #boundReads(group: Group): Set<number> {
    const out = new Set<number>();
    const nodes = group.root >= 0 ? [...group.prologue, group.root, ...group.members] : group.members;
    for (const node of nodes) {
      for (const input of this.recording.nodes[node].inputs) {
        const producer = this.fusion.producer(input.index);
        if (producer < 0 && this.binding.externals[-1 - producer] >= 0)
          out.add(this.binding.externals[-1 - producer]);
      }
    }
    return out;
  }

  /** Makes a group that overwrites a slot wait for all others that read the old version, where that makes no cycle. */
  #orderUpdates(): void {
    const { outputs } = this.recording;
    for (let o = 0; o < outputs.length; o++) {
      const bound = this.binding.outputs[o];
      const updater = this.fusion.groupOf[outputs[o].node];
      if (bound < 0 || !updater) continue;
      for (const group of this.fusion.groups) {
        if (group === updater || !this.#boundReads(group).has(bound)) continue;
        if (!this.fusion.reaches(group, updater)) updater.deps.add(group);
      }
    }
  }

  #finish(): LoweredPlan {
    const { recording } = this;
    let index = this.#bound.length;
    for (const buffer of this.#fresh) buffer.index = index++;
    if (this.#flagBuffer) this.#flagBuffer.index = index++;
    const uploads: number[] = [];
    for (let j = 0; j < recording.externals.length; j++) {
      if (this.binding.externals[j] < 0) {
        uploads.push(j);
        this.#memory.touchBuffer(this.#external[j].buffer, 0);
      }
    }
    const scratch = this.#memory.assign(index);
    const freshStart = this.#bound.length;
    const outputs = recording.outputs.map(({ node }, output): OutputPlace => {
      const layout = this.#layouts[node] as Layout;
      return {
        node,
        output,
        buffer: layout.buffer.index,
        offset: layout.offset * this.elementBytes(layout.dtype),
        inPlace: this.#inPlace.has(node),
      };
    });
    const plan: Plan = {
      buffers: [
        ...this.#bound.map(({ byteLength }) => ({ byteLength })),
        ...this.#fresh.map(({ byteLength }) => ({ byteLength })),
        ...(this.#flagBuffer ? [{ byteLength: this.#flagBuffer.byteLength }] : []),
        ...scratch.map((byteLength) => ({ byteLength })),
      ],
      scalars: this.#scalarTypes,
      uploads: uploads.map((j) => {
        const value = recording.externals[j];
        return {
          buffer: this.#external[j].buffer.index,
          byteOffset: 0,
          byteLength: value.size * this.elementBytes(value.dtype),
        };
      }),
      steps: this.#steps.map(resolveStep),
    };
    return {
      plan,
      bound: freshStart,
      fresh: this.#fresh.length,
      outputs,
      uploads,
      scalarNodes: this.#scalarNodes,
      flags: this.#flags,
    };
  }
}
