import type { InventoryFile } from '../../contracts/manifest.js';
import type { Run } from '../../contracts/run.js';
import { BackfillError } from '../errors.js';
import type { Ports } from '../ports.js';
import type { Census } from './census.js';
import { inventoryStore } from './inventory-store.js';
import { owedRows } from './owed-rows.js';
import { readRecords } from './records.js';
import type { RowLines } from './row-lines.js';
import { rowReader } from './row-reader.js';
import { recordDecoder } from './schema.js';
import { isFiltered, scopeOf } from './scope.js';

/** The lines of rows in scope, in the file's order, in batches; all others are counted in `census`. */
export async function* expectedRows(
  ports: Pick<Ports, 'work' | 'inventory'>,
  run: Run,
  file: InventoryFile,
  census: Census,
): AsyncGenerator<RowLines> {
  if (run.manifest.kind === 'owed') return yield* owedRows(ports, run, run.manifest, file, census);
  if (file.key === undefined) return;
  const name = `s3://${run.manifest.bucket}/${file.key}`;
  const stored = await inventoryStore(ports, run.buckets.inventory).stream(file.key);
  if (!stored)
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: the manifest names this data file, and it is not there. Take a newer inventory.`,
    );
  const where = () => `${name}, record ${census.rows}`;
  const { columns } = run.manifest;
  const sourceBucket = run.request.source.bucket;
  const decode = recordDecoder(columns, sourceBucket);
  const reasonOut = scopeOf(run.request);
  const reader = rowReader({
    columns,
    sourceBucket,
    isFiltered: isFiltered(run.request),
    count: () => void (census.rows += 1),
    decode: (record) => decode(record, where),
    isExpected: (row) => {
      const reason = reasonOut(row);
      if (reason) census.outOfScope[reason] += 1;
      return !reason;
    },
  });
  const expected = { name, md5: file.md5 ?? '', size: file.size ?? 0, columns: columns.length };
  yield* readRecords(stored.body, expected, reader);
}
