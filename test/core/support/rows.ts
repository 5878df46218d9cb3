import type { Chunk } from '../../../contracts/chunk.js';
import type { Row } from '../../../contracts/row.js';
import { runRequest, type RunRequest, type RunRequestInput } from '../../../contracts/run-request.js';
import type { Run } from '../../../contracts/run.js';
import { sumSizes } from '../../../core/inventory/chunk-writer.js';
import { compareKeys } from '../../../core/keys.js';
import { packRows } from '../../../core/inventory/row-codec.js';
import { writeJson, runFiles } from '../../../core/run-files.js';
import { DESTINATION, INVENTORY, SOURCE, at, type Storage } from './storage.js';

/** A row of an inventory that has all columns. */
export type FullRow = Row & { size: number; lastModified: number };

/** A row as an inventory may have it. */
export function rowOf(key: string, more: Partial<FullRow> = {}): FullRow {
  return {
    key,
    versionId: '',
    size: 5,
    etag: '5d41402abc4b2a76b9719d911017c592',
    lastModified: Date.UTC(2026, 0, 1),
    storageClass: 'STANDARD',
    encryption: 'SSE-S3',
    isLatest: true,
    isDeleteMarker: false,
    ...more,
  };
}

/** The order of rows in every file of a run, told by what they mean. */
export function compareRows(a: Row, b: Row): number {
  return (
    compareKeys(a.key, b.key) ||
    (a.lastModified ?? 0) - (b.lastModified ?? 0) ||
    Number(a.isLatest) - Number(b.isLatest)
  );
}

/** A request from SOURCE to DESTINATION, its defaults filled in. */
export function requestOf(more: Partial<RunRequestInput> = {}): RunRequest {
  return runRequest.parse({
    source: { bucket: SOURCE },
    destination: { bucket: DESTINATION },
    manifest: `s3://${INVENTORY}/${SOURCE}/all/2026-01-01T00-00Z/manifest.json`,
    ...more,
  });
}

export function runOf(id: string, more: Partial<RunRequestInput> = {}, run: Partial<Run> = {}): Run {
  const request = requestOf(more);
  return {
    id,
    pair: 'demo',
    executionArn: `arn:aws:states:eu-central-1:000000000000:execution:s3-backfill-demo:${id}`,
    startedAt: Date.UTC(2026, 0, 2),
    request,
    scope: 'part',
    isBound: false,
    buckets: {
      source: at(request.source.bucket),
      destination: at(request.destination.bucket),
      inventory: at(INVENTORY),
    },
    manifest: {
      kind: 'inventory',
      bucket: INVENTORY,
      key: `${SOURCE}/all/2026-01-01T00-00Z/manifest.json`,
      createdAt: Date.UTC(2026, 0, 1),
      columns: ['Bucket', 'Key', 'Size', 'LastModifiedDate', 'ETag'],
    },
    opaqueByDefault: { source: false, destination: false },
    sourceIsWebsite: false,
    isInPlace: true,
    provenBy: [],
    ...run,
  };
}

/** Puts `request.json` in the work bucket, as PrepareRun leaves it. */
export async function writeRun(storage: Storage, run: Run): Promise<Run> {
  await writeJson(storage.ports.work, runFiles(run.id).request, run);
  return run;
}

/** Puts an object in the source bucket; answers the row that an inventory has for it. */
export function putSource(storage: Storage, key: string, body = 'hello', options: PutOptions = {}): FullRow {
  storage.s3.putObject(SOURCE, key, Buffer.from(body), options);
  const object = storage.s3.getObject(SOURCE, key);
  if (!object) throw new Error(`${key} was not put`);
  const { size, etag, lastModified, storageClass } = object;
  return rowOf(key, { size, etag, lastModified, storageClass });
}

type PutOptions = Parameters<Storage['s3']['putObject']>[3];

/** Puts rows in the work bucket as one chunk of one segment. */
export async function writeChunk({ ports }: Storage, runId: string, rows: readonly Row[], id = '0-0'): Promise<Chunk> {
  const key = `runs/${runId}/index/${id}.csv.gz`;
  const member = await packRows(rows);
  await ports.work.write(key, member);
  return {
    id,
    rows: rows.length,
    bytes: sumSizes(rows),
    after: '',
    first: rows[0]?.key ?? '',
    last: rows.at(-1)?.key ?? '',
    segments: [{ key, offset: 0, length: member.length }],
  };
}
