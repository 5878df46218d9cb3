import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Row } from '../../contracts/row.js';
import { BackfillError } from '../errors.js';
import { readFooter, type Column, type Footer, type RandomAccess } from '../parquet/footer.js';
import { ParquetError } from '../parquet/parquet-error.js';
import type { Value } from '../parquet/plain.js';
import { readParquet } from '../parquet/read-parquet.js';
import type { Scratch, ScratchFile } from '../ports.js';
import { RowLineWriter } from './line-writer.js';
import { checkArrived, type ExpectedFile } from './records.js';
import type { RowLines } from './row-lines.js';
import type { RowTaking } from './row-reader.js';
import { checkKey, columnNamed, corrupt, MAX_OBJECT_BYTES, readPrintable, type Where } from './schema.js';

/** Columns that are read, and of which type they have to be. */
const TYPES = {
  Bucket: 'bytes',
  Key: 'bytes',
  VersionId: 'bytes',
  IsLatest: 'boolean',
  IsDeleteMarker: 'boolean',
  Size: 'int64',
  LastModifiedDate: 'int64',
  ETag: 'bytes',
  StorageClass: 'bytes',
  EncryptionStatus: 'bytes',
} as const satisfies Record<string, Column['type']>;
type Name = keyof typeof TYPES;
const NAMES = Object.keys(TYPES) as Name[];

/** More rows than these no file has, were they packed ever so well: each has a key of its own. */
const MOST_ROWS_PER_BYTE = 2;
const ROWS_GRACE = 1_000_000;

type ParquetTaking = Pick<RowTaking, 'count' | 'isExpected' | 'sourceBucket'>;

/**
 * Brings a Parquet data file of an inventory to scratch, and proves its size and MD5. Answers what reads the lines of its
 * rows in scope, in the file's order, as often as it is called. Throws ManifestCorrupt, or ManifestUnsupported where it is
 * packed or encoded in a way that is not read here.
 * @param columns of the manifest's schema, as CSV inventories spell them
 */
export async function openParquet(
  body: Readable,
  expected: ExpectedFile,
  columns: readonly string[],
  scratch: Scratch,
): Promise<(taking: ParquetTaking) => AsyncGenerator<RowLines>> {
  const file = await proved(body, expected, await scratch.file());
  const names = NAMES.filter((name) => columns.includes(name));
  try {
    const footer = await readFooter(file, named(names));
    const wanted = names.map((name) => columnOf(footer, name, expected));
    if (footer.groups.reduce((sum, { rows }) => sum + rows, 0) > file.size * MOST_ROWS_PER_BYTE + ROWS_GRACE)
      throw corruptFile(expected, 'it claims more rows than its bytes can hold');
    return (taking) => rowsOf(file, footer, names, wanted, expected, taking);
  } catch (error) {
    throw asRefusal(error, expected);
  }
}

/** The file in scratch, once it is what the manifest says. */
async function proved(body: Readable, expected: ExpectedFile, scratch: ScratchFile): Promise<RandomAccess> {
  const md5 = createHash('md5');
  let size = 0;
  try {
    for await (const bytes of body as AsyncIterable<Buffer>) {
      md5.update(bytes);
      size += bytes.length;
      if (size > expected.size) break;
      await scratch.write(bytes);
    }
  } finally {
    body.destroy();
    await scratch.close();
  }
  checkArrived(size, md5.digest('hex'), expected);
  return { size, readAt: (offset, length) => scratch.readAt(offset, length) };
}

/** Parquet names in which a writer may spell a column. */
function named(names: readonly Name[]): { has(name: string): boolean } {
  return { has: (name) => (names as readonly string[]).includes(columnNamed(name)) };
}

function columnOf({ columns }: Footer, name: Name, expected: ExpectedFile): Column {
  const column = [...columns.values()].find((each) => columnNamed(each.name) === name);
  if (!column)
    throw corruptFile(expected, `expected a column ${name} as the manifest's fileSchema says, and it has none`);
  const isTime = name === 'LastModifiedDate';
  if (column.type !== TYPES[name] || isTime !== (column.perMs !== undefined))
    throw corruptFile(expected, `expected its column ${column.name} to be ${isTime ? 'a timestamp' : TYPES[name]}`);
  return column;
}

async function* rowsOf(
  file: RandomAccess,
  footer: Footer,
  names: readonly Name[],
  columns: readonly Column[],
  expected: ExpectedFile,
  taking: ParquetTaking,
): AsyncGenerator<RowLines> {
  let record = 0;
  const where: Where = () => ({ place: `${expected.name}, row ${record}`, remedy: 'Take a newer inventory.' });
  const rowAt = rowReaderOf(names, taking.sourceBucket, where);
  const writer = new RowLineWriter();
  try {
    for await (const { rows, values } of readParquet(file, footer, columns)) {
      for (let index = 0; index < rows; index++) {
        record += 1;
        taking.count(0);
        const row = rowAt(values, index);
        if (taking.isExpected(row)) writer.addRow(row);
      }
      yield writer.finish();
    }
  } catch (error) {
    throw asRefusal(error, expected);
  }
}

/** Makes the function that reads one row of a batch. Keys in Parquet are not URL-encoded. */
function rowReaderOf(names: readonly Name[], sourceBucket: string, where: Where) {
  const at = Object.fromEntries(NAMES.map((name) => [name, names.indexOf(name)])) as Record<Name, number>;
  return (values: readonly (Value | undefined)[][], index: number): Row => {
    const text = (name: Name) => String(values[at[name]]?.[index] ?? '');
    const flag = (name: Name, otherwise: boolean) => {
      if (at[name] < 0) return otherwise;
      const value = values[at[name]]?.[index];
      // A row read as "not the latest" would be left out without a word.
      if (typeof value !== 'boolean') throw corrupt(where, `expected ${name} to be true or false`);
      return value;
    };
    const number = (name: Name, most: number) => {
      if (at[name] < 0) return undefined;
      const value = values[at[name]]?.[index];
      if (typeof value !== 'number' || value < 0 || value > most)
        throw corrupt(where, `expected a ${name} from 0 to ${most}`);
      return value;
    };
    if (text('Bucket') !== sourceBucket) throw corrupt(where, `expected bucket ${sourceBucket}, found another one`);
    const key = text('Key');
    if (key === '') throw corrupt(where, 'expected a key');
    const isDeleteMarker = flag('IsDeleteMarker', false);
    const etag = readPrintable('ETag', text('ETag'), where).replaceAll('"', '');
    if (etag === '' && at.ETag >= 0 && !isDeleteMarker) throw corrupt(where, 'expected an ETag');
    return {
      key: checkKey(key, where),
      versionId: readPrintable('VersionId', text('VersionId'), where),
      size: isDeleteMarker ? 0 : number('Size', MAX_OBJECT_BYTES),
      etag,
      lastModified: number('LastModifiedDate', MAX_TIME_MS),
      storageClass: readPrintable('StorageClass', text('StorageClass'), where),
      encryption: readPrintable('EncryptionStatus', text('EncryptionStatus'), where),
      isLatest: flag('IsLatest', true),
      isDeleteMarker,
    };
  };
}

/** The last time that JavaScript has a date for. */
const MAX_TIME_MS = 8.64e15;

function corruptFile({ name }: ExpectedFile, what: string): BackfillError {
  return new BackfillError('ManifestCorrupt', `${name}: ${what}. Take a newer inventory.`);
}

/** What is wrong with the file, under a name. */
function asRefusal(error: unknown, expected: ExpectedFile): unknown {
  if (!(error instanceof ParquetError)) return error;
  if (error.kind === 'broken') return corruptFile(expected, `broken Parquet: ${error.message}`);
  return new BackfillError(
    'ManifestUnsupported',
    `${expected.name}: ${error.message}. Set the inventory configuration to CSV and wait for the next delivery.`,
    { cause: error },
  );
}
