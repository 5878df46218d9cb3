import type { BlockReader } from '../../../core/inventory/csv.js';
import { asUtf8, readDialect } from '../../../core/inventory/dialect.js';
import { MAX_RECORD_BYTES } from '../../../core/inventory/records.js';

/** Reads the records of a file as they are. */
export function recordsOf(columns: number): BlockReader<string[][]> {
  return {
    read: (bytes) => {
      const { records, end, isOdd } = readDialect(bytes.toString('latin1'), 0, columns, MAX_RECORD_BYTES);
      return { batch: records.map(asUtf8), count: records.length, end, isOdd };
    },
    convert: (records) => records,
  };
}
