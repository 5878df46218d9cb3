import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { bucketPairs, failureTable, inventories, scratch, workBucket } from '../adapters/ports.js';
import type { Connection } from '../adapters/connection.js';
import { chunk as chunkSchema, type Chunk } from '../contracts/chunk.js';
import { environment } from '../contracts/environment.js';
import { failureTableDefinition } from '../contracts/failure.js';
import { inventoryFile } from '../contracts/manifest.js';
import type { ResultWriterDetails } from '../contracts/states.js';
import { copyChunk } from '../core/copy/copy-chunk.js';
import { indexFile } from '../core/inventory/index-file.js';
import { planPass } from '../core/inventory/plan-pass.js';
import { readLines } from '../core/lines.js';
import { prepareRun } from '../core/prepare/prepare-run.js';
import { reportRun } from '../core/report/report-run.js';
import { runFiles } from '../core/run-files.js';
import { tallyPass } from '../core/verify/tally-pass.js';
import { verifyChunk } from '../core/verify/verify-chunk.js';
import { startEngine } from '../local/engine.js';

/**
 * What bench/model/measured.ts holds: microseconds of CPU of this process, requests and bytes by state, for a run that copies
 * everything and one that finds everything there. S3 and DynamoDB are in another process. The first chunk warms up.
 * Run: npx tsx bench/model-measure.ts [objects]
 */
const ROWS = 10_000;
const OPERATIONS = ['ListObjectsV2', 'CopyObject', 'HeadObject', 'GetObject', 'PutObject'] as const;
const [SOURCE, DESTINATION, WORK, INVENTORY, TABLE] = ['photos', 'photos-replica', 'work', 'inventories', 'failures'];

interface Setting {
  connection: Required<Pick<Connection, 'endpoint' | 'region' | 'credentials'>>;
  manifest: string;
}

/** Requests by operation since they were last asked for. */
type Requests = Record<string, number>;

if (process.argv[2] === 'services') await serve(Number(process.argv[3]));
else await measure(Number(process.argv[2] ?? 60_000));

async function measure(objects: number): Promise<void> {
  const services = fork(new URL(import.meta.url), ['services', String(objects)], { execArgv: process.execArgv });
  const [setting] = (await once(services, 'message')) as [Setting];
  const requests = async (): Promise<Requests> => {
    services.send('requests');
    return ((await once(services, 'message')) as [Requests])[0];
  };
  const ports = portsTo(setting);
  for (const runId of ['copying', 'reconciling']) {
    await requests();
    await measureRun(ports, runId, setting.manifest, requests);
  }
  stop(services);
}

function stop(services: ChildProcess): void {
  services.kill();
  process.exit(0);
}

function portsTo({ connection }: Setting) {
  const site = {
    environment: environment.parse({
      BACKFILL_PAIR: 'bench',
      BACKFILL_WORK_BUCKET: WORK,
      BACKFILL_FAILURE_TABLE: TABLE,
      BACKFILL_RECONCILIATIONS: 'reconciliations',
    }),
    services: connection,
    objects: connection,
  };
  return {
    ...workBucket(site),
    ...inventories(site),
    ...bucketPairs(site),
    ...failureTable(site),
    ...scratch(site),
    executions: { isRunning: () => Promise.resolve(false) },
  };
}

async function measureRun(
  ports: ReturnType<typeof portsTo>,
  runId: string,
  manifest: string,
  requests: () => Promise<Requests>,
): Promise<void> {
  const paths = runFiles(runId);
  const deadline = () => 900_000;
  await prepareRun(ports, {
    runId,
    executionArn: `arn:aws:states:us-east-1:123456789012:execution:s3-backfill-bench:${runId}`,
    startTime: new Date().toISOString(),
    input: { source: { bucket: SOURCE }, destination: { bucket: DESTINATION }, manifest },
    pair: { name: 'bench' },
  });

  const indexed: object[] = [];
  const files = [];
  for await (const file of readLines(ports.work, paths.files, inventoryFile)) files.push(file);
  await requests();
  const index = await timed(requests, files, async (file) =>
    indexed.push(await indexFile(ports, { runId, file }, ROWS)),
  );
  await planPass(ports, { runId, indexed: await writeAnswers(ports, `${paths.root}pass-1/index`, indexed) });

  const chunks: Chunk[] = [];
  for await (const chunk of readLines(ports.work, paths.chunks(1), chunkSchema)) chunks.push(chunk);
  const verified: object[] = [];
  await requests();
  const copied = await timed(requests, chunks, (chunk) => copyChunk(ports, { runId, pass: 1, chunk }, deadline));
  const proved = await timed(requests, chunks, async (chunk) =>
    verified.push(await verifyChunk(ports, { runId, pass: 1, chunk })),
  );
  await tallyPass(
    ports,
    { runId, pass: 1, verified: await writeAnswers(ports, `${paths.root}pass-1/verify`, verified) },
    ROWS,
  );
  const { summary } = await reportRun(ports, { runId, pass: 1 });

  console.log(`${runId}: ${JSON.stringify(summary.verified)} in ${chunks.length} chunks`);
  const rows = summary.expected;
  print('IndexFile', index, rows / files.length, files.length);
  print('CopyChunk', copied, rows / chunks.length, chunks.length);
  print('VerifyChunk', proved, rows / chunks.length, chunks.length);
  const bytes = await bytesByFolder(ports, paths.root);
  const perRow = [...bytes].map(([folder, sum]) => `${folder} ${(sum / rows).toFixed(1)}`).join(', ');
  console.log(`  bytes of the work bucket a row: ${perRow}`);
  const [answer, line] = [verified[0], chunks[0]].map((each) => JSON.stringify(each).length);
  console.log(`  an answer of VerifyChunk: ${answer} bytes; a chunk line: ${line} bytes`);
}

/** Bytes of a run's files by the folder that they lie in, passes aside. */
async function bytesByFolder(
  { work }: Pick<ReturnType<typeof portsTo>, 'work'>,
  root: string,
): Promise<Map<string, number>> {
  const bytes = new Map<string, number>();
  for await (const key of work.list(root)) {
    const [folder = ''] = key
      .slice(root.length)
      .replace(/^pass-1\//, '')
      .split('/');
    const file = await work.read(key);
    bytes.set(folder, (bytes.get(folder) ?? 0) + (file?.body.length ?? 0));
  }
  return bytes;
}

interface Timed {
  /** Microseconds of CPU of each item. */
  cpu: number[];
  requests: Requests;
}

async function timed<T>(
  requests: () => Promise<Requests>,
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
): Promise<Timed> {
  const cpu: number[] = [];
  for (const item of items) {
    const before = process.cpuUsage();
    await work(item);
    const { user, system } = process.cpuUsage(before);
    cpu.push(user + system);
  }
  return { cpu, requests: await requests() };
}

function print(state: string, { cpu, requests }: Timed, rowsEach: number, items: number): void {
  const sorted = cpu.slice(1).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? cpu[0] ?? 0;
  const each = Object.entries(requests)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${(count / items).toFixed(2)}`);
  console.log(`  ${state}: ${(median / rowsEach).toFixed(1)} µs of CPU a row; each: ${each.join(', ')}`);
}

async function writeAnswers(
  { work }: Pick<ReturnType<typeof portsTo>, 'work'>,
  folder: string,
  answers: readonly object[],
): Promise<ResultWriterDetails> {
  const Key = `${folder}/SUCCEEDED_0.jsonl`;
  await work.write(Key, answers.map((answer) => `${JSON.stringify(answer)}\n`).join(''));
  const ResultFiles = { SUCCEEDED: [{ Key, Size: 1 }], FAILED: [], PENDING: [] };
  await work.write(`${folder}/manifest.json`, JSON.stringify({ DestinationBucket: WORK, ResultFiles }));
  return { Bucket: work.bucket, Key: `${folder}/manifest.json` };
}

/** S3 and DynamoDB, in a process of their own. */
async function serve(objects: number): Promise<void> {
  let table: Requests = {};
  const engine = await startEngine({
    access: {
      onCall: ({ action }) => {
        if (action.startsWith('dynamodb:')) table[action] = (table[action] ?? 0) + 1;
      },
    },
  });
  for (const bucket of [SOURCE, DESTINATION, WORK, INVENTORY]) engine.s3.createBucket(bucket ?? '');
  await engine.dynamodb.createTable(failureTableDefinition(TABLE ?? ''));
  const lastModified = Date.now() - 86_400_000;
  for (let n = 0; n < objects; n++) {
    const key = `2025/${String(n % 12).padStart(2, '0')}/IMG_${String(n).padStart(9, '0')}.jpeg`;
    engine.s3.putObject(SOURCE ?? '', key, Buffer.from(key), { lastModified });
  }
  const { manifestKey } = engine.s3.deliverInventory({
    bucket: SOURCE ?? '',
    destinationBucket: INVENTORY ?? '',
    prefix: 'daily',
    configId: 'all',
    files: 3,
  });
  process.on('message', () => {
    const counted = OPERATIONS.map((operation) => [operation, engine.s3.requests.count({ operation })]);
    process.send?.({ ...Object.fromEntries(counted), 'S3 in all': engine.s3.requests.count(), ...table });
    engine.s3.requests.reset();
    table = {};
  });
  const { endpoint, region, credentials } = engine;
  process.send?.({ connection: { endpoint, region, credentials }, manifest: `s3://${INVENTORY}/${manifestKey}` });
}
