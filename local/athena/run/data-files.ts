import { splitUri } from '../../../core/prepare/manifest/read-inventory.js';
import type { FileFormat, Table } from '../catalog/table.js';
import { type Partition, partitionsOf } from '../catalog/projection.js';
import { notDone, QueryFailure } from '../query-failure.js';
import type { Predicate } from '../sql/predicates.js';
import type { DataSource, SourceObject } from './data-source.js';

/** The data files of a table's partition that a query reads. */
export interface PartitionFiles {
  /** Of the partition keys, in their order. */
  values: readonly string[];
  objects: readonly SourceObject[];
}

/**
 * Finds the data files that a query can need of a table.
 * @param demands what each place of the query where the table stands demands of it; a partition is left out where no place needs it
 * @throws QueryFailure
 */
export function dataFiles(
  table: Table,
  demands: readonly (readonly Predicate[])[],
  source: DataSource,
  now: number,
): PartitionFiles[] {
  if (table.format.kind === 'orc') throw notDone(`ORC: ${table.database}.${table.name} has it`);
  const { projection } = table;
  if (!projection) {
    const objects = filesAt(table.location, table, source);
    return [{ values: [], objects }];
  }
  const partitions = new Map<string, Partition>();
  for (const predicates of demands)
    for (const partition of partitionsOf(projection, predicates, now)) partitions.set(partition.location, partition);
  const found: PartitionFiles[] = [];
  for (const { values, location } of partitions.values()) {
    const objects = filesAt(location, table, source);
    if (objects.length > 0) found.push({ values, objects });
  }
  const [first] = partitions.values();
  // Whoever may not list is told so, also where there is nothing.
  if (found.length === 0 && first) source.mayList(first.location);
  return found;
}

function filesAt(location: string, table: Table, source: DataSource): SourceObject[] {
  const objects = source.list(location).filter(({ size }) => size > 0);
  if (table.files === 'data') return objects.map((object) => source.read(object));
  return objects.flatMap((object) => {
    const lines = source
      .read(object)
      .body.toString()
      .split(/\r?\n/)
      .filter((line) => line.trim() !== '');
    return lines.map((line) => {
      const { bucket, key } = splitUri(line.trim());
      if (key === '')
        throw new QueryFailure(
          `HIVE_CANNOT_OPEN_SPLIT: Expected s3://bucket/key in the lines of s3://${object.bucket}/${object.key}; got ${line}`,
        );
      return source.read({ bucket, key });
    });
  });
}

/** How Hadoop finds a file's compression: by the end of its name. */
export function compressionOf(key: string, format: FileFormat): 'none' | 'gzip' {
  if (format.kind === 'parquet') return 'none';
  const ending = /\.(?:gz|bz2|snappy|deflate|lz4|lzo|zst|xz)$/i.exec(key)?.[0].toLowerCase();
  if (ending === undefined) return 'none';
  if (ending === '.gz') return 'gzip';
  throw notDone(`the compression ${ending}`);
}
