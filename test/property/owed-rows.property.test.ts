import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Row } from '../../contracts/row.js';
import { indexFile } from '../../core/inventory/index-file.js';
import { readChunkRows } from '../../core/inventory/row-codec.js';
import { resolveOwed } from '../../core/prepare/manifest/resolve-owed.js';
import { chunk as chunkSchema } from '../../contracts/chunk.js';
import { readLines } from '../../core/lines.js';
import { runFiles } from '../../core/run-files.js';
import { leaveOwing, type OwedRow } from '../core/support/owed.js';
import { compareRows, requestOf, runOf, writeRun } from '../core/support/rows.js';
import { useStorage } from '../core/support/storage.js';
import { anyRow } from './rows.js';

const storage = useStorage();

/** S3's codes and ours, and what a hostile server may call an error. */
const anyCause = fc.constantFrom('AccessDenied', 'SlowDown', 'NotAttempted', 'quote",\ncomma', 'é');
const owedRow = fc.record({ row: anyRow, cause: anyCause });
/** Chunks of rows in key order, each cut in pieces where the key changes. */
const anyChunks = fc
  .array(fc.tuple(fc.array(owedRow, { minLength: 1, maxLength: 25 }), fc.integer({ min: 1, max: 25 })), {
    maxLength: 4,
  })
  .map((chunks) => chunks.map(([rows, perPiece]) => cut(distinct(rows), perPiece)));

const COLUMNS = [
  'Bucket',
  'Key',
  'VersionId',
  'IsLatest',
  'IsDeleteMarker',
  'Size',
  'LastModifiedDate',
  'StorageClass',
];
let runs = 0;

describe('A run of what an earlier one owed', () => {
  it('has exactly the rows that failed for the cause, or all, whatever their keys and causes are', async () => {
    await fc.assert(
      fc.asyncProperty(anyChunks, fc.option(anyCause, { nil: undefined }), async (chunks, cause) => {
        const owed = current(chunks);
        const wanted = owed.flat(2).filter((each) => cause === undefined || each.cause === cause);
        fc.pre(cause === undefined || wanted.length > 0);
        expect(await redriven(owed, 'current', cause)).toEqual(wanted.map(({ row }) => idOf(row)).sort());
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('has every version of a key of which one failed for the cause, with versions: "all"', async () => {
    await fc.assert(
      fc.asyncProperty(anyChunks, anyCause, async (chunks, cause) => {
        const wanted = chunks.flatMap((pieces) => {
          const rows = pieces.flat();
          const keys = new Set(rows.filter((each) => each.cause === cause).map(({ row }) => row.key));
          return rows.filter(({ row }) => keys.has(row.key));
        });
        fc.pre(wanted.length > 0);
        expect(await redriven(chunks, 'all', cause)).toEqual(wanted.map(({ row }) => idOf(row)).sort());
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});

/** What PrepareRun and IndexFile make of it. */
async function redriven(
  chunks: readonly OwedRow[][][],
  versions: 'current' | 'all',
  cause: string | undefined,
): Promise<string[]> {
  const { ports } = storage();
  const [before, runId] = [`before-${(runs += 1)}`, `redrive-${runs}`];
  const earlier = runOf(before, { versions });
  await leaveOwing(storage(), { ...earlier, manifest: { ...earlier.manifest, columns: COLUMNS } }, chunks);
  const manifest = { failuresOf: before, ...(cause === undefined ? {} : { cause }) };
  const request = requestOf({ manifest, versions });
  const resolved = await resolveOwed(ports.work, request, manifest, { id: runId, pair: 'demo', startedAt: 0 });
  await writeRun(storage(), { ...runOf(runId, { manifest, versions }), manifest: resolved.manifest });
  const found: string[] = [];
  for (const file of resolved.files) {
    const indexed = await indexFile(ports, { runId, file }, 7);
    expect(indexed).toMatchObject({ kind: 'indexed' });
    for await (const chunk of readLines(ports.work, runFiles(runId).indexChunks(file.file), chunkSchema))
      found.push(...(await readChunkRows(ports.work, chunk)).map(idOf));
  }
  return found.sort();
}

/** What a run of the current versions may owe. */
function current(chunks: readonly OwedRow[][][]): OwedRow[][][] {
  const isLatest = { isLatest: true, isDeleteMarker: false };
  return chunks.map((pieces) =>
    pieces.map((rows) => rows.map(({ row, cause }) => ({ cause, row: { ...row, ...isLatest } }))),
  );
}

function distinct(rows: readonly OwedRow[]): OwedRow[] {
  // Few keys, so that some have versions.
  const sharing = rows.map((each, index) =>
    index % 3 === 2 ? { ...each, row: { ...each.row, key: rows[0]?.row.key ?? '' } } : each,
  );
  const byId = new Map(sharing.map((each) => [idOf(each.row), each]));
  return [...byId.values()].toSorted((a, b) => compareRows(a.row, b.row));
}

function cut(rows: readonly OwedRow[], perPiece: number): OwedRow[][] {
  const pieces: OwedRow[][] = [];
  for (const each of rows) {
    const open = pieces.at(-1);
    if (open && (open.length < perPiece || open.at(-1)?.row.key === each.row.key)) open.push(each);
    else pieces.push([each]);
  }
  return pieces;
}

function idOf({ key, versionId }: Row): string {
  return `${key} ${versionId}`;
}
