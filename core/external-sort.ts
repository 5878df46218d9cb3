import { pipeline, type Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { wholeLines } from './lines.js';
import type { Scratch } from './ports.js';

export interface SortOptions<T> {
  compare: (a: T, b: T) => number;
  /** A line of each, with its newline and no other. */
  encode: (items: readonly T[]) => Buffer;
  decode: (lines: Buffer) => T[];
  /** About how many bytes of memory an item takes. */
  weigh: (item: T) => number;
  /** Bytes of items held at once; what does not fit goes to scratch files. */
  memory: number;
  scratch: Scratch;
}

/** As sortBatches, for items that are few or large. A line is without its newline. */
export async function* externalSort<T>(
  items: AsyncIterable<T>,
  options: Omit<SortOptions<T>, 'encode' | 'decode'> & {
    encode: (item: T) => string;
    decode: (line: string) => T;
  },
): AsyncGenerator<T> {
  async function* batches(): AsyncGenerator<T[]> {
    for await (const item of items) yield [item];
  }
  const sorted = sortBatches(batches(), {
    ...options,
    encode: (some) => Buffer.from(some.map((item) => `${options.encode(item)}\n`).join('')),
    decode: (lines) =>
      lines
        .toString('utf8', 0, lines.length - 1)
        .split('\n')
        .map(options.decode),
  });
  for await (const batch of sorted) yield* batch;
}

/**
 * Sorts any number of items, which come and go in batches, in bounded memory: runs of `memory` bytes go to scratch, then are
 * merged. Equal items stay in the order in which they came.
 */
export async function* sortBatches<T>(
  batches: AsyncIterable<readonly T[]>,
  options: SortOptions<T>,
): AsyncGenerator<T[]> {
  const runs: (() => Readable)[] = [];
  let held: T[] = [];
  let weight = 0;
  for await (const batch of batches) {
    for (const item of batch) {
      held.push(item);
      weight += options.weigh(item);
      if (weight < options.memory) continue;
      runs.push(await spill(held, options));
      held = [];
      weight = 0;
    }
  }
  held.sort(options.compare);
  if (runs.length === 0) {
    if (held.length > 0) yield held;
    return;
  }
  const sources = runs.map((open) => decodeRun(open(), options.decode));
  yield* merge([...sources, [held].values()], options.compare);
}

const BLOCK_LINES = 2_000;

async function spill<T>(items: T[], { compare, encode, scratch }: SortOptions<T>): Promise<() => Readable> {
  items.sort(compare);
  const file = await scratch.file();
  for (let from = 0; from < items.length; from += BLOCK_LINES)
    await file.write(gzipSync(encode(items.slice(from, from + BLOCK_LINES)), { level: 1 }));
  await file.close();
  return () => file.read();
}

async function* decodeRun<T>(body: Readable, decode: (lines: Buffer) => T[]): AsyncGenerator<T[]> {
  // Either stream ends the other; its error comes out of the iteration.
  const unpacked = pipeline(body, createGunzip(), () => undefined);
  for await (const lines of wholeLines(unpacked)) yield decode(lines);
}

type Batches<T> = AsyncGenerator<readonly T[]> | IterableIterator<readonly T[]>;

/** A sorted source, at one of its items. */
class Cursor<T> {
  #batch: readonly T[] = [];
  #at = 0;

  /** @param run its place among the sources, so that equal items stay in the order in which they came */
  constructor(
    readonly source: Batches<T>,
    readonly run: number,
  ) {}

  get item(): T {
    return this.#batch[this.#at] as T;
  }

  /** Goes on to the next item of the batch that is at hand; false where that was the last. */
  step(): boolean {
    this.#at += 1;
    return this.#at < this.#batch.length;
  }

  /** Goes on to the first item of the next batch; false where there is none. */
  async fetch(): Promise<boolean> {
    for (let next = await this.source.next(); !next.done; next = await this.source.next()) {
      this.#batch = next.value;
      this.#at = 0;
      if (this.#batch.length > 0) return true;
    }
    return false;
  }
}

const MERGED_ITEMS = 1_000;

/** Merges sorted sources by a binary heap of their first items. */
async function* merge<T>(sources: Batches<T>[], compare: (a: T, b: T) => number): AsyncGenerator<T[]> {
  const heap: Cursor<T>[] = [];
  const before = (a: Cursor<T>, b: Cursor<T>) => (compare(a.item, b.item) || a.run - b.run) < 0;
  try {
    for (const [run, source] of sources.entries()) {
      const cursor = new Cursor(source, run);
      if (await cursor.fetch()) heap.push(cursor);
    }
    heap.sort((a, b) => (before(a, b) ? -1 : 1));
    let merged: T[] = [];
    for (let top = heap[0]; top; top = heap[0]) {
      merged.push(top.item);
      if (merged.length === MERGED_ITEMS) {
        yield merged;
        merged = [];
      }
      if (!top.step() && !(await top.fetch())) {
        const last = heap.pop();
        if (last && last !== top) heap[0] = last;
      }
      sink(heap, before);
    }
    if (merged.length > 0) yield merged;
  } finally {
    // Whoever reads may leave early, and an open file is not removed with its scratch.
    for (const source of sources) await source.return?.(undefined);
  }
}

function sink<H>(heap: H[], before: (a: H, b: H) => boolean): void {
  let at = 0;
  for (;;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      const [a, b] = [heap[child], heap[least]];
      if (a !== undefined && b !== undefined && before(a, b)) least = child;
    }
    if (least === at) return;
    const [a, b] = [heap[at], heap[least]];
    if (a === undefined || b === undefined) return;
    heap[at] = b;
    heap[least] = a;
    at = least;
  }
}
