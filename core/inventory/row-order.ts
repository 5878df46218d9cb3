import type { Row } from '../../contracts/row.js';
import { sortBatches } from '../external-sort.js';
import { compareKeys } from '../keys.js';
import type { Scratch } from '../ports.js';
import { decodeRows, encodeRow } from './row-codec.js';
import type { RowLines } from './row-lines.js';

/** Rows held at once while they are sorted: 48 MiB, about 150,000 rows. */
const SORT_MEMORY_BYTES = 48 * 1024 * 1024;

/**
 * The order of rows in every file of a run: negative, 0 or positive. By key; versions of a key by their time, the latest last.
 * Of two in one second an inventory does not tell which came first: whoever copies them asks the source.
 */
export function compareRows(a: Row, b: Row): number {
  return (
    compareKeys(a.key, b.key) ||
    (a.lastModified ?? 0) - (b.lastModified ?? 0) ||
    Number(a.isLatest) - Number(b.isLatest)
  );
}

/** Sorts any number of rows in bounded memory; what does not fit in `memory` bytes goes to scratch. */
export function sortRows(
  batches: AsyncIterable<RowLines>,
  scratch: Scratch,
  memory: number = SORT_MEMORY_BYTES,
): AsyncGenerator<Row[]> {
  return sortBatches<Row>(decoded(batches), {
    compare: compareRows,
    encode: encodeRow,
    decode: decodeRows,
    weigh: (row) => 250 + 2 * (row.key.length + row.versionId.length),
    memory,
    scratch,
  });
}

async function* decoded(batches: AsyncIterable<RowLines>): AsyncGenerator<Row[]> {
  for await (const { bytes } of batches) yield decodeRows(bytes.toString());
}
