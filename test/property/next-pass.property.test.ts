import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { chunk as chunkSchema } from '../../contracts/chunk.js';
import { compareKeys } from '../../core/keys.js';
import { packPieces, type Piece } from '../../core/verify/next-pass.js';
import { requestOf } from '../core/support/rows.js';
import { anyKey } from './keys.js';

const CHUNK_ROWS = 20;

/** Pieces as TallyPass sorts them: by their first keys; their ranges may overlap, as those of interleaved files do. */
const pieces = fc
  .array(
    fc.record({
      keys: fc.uniqueArray(anyKey, { minLength: 1, maxLength: 4 }),
      rows: fc.integer({ min: 1, max: CHUNK_ROWS }),
      alone: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  .map((all) =>
    all
      .map(({ keys, rows, alone }, index): Piece => {
        const sorted = keys.toSorted(compareKeys);
        const segment = { key: `owed/${index}`, offset: index, length: rows };
        return { segment, rows, bytes: rows * 10, first: sorted[0] ?? '', last: sorted.at(-1) ?? '', alone };
      })
      .toSorted((a, b) => compareKeys(a.first, b.first)),
  );

describe('Owed rows, wherever they come from, in the chunks of the next pass', () => {
  it('are each there once, in key order, in chunks that are not too large', async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (pieces) => {
        const chunks = await pack(pieces);
        const byKey = new Map(pieces.map((piece) => [piece.segment.key, piece]));
        expect(chunks.flatMap(({ segments }) => segments)).toEqual(pieces.map(({ segment }) => segment));
        expect(new Set(chunks.map(({ id }) => id)).size).toBe(chunks.length);
        for (const each of chunks) {
          expect(chunkSchema.safeParse(each).error).toBeUndefined();
          const held = each.segments.flatMap(({ key }) => byKey.get(key) ?? []);
          expect(each.rows).toBe(held.reduce((sum, piece) => sum + piece.rows, 0));
          expect(each.bytes).toBe(10 * each.rows);
          expect(each.rows).toBeLessThanOrEqual(CHUNK_ROWS);
          expect([each.first, each.last]).toEqual([held[0]?.first, held.at(-1)?.last]);
          if (held.length > 1) expect(held.some(({ alone }) => alone)).toBe(false);
          for (const [index, piece] of held.slice(1).entries())
            expect(compareKeys(held[index]?.last ?? '', piece.first)).toBeLessThan(0);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('never lie in more than a hundred segments', async () => {
    const single = Array.from({ length: 1_001 }, (_, index): Piece => {
      const key = String(index).padStart(5, '0');
      return { segment: { key, offset: 0, length: 1 }, rows: 1, bytes: 0, first: key, last: key, alone: false };
    });
    const chunks = await pack(single, 10_000);
    expect(chunks.map(({ segments }) => segments.length)).toEqual([...Array.from({ length: 10 }, () => 100), 1]);
  });
});

async function pack(pieces: Piece[], chunkRows = CHUNK_ROWS) {
  const chunks = [];
  const at = { pass: 2, chunkRows, request: requestOf() };
  for await (const chunk of packPieces(Readable.from(pieces) as AsyncIterable<Piece>, at)) chunks.push(chunk);
  return chunks;
}
