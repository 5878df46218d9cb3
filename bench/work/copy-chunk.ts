import { CopyObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { bucketPairs } from '../../adapters/ports.js';
import type { Chunk } from '../../contracts/chunk.js';
import { environment } from '../../contracts/environment.js';
import { runRequest } from '../../contracts/run-request.js';
import type { Row } from '../../contracts/row.js';
import type { Run } from '../../contracts/run.js';
import { copyChunk } from '../../core/copy/copy-chunk.js';
import { packRows } from '../../core/inventory/row-codec.js';
import { justBefore } from '../../core/keys.js';
import { inParallel } from '../../core/parallel.js';
import type { FileStore } from '../../core/ports.js';
import { runFiles, writeJson } from '../../core/run-files.js';
import { answerParent } from '../support/answer-parent.js';
import { taken } from '../support/taken.js';
import { keyOf, stateOf } from '../server/stock.js';
import { memoryFiles, noFailures } from './memory-files.js';

/** Copies the first objects of one bucket into another, which is empty. */
export interface CopyTask {
  endpoint: string;
  source: string;
  destination: string;
  objects: number;
}

const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
const IN_FLIGHT = 64;
const LAMBDA_MS = 900_000;

const copies = { CopyChunk: byCopyChunk, 'SDK loop': bySdk };
const copy = copies[process.argv[2] as keyof typeof copies];
answerParent((task) => copy(task as CopyTask));

/** As a warm Lambda is called with one chunk: what the states before it left is there, and connections are kept. */
async function byCopyChunk({ endpoint, source, destination, objects }: CopyTask) {
  const work = memoryFiles();
  const runId = destination;
  const ports = { work, failures: noFailures, ...(pairs ??= pairsAt(endpoint)) };
  await writeJson(work, runFiles(runId).request, runOf(runId, source, destination));
  const chunk = await writeChunk(work, runId, objects);
  const ends = Date.now() + LAMBDA_MS;
  return taken(() => copyChunk(ports, { runId, pass: 1, chunk }, () => ends - Date.now()));
}

let pairs: ReturnType<typeof pairsAt> | undefined;

function pairsAt(endpoint: string) {
  const settings = { BACKFILL_PAIR: 'bench', BACKFILL_WORK_BUCKET: 'bench', BACKFILL_FAILURE_TABLE: 'bench' };
  const connection = { endpoint, region: 'us-east-1', credentials };
  return bucketPairs({ environment: environment.parse(settings), services: connection, objects: connection });
}

function runOf(id: string, source: string, destination: string): Run {
  return {
    id,
    pair: 'bench',
    executionArn: `arn:aws:states:us-east-1:000000000000:execution:bench:${id}`,
    startedAt: Date.now(),
    request: runRequest.parse({
      source: { bucket: source },
      destination: { bucket: destination },
      manifest: 's3://inventory/manifest.json',
    }),
    scope: 'pair',
    buckets: { source: { bucket: source }, destination: { bucket: destination }, inventory: { bucket: 'inventory' } },
    manifest: { bucket: 'inventory', key: 'manifest.json', createdAt: Date.now(), columns: ['Bucket', 'Key'] },
    opaqueByDefault: { source: false, destination: false },
    sourceIsWebsite: false,
    isInPlace: true,
    provenBy: [],
  };
}

async function writeChunk(work: FileStore, runId: string, objects: number): Promise<Chunk> {
  const rows = Array.from({ length: objects }, (_, n) => rowOf(n));
  const bytes = await packRows(rows);
  const key = runFiles(runId).index(0);
  await work.write(key, bytes);
  const first = keyOf(0);
  return {
    id: '0-0',
    rows: objects,
    bytes: rows.reduce((sum, { size = 0 }) => sum + size, 0),
    after: justBefore(first),
    first,
    last: keyOf(objects - 1),
    segments: [{ key, offset: 0, length: bytes.length }],
  };
}

function rowOf(n: number): Row {
  const { size, etag, lastModified } = stateOf(n);
  return {
    key: keyOf(n),
    versionId: '',
    size,
    etag,
    lastModified,
    storageClass: 'STANDARD',
    encryption: 'SSE-S3',
    isLatest: true,
    isDeleteMarker: false,
  };
}

async function bySdk({ endpoint, source, destination, objects }: CopyTask) {
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  const keys = Array.from({ length: objects }, (_, n) => keyOf(n));
  const cost = await taken(() =>
    inParallel(keys, IN_FLIGHT, async (Key) => {
      const CopySource = `${source}/${encodeURIComponent(Key).replaceAll('%2F', '/')}`;
      await client.send(new CopyObjectCommand({ Bucket: destination, Key, CopySource }));
    }),
  );
  client.destroy();
  return cost;
}
