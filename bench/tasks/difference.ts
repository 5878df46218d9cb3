import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { AthenaQueries } from '../../adapters/athena/queries.js';
import { athenaNames, athenaTables, workGroupConfiguration } from '../../contracts/athena-tables.js';
import type { PairBounds } from '../../contracts/pair.js';
import { projectRoot } from '../../local/bundle.js';
import { startEngine } from '../../local/engine.js';
import { readQuery } from '../../state-machines/definitions.js';
import { answerParent } from '../support/answer-parent.js';
import { taken, type Taken } from '../support/taken.js';

/** Asks the embedded Athena for the counts of two inventories of so many rows, of which one in a thousand is missing. */
export interface DifferenceTask {
  rows: number;
}

export type Difference = Taken & { missing: number };

const PAIR = 'bench';
const WORK = 'bench-work';
const DELIVERY = '2026-01-01-00-00';
const BOUNDS: PairBounds = {
  source: { bucket: 'bench-source' },
  destination: { bucket: 'bench-destination' },
  inventory: { bucket: 'bench-inventory', prefix: '', configId: 'all' },
  destinationInventory: { bucket: 'bench-inventory', prefix: '', configId: 'all' },
  maxConcurrency: 1,
};
const BLOCK_ROWS = 50_000;
const LOOK_EVERY_MS = 50;

answerParent((task) => count(task as DifferenceTask));

async function count({ rows }: DifferenceTask): Promise<Difference> {
  const engine = await startEngine();
  try {
    for (const bucket of [WORK, 'bench-inventory']) engine.s3.createBucket(bucket);
    const { workGroup, database } = athenaNames(PAIR);
    engine.athena.createWorkGroup({ name: workGroup, configuration: workGroupConfiguration(WORK, BOUNDS) });
    for (const table of athenaTables(PAIR, BOUNDS, WORK)) engine.athena.createTable(database, table);
    for (const bucket of ['bench-source', 'bench-destination']) {
      const data = `${bucket}/all/data/0.csv.gz`;
      engine.s3.putObject('bench-inventory', data, inventoryOf(bucket, rows));
      const symlinks = Buffer.from(`s3://bench-inventory/${data}\n`);
      engine.s3.putObject('bench-inventory', `${bucket}/all/hive/dt=${DELIVERY}/symlink.txt`, symlinks);
    }
    const queries = new AthenaQueries({ workGroup, database }, engine);
    const sql = readQuery(projectRoot, 'count');
    let missing = 0;
    const cost = await taken(async () => {
      const id = await queries.start(sql, PARAMETERS, `benchmark of ${rows} rows, of which some are missing`);
      while ((await queries.check(id)).kind === 'running') await sleep(LOOK_EVERY_MS);
      missing = Number((await queries.row(id))['missing']);
    });
    return { ...cost, missing };
  } finally {
    await engine.close();
  }
}

const quoted = (text: string) => `'${text}'`;
/** As core/reconcile/query-parameters.ts makes them for a pair without prefixes and filters. */
const PARAMETERS = [
  ...[DELIVERY, '', DELIVERY, ''].map(quoted),
  '0',
  '50000000000000',
  ...['', '9999', '', '', '', String.raw`\z.`, ''].map(quoted),
  ...['2026-01-01 00:00:00', '2026-01-01 00:00:00', '2026-01-01 00:00:00'].map(quoted),
];

/** Gzip of the usual columns, in blocks: one text of them all would be half a gigabyte. */
function inventoryOf(bucket: string, rows: number): Buffer {
  const members: Buffer[] = [];
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    let text = '';
    for (let n = from; n < Math.min(rows, from + BLOCK_ROWS); n += 1) {
      if (bucket === 'bench-destination' && n % 1_000 === 7) continue;
      const key = `photos/${n % 97}/holiday+${String(n).padStart(9, '0')}.jpg`;
      const etag = (n * 2_654_435_761).toString(16).padStart(32, '0').slice(-32);
      text += `"${bucket}","${key}","${n}","2025-12-01T00:00:00.000Z","${etag}","STANDARD","false","SSE-S3","CRC64NVME"\n`;
    }
    members.push(gzipSync(text, { level: 1 }));
  }
  return Buffer.concat(members);
}
