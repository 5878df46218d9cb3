import type { Row } from '../../contracts/row.js';
import type { BlockReader } from './csv.js';
import { asUtf8, readDialect } from './dialect.js';
import { PlainReader } from './plain-reader.js';
import { MAX_RECORD_BYTES } from './records.js';
import { encodeRow } from './row-codec.js';
import type { ScopedRow } from './scope.js';
import type { RowLine, RowLines } from './row-lines.js';

/** What is done with the records of a file. */
export interface RowTaking {
  columns: readonly string[];
  sourceBucket: string;
  /** Counts a record that is come to. */
  count: () => void;
  /** The row of a record. Throws where it cannot be meant. */
  decode: (record: readonly string[]) => Row;
  /** Whether a row is in scope; counts it where it is not. */
  isExpected: (row: ScopedRow) => boolean;
  /** Whether `isExpected` asks for more than whether a row is the latest. */
  isFiltered: boolean;
}

type Known = Pick<RowLine, 'size' | 'lastModified' | 'isLatest'>;

const NEWLINE = 0x0a;

/**
 * Makes the reader that turns records of an inventory into lines of our own row files. Most records are plain: their line is
 * made of their bytes, and nothing else is made. All others are decoded to a row that is encoded again, which comes to the same.
 */
export function rowReader(taking: RowTaking): BlockReader<RowLines> {
  const { columns } = taking;
  const plain = new PlainReader(columns, taking.sourceBucket);
  let out = Buffer.allocUnsafe(512 * 1024);
  let written = 0;
  let lines: RowLine[] = [];

  const reserve = (bytes: number) => {
    if (out.length - written >= bytes) return;
    const larger = Buffer.allocUnsafe(2 * (out.length + bytes));
    out.copy(larger, 0, 0, written);
    out = larger;
  };
  const add = (keyEnd: number, end: number, { size, lastModified, isLatest }: Known) => {
    lines.push({ bytes: out, start: written, end, keyEnd, size, lastModified, isLatest });
    written = end;
  };
  const take = (record: readonly string[]) => {
    taking.count();
    const row = taking.decode(record);
    if (!taking.isExpected(row)) return;
    const line = `${encodeRow(row)}\n`;
    reserve(line.length);
    out.write(line, written, 'latin1');
    const { size = 0, lastModified = 0, isLatest } = row;
    add(written + line.indexOf('"', 1), written + line.length, { size, lastModified, isLatest });
  };
  const takePlain = (bytes: Buffer) => {
    taking.count();
    const { isLatest, lastModified, size } = plain;
    if (
      (taking.isFiltered || !isLatest) &&
      !taking.isExpected({
        key: taking.isFiltered ? plain.key(bytes) : '',
        size: plain.hasSize ? size : undefined,
        lastModified: plain.hasTime ? lastModified : undefined,
        storageClass: taking.isFiltered ? plain.storageClass(bytes) : '',
        isLatest,
        isDeleteMarker: false,
      })
    )
      return;
    reserve(plain.lineBytes);
    const { keyEnd, end } = plain.writeLine(bytes, out, written);
    add(keyEnd, end, { size, lastModified, isLatest });
  };
  const finish = (): RowLines => {
    const bytes = Buffer.from(out.subarray(0, written));
    for (const line of lines) line.bytes = bytes;
    const batch = { bytes, lines };
    written = 0;
    lines = [];
    return batch;
  };

  return {
    read: (bytes) => {
      let [at, count] = [0, 0];
      while (at < bytes.length) {
        if (plain.read(bytes, at, MAX_RECORD_BYTES)) {
          takePlain(bytes);
          count += 1;
          at = plain.end;
          continue;
        }
        const newline = bytes.indexOf(NEWLINE, at);
        if (newline === -1) break;
        const text = bytes.toString('latin1', at, newline + 1);
        const { records } = readDialect(text, 0, columns.length, MAX_RECORD_BYTES);
        const [record] = records;
        if (!record) return { batch: finish(), count, end: at, isOdd: true };
        take(asUtf8(record));
        count += 1;
        at = newline + 1;
      }
      return { batch: finish(), count, end: at, isOdd: bytes.length - at > MAX_RECORD_BYTES };
    },
    convert: (records) => {
      for (const record of records) take(record);
      return finish();
    },
  };
}
