import { notDone } from '../query-failure.js';

/** A column of a result as GetQueryResults describes it. */
export interface ColumnInfo {
  CatalogName: 'hive';
  SchemaName: '';
  TableName: '';
  Name: string;
  Label: string;
  Type: string;
  Precision: number;
  Scale: number;
  Nullable: 'UNKNOWN';
  CaseSensitive: boolean;
}

/** What of DuckDB's type of a column matters here. */
export interface DuckDbType {
  typeId: number;
  /** Of decimals. */
  width?: number;
  scale?: number;
}

/** @throws QueryFailure where Athena has no such type, or the embedded one does not do it */
export function columnInfo(name: string, type: DuckDbType): ColumnInfo {
  const known = TYPES[type.typeId];
  if (!known) throw notDone(`results of the type of the column ${name}; cast it to varchar`);
  const [athena, precision] = known;
  return {
    CatalogName: 'hive',
    SchemaName: '',
    TableName: '',
    Name: name,
    Label: name,
    Type: athena,
    Precision: type.width ?? precision,
    Scale: type.scale ?? 0,
    Nullable: 'UNKNOWN',
    CaseSensitive: athena === 'varchar',
  };
}

/**
 * Athena's name of a type and the precision that it always states. A sum of whole numbers is `bigint` in Athena, wider in DuckDB.
 * By the ids of DuckDBTypeId, whose package is loaded with the first query only.
 */
const TYPES: Readonly<Record<number, readonly [type: string, precision: number]>> = {
  17: ['varchar', 2_147_483_647], // VARCHAR
  5: ['bigint', 19], // BIGINT
  16: ['bigint', 19], // HUGEINT
  9: ['bigint', 19], // UBIGINT
  4: ['integer', 10], // INTEGER
  3: ['smallint', 5], // SMALLINT
  2: ['tinyint', 3], // TINYINT
  11: ['double', 17], // DOUBLE
  10: ['float', 17], // FLOAT
  19: ['decimal', 38], // DECIMAL
  1: ['boolean', 0], // BOOLEAN
  13: ['date', 0], // DATE
  12: ['timestamp', 3], // TIMESTAMP
  31: ['timestamp with time zone', 3], // TIMESTAMP_TZ
  24: ['array', 0], // LIST
  36: ['unknown', 0], // SQLNULL
};
