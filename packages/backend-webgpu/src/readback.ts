/**
 * Reading device memory without stalls: each read copies into a staging buffer of its own and maps that, so that any
 * number of reads are under way while later work already runs. Staging buffers are kept by size class and reused.
 */

/** Staging memory kept for later reads; what is beyond is destroyed after use. */
const keptBytes = 64 << 20;

export class Readback {
  private readonly free = new Map<number, GPUBuffer[]>();
  private kept = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly maxBufferSize: number,
  ) {}

  /**
   * The bytes [byteOffset, byteOffset + byteLength) of `source` as they are after the work recorded so far.
   *
   * @param encoder takes the copy
   * @param submitted resolves when that has been submitted
   */
  async read(
    source: GPUBuffer,
    byteOffset: number,
    byteLength: number,
    encoder: GPUCommandEncoder,
    submitted: Promise<void>,
  ): Promise<ArrayBuffer> {
    // Copies count in words of four bytes.
    const start = byteOffset & ~3;
    const length = ((byteOffset + byteLength + 3) & ~3) - start;
    const staging = this.take(length);
    encoder.copyBufferToBuffer(source, start, staging, 0, length);
    try {
      await submitted;
      await staging.mapAsync(GPUMapMode.READ, 0, length);
      const bytes = staging
        .getMappedRange(0, length)
        .slice(byteOffset - start, byteOffset - start + byteLength);
      staging.unmap();
      this.giveBack(staging);
      return bytes;
    } catch (error) {
      staging.destroy();
      throw error;
    }
  }

  private take(length: number): GPUBuffer {
    const whole = Math.max(256, 2 ** Math.ceil(Math.log2(length)));
    const size = Math.max(length, Math.min(whole, this.maxBufferSize - (this.maxBufferSize % 4)));
    const found = this.free.get(size)?.pop();
    if (found) {
      this.kept -= size;
      return found;
    }
    return this.device.createBuffer({
      label: 'staging',
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
  }

  private giveBack(staging: GPUBuffer): void {
    if (this.kept + staging.size > keptBytes) {
      staging.destroy();
      return;
    }
    this.kept += staging.size;
    const list = this.free.get(staging.size) ?? [];
    list.push(staging);
    this.free.set(staging.size, list);
  }

  destroy(): void {
    for (const list of this.free.values()) for (const buffer of list) buffer.destroy();
    this.free.clear();
    this.kept = 0;
  }
}
