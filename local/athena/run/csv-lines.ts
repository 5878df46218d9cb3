import { isUtf8 } from 'node:buffer';
import { Transform, type TransformCallback } from 'node:stream';
import { QueryFailure } from '../query-failure.js';

export interface CsvDialect {
  separator: string;
  quote: string;
  escape: string;
  /** Lines at the beginning of a file that are no rows. */
  skippedLines: number;
}

/**
 * Turns a file as Hive's OpenCSVSerde reads it into CSV that every reader reads alike. Blocks of lines that already are
 * that CSV, which is what S3 and we write, pass as they are; of all others each line is read and written anew.
 * What is of the SerDe: a row ends at its line's end, quotes or not; the escape character is the backslash unless the table
 * says otherwise; what is no UTF-8 becomes U+FFFD.
 * Source: https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html
 */
export function plainCsv(dialect: CsvDialect): Transform {
  let rest: Buffer = Buffer.alloc(0);
  let skip = dialect.skippedLines;
  const passes = dialect.separator === ',' && dialect.quote === '"';
  const write = (lines: Buffer): Buffer => {
    let block = lines;
    for (; skip > 0 && block.length > 0; skip -= 1) block = block.subarray(block.indexOf(LF) + 1 || block.length);
    if (passes && !block.includes(dialect.escape) && isPlain(block)) return block;
    return Buffer.from(rewritten(block.toString(), dialect));
  };
  const finish = (done: TransformCallback, block: Buffer) => {
    let written: Buffer;
    try {
      written = write(block);
    } catch (error) {
      return done(error as Error);
    }
    done(null, written);
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      const end = chunk.lastIndexOf(LF) + 1;
      if (end === 0) {
        rest = Buffer.concat([rest, chunk]);
        if (rest.length > MAX_LINE)
          return done(new QueryFailure(`HIVE_CURSOR_ERROR: Expected lines of at most ${MAX_LINE} bytes.`));
        return done();
      }
      const block = rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([rest, chunk.subarray(0, end)]);
      rest = Buffer.from(chunk.subarray(end));
      finish(done, block);
    },
    flush(done: TransformCallback) {
      if (rest.length === 0) return done();
      finish(done, rest);
    },
  });
}

/**
 * Whether all lines of a block have fields that are either in quotes as a whole, quotes in them doubled, or without any;
 * and none is empty.
 */
function isPlain(block: Buffer): boolean {
  if (block.includes(CR) || !isUtf8(block)) return false;
  // One turn a field. Each byte is looked at once: that is most of what a file costs here.
  let index = 0;
  let lineStart = 0;
  while (index < block.length) {
    if (block[index] === QUOTE) {
      do {
        index += 1;
        while (block[index] !== QUOTE) {
          if (index >= block.length || block[index] === LF) return false;
          index += 1;
        }
        index += 1;
      } while (block[index] === QUOTE);
    } else {
      while (index < block.length && block[index] !== COMMA && block[index] !== LF) {
        if (block[index] === QUOTE) return false;
        index += 1;
      }
    }
    const end = block[index];
    if (end !== COMMA && end !== LF && index < block.length) return false;
    if (end === LF && index === lineStart) return false;
    index += 1;
    if (end === LF) lineStart = index;
  }
  return true;
}

function rewritten(text: string, dialect: CsvDialect): string {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines
    .map(
      (line) =>
        `${fieldsOf(line, dialect)
          .map((field) => `"${field.replaceAll('"', '""')}"`)
          .join(',')}\n`,
    )
    .join('');
}

/** The fields of a line as OpenCSV's parser takes it apart. */
function fieldsOf(line: string, { separator, quote, escape }: CsvDialect): string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let index = 0; index < line.length; index += 1) {
    const [char, next] = [line[index] as string, line[index + 1]];
    if (char === escape) {
      // It stands for itself before nothing but a quote and another of its kind, and is left out before all else.
      if (quoted && (next === quote || next === escape)) {
        field += next;
        index += 1;
      }
    } else if (char === quote) {
      if (quoted && next === quote) {
        field += quote;
        index += 1;
      } else {
        quoted = !quoted;
        // One in the middle of a field belongs to it, except behind blanks.
        const inside = index > 2 && line[index - 1] !== separator && next !== undefined && next !== separator;
        if (inside) field = field !== '' && field.trim() === '' ? '' : field + quote;
      }
    } else if (char === separator && !quoted) {
      fields.push(field);
      field = '';
    } else field += char;
  }
  if (quoted)
    throw new QueryFailure('HIVE_BAD_DATA: The embedded Athena does not do CSV rows that go over several lines.');
  return [...fields, field];
}

const [LF, CR, QUOTE, COMMA] = [0x0a, 0x0d, 0x22, 0x2c];
/** Bytes; DuckDB's own bound for a line is two million. */
const MAX_LINE = 1_900_000;
