import { ColumnReader } from './column-reader.js';
import type { Column, Footer, RandomAccess } from './footer.js';
import { broken } from './parquet-error.js';
import type { Value } from './plain.js';

/** Rows at once. */
const BATCH_ROWS = 1_000;

/** Values of some rows: of each column that was asked for, in that order, one for each row. */
export interface ColumnBatch {
  rows: number;
  values: (Value | undefined)[][];
}

/** The rows of a file, in order. One page of each column is held at a time, however large the row groups are. */
export async function* readParquet(
  file: RandomAccess,
  { groups }: Footer,
  columns: readonly Column[],
): AsyncGenerator<ColumnBatch> {
  for (const group of groups) {
    const readers = columns.map((column) => {
      const chunk = group.chunks.get(column.name);
      if (!chunk) throw broken(`a row group has no column ${column.name}`);
      return new ColumnReader(file, column, chunk, group.rows);
    });
    for (let left = group.rows; left > 0;) {
      const rows = Math.min(left, BATCH_ROWS);
      const values: (Value | undefined)[][] = [];
      for (const reader of readers) values.push(await reader.read(rows));
      yield { rows, values };
      left -= rows;
    }
  }
}
