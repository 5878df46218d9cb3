import { pipeline, type Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { textLines } from './lines.js';
import type { Scratch } from './ports.js';

export interface SortOptions<T> {
  compare: (a: T, b: T) => number;
  /** One line, without a newline in it. */
  encode: (item: T) => string;
  decode: (line: string) => T;
  /** About how many bytes of memory an item takes. */
  weigh: (item: T) => number;
  /** Bytes of items held at once; what does not fit goes to scratch files. */
  memory: number;
  scratch: Scratch;
}

/** Sorts any number of items in bounded memory: runs of `memory` bytes go to scratch, then are merged. Equal items stay in the order in which they came. */
export async function* externalSort<T>(items: AsyncIterable<T>, options: SortOptions<T>): AsyncGenerator<T> {
  const runs: (() => Readable)[] = [];
  let held: T[] = [];
  let weight = 0;
  for await (const item of items) {
    held.push(item);
    weight += options.weigh(item);
    if (weight >= options.memory) {
      runs.push(await spill(held, options));
      held = [];
      weight = 0;
    }
  }
  held.sort(options.compare);
  if (runs.length === 0) {
    yield* held;
    return;
  }
  const sources = runs.map((open) => decodeRun(open(), options.decode));
  yield* merge([...sources, held.values()], options.compare);
}

const BLOCK_LINES = 2_000;

async function spill<T>(items: T[], { compare, encode, scratch }: SortOptions<T>): Promise<() => Readable> {
  items.sort(compare);
  const file = await scratch.file();
  for (let from = 0; from < items.length; from += BLOCK_LINES) {
    const text = items.slice(from, from + BLOCK_LINES).map((item) => `${encode(item)}\n`);
    await file.write(gzipSync(text.join(''), { level: 1 }));
  }
  await file.close();
  return () => file.read();
}

async function* decodeRun<T>(body: Readable, decode: (line: string) => T): AsyncGenerator<T> {
  // Either stream ends the other; its error comes out of the iteration.
  const unpacked = pipeline(body, createGunzip(), () => undefined);
  for await (const line of textLines(unpacked)) yield decode(line);
}

interface Head<T> {
  item: T;
  /** Order of its run, so that equal items stay in the order in which they came. */
  run: number;
  source: AsyncIterator<T> | Iterator<T>;
}

/** Merges sorted sources by a binary heap of their first items. */
async function* merge<T>(
  sources: (AsyncGenerator<T> | IterableIterator<T>)[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<T> {
  const heap: Head<T>[] = [];
  const before = (a: Head<T>, b: Head<T>) => (compare(a.item, b.item) || a.run - b.run) < 0;
  for (const [run, source] of sources.entries()) {
    const next = await source.next();
    if (!next.done) heap.push({ item: next.value, run, source });
  }
  heap.sort((a, b) => (before(a, b) ? -1 : 1));
  try {
    for (let top = heap[0]; top; top = heap[0]) {
      yield top.item;
      const next = await top.source.next();
      if (next.done) {
        const last = heap.pop();
        if (last && last !== top) heap[0] = last;
      } else {
        top.item = next.value;
      }
      sink(heap, before);
    }
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
