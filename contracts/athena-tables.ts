import { INVENTORY_FIELDS, USUAL_INVENTORY_FIELDS } from './inventory-columns.js';
import { deliveryFolder, RECONCILE_DEFAULTS, type InventoryPlace, type PairBounds } from './pair.js';
import { isReachedByKeys } from './side.js';

/** A table of Glue's catalog, in the words of AWS::Glue::Table. */
export interface GlueTable {
  Name: string;
  Description: string;
  TableType: 'EXTERNAL_TABLE' | 'VIRTUAL_VIEW';
  Parameters: Record<string, string>;
  PartitionKeys?: GlueColumn[];
  StorageDescriptor: {
    Columns: GlueColumn[];
    Location?: string;
    InputFormat?: string;
    OutputFormat?: string;
    SerdeInfo?: { SerializationLibrary: string; Parameters?: Record<string, string> };
  };
  ViewOriginalText?: string;
  ViewExpandedText?: string;
}

export interface GlueColumn {
  Name: string;
  Type: string;
}

/** The workgroup of a pair, and the database of its tables. */
export function athenaNames(pair: string): { workGroup: string; database: string } {
  return { workGroup: `s3-backfill-${pair}`, database: `s3_backfill_${pair.replaceAll('-', '_')}` };
}

/** Where Athena leaves the results of a pair's queries, in the work bucket: rows of a difference are the manifest of a run. */
export const QUERY_RESULTS = 'manifests/athena/';

/** Of the pair's workgroup, in the words of AWS::Athena::WorkGroup. */
export function workGroupConfiguration(
  workBucket: string,
  { reconcile = RECONCILE_DEFAULTS }: Pick<PairBounds, 'reconcile'>,
) {
  return {
    EnforceWorkGroupConfiguration: true,
    BytesScannedCutoffPerQuery: reconcile.maxScannedBytes,
    ResultConfiguration: { OutputLocation: `s3://${workBucket}/${QUERY_RESULTS}` },
  };
}

/**
 * The tables of a pair: its inventories as S3 delivers them, each with a view of what there is at one time by decoded key,
 * and the completion reports of its runs. What differs from pair to pair and from format to format is here; the queries are
 * the same for all.
 */
export function athenaTables(pair: string, bounds: PairBounds, workBucket: string): GlueTable[] {
  const { source, destination, inventory, destinationInventory } = bounds;
  const { database } = athenaNames(pair);
  return [
    outcomesTable(workBucket),
    // Athena reads as whoever asks, and by no keys of a secret.
    ...(isReachedByKeys(source)
      ? []
      : [
          inventoryTable('inventory_source', source.bucket, inventory),
          objectsView('source_objects', 'inventory_source', database, inventory, source.prefix),
        ]),
    ...(destinationInventory
      ? [
          inventoryTable('inventory_destination', destination.bucket, destinationInventory),
          objectsView(
            'destination_objects',
            'inventory_destination',
            database,
            destinationInventory,
            destination.prefix ?? source.prefix,
          ),
        ]
      : []),
  ];
}

/** Names of an inventory's columns in the order of its files: those that it has, then those that it may have and lacks. */
export function inventoryColumns({ fields }: Pick<InventoryPlace, 'fields'>): string[] {
  const present: string[] = ['Bucket', 'Key', ...(fields ?? USUAL_INVENTORY_FIELDS)];
  return [...present, ...INVENTORY_FIELDS.filter((field) => !present.includes(field))];
}

/** `LastModifiedDate` is `last_modified_date` in tables, and in Parquet and ORC; `ETag` is `e_tag`. */
export function columnName(field: string): string {
  return field.replaceAll(/(?<!^)(?=[A-Z])/g, '_').toLowerCase();
}

/**
 * An inventory as S3's guide defines it for Athena: one partition a delivery, `dt` its time to the minute. A CSV is read by
 * the places of its columns, and those behind its last one are NULL; Parquet and ORC by their names.
 * Source: Amazon S3 User Guide, "Querying Amazon S3 Inventory with Amazon Athena".
 */
function inventoryTable(name: string, bucket: string, place: InventoryPlace): GlueTable {
  const { format = 'CSV' } = place;
  const location = `s3://${place.bucket}/${deliveryFolder(bucket, place)}hive/`;
  return {
    Name: name,
    Description: `Inventories of s3://${bucket} as S3 delivers them, by their time dt.`,
    TableType: 'EXTERNAL_TABLE',
    Parameters: {
      EXTERNAL: 'TRUE',
      'projection.enabled': 'true',
      'projection.dt.type': 'date',
      'projection.dt.format': 'yyyy-MM-dd-HH-mm',
      'projection.dt.range': '2022-01-01-00-00,NOW',
      'projection.dt.interval': '1',
      // A delivery may be of any minute, and one that no partition is projected for would read as empty.
      'projection.dt.interval.unit': 'MINUTES',
      'storage.location.template': `${location}dt=\${dt}/`,
    },
    PartitionKeys: [{ Name: 'dt', Type: 'string' }],
    StorageDescriptor: {
      Columns: inventoryColumns(place).map((field) => ({
        Name: columnName(field),
        Type: format === 'CSV' ? 'string' : (TYPES[field] ?? 'string'),
      })),
      Location: location,
      ...SYMLINKS,
      SerdeInfo: SERDES[format],
    },
  };
}

/** A table's location holds a file symlink.txt, which names its data files, one a line. */
const SYMLINKS = {
  InputFormat: 'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
};

/** Of Parquet and ORC, where they are no text. */
const TYPES: Readonly<Record<string, string>> = {
  IsLatest: 'boolean',
  IsDeleteMarker: 'boolean',
  Size: 'bigint',
  LastModifiedDate: 'timestamp',
  IsMultipartUploaded: 'boolean',
  ObjectLockRetainUntilDate: 'timestamp',
  LifecycleExpirationDate: 'timestamp',
};

const OPEN_CSV = {
  SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
  Parameters: { separatorChar: ',', quoteChar: '"' },
};

const SERDES = {
  CSV: OPEN_CSV,
  Parquet: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
  ORC: {
    SerializationLibrary: 'org.apache.hadoop.hive.ql.io.orc.OrcSerde',
    Parameters: { 'orc.column.index.access': 'false' },
  },
} as const;

/** Completion reports, the files that their manifests name; `run` is an execution's name, which a query has to give. */
function outcomesTable(workBucket: string): GlueTable {
  return {
    Name: 'outcomes',
    Description: 'Completion reports of runs: each expected object once, with its outcome.',
    TableType: 'EXTERNAL_TABLE',
    Parameters: {
      EXTERNAL: 'TRUE',
      'projection.enabled': 'true',
      'projection.run.type': 'injected',
      'storage.location.template': `s3://${workBucket}/runs/\${run}/report/hive/`,
    },
    PartitionKeys: [{ Name: 'run', Type: 'string' }],
    StorageDescriptor: {
      Columns: ['bucket', 'key', 'version_id', 'task_status', 'error_code', 'http_status_code', 'result_message'].map(
        (Name) => ({ Name, Type: 'string' }),
      ),
      Location: `s3://${workBucket}/runs/`,
      ...SYMLINKS,
      // Without one a backslash escapes, which JSON has before quotes; a tab is in no cell of a report.
      SerdeInfo: { ...OPEN_CSV, Parameters: { ...OPEN_CSV.Parameters, escapeChar: '\t' } },
    },
  };
}

/**
 * The current objects of an inventory: keys decoded, `path` what follows the pair's prefix, `modified` as
 * `YYYY-MM-DD HH:MM:SS` in UTC, which sorts as text whatever the format.
 */
function objectsView(name: string, table: string, schema: string, place: InventoryPlace, prefix = ''): GlueTable {
  // Only CSV inventories have URL-encoded keys. A space may be written `+`, which Trino's url_decode reads and others do not.
  const key = (place.format ?? 'CSV') === 'CSV' ? "url_decode(replace(key, '+', '%20'))" : 'key';
  // Characters as substr counts them: code points.
  const behind = Array.from(prefix).length + 1;
  const originalSql = `SELECT dt, bucket, key, substr(key, ${behind}) AS path, size, modified, etag, storage_class, encryption
FROM (
  SELECT dt, bucket, ${key} AS key, TRY_CAST(size AS bigint) AS size,
    substr(replace(CAST(last_modified_date AS varchar), 'T', ' '), 1, 19) AS modified,
    replace(e_tag, '"', '') AS etag, coalesce(storage_class, '') AS storage_class,
    coalesce(encryption_status, '') AS encryption
  FROM ${table}
  WHERE coalesce(CAST(is_latest AS varchar), 'true') <> 'false'
    AND coalesce(CAST(is_delete_marker AS varchar), 'false') <> 'true'
) AS current_objects`;
  const names = ['dt', 'bucket', 'key', 'path', 'size', 'modified', 'etag', 'storage_class', 'encryption'];
  const view = {
    originalSql,
    catalog: 'awsdatacatalog',
    schema,
    columns: names.map((name) => ({ name, type: name === 'size' ? 'bigint' : 'varchar' })),
  };
  return {
    Name: name,
    Description: `Current objects of ${table}, keys decoded.`,
    TableType: 'VIRTUAL_VIEW',
    Parameters: { presto_view: 'true', comment: 'Presto View' },
    // What Trino calls varchar is a string to Glue.
    StorageDescriptor: { Columns: names.map((Name) => ({ Name, Type: Name === 'size' ? 'bigint' : 'string' })) },
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`,
    ViewExpandedText: '/* Presto View */',
  };
}
