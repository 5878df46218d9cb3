import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import { writeSpread } from '../../../core/inventory/spread.js';
import { linesOf, useStorage } from '../support/storage.js';

const storage = useStorage();

describe('Children that work at the same time share prefixes as little as can be', () => {
  const letters = Array.from({ length: 26 }, (_, index) => `${String.fromCharCode(97 + index)}/`);
  const days = Array.from({ length: 365 }, (_, day) => `dt=${String(day).padStart(3, '0')}/`);
  const hex = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));

  it.each<[string, readonly string[], { each: (prefix: number) => number; workers: number; most: number }]>([
    // An even share would be 2, rounded up.
    ['26 prefixes, 50 children', letters, { each: () => 40, workers: 50, most: 3 }],
    ['26 prefixes, 1,000 children', letters, { each: () => 100, workers: 1_000, most: 40 }],
    ['a year of days, 50 children', days, { each: () => 4, workers: 50, most: 1 }],
    [
      'a year of days that grow by the day, 50 children',
      days,
      { each: (day) => 1 + Math.floor(day / 50), workers: 50, most: 2 },
    ],
    ['256 prefixes of hashes, 200 children', hex, { each: () => 10, workers: 200, most: 2 }],
    // Half of all rows lie under one of ten: half of the children do.
    [
      'one of ten that is as large as all others',
      letters.slice(0, 10),
      { each: (prefix) => (prefix === 4 ? 900 : 100), workers: 50, most: 27 },
    ],
    // Nothing can be spread.
    ['one flat prefix, 50 children', ['all/'], { each: () => 500, workers: 50, most: 50 }],
  ])('%s', async (_, prefixes, { each, workers, most }) => {
    const chunks = prefixes.flatMap((prefix, index) =>
      Array.from({ length: each(index) }, (_, chunk) => chunkOf(`${prefix}${String(chunk).padStart(5, '0')}`, prefix)),
    );
    const order = await spread(chunks);
    // A Map begins a child when one ends: at any time about as many neighbours in this order as there are children.
    const shared = new Map<string, number>();
    let worst = 0;
    for (const [index, prefix] of order.entries()) {
      const behind = order[index - workers];
      if (behind !== undefined) shared.set(behind, (shared.get(behind) ?? 0) - 1);
      shared.set(prefix, (shared.get(prefix) ?? 0) + 1);
      worst = Math.max(worst, shared.get(prefix) ?? 0);
    }
    expect(worst).toBeLessThanOrEqual(most);
  });
});

/** The prefixes of the chunks, in the order in which a Map takes them. */
async function spread(chunks: readonly Chunk[]): Promise<string[]> {
  const { ports } = storage();
  const scratch = ports.scratch();
  await writeSpread(ports.work, 'spread.jsonl', all(chunks), scratch);
  await scratch.clear();
  return (await linesOf<Chunk>(storage(), 'spread.jsonl')).map(({ id }) => id);
}

async function* all(chunks: readonly Chunk[]): AsyncGenerator<Chunk> {
  yield* chunks;
}

function chunkOf(first: string, prefix: string): Chunk {
  return { id: prefix, rows: 10_000, bytes: 0, after: '', first, last: first, segments: [] };
}
