import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Chunk, KeyRange } from '../../contracts/chunk.js';
import type { Row } from '../../contracts/row.js';
import { gatherRanges } from '../../core/inventory/gather-ranges.js';
import { markEntangled, surveyChunks } from '../../core/inventory/interleaving.js';
import { planMerge, readChunks } from '../../core/inventory/plan-merge.js';
import { cutRanges, isInRange } from '../../core/inventory/ranges.js';
import { compareRows } from '../core/support/rows.js';
import { sortChunks } from '../../core/inventory/spread.js';
import { compareKeys } from '../../core/keys.js';
import { runFiles, writeJson } from '../../core/run-files.js';
import { rowsOf, writeIndex } from '../core/support/index-files.js';
import { mergeRanges } from '../core/support/merge.js';
import { rowOf, runOf } from '../core/support/rows.js';
import { linesOf, useStorage } from '../core/support/storage.js';
import { anyKey } from './keys.js';

const storage = useStorage();

/** A chunk, and the keys of its rows. */
interface Keyed extends Chunk {
  keys: string[];
}

/** Chunks as IndexFile leaves them, those of all files by their first keys: of one file no two share a key. */
const chunks = fc
  .array(fc.uniqueArray(anyKey, { maxLength: 20 }), { maxLength: 6 })
  .chain((files) => fc.record({ files: fc.constant(files), chunkRows: fc.integer({ min: 1, max: 5 }) }))
  .map(({ files, chunkRows }) =>
    files
      .flatMap((file, number) => {
        const keys = file.toSorted(compareKeys);
        const count = Math.ceil(keys.length / chunkRows);
        return Array.from({ length: count }, (_, n) =>
          chunkOf(`${number}-${n}`, keys.slice(n * chunkRows, (n + 1) * chunkRows)),
        );
      })
      .toSorted((a, b) => compareKeys(a.first, b.first)),
  );

function chunkOf(id: string, keys: string[]): Keyed {
  const segments = [{ key: 'index/0.csv.gz', offset: 0, length: 10 }];
  const [first = '', last = ''] = [keys[0], keys.at(-1)];
  return { id, rows: keys.length, bytes: 0, after: '', first, last, segments, keys };
}

describe('Chunks of interleaved files, wherever they lie', () => {
  it('are entangled just where two of them share key space', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, async (chunks) => {
        const meet = (a: Chunk, b: Chunk) => compareKeys(a.first, b.last) <= 0 && compareKeys(b.first, a.last) <= 0;
        const expected = chunks.filter((each) => chunks.some((other) => other !== each && meet(each, other)));
        const marked = [];
        for await (const each of markEntangled(stream(chunks))) marked.push(each);
        expect(marked.map(({ chunk }) => chunk)).toEqual(chunks);
        expect(marked.filter(({ entangled }) => entangled).map(({ chunk }) => chunk)).toEqual(expected);
        expect((await surveyChunks(stream(chunks))).entangled).toBe(expected.length);
      }),
      { numRuns: 300 },
    );
  });

  it('are cut in ranges that have each row once, and no more pieces than begin there and reach in', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 10 }), async (chunks, most) => {
        const found: string[] = [];
        let before: string | undefined = chunks[0]?.first;
        for await (const { pieces, ...range } of cutRanges(stream(chunks), most)) {
          expect(range.from).toBe(before);
          if (range.to !== undefined) expect(compareKeys(range.from, range.to)).toBeLessThan(0);
          before = range.to;
          found.push(...(pieces as Keyed[]).flatMap(({ keys }) => keys.filter((key) => isInRange(key, range))));
          const begun = pieces.filter(({ first }) => isInRange(first, range));
          expect(new Set(begun.map(({ first }) => first)).size).toBeLessThanOrEqual(most);
          for (const { last } of pieces) expect(compareKeys(last, range.from)).toBeGreaterThanOrEqual(0);
        }
        expect(before).toBeUndefined();
        const keys = chunks.flatMap((each) => each.keys);
        expect(found.toSorted(compareKeys)).toEqual(keys.toSorted(compareKeys));
      }),
      { numRuns: 300 },
    );
  });
});

describe('Rows of interleaved files, once merged', () => {
  let runs = 0;

  it('are each there once, in order, all of a key in one chunk', async () => {
    const files = fc.array(fc.array(anyKey, { maxLength: 12 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(files, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }), async (...given) => {
        const [files, chunkRows, most] = given;
        const rows = files.map((keys, file) => keys.map((key, n) => rowOf(key, { versionId: `${file}.${n}` })));
        const all = rows.flat().filter(({ key }) => key !== '');
        const chunks = await merge(`merged-${(runs += 1)}`, rows, chunkRows, most);
        const merged = await rowsOf(storage(), chunks);
        expect(versionsOf(merged.flat())).toEqual(versionsOf(all));
        for (const [index, rows] of merged.entries()) {
          expect(rows.toSorted(compareRows)).toEqual(rows);
          expect(rows.length).toBeLessThan(chunkRows + rows.filter(({ key }) => key === rows.at(-1)?.key).length);
          expect([chunks[index]?.first, chunks[index]?.last]).toEqual([rows[0]?.key, rows.at(-1)?.key]);
        }
        const keys = merged.flatMap((rows) => [...new Set(rows.map(({ key }) => key))]);
        expect(new Set(keys).size).toBe(keys.length);
        expect(new Set(chunks.map(({ id }) => id)).size).toBe(chunks.length);
      }),
      { numRuns: 20 },
    );
  }, 120_000);
});

/** The chunks of the first pass, when files of these rows are merged whether it pays or not. */
async function merge(runId: string, files: Row[][], chunkRows: number, most: number): Promise<Chunk[]> {
  const { ports } = storage();
  const { work } = ports;
  const paths = runFiles(runId);
  const rows = files.map((file) => file.filter(({ key }) => key !== ''));
  await writeIndex(storage(), runOf(runId), rows, chunkRows);
  const expected = rows.flat().length;
  const outOfScope = { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 };
  await writeJson(work, paths.planToMerge, { manifestRows: expected, outOfScope, expected, bytes: 0, chunks: 0 });
  const chunks = sortChunks(
    readChunks(
      work,
      rows.map((_, file) => paths.indexChunks(file)),
    ),
    ports.scratch(),
  );
  await planMerge(work, runId, chunks, most);
  for (const { from, to } of await linesOf<KeyRange>(storage(), paths.ranges))
    if (to !== undefined) expect(compareKeys(from, to)).toBeLessThan(0);
  await gatherRanges(ports, { runId, merged: await mergeRanges(storage(), runId, chunkRows) });
  return linesOf<Chunk>(storage(), paths.chunks(1));
}

function versionsOf(rows: Row[]): string[] {
  return rows.map(({ key, versionId }) => `${versionId} ${key}`).toSorted();
}

function stream(chunks: Keyed[]): AsyncIterable<Chunk> {
  return Readable.from(chunks) as AsyncIterable<Chunk>;
}
