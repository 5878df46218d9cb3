import { INVENTORY_FIELDS } from '../../contracts/inventory-columns.js';
import type { Row } from '../../contracts/row.js';
import type { RunRequest } from '../../contracts/run-request.js';
import { BackfillError } from '../errors.js';
import { decodeKey } from '../keys.js';

/** UTF-8; S3 has no longer ones. What a manifest says is a stranger's, and rows are held in memory. */
export const MAX_KEY_BYTES = 1024;
/** Characters, all printable ASCII. S3's own are far shorter, but for version ids, which may be as long as that. */
export const LONGEST = { VersionId: 1024, ETag: 128, StorageClass: 64, EncryptionStatus: 64 };
const PRINTABLE = /^[\x21-\x7e]*$/;
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Splits a CSV fileSchema, `Bucket, Key, Size`. Throws as expectColumns does. */
export function parseSchema(fileSchema: string, request: RunRequest, manifestName: string): string[] {
  const columns = fileSchema.split(',').map((column) => column.trim());
  return expectedOf(columns, request, manifestName);
}

/**
 * The columns of a Parquet fileSchema, `message s3.inventory { required binary bucket (UTF8); … }`, as CSV inventories spell
 * them. Throws as expectColumns does, and ManifestCorrupt where it is no such message.
 */
export function parseMessage(fileSchema: string, request: RunRequest, manifestName: string): string[] {
  return expectedOf(messageColumns(fileSchema, manifestName), request, manifestName);
}

function expectedOf(columns: string[], request: RunRequest, manifestName: string): string[] {
  expectColumns(columns, request, (why, needed, missing) => [
    `${manifestName}: ${why}: expected a fileSchema with ${needed}; ${missing} missing.`,
    'inventory',
  ]);
  return columns;
}

/**
 * Size, ETag and time of objects are looked up where there is no such column. Throws ManifestUnsupported where one is not
 * there that the request needs of every row.
 * @param tell what is missing, and of what kind of manifest
 */
export function expectColumns(
  columns: readonly string[],
  request: RunRequest,
  tell: (why: string, needed: string, missing: string) => [what: string, of: 'inventory' | 'csv'],
): void {
  for (const [why, needed] of neededColumns(request)) {
    const missing = needed.filter((column) => !columns.includes(column));
    if (missing.length === 0) continue;
    const [what, of] = tell(why, needed.join(', '), `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'}`);
    const remedy = of === 'inventory' ? remedyFor(missing) : 'Put them into the file, or leave the filter out.';
    throw new BackfillError('ManifestUnsupported', `${what} ${remedy}`);
  }
}

/** `optional int64 last_modified_date (TIMESTAMP(MILLIS,true));`, as it stands within the braces of a message. */
const FIELD = /^(?:required|optional) \w+ (\w+)(?: \([\w(), ]{1,64}\))?$/;

function messageColumns(schema: string, manifestName: string): string[] {
  const [, fields] = /^message \S{1,100} ?\{([^{}]*)\}$/.exec(schema.replaceAll(/\s+/g, ' ').trim()) ?? [];
  const columns = (fields ?? '')
    .split(';')
    .map((field) => field.trim())
    .filter(Boolean)
    .map((field) => FIELD.exec(field)?.[1]);
  if (columns.length === 0 || columns.includes(undefined))
    throw new BackfillError(
      'ManifestCorrupt',
      `${manifestName}: expected the fileSchema of Parquet to be a message of plain columns. Take a newer inventory.`,
    );
  return columns.map((column = '') => columnNamed(column));
}

const KNOWN_COLUMNS = new Map(['Bucket', 'Key', ...INVENTORY_FIELDS].map((name) => [name.toLowerCase(), name]));

/** A column's name as CSV inventories spell it: `last_modified_date`, as Parquet and Athena do, is `LastModifiedDate`. */
export function columnNamed(name: string): string {
  return KNOWN_COLUMNS.get(name.toLowerCase().replaceAll('_', '')) ?? name;
}

/** Columns by what needs them. */
export function neededColumns(request: RunRequest): [why: string, columns: string[]][] {
  const { minSize, maxSize, modifiedAfter, modifiedBefore, storageClasses, versions } = request;
  const isGiven = (...fields: unknown[]) => fields.some((field) => field !== undefined);
  return [
    ['an inventory', ['Bucket', 'Key']],
    ...(versions === 'all' ? [['versions: "all"', VERSION_COLUMNS] as [string, string[]]] : []),
    ...(isGiven(minSize, maxSize) ? [['minSize and maxSize', ['Size']] as [string, string[]]] : []),
    ...(isGiven(modifiedAfter, modifiedBefore)
      ? [['modifiedAfter and modifiedBefore', ['LastModifiedDate']] as [string, string[]]]
      : []),
    ...(isGiven(storageClasses) ? [['storageClasses', ['StorageClass']] as [string, string[]]] : []),
  ];
}

const VERSION_COLUMNS = ['VersionId', 'IsLatest', 'IsDeleteMarker', 'LastModifiedDate'];

function remedyFor(missing: readonly string[]): string {
  return missing.includes('VersionId')
    ? 'Set the inventory configuration to include all versions and wait for the next delivery.'
    : 'Add them to the optional fields of the inventory configuration and wait for the next delivery, or leave the filter out.';
}

/** In which way records are written. */
export interface RecordForm {
  /** Whether a value of a column may be empty: then it is not known. */
  mayBeEmpty: (column: string) => boolean;
  /** Beside ISO 8601. */
  time?: RegExp;
  /** What to do about a record that cannot be meant. */
  remedy: string;
}

const S3_INVENTORY: RecordForm = { mayBeEmpty: () => false, remedy: 'Take a newer inventory.' };

/** Makes the function that decodes records of these columns. It throws ManifestCorrupt with `where` for a record that cannot be meant. */
export function recordDecoder(columns: readonly string[], sourceBucket: string, form: RecordForm = S3_INVENTORY) {
  const at = (column: string) => columns.indexOf(column);
  const [bucket, key, size, etag, lastModified] = ['Bucket', 'Key', 'Size', 'ETag', 'LastModifiedDate'].map(at) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [versionId, isLatest, isDeleteMarker, storageClass, encryption] = [
    'VersionId',
    'IsLatest',
    'IsDeleteMarker',
    'StorageClass',
    'EncryptionStatus',
  ].map(at) as [number, number, number, number, number];

  const { mayBeEmpty } = form;
  const isUnknown = (column: string, text: string | undefined) => text === '' && mayBeEmpty(column);

  return (record: readonly string[], place: () => string): Row => {
    const where: Where = () => ({ place: place(), remedy: form.remedy });
    if (record[bucket] !== sourceBucket) throw corrupt(where, `expected bucket ${sourceBucket}, found another one`);
    const isMarker = isDeleteMarker >= 0 && readFlag('IsDeleteMarker', record[isDeleteMarker], where);
    const tag = readPrintable('ETag', record[etag], where).replaceAll('"', '');
    if (tag === '' && etag >= 0 && !isMarker && !mayBeEmpty('ETag')) throw corrupt(where, 'expected an ETag');
    return {
      key: readKey(record[key], where),
      versionId: readPrintable('VersionId', record[versionId], where),
      size: isMarker ? 0 : size < 0 || isUnknown('Size', record[size]) ? undefined : readSize(record[size], where),
      etag: tag,
      lastModified:
        lastModified < 0 || isUnknown('LastModifiedDate', record[lastModified])
          ? undefined
          : readTime(record[lastModified], where, form.time),
      storageClass: readPrintable('StorageClass', record[storageClass], where),
      encryption: readPrintable('EncryptionStatus', record[encryption], where),
      isLatest: isLatest < 0 || readFlag('IsLatest', record[isLatest], where),
      isDeleteMarker: isMarker,
    };
  };
}

/** S3's largest object. */
export const MAX_OBJECT_BYTES = 50e12;

/** Where a record is, and what to do about one that cannot be meant. */
export type Where = () => { place: string; remedy: string };

export function corrupt(where: Where, what: string): BackfillError {
  const { place, remedy } = where();
  return new BackfillError('ManifestCorrupt', `${place}: ${what}. ${remedy}`);
}

function readKey(text = '', where: Where): string {
  const key = decodeKey(text);
  if (key === undefined || key === '') throw corrupt(where, 'expected a URL-encoded key in UTF-8; it does not decode');
  return checkKey(key, where);
}

export function checkKey(key: string, where: Where): string {
  // A UTF-16 unit has at most three bytes of UTF-8: most keys need not be measured.
  if (key.length > MAX_KEY_BYTES / 3 && Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw corrupt(where, 'expected a key of at most 1,024 bytes');
  return key;
}

function readSize(text = '', where: Where): number {
  const bytes = Number(text);
  if (!/^\d+$/.test(text) || bytes > MAX_OBJECT_BYTES) throw corrupt(where, 'expected a Size in bytes, at most 50 TB');
  return bytes;
}

function readTime(text = '', where: Where, other?: RegExp): number {
  const time = ISO_8601.test(text)
    ? Date.parse(text)
    : other?.test(text)
      ? Date.parse(`${text.replace(' ', 'T')}Z`)
      : Number.NaN;
  if (Number.isNaN(time)) throw corrupt(where, 'expected a LastModifiedDate in ISO 8601');
  return time;
}

/** Neither is taken for the other: a row read as "not the latest" would be left out without a word. */
function readFlag(name: string, text: string | undefined, where: Where): boolean {
  if (text !== 'true' && text !== 'false') throw corrupt(where, `expected ${name} to be true or false`);
  return text === 'true';
}

export function readPrintable(name: keyof typeof LONGEST, text = '', where: Where): string {
  if (text.length > LONGEST[name] || !PRINTABLE.test(text))
    throw corrupt(where, `expected ${name} of at most ${LONGEST[name]} printable characters`);
  return text;
}
