/** What a plan needs besides its buffers: memory that its commands share while one of them runs, and each thread's own. */
export class ScratchPlan {
  /** Bytes of shared scratch memory, the most that a step needs. */
  shared = 0;
  /** Bytes of scratch memory of a thread. */
  local = 0;
  private top = 0;

  /** A step's shared scratch memory starts anew. */
  nextStep(): void {
    this.top = 0;
  }

  /** Offset of new shared scratch memory for this step. */
  take(bytes: number): number {
    const offset = this.top;
    this.top += Math.ceil((bytes + 64) / 64) * 64;
    this.shared = Math.max(this.shared, this.top);
    return offset;
  }

  /** Notes that a command needs so many bytes for each thread. */
  needLocal(bytes: number): void {
    this.local = Math.max(this.local, bytes);
  }
}
