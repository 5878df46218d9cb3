import { parse } from 'csv-parse/sync';
import type { InventoryFile, OwedSource } from '../../contracts/manifest.js';
import type { Row } from '../../contracts/row.js';
import type { OwedManifest, Run } from '../../contracts/run.js';
import { BackfillError, StorageError } from '../errors.js';
import { encodeKey } from '../keys.js';
import type { FileStore, Ports } from '../ports.js';
import type { Census } from './census.js';
import { decodeRows, readChunkLines, unpackText } from './row-codec.js';
import { gatherLines, type RowLines } from './row-lines.js';
import { scopeOf } from './scope.js';

/** The lines of rows in scope that an earlier run owed, a gzip member at a time; all others are counted in `census`. */
export async function* owedRows(
  { work }: Pick<Ports, 'work'>,
  run: Run,
  manifest: OwedManifest,
  file: InventoryFile,
  census: Census,
): AsyncGenerator<RowLines> {
  const reasonOut = scopeOf(run.request);
  for (const source of file.owed ?? []) {
    for await (const { lines, rows } of wantedRows(work, source, manifest.cause, run.request.versions)) {
      census.rows += rows.length;
      const expected = lines.lines.filter((_, at) => {
        const reason = reasonOut(rows[at] as Row);
        if (reason) census.outOfScope[reason] += 1;
        return !reason;
      });
      yield expected.length === rows.length ? lines : gatherLines(expected);
    }
  }
}

/** Lines, and the rows that they are. */
interface Batch {
  lines: RowLines;
  rows: Row[];
}

async function* wantedRows(
  work: FileStore,
  source: OwedSource,
  cause: string | undefined,
  versions: 'current' | 'all',
): AsyncGenerator<Batch> {
  const causes = source.report === undefined ? undefined : await readCauses(work, source.report);
  let at = 0;
  for await (const batch of readBatches(work, source)) {
    if (!causes) {
      yield batch;
      continue;
    }
    const failed = causes.slice(at, (at += batch.rows.length));
    expectPaired(source, batch.rows, failed);
    const isWanted = batch.rows.map((_, index) => failed[index]?.cause === cause);
    yield keep(batch, versions === 'all' ? wholeKeys(batch.rows, isWanted) : isWanted);
  }
}

async function* readBatches(work: FileStore, source: OwedSource): AsyncGenerator<Batch> {
  const id = source.segments[0]?.key ?? '';
  try {
    for await (const lines of readChunkLines(work, { id, ...source }))
      yield { lines, rows: decodeRows(lines.bytes.toString('utf8')) };
  } catch (error) {
    if (error instanceof StorageError && error.code === 'NoSuchKey') throw lost(work, id, error);
    throw error;
  }
}

function keep({ lines, rows }: Batch, isWanted: readonly boolean[]): Batch {
  const wanted = (_: unknown, index: number) => isWanted[index] ?? false;
  return { lines: gatherLines(lines.lines.filter(wanted)), rows: rows.filter(wanted) };
}

/** Versions of a key are one sequence: where one of them is wanted, all are. A gzip member ends only where the key changes. */
function wholeKeys(rows: readonly Row[], isWanted: readonly boolean[]): boolean[] {
  const keys = new Set(rows.filter((_, index) => isWanted[index]).map(({ key }) => key));
  return rows.map(({ key }) => keys.has(key));
}

/** What a report row says of its row. */
interface Reported {
  key: string;
  versionId: string;
  cause: string;
}

async function readCauses(work: FileStore, report: string): Promise<Reported[]> {
  const file = await work.read(report);
  if (!file) throw lost(work, report);
  const records: string[][] = parse(await unpackText(file.body));
  return records.map(([, key = '', versionId = '', , cause = '']) => ({ key, versionId, cause }));
}

/** VerifyChunk writes both files from one list; a row that is taken for another would be redriven in its place. */
function expectPaired({ report }: OwedSource, rows: readonly Row[], reported: readonly Reported[]): void {
  const strays = rows.findIndex(({ key, versionId }, index) => {
    const its = reported[index];
    return its?.key !== encodeKey(key) || its.versionId !== encodeKey(versionId);
  });
  if (strays >= 0)
    throw new BackfillError(
      'IdentityBroken',
      `${report}: row ${strays + 1} of a part is not the one of the owed rows beside it. This is a defect of s3-backfill: report it with the run's files.`,
    );
}

function lost({ bucket }: FileStore, key: string, cause?: unknown): BackfillError {
  return new BackfillError(
    'ManifestCorrupt',
    `s3://${bucket}/${key}: the earlier run names this file, and it is not there any more. Start that run again as it was.`,
    { cause },
  );
}
