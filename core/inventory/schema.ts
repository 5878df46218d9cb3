import type { Row } from '../../contracts/row.js';
import { BackfillError } from '../errors.js';
import { decodeKey } from '../keys.js';

/** A record of an inventory, decoded. */
export interface InventoryRecord extends Row {
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
}

const REQUIRED = ['Bucket', 'Key', 'Size', 'LastModifiedDate', 'ETag'];

/** UTF-8; S3 has no longer ones. What a manifest says is a stranger's, and rows are held in memory. */
const MAX_KEY_BYTES = 1024;
/** Characters, all printable ASCII. S3's own are far shorter, but for version ids, which may be as long as that. */
const LONGEST = { VersionId: 1024, ETag: 128, StorageClass: 64, EncryptionStatus: 64 };
const PRINTABLE = /^[\x21-\x7e]*$/;
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Splits a CSV fileSchema, `Bucket, Key, Size`. Throws ManifestUnsupported where a column that comparing needs is not there. */
export function parseSchema(fileSchema: string, manifestName: string): string[] {
  const columns = fileSchema.split(',').map((column) => column.trim());
  const missing = REQUIRED.filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw new BackfillError(
      'ManifestUnsupported',
      `${manifestName}: expected a fileSchema with ${REQUIRED.join(', ')}; ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing. Add them to the optional fields of the inventory configuration and wait for the next delivery.`,
    );
  return columns;
}

/** Makes the function that decodes records of these columns. It throws ManifestCorrupt with `where` for a record that cannot be meant. */
export function recordDecoder(columns: readonly string[], sourceBucket: string) {
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

  return (record: readonly string[], where: () => string): InventoryRecord => {
    const corrupt = (what: string) =>
      new BackfillError('ManifestCorrupt', `${where()}: ${what}. Take a newer inventory.`);
    const text = (column: number) => record[column] ?? '';
    const plain = (name: keyof typeof LONGEST, column: number) => {
      const value = text(column);
      if (value.length <= LONGEST[name] && PRINTABLE.test(value)) return value;
      throw corrupt(`expected ${name} of at most ${LONGEST[name]} printable characters`);
    };
    const flag = (name: string, column: number) => {
      const value = text(column);
      if (value === 'true' || value === 'false') return value === 'true';
      throw corrupt(`expected ${name} to be true or false`);
    };

    if (text(bucket) !== sourceBucket) throw corrupt(`expected bucket ${sourceBucket}, found another one`);
    const decoded = decodeKey(text(key));
    if (decoded === undefined || decoded === '')
      throw corrupt('expected a URL-encoded key in UTF-8; it does not decode');
    if (Buffer.byteLength(decoded) > MAX_KEY_BYTES) throw corrupt('expected a key of at most 1,024 bytes');
    const isMarker = isDeleteMarker >= 0 && flag('IsDeleteMarker', isDeleteMarker);
    const bytes = isMarker ? 0 : Number(text(size));
    if (!isMarker && !(/^\d+$/.test(text(size)) && Number.isSafeInteger(bytes)))
      throw corrupt('expected a Size in bytes');
    const modified = ISO_8601.test(text(lastModified)) ? Date.parse(text(lastModified)) : Number.NaN;
    if (Number.isNaN(modified)) throw corrupt('expected a LastModifiedDate in ISO 8601');
    const tag = plain('ETag', etag).replaceAll('"', '');
    if (tag === '' && !isMarker) throw corrupt('expected an ETag');
    return {
      key: decoded,
      versionId: plain('VersionId', versionId),
      size: bytes,
      etag: tag,
      lastModified: modified,
      storageClass: plain('StorageClass', storageClass),
      encryption: plain('EncryptionStatus', encryption),
      isLatest: isLatest < 0 || flag('IsLatest', isLatest),
      isDeleteMarker: isMarker,
    };
  };
}
