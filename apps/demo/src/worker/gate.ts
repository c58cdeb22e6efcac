/** A door: who comes to it while it is closed waits until it opens. */
export class Gate {
  #wait: Promise<void> | null = null;
  #open = () => {};

  close(): void {
    this.#wait ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#wait = null;
    this.#open();
  }

  async pass(): Promise<void> {
    await this.#wait;
  }
}
