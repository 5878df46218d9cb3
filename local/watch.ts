/** Wakes those who wait until something holds, whenever something has changed. */
export class Watch {
  #waiting: (() => void)[] = [];

  /** Resolves when it holds: at once, or after a change. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  changed(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
