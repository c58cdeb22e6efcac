/** A compute shader that doubles numbers: the smallest thing that needs a working adapter. */
const DOUBLE = /* wgsl */ `
@group(0) @binding(0) var<storage, read_write> values: array<f32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < arrayLength(&values)) { values[id.x] = 2.0 * values[id.x]; }
}`;

/** What came back, and who computed it. */
export interface Doubled {
  readonly values: number[];
  readonly adapter: string;
  readonly features: string[];
}

/** Doubles numbers with WebGPU, Dawn's in Node or the page's own. */
export async function double(values: readonly number[], gpu: GPU = navigator.gpu): Promise<Doubled> {
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('WebGPU has no adapter');
  const device = await adapter.requestDevice();
  try {
    const size = values.length * 4;
    const storage = device.createBuffer({
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
    });
    const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    device.queue.writeBuffer(storage, 0, Float32Array.from(values));
    const pipeline = await device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module: device.createShaderModule({ code: DOUBLE }) },
    });
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: storage } }],
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(Math.ceil(values.length / 64));
    pass.end();
    encoder.copyBufferToBuffer(storage, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const result = Array.from(new Float32Array(staging.getMappedRange()));
    staging.unmap();
    const { vendor, architecture, device: name, description } = adapter.info;
    return {
      values: result,
      adapter: [vendor, architecture, name, description].filter((part) => part !== '').join(' '),
      features: [...adapter.features],
    };
  } finally {
    device.destroy();
  }
}
