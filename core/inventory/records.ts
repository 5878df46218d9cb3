import { createHash } from 'node:crypto';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { CsvError } from 'csv-parse';
import { BackfillError } from '../errors.js';
import { readCsv, type BlockReader } from './csv.js';

/** What a file of the inventory must be; `name` is how errors call it. */
export interface ExpectedFile {
  name: string;
  /** Hex. */
  md5: string;
  /** Bytes, compressed. */
  size: number;
  /** Columns of every record. */
  columns: number;
}

/** Bytes. S3's longest key takes 3 KiB when URL-encoded, and an ACL in base64 up to tens of KiB. */
export const MAX_RECORD_BYTES = 256 * 1024;
/** Inventories shrink about tenfold; a file that grows 200-fold (and by more than 1 MiB) is no inventory. */
const MAX_RATIO = 200;
const RATIO_GRACE_BYTES = 1024 * 1024;

/**
 * Streams the records of a gzipped CSV data file in the batches that `reader` makes of them, in constant memory. All gzip members
 * are read.
 * Ends only when size and MD5 matched: publish nothing of the file before.
 * Throws ManifestCorrupt with the file and, where it can be told, the record (1-based).
 */
export async function* readRecords<T>(
  body: Readable,
  expected: ExpectedFile,
  reader: BlockReader<T>,
): AsyncGenerator<T> {
  const arrived = { md5: createHash('md5'), size: 0, unpacked: 0 };
  const count = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      arrived.md5.update(bytes);
      arrived.size += bytes.length;
      done(null, bytes);
    },
  });
  const bound = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      arrived.unpacked += bytes.length;
      // Of what arrived: the manifest, which says how much it should be, is a stranger's too.
      const tooMuch = arrived.unpacked > arrived.size * MAX_RATIO + RATIO_GRACE_BYTES;
      done(tooMuch ? new Error(`it unpacks to more than ${MAX_RATIO} times its size`) : null, bytes);
    },
  });
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const flow = pipeline(body, count, gunzip, bound);
  const failed = flow.then(
    () => undefined,
    (error: unknown) => error,
  );

  let records = 0;
  const counted: BlockReader<T> = {
    read: (bytes) => {
      const found = reader.read(bytes);
      records += found.count;
      return found;
    },
    convert: (odd) => {
      for (const record of odd) {
        records += 1;
        if (record.length !== expected.columns)
          throw new BackfillError(
            'ManifestCorrupt',
            `${expected.name}, record ${records}: expected ${expected.columns} columns as the manifest's fileSchema says, found ${record.length}.`,
          );
      }
      return reader.convert(odd);
    },
  };
  try {
    yield* readCsv(bound, counted, MAX_RECORD_BYTES);
  } catch (error) {
    throw asCorrupt(error, expected.name, records);
  } finally {
    bound.destroy();
    body.destroy();
  }
  const error = await failed;
  if (error) throw asCorrupt(error, expected.name, records);
  checkArrived(arrived.size, arrived.md5.digest('hex'), expected);
  // zlib reads up to the first zero between or behind the members and drops all that follows, without an error.
  if (gunzip.bytesWritten !== arrived.size)
    throw new BackfillError(
      'ManifestCorrupt',
      `${expected.name}, after record ${records}: expected gzip to its end, found ${arrived.size - gunzip.bytesWritten} bytes behind its gzip. Take a newer inventory.`,
    );
}

/** Throws ManifestCorrupt where what arrived is not what the manifest says. */
export function checkArrived(size: number, md5: string, expected: ExpectedFile): void {
  if (size !== expected.size)
    throw new BackfillError(
      'ManifestCorrupt',
      `${expected.name}: expected ${expected.size} bytes as the manifest says, found ${size}. Take a newer inventory.`,
    );
  if (md5 !== expected.md5.toLowerCase())
    throw new BackfillError(
      'ManifestCorrupt',
      `${expected.name}: expected MD5 ${expected.md5} as the manifest says, found ${md5}. Take a newer inventory.`,
    );
}

/** Broken gzip and CSV are the file's fault; storage errors stay what they are, so that they are retried. */
function asCorrupt(error: unknown, name: string, records: number): unknown {
  if (error instanceof BackfillError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const isCsv = error instanceof CsvError;
  if (!isCsv && !code.startsWith('Z_') && !message.startsWith('it unpacks')) return error;
  // csv-parse quotes what it read: that may be anything, so only its code is told.
  const what = isCsv ? `broken CSV (${code})` : message;
  return new BackfillError('ManifestCorrupt', `${name}, after record ${records}: ${what}. Take a newer inventory.`, {
    cause: error,
  });
}
