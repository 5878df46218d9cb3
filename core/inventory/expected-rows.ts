import type { InventoryFile } from '../../contracts/manifest.js';
import type { Run } from '../../contracts/run.js';
import { BackfillError } from '../errors.js';
import type { Ports, Scratch } from '../ports.js';
import type { Census } from './census.js';
import { pieceRows } from './csv-manifest/piece-rows.js';
import { inventoryStore } from './inventory-store.js';
import { owedRows } from './owed-rows.js';
import { openParquet } from './parquet-rows.js';
import { readRecords } from './records.js';
import type { RowLines } from './row-lines.js';
import { rowReader, type RowTaking } from './row-reader.js';
import { recordDecoder } from './schema.js';
import { isFiltered, scopeOf } from './scope.js';

/** The lines of rows in scope, in the file's order, in batches; all others are counted in `census`. May be asked for twice. */
export type ExpectedRows = (census: Census) => AsyncGenerator<RowLines>;

/** Opens a line of files.jsonl for reading. What may be wrong with the file is thrown by name, here or while it is read. */
export async function openRows(
  ports: Pick<Ports, 'work' | 'inventory'>,
  run: Run,
  file: InventoryFile,
  scratch: Scratch,
): Promise<ExpectedRows> {
  const { manifest } = run;
  if (manifest.kind === 'owed') return (census) => owedRows(ports, run, manifest, file, census);
  const files = inventoryStore(ports, run.buckets.inventory);
  if (manifest.kind === 'csv') {
    const { range } = file;
    return range === undefined ? noRows : (census) => pieceRows(files, run, manifest, range, taking(run, census));
  }
  const { key } = file;
  if (key === undefined) return noRows;
  const name = `s3://${manifest.bucket}/${key}`;
  const { columns } = manifest;
  const expected = { name, md5: file.md5 ?? '', size: file.size ?? 0, columns: columns.length };
  const stream = async () => {
    const stored = await files.stream(key);
    if (stored) return stored.body;
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: the manifest names this data file, and it is not there. Take a newer inventory.`,
    );
  };
  const sourceBucket = run.request.source.bucket;
  if (manifest.kind === 'inventory' && manifest.format === 'Parquet') {
    const rows = await openParquet(await stream(), expected, columns, scratch);
    return (census) => rows({ ...taking(run, census), sourceBucket });
  }
  const decode = recordDecoder(columns, sourceBucket);
  return async function* (census) {
    const where = () => `${name}, record ${census.rows}`;
    const reader = rowReader({
      ...taking(run, census),
      columns,
      sourceBucket,
      decode: (record) => decode(record, where),
    });
    yield* readRecords(await stream(), expected, reader);
  };
}

async function* noRows(): AsyncGenerator<RowLines> {}

/** Counts rows, and those out of scope by the first reason that fits. */
function taking({ request }: Run, census: Census): Pick<RowTaking, 'count' | 'isExpected' | 'isFiltered'> {
  const reasonOut = scopeOf(request);
  return {
    isFiltered: isFiltered(request),
    count: () => void (census.rows += 1),
    isExpected: (row) => {
      const reason = reasonOut(row);
      if (reason) census.outOfScope[reason] += 1;
      return !reason;
    },
  };
}
