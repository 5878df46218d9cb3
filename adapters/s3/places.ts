/** A number of places; whoever finds none waits until one is given back. */
export class Places {
  readonly #waiting: (() => void)[] = [];

  constructor(private free: number) {}

  /** Holds a place while the work is done. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}
