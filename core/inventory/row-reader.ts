import type { Row } from '../../contracts/row.js';
import type { BlockReader } from './csv.js';
import { asUtf8, readDialect } from './dialect.js';
import { PlainReader, type PlainForm } from './plain-reader.js';
import { MAX_RECORD_BYTES } from './records.js';
import type { ScopedRow } from './scope.js';
import { RowLineWriter } from './line-writer.js';
import type { RowLines } from './row-lines.js';

/** What is done with the records of a file. */
export interface RowTaking {
  columns: readonly string[];
  sourceBucket: string;
  /** Counts a record that is come to. @param at where it begins in the bytes that are read */
  count: (at: number) => void;
  /** The row of a record. Throws where it cannot be meant. */
  decode: (record: readonly string[]) => Row;
  /** Whether a row is in scope; counts it where it is not. */
  isExpected: (row: ScopedRow) => boolean;
  /** Whether `isExpected` asks for more than whether a row is the latest. */
  isFiltered: boolean;
  /** Of a file in which a record is a line: reads one of another dialect, given with its newline. Undefined where it holds none. */
  readLine?: (line: string, at: number) => string[] | undefined;
  /** How plain records are written, where not as S3 Inventory does. */
  plainForm?: PlainForm;
}

const NEWLINE = 0x0a;

/**
 * Makes the reader that turns records of an inventory into lines of our own row files. Most records are plain: their line is
 * made of their bytes, and nothing else is made. All others are decoded to a row that is encoded again, which comes to the same.
 */
export function rowReader(taking: RowTaking): BlockReader<RowLines> {
  const { columns } = taking;
  const plain = new PlainReader(columns, taking.sourceBucket, taking.plainForm);
  const writer = new RowLineWriter();

  const take = (record: readonly string[], at = 0) => {
    taking.count(at);
    const row = taking.decode(record);
    if (!taking.isExpected(row)) return;
    writer.addRow(row);
  };
  const takePlain = (bytes: Buffer) => {
    taking.count(plain.start);
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
    writer.reserve(plain.lineBytes);
    const { keyEnd, end } = plain.writeLine(bytes, writer.out, writer.written);
    writer.add(keyEnd, end, { size, lastModified, isLatest });
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
        if (!record && !taking.readLine) return { batch: writer.finish(), count, end: at, isOdd: true };
        const read = record ?? taking.readLine?.(text, at);
        if (read) {
          take(asUtf8(read), at);
          count += 1;
        }
        at = newline + 1;
      }
      return { batch: writer.finish(), count, end: at, isOdd: bytes.length - at > MAX_RECORD_BYTES };
    },
    convert: (records) => {
      for (const record of records) take(record);
      return writer.finish();
    },
  };
}
