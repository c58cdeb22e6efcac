/**
 * A compiled plan. In the steady state a run writes the uploads and, if a scalar changed, one block of parameters, then
 * records one compute pass into the device's command encoder, which is submitted once; nothing is created.
 */
import type { BackendBuffer, Executable, Plan } from '@inkstone/core/backend';
import type { WebGPUDevice } from '../device.js';
import type { Binding, Dispatch, Late, Scalars } from '../kernel.js';
import { type Traffic, trafficOf, type WebGPUBuffer, whyNot } from '../memory.js';
import type { Pipeline } from '../pipelines.js';
import type { Profiler } from '../profiler.js';
import { Readiness } from '../queue.js';
import { windowBytes } from '../windows.js';
import { fold } from './lowering.js';

/** Sets of buffers whose bind groups are kept: enough for plans that alternate between a few. */
const keptBindings = 8;

interface Step {
  readonly dispatch: Dispatch;
  readonly pipeline: Pipeline;
  /** Where its parameters lie in the uniform buffer, in bytes. */
  readonly paramsAt: number;
  /** Whether its parameters or workgroups follow from the run's scalars. */
  readonly late: boolean;
  /** Workgroups in x and y; recomputed where they follow from scalars. */
  groups: readonly [number, number];
}

export class PlanExecutable implements Executable {
  private readonly steps: Step[];
  private readonly readiness: Readiness;
  private readonly scratch: readonly WebGPUBuffer[];
  private traffic: Traffic | null = null;
  private readonly uniforms: GPUBuffer | null;
  private readonly words: DataView;
  /** True if some parameter or workgroup count follows from the run's scalars. */
  private readonly late: boolean;
  private lastScalars: readonly number[] | null = null;
  /** By the identities of all buffers of a run: the bind group of each step. */
  private readonly bindGroups = new Map<string, readonly GPUBindGroup[]>();
  /** By layout and the identities of a step's own buffers. */
  private readonly shared = new Map<string, GPUBindGroup>();
  private lastBuffers: readonly BackendBuffer[] = [];
  private lastGroups: readonly GPUBindGroup[] = [];
  private disposed = false;

  constructor(
    private readonly device: WebGPUDevice,
    private readonly plan: Plan,
    dispatches: readonly Dispatch[],
    scratchBytes: readonly number[],
  ) {
    const { gpu, pipelines } = device;
    const align = gpu.limits.minUniformBufferOffsetAlignment;
    let size = 0;
    this.steps = dispatches.map((dispatch) => {
      const paramsAt = size;
      size += Math.ceil(Math.max(16, dispatch.params.length * 4) / align) * align;
      const pipeline = pipelines.get(dispatch.code, dispatch.bindings, dispatch.label);
      const late =
        typeof dispatch.workgroups === 'function' ||
        dispatch.params.some(({ value }) => typeof value === 'function');
      return { dispatch, pipeline, paramsAt, late, groups: [0, 0] };
    });
    this.late = this.steps.some((step) => step.late);
    this.readiness = new Readiness(Promise.all(this.steps.map((s) => s.pipeline.ready)));
    this.words = new DataView(new ArrayBuffer(size));
    this.uniforms =
      size > 0
        ? gpu.createBuffer({
            label: `${plan.label ?? 'plan'}: parameters`,
            size,
            usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
          })
        : null;
    this.scratch = scratchBytes.map((bytes) =>
      device.memory.make(
        Math.ceil(bytes / 16) * 16,
        GPUBufferUsage.STORAGE,
        `${plan.label ?? 'plan'}: scratch`,
      ),
    );
  }

  run(
    buffers: readonly BackendBuffer[],
    scalars: readonly number[],
    uploads: readonly ArrayBufferView[],
  ): void {
    this.check(buffers, scalars, uploads);
    const bound = [...buffers] as WebGPUBuffer[];
    const values = [...scalars];
    const { begin, ready } = this.use(bound);
    this.device.enqueue(() => {
      begin();
      this.submit(bound, values, uploads);
    }, ready);
  }

  /**
   * To be timed: runs without uploads, `times` over in one pass that is described by `pass`.
   * @internal
   */
  repeat(
    times: number,
    buffers: readonly BackendBuffer[],
    scalars: readonly number[],
    pass: GPUComputePassDescriptor,
  ): void {
    this.check(buffers, scalars, []);
    const bound = [...buffers] as WebGPUBuffer[];
    const values = [...scalars];
    const { begin, ready } = this.use(bound);
    this.device.enqueue(() => {
      begin();
      if (this.readiness.error) throw this.readiness.error;
      const lacks = whyNot(() => this.trafficOf(), bound, this.scratch);
      if (lacks) throw lacks;
      this.writeParams(values);
      this.record(this.groupsFor(bound), times, pass);
    }, ready);
  }

  private use(buffers: readonly WebGPUBuffer[]) {
    const { scratch } = this;
    return this.device.memory.use(scratch.length > 0 ? [...buffers, ...scratch] : buffers, this.readiness);
  }

  private trafficOf(): Traffic {
    this.traffic ??= trafficOf(this.plan);
    return this.traffic;
  }

  private check(
    buffers: readonly BackendBuffer[],
    scalars: readonly number[],
    uploads: readonly ArrayBufferView[],
  ): void {
    const { plan } = this;
    const name = plan.label ?? 'plan';
    if (this.disposed) throw new Error(`webgpu: ${name} has been disposed`);
    if (buffers.length !== plan.buffers.length)
      throw new Error(`webgpu: ${name} needs ${plan.buffers.length} buffers, got ${buffers.length}`);
    if (scalars.length !== plan.scalars.length)
      throw new Error(`webgpu: ${name} needs ${plan.scalars.length} scalars, got ${scalars.length}`);
    if (uploads.length !== plan.uploads.length)
      throw new Error(`webgpu: ${name} needs ${plan.uploads.length} uploads, got ${uploads.length}`);
    if (buffers === this.lastBuffers) return;
    plan.buffers.forEach(({ byteLength }, i) => {
      const given = buffers[i] as WebGPUBuffer;
      if (given.byteLength < byteLength)
        throw new Error(`webgpu: ${name}: buffer ${i} has ${given.byteLength} bytes, needs ${byteLength}`);
    });
  }

  private submit(
    buffers: readonly WebGPUBuffer[],
    scalars: Scalars,
    uploads: readonly ArrayBufferView[],
  ): void {
    if (this.readiness.error) throw this.readiness.error;
    if (whyNot(() => this.trafficOf(), buffers, this.scratch)) return;
    this.plan.uploads.forEach(({ buffer, byteOffset }, i) => {
      this.device.upload(buffers[buffer] as WebGPUBuffer, byteOffset, uploads[i] as ArrayBufferView);
    });
    if (this.steps.length === 0) return;
    this.writeParams(scalars);
    const groups = this.groupsFor(buffers);
    const { profiler } = this.device;
    if (profiler?.enabled) this.recordProfiled(profiler, groups);
    else this.record(groups);
  }

  /** All dispatches in one pass. */
  private record(groups: readonly GPUBindGroup[], times = 1, descriptor?: GPUComputePassDescriptor): void {
    const pass = this.device.encoder().beginComputePass(descriptor);
    let current: GPUComputePipeline | null = null;
    for (let time = 0; time < times; time++) {
      this.steps.forEach((step, i) => {
        const { compiled } = step.pipeline;
        if (compiled !== current) pass.setPipeline(compiled as GPUComputePipeline);
        current = compiled;
        this.dispatch(pass, step, groups[i]);
      });
    }
    pass.end();
  }

  /** A pass for each dispatch, with its times. */
  private recordProfiled(profiler: Profiler, groups: readonly GPUBindGroup[]): void {
    const encoder = this.device.encoder();
    const timing = profiler.start(
      this.device.gpu,
      this.steps.map((step) => step.dispatch),
      encoder,
    );
    this.steps.forEach((step, i) => {
      const pass = encoder.beginComputePass(timing.pass(i));
      pass.setPipeline(step.pipeline.compiled as GPUComputePipeline);
      this.dispatch(pass, step, groups[i]);
      pass.end();
    });
    timing.finish();
    this.device.flush();
    timing.collect();
  }

  private dispatch(
    pass: GPUComputePassEncoder,
    { paramsAt, groups: [x, y] }: Step,
    group: GPUBindGroup,
  ): void {
    if (x === 0) return;
    pass.setBindGroup(0, group, [paramsAt]);
    pass.dispatchWorkgroups(x, y);
  }

  /** Writes the parameters on the first run, and again when scalars they follow from have changed. */
  private writeParams(scalars: Scalars): void {
    const last = this.lastScalars;
    if (last && (!this.late || scalars.every((value, i) => Object.is(value, last[i])))) return;
    this.lastScalars = scalars;
    const limit = this.device.bounds.maxComputeWorkgroupsPerDimension;
    let from = this.words.byteLength;
    let to = 0;
    for (const step of this.steps) {
      // What follows from no scalar has been written by the first run.
      if (last && !step.late) continue;
      const { params, workgroups, label } = step.dispatch;
      let at = step.paramsAt;
      from = Math.min(from, at);
      for (const { type, value } of params) {
        const number = resolve(value, scalars);
        if (type === 'f32') this.words.setFloat32(at, number, true);
        else if (type === 'i32') this.words.setInt32(at, number, true);
        else this.words.setUint32(at, number, true);
        at += 4;
      }
      to = Math.max(to, at);
      step.groups = fold(resolve(workgroups, scalars), limit, label);
    }
    if (to <= from) return;
    this.device.flush();
    const bytes = this.words.buffer as ArrayBuffer;
    this.device.gpu.queue.writeBuffer(this.uniforms as GPUBuffer, from, bytes, from, to - from);
  }

  private groupsFor(buffers: readonly WebGPUBuffer[]): readonly GPUBindGroup[] {
    const last = this.lastBuffers;
    if (last.length === buffers.length && buffers.every((b, i) => b === last[i])) return this.lastGroups;
    const key = buffers.map((b) => b.id).join(',');
    let groups = this.bindGroups.get(key);
    if (groups) this.bindGroups.delete(key);
    else groups = this.bind(buffers);
    // Reinserted at the end: the first key is the one used least recently.
    this.bindGroups.set(key, groups);
    if (this.bindGroups.size > keptBindings)
      this.bindGroups.delete(this.bindGroups.keys().next().value as string);
    this.lastBuffers = buffers;
    this.lastGroups = groups;
    return groups;
  }

  /**
   * Bind groups for one set of buffers; steps with the same layout over the same buffers share one. They are kept from
   * set to set: often only the buffer of a loss that nobody has read yet is another one.
   */
  private bind(buffers: readonly WebGPUBuffer[]): GPUBindGroup[] {
    const { shared } = this;
    if (shared.size > 64 + 16 * this.steps.length) shared.clear();
    const id = (index: number): string => `${buffers[index]?.id ?? `s${index}`}`;
    return this.steps.map(({ dispatch, pipeline }) => {
      const paramBytes = Math.max(16, Math.ceil((dispatch.params.length * 4) / 16) * 16);
      const key = `${pipeline.bindGroupLayout.label}:${paramBytes}:${dispatch.bindings.map(({ buffer, window }) => (window ? `${id(buffer)}@${window.start}-${window.end}` : id(buffer))).join(',')}`;
      let group = shared.get(key);
      if (!group) {
        group = this.device.gpu.createBindGroup({
          label: dispatch.label,
          layout: pipeline.bindGroupLayout,
          entries: [
            { binding: 0, resource: { buffer: this.uniforms as GPUBuffer, offset: 0, size: paramBytes } },
            ...dispatch.bindings.map((binding, i) => ({
              binding: i + 1,
              resource: this.resource(buffers, binding),
            })),
          ],
        });
        shared.set(key, group);
      }
      return group;
    });
  }

  private resource(buffers: readonly WebGPUBuffer[], { buffer: index, window }: Binding): GPUBufferBinding {
    const planned = buffers[index];
    const { gpu: buffer } = planned ?? (this.scratch[index - buffers.length] as WebGPUBuffer);
    if (window) return { buffer, offset: window.start, size: window.end - window.start };
    // What is asked for fits one binding; the buffer that was given may be longer.
    const most = windowBytes(this.device.bounds);
    return buffer.size > most ? { buffer, offset: 0, size: most } : { buffer };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.device.enqueue(() => {
      this.device.flush();
      this.uniforms?.destroy();
      for (const buffer of this.scratch) this.device.memory.destroy(buffer);
      this.bindGroups.clear();
      this.shared.clear();
      this.lastGroups = [];
    });
  }
}

function resolve<T>(value: Late<T>, scalars: Scalars): T {
  return typeof value === 'function' ? (value as (scalars: Scalars) => T)(scalars) : value;
}
