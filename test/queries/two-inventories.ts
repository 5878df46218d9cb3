import { projectRoot } from '../../local/bundle.js';
import { readQuery } from '../../state-machines/definitions.js';
import { gzipSync } from 'node:zlib';
import { athenaNames, athenaTables } from '../../contracts/athena-tables.js';
import { deliveryFolder, type PairBounds } from '../../contracts/pair.js';
import { runRequest } from '../../contracts/run-request.js';
import { readCounts } from '../../core/reconcile/counts.js';
import { queryParameters } from '../../core/reconcile/query-parameters.js';
import { startQuery } from '../../core/reconcile/start-query.js';
import { AthenaQueries } from '../../adapters/athena/queries.js';
import { startEngine } from '../../local/engine.js';
import { delivered, found } from '../core/reconcile/cases.js';
import { parse } from 'csv-parse/sync';

/** A row as S3 writes it but for its key's encoding; times are `YYYY-MM-DDTHH:MM:SS.000Z`. */
export interface InventoryRow {
  key: string;
  size: number;
  modified: string;
  etag: string;
  storageClass: string;
  encryption: string;
}

export const [SOURCE_PREFIX, DESTINATION_PREFIX] = ["from/it's/", 'to/'];
/** Objects from here on are newer than the inventories can judge. */
export const JUDGED_BEFORE = '2024-03-01T00:00:03.000Z';

const BOUNDS: PairBounds = {
  source: { bucket: 'photos', prefix: SOURCE_PREFIX },
  destination: { bucket: 'replica', prefix: DESTINATION_PREFIX },
  inventory: { bucket: 'lists', prefix: '', configId: 'all' },
  destinationInventory: { bucket: 'lists', prefix: 'of the replica', configId: 'all' },
  maxConcurrency: 1,
};

/** Asks both queries about two inventories, each time of a delivery of its own. */
export async function openInventories() {
  const engine = await startEngine();
  for (const bucket of ['lists', 'work']) engine.s3.createBucket(bucket);
  const { workGroup, database } = athenaNames('photos');
  engine.athena.createWorkGroup({
    name: workGroup,
    configuration: { ResultConfiguration: { OutputLocation: 's3://work/results/' } },
  });
  for (const table of athenaTables('photos', BOUNDS, 'work')) engine.athena.createTable(database, table);
  const { endpoint, region, credentials } = engine;
  const queries = new AthenaQueries({ workGroup, database }, { endpoint, region, credentials });
  const sql = { count: readQuery(projectRoot, 'count'), difference: readQuery(projectRoot, 'difference') };
  let deliveries = 0;

  async function ask(source: readonly InventoryRow[], destination: readonly InventoryRow[], filters: object = {}) {
    const time = new Date(Date.parse('2024-03-01T00:00:00Z') + (deliveries += 1) * 60_000).toISOString();
    put(deliveryFolder('photos', BOUNDS.inventory), 'photos', time, source);
    put(deliveryFolder('replica', BOUNDS.destinationInventory ?? BOUNDS.inventory), 'replica', time, destination);
    const of = runRequest.parse({
      manifest: 's3://lists/manifest.json',
      source: { bucket: 'photos', prefix: SOURCE_PREFIX },
      destination: { bucket: 'replica', prefix: DESTINATION_PREFIX },
      ...filters,
    });
    const inventory = delivered(time);
    const parameters = queryParameters(of, BOUNDS, inventory, inventory, Date.parse(JUDGED_BEFORE));
    const run = async (query: 'count' | 'difference') => {
      const input = { execution: time, query, sql, found: found({ parameters }) };
      const { id } = await startQuery({ queries }, input);
      for (;;) {
        const progress = await queries.check(id);
        if (progress.kind === 'ended') return { id, rows: progress.rows };
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const [count, difference] = [await run('count'), await run('difference')];
    const key = difference.rows.replace('s3://work/', '');
    const file = engine.s3.getObject('work', key)?.body ?? Buffer.alloc(0);
    return {
      ...readCounts(await queries.row(count.id)),
      rows: parse<Record<string, string>>(file, { columns: true }),
    };
  }

  /** A delivery in Hive's folder, as S3 writes it. */
  function put(folder: string, bucket: string, time: string, rows: readonly InventoryRow[]): void {
    const data = `${folder}data/${deliveries}.csv.gz`;
    const lines = rows.map(({ key, size, modified, etag, storageClass, encryption }) =>
      [bucket, encodeURIComponent(key), size, modified, etag, storageClass, 'false', encryption, '']
        .map((field) => `"${field}"`)
        .join(','),
    );
    engine.s3.putObject('lists', data, gzipSync(`${lines.join('\n')}\n`));
    const partition = time.slice(0, 16).replace('T', '-').replace(':', '-');
    engine.s3.putObject('lists', `${folder}hive/dt=${partition}/symlink.txt`, Buffer.from(`s3://lists/${data}\n`));
  }

  return { ask, close: () => engine.close() };
}
