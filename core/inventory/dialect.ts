/** Records that stand at the beginning of a text, and where they end. */
export interface ReadRecords {
  records: string[][];
  /** Where the first record begins that is not among them. */
  end: number;
  /** Whether that one is written otherwise, and not just not there to its end. */
  isOdd: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;

/**
 * Reads the one dialect that S3 Inventory writes, and our own row files: every field in quotes, none of which is in a field, so
 * many columns, a newline behind each record. Of these any CSV reader makes the same. Stops before the first record that is
 * anything else: that is for `csv-parse` to read.
 * @param longest characters of a record
 */
export function readDialect(text: string, from: number, columns: number, longest: number): ReadRecords {
  const records: string[][] = [];
  let end = from;
  while (end < text.length) {
    if (text.charCodeAt(end) !== QUOTE) return { records, end, isOdd: true };
    const record: string[] = [];
    let at = end;
    for (let column = 1; ; column++) {
      const close = text.indexOf('"', at + 1);
      // The two behind the quote have to be there to be judged, or the one behind the last.
      if (close === -1 || close + 1 >= text.length) return { records, end, isOdd: text.length - end > longest };
      record.push(text.slice(at + 1, close));
      const next = text.charCodeAt(close + 1);
      if (column === columns) {
        if (next !== NEWLINE || close + 2 - end > longest) return { records, end, isOdd: true };
        at = close + 2;
        break;
      }
      if (next !== COMMA) return { records, end, isOdd: true };
      at = close + 2;
      if (at >= text.length) return { records, end, isOdd: text.length - end > longest };
      if (text.charCodeAt(at) !== QUOTE) return { records, end, isOdd: true };
    }
    records.push(record);
    end = at;
  }
  return { records, end, isOdd: false };
}

/** A record of a text in which one character was one byte, so that places in it were places in the bytes. */
export function asUtf8(record: string[]): string[] {
  return record.map((field) => (BEYOND_ASCII.test(field) ? Buffer.from(field, 'latin1').toString('utf8') : field));
}

const BEYOND_ASCII = /[\x80-\xff]/;
