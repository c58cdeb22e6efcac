/**
 * Shader modules, pipelines and their layouts, made once per device and shared by all plans: two plans that need
 * the same code get the same pipeline. Compilation is asynchronous; who runs a plan waits for `ready`.
 */
import type { Binding } from './kernel.js';
import type { Waiting } from './waiting.js';

/** A pipeline, or the promise of one. */
export class Pipeline {
  /** Null until `ready`. */
  compiled: GPUComputePipeline | null = null;
  readonly ready: Promise<void>;

  constructor(
    readonly bindGroupLayout: GPUBindGroupLayout,
    creation: Promise<GPUComputePipeline>,
    label: string,
  ) {
    this.ready = creation.then(
      (pipeline) => {
        this.compiled = pipeline;
      },
      (cause: Error) => {
        throw new Error(`webgpu: the kernel of ${label} did not compile: ${cause.message}`, { cause });
      },
    );
    // Whoever runs the plan sees the failure; without a run it concerns nobody.
    this.ready.catch(() => {});
  }
}

export class PipelineCache {
  private readonly pipelines = new Map<string, Pipeline>();
  private readonly layouts = new Map<string, { group: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();

  constructor(
    private readonly device: GPUDevice,
    private readonly waiting: Waiting | null,
  ) {}

  /** The pipeline for this source, whose bindings are `params` at 0 and then the given ones. */
  get(code: string, bindings: readonly Binding[], label: string): Pipeline {
    let pipeline = this.pipelines.get(code);
    if (!pipeline) {
      const layout = this.layout(bindings);
      const module = this.device.createShaderModule({ code, label });
      const creation = this.device.createComputePipelineAsync({
        label,
        layout: layout.pipeline,
        compute: { module, entryPoint: 'main' },
      });
      this.waiting?.during(creation);
      pipeline = new Pipeline(layout.group, creation, label);
      this.pipelines.set(code, pipeline);
    }
    return pipeline;
  }

  /** Resolves when no compilation is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.pipelines.values()].map(({ ready }) => ready));
  }

  private layout(bindings: readonly Binding[]) {
    const key = bindings.map((b) => (b.writable ? 'w' : 'r')).join('');
    let layout = this.layouts.get(key);
    if (!layout) {
      const group = this.device.createBindGroupLayout({
        label: key,
        entries: [
          {
            binding: 0,
            visibility: GPUShaderStage.COMPUTE,
            buffer: { type: 'uniform', hasDynamicOffset: true },
          },
          ...bindings.map((b, i) => ({
            binding: i + 1,
            visibility: GPUShaderStage.COMPUTE,
            buffer: { type: b.writable ? ('storage' as const) : ('read-only-storage' as const) },
          })),
        ],
      });
      layout = { group, pipeline: this.device.createPipelineLayout({ bindGroupLayouts: [group] }) };
      this.layouts.set(key, layout);
    }
    return layout;
  }
}
