/** Something that happens at a time; one that was cancelled does not. */
export interface Timer {
  at: number;
  run: () => void;
  isCancelled: boolean;
}

/** Virtual time: what is to happen, in its order. Seconds. */
export class Events {
  now = 0;
  #heap: { timer: Timer; order: number }[] = [];
  #order = 0;

  after(seconds: number, run: () => void): Timer {
    const timer = { at: this.now + Math.max(0, seconds), run, isCancelled: false };
    const entry = { timer, order: this.#order++ };
    let at = this.#heap.push(entry) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(entry, this.#heap[parent]); parent = (at - 1) >> 1) {
      this.#swap(at, parent);
      at = parent;
    }
    return timer;
  }

  /** Goes on to the next event and lets it happen. False where there is none. */
  step(): boolean {
    for (let next = this.#take(); next; next = this.#take()) {
      if (next.isCancelled) continue;
      this.now = next.at;
      next.run();
      return true;
    }
    return false;
  }

  #take(): Timer | undefined {
    const top = this.#heap[0];
    const last = this.#heap.pop();
    if (!top || !last) return undefined;
    if (top !== last) {
      this.#heap[0] = last;
      this.#sink();
    }
    return top.timer;
  }

  #sink(): void {
    for (let at = 0; ;) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        const one = this.#heap[child];
        if (one && isBefore(one, this.#heap[least])) least = child;
      }
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (!one || !other) return;
    this.#heap[a] = other;
    this.#heap[b] = one;
  }
}

function isBefore(one: { timer: Timer; order: number }, other: { timer: Timer; order: number } | undefined): boolean {
  if (!other) return false;
  return one.timer.at < other.timer.at || (one.timer.at === other.timer.at && one.order < other.order);
}
