import type { Row } from '../../../contracts/row.js';
import { encodeRow } from '../../../core/inventory/row-codec.js';
import { readRowLines, type RowLines } from '../../../core/inventory/row-lines.js';

/** Rows as lines. */
export function encodeRows(rows: readonly Row[]): RowLines {
  return readRowLines(Buffer.from(rows.map((row) => `${encodeRow(row)}\n`).join('')));
}
