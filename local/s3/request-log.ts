import type { OperationName } from './router.js';

/** Counts requests by operation and bucket, refused ones and faults too: what a run cost. */
export class RequestLog {
  readonly #counts = new Map<string, { operation: OperationName; bucket: string; count: number }>();

  add(operation: OperationName, bucket: string): void {
    const name = `${operation} ${bucket}`;
    const row = this.#counts.get(name);
    if (row) row.count += 1;
    else this.#counts.set(name, { operation, bucket, count: 1 });
  }

  /** How many requests came, of one operation or all, to one bucket or all. */
  count(of: { operation?: OperationName; bucket?: string } = {}): number {
    let sum = 0;
    for (const { operation, bucket, count } of this.#counts.values()) {
      if ((of.operation ?? operation) === operation && (of.bucket ?? bucket) === bucket) sum += count;
    }
    return sum;
  }

  reset(): void {
    this.#counts.clear();
  }
}
