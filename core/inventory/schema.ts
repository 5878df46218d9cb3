import type { Row } from '../../contracts/row.js';
import { BackfillError } from '../errors.js';
import { decodeKey } from '../keys.js';

/** A record of an inventory, decoded. */
export interface InventoryRecord extends Row {
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
}

const REQUIRED = ['Bucket', 'Key', 'Size', 'LastModifiedDate', 'ETag'];

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
    if (text(bucket) !== sourceBucket) throw corrupt(`expected bucket ${sourceBucket}, found another one`);
    const decoded = decodeKey(text(key));
    if (decoded === undefined || decoded === '')
      throw corrupt('expected a URL-encoded key in UTF-8; it does not decode');
    const marker = text(isDeleteMarker) === 'true';
    const bytes = marker ? 0 : Number(text(size));
    if (!Number.isSafeInteger(bytes) || bytes < 0 || (!marker && text(size) === ''))
      throw corrupt('expected a Size in bytes');
    const modified = Date.parse(text(lastModified));
    if (Number.isNaN(modified)) throw corrupt('expected a LastModifiedDate in ISO 8601');
    const tag = text(etag).replaceAll('"', '');
    if (tag === '' && !marker) throw corrupt('expected an ETag');
    return {
      key: decoded,
      versionId: text(versionId),
      size: bytes,
      etag: tag,
      lastModified: modified,
      storageClass: text(storageClass),
      encryption: text(encryption),
      isLatest: isLatest < 0 || text(isLatest) === 'true',
      isDeleteMarker: marker,
    };
  };
}
