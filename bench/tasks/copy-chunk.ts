import { CopyObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Chunk } from '../../contracts/chunk.js';
import type { Row } from '../../contracts/row.js';
import { copyChunk } from '../../core/copy/copy-chunk.js';
import { packRows } from '../../core/inventory/row-codec.js';
import { justBefore } from '../../core/keys.js';
import { inParallel } from '../../core/parallel.js';
import type { FileStore } from '../../core/ports.js';
import { runFiles, writeJson } from '../../core/run-files.js';
import { answerParent } from '../support/answer-parent.js';
import { benchRun } from '../support/bench-run.js';
import { connectionTo, pairsAt } from '../support/pairs.js';
import { taken } from '../support/taken.js';
import { keyOf, stateOf } from '../server/stock.js';
import { memoryFiles, noFailures } from '../support/memory-files.js';

/** Copies the first objects of one bucket into another, which is empty. */
export interface CopyTask {
  endpoint: string;
  source: string;
  destination: string;
  objects: number;
}

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
  await writeJson(work, runFiles(runId).request, benchRun(runId, { source, destination }));
  const chunk = await writeChunk(work, runId, objects);
  const ends = Date.now() + LAMBDA_MS;
  return taken(() => copyChunk(ports, { runId, pass: 1, chunk }, () => ends - Date.now()));
}

let pairs: ReturnType<typeof pairsAt> | undefined;

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
  const client = new S3Client({ ...connectionTo(endpoint), forcePathStyle: true });
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
