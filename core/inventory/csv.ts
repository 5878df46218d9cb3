import { parse } from 'csv-parse';

/** Bytes that are read at once: where a file is many small gzip members, a block of each would cost more than what is in it. */
const LEAST_BYTES = 64 * 1024;

/** Reads what it can of a file, and makes batches of it and of the records that it cannot read. */
export interface BlockReader<T> {
  /**
   * The records that stand at the beginning of `bytes`, and how many; where the first one begins that is not among them; and
   * whether that one is odd, and not just not there to its end.
   */
  read(bytes: Buffer): { batch: T; count: number; end: number; isOdd: boolean };
  /** The same of records that `csv-parse` has read, of any number of fields. */
  convert(records: string[][]): T;
}

/**
 * A CSV file in batches of what a block holds; memory does not grow with the file. `reader` reads it as far as it can; from the
 * first record that it finds odd all is read by `csv-parse`. Throws CsvError when all records before it are out.
 * @param longest bytes of a record
 */
export async function* readCsv<T>(
  blocks: AsyncIterable<Buffer>,
  reader: BlockReader<T>,
  longest: number,
  leastBytes: number = LEAST_BYTES,
): AsyncGenerator<T> {
  const source = inLargeBlocks(blocks, leastBytes);
  let rest: Buffer = Buffer.of();
  let isBegun = false;
  try {
    for (let next = await source.next(); !next.done; next = await source.next()) {
      const bytes = rest.length > 0 ? Buffer.concat([rest, next.value]) : next.value;
      const { batch, end, isOdd } = reader.read(bytes);
      rest = bytes.subarray(end);
      isBegun ||= end > 0;
      yield batch;
      if (isOdd) break;
    }
    if (rest.length === 0) return;
    for await (const records of byCsvParse(rest, source, longest, isBegun)) yield reader.convert(records);
  } finally {
    await source.return(undefined);
  }
}

/** The same bytes in blocks of at least so many, but for the last. */
export async function* inLargeBlocks(
  blocks: AsyncIterable<Buffer>,
  leastBytes: number = LEAST_BYTES,
): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const block of blocks) {
    held.push(block);
    bytes += block.length;
    if (bytes < leastBytes) continue;
    yield held.length > 1 ? Buffer.concat(held) : block;
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held);
}

/** @param isBegun records before these ended with a newline, which settles how records end */
async function* byCsvParse(
  rest: Buffer,
  source: AsyncIterator<Buffer>,
  longest: number,
  isBegun: boolean,
): AsyncGenerator<string[][]> {
  const records: string[][] = [];
  const parser = parse({
    max_record_size: longest,
    relax_column_count: true,
    ...(isBegun ? { record_delimiter: '\n' } : {}),
    // Taken here and not from the stream, which drops what it holds when it errs.
    on_record: (record: string[]) => void records.push(record),
  });
  // Each call says it as well.
  parser.on('error', () => undefined);
  const feed = (block: Buffer | undefined) =>
    new Promise<Error | undefined>((settled) => {
      const done = (error?: Error | null) => settled(error ?? undefined);
      if (block) parser.write(block, done);
      else parser.end(done);
    });
  try {
    for (let block: Buffer | undefined = rest; ;) {
      const error = await feed(block);
      if (records.length > 0) yield records.splice(0);
      if (error) throw error;
      if (!block) return;
      const next = await source.next();
      block = next.done ? undefined : next.value;
    }
  } finally {
    parser.destroy();
  }
}
