import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { parseSchema, recordDecoder } from '../../../core/inventory/schema.js';
import { requestOf } from '../support/rows.js';

const ALL =
  'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, EncryptionStatus';
const RECORD = {
  Bucket: 'photos',
  Key: 'a%20b.jpg',
  VersionId: 'L4kqtJlcpXroDTDmpUMLUo',
  IsLatest: 'true',
  IsDeleteMarker: 'false',
  Size: '1024',
  LastModifiedDate: '2026-01-31T12:30:00.000Z',
  ETag: '5d41402abc4b2a76b9719d911017c592',
  StorageClass: 'STANDARD_IA',
  EncryptionStatus: 'SSE-S3',
};

describe('The columns of an inventory', () => {
  it('are split at commas, with or without spaces', () => {
    expect(parseSchema('Bucket, Key,Size ,  LastModifiedDate, ETag', requestOf(), 'm')).toEqual([
      'Bucket',
      'Key',
      'Size',
      'LastModifiedDate',
      'ETag',
    ]);
  });

  it('may lack size, ETag and time, which are looked up then', () => {
    expect(parseSchema('Bucket, Key', requestOf(), 'm')).toEqual(['Bucket', 'Key']);
  });

  it.each<[string, Partial<RunRequestInput>, RegExp]>([
    ['Bucket, Size', {}, /Key is missing/],
    ['', {}, /Bucket, Key are missing/],
    ['Bucket; Key; Size; LastModifiedDate; ETag', {}, /are missing/],
    ['bucket, key, size, lastmodifieddate, etag', {}, /are missing/],
    ['Bucket, Key, ETag', { minSize: 1 }, /minSize and maxSize: .*Size is missing.*leave the filter out/],
    ['Bucket, Key, ETag', { modifiedBefore: '2026-01-01' }, /modifiedBefore: .*LastModifiedDate is missing/],
    ['Bucket, Key, ETag', { storageClasses: ['GLACIER'] }, /StorageClass is missing/],
    [
      'Bucket, Key, Size, LastModifiedDate, ETag',
      { versions: 'all' },
      /versions: "all": .*VersionId, IsLatest, IsDeleteMarker are missing.*include all versions/,
    ],
  ])('%j with %j are ManifestUnsupported, and the missing ones are named', (fileSchema, request, message) => {
    const reading = () => parseSchema(fileSchema, requestOf(request), 's3://inventories/manifest.json');
    expect(reading).toThrow(expect.objectContaining({ name: 'ManifestUnsupported' }));
    expect(reading).toThrow(message);
    expect(reading).toThrow('s3://inventories/manifest.json');
  });
});

describe('A record of an inventory', () => {
  it('is decoded by the names of its columns', () => {
    expect(decode({})).toEqual({
      key: 'a b.jpg',
      versionId: 'L4kqtJlcpXroDTDmpUMLUo',
      size: 1024,
      etag: '5d41402abc4b2a76b9719d911017c592',
      lastModified: Date.UTC(2026, 0, 31, 12, 30),
      storageClass: 'STANDARD_IA',
      encryption: 'SSE-S3',
      isLatest: true,
      isDeleteMarker: false,
    });
  });

  it('is decoded in whatever order its columns come, among others that are not needed', () => {
    const decoder = recordDecoder(
      parseSchema('ETag, ObjectOwner, Size, Key, LastModifiedDate, Bucket', requestOf(), 'm'),
      'photos',
    );
    expect(decoder(['e', 'somebody', '7', 'k', '2026-01-01T00:00:00Z', 'photos'], () => 'here')).toMatchObject({
      key: 'k',
      size: 7,
      etag: 'e',
      // An inventory of current versions has no columns for these.
      versionId: '',
      isLatest: true,
      isDeleteMarker: false,
      storageClass: '',
      encryption: '',
    });
  });

  it.each<[string, Partial<typeof RECORD>, object]>([
    ['the null version has no id', { VersionId: '' }, { versionId: '' }],
    ['a noncurrent version', { IsLatest: 'false' }, { isLatest: false }],
    [
      'a delete marker has neither size nor ETag',
      { IsDeleteMarker: 'true', Size: '', ETag: '' },
      { isDeleteMarker: true, size: 0, etag: '' },
    ],
    ['an empty object', { Size: '0' }, { size: 0 }],
    ['the largest object there is', { Size: '50000000000000' }, { size: 50e12 }],
    ['an ETag in quotes', { ETag: '"abc-12"' }, { etag: 'abc-12' }],
    [
      'a time without milliseconds',
      { LastModifiedDate: '2026-01-31T12:30:00Z' },
      { lastModified: Date.UTC(2026, 0, 31, 12, 30) },
    ],
    [
      'a time of another zone',
      { LastModifiedDate: '2026-01-31T12:30:00+01:00' },
      { lastModified: Date.UTC(2026, 0, 31, 11, 30) },
    ],
    ['the longest key there is', { Key: 'k'.repeat(1024) }, { key: 'k'.repeat(1024) }],
    ['the longest key there is, in two bytes a character', { Key: '%C3%A9'.repeat(512) }, { key: 'é'.repeat(512) }],
    ['no storage class', { StorageClass: '' }, { storageClass: '' }],
  ])('%s', (_, fields, expected) => {
    expect(decode(fields)).toMatchObject(expected);
  });

  it.each<[string, Partial<typeof RECORD>, RegExp]>([
    ['a foreign bucket', { Bucket: 'secrets' }, /expected bucket photos/],
    ['no bucket', { Bucket: '' }, /expected bucket photos/],
    ['a key that does not decode', { Key: '%E0%A4' }, /does not decode/],
    ['a key that is a lone surrogate', { Key: '%ED%A0%80' }, /does not decode/],
    ['a key of bytes that are no UTF-8', { Key: 'caf\uFFFD' }, /does not decode/],
    ['no key', { Key: '' }, /does not decode/],
    ['a key longer than S3 takes', { Key: 'k'.repeat(1025) }, /1,024 bytes/],
    ['a key longer than S3 takes, in fewer characters', { Key: '%F0%9F%98%80'.repeat(257) }, /1,024 bytes/],
    ['no size', { Size: '' }, /Size in bytes/],
    ['a blank size', { Size: ' ' }, /Size in bytes/],
    ['a size in words', { Size: 'large' }, /Size in bytes/],
    ['a negative size', { Size: '-1' }, /Size in bytes/],
    ['a size with a fraction', { Size: '1.5' }, /Size in bytes/],
    ['a size in hexadecimal', { Size: '0x10' }, /Size in bytes/],
    ['a size with an exponent', { Size: '1e3' }, /Size in bytes/],
    ['a size too large to count', { Size: '9007199254740993' }, /Size in bytes/],
    ['an infinite size', { Size: 'Infinity' }, /Size in bytes/],
    ['no time', { LastModifiedDate: '' }, /LastModifiedDate in ISO 8601/],
    ['a time that is none', { LastModifiedDate: 'yesterday' }, /LastModifiedDate in ISO 8601/],
    ['a time that JavaScript would guess', { LastModifiedDate: 'object 1' }, /LastModifiedDate in ISO 8601/],
    ['a day that is none', { LastModifiedDate: '2026-13-31T12:30:00Z' }, /LastModifiedDate in ISO 8601/],
    ['no ETag', { ETag: '' }, /ETag/],
    ['an ETag that is no header', { ETag: 'a\r\nx-amz-acl: public-read' }, /ETag/],
    ['an ETag without end', { ETag: 'a'.repeat(10_000) }, /ETag/],
    ['a version id with a newline', { VersionId: 'a\nb' }, /VersionId/],
    ['a version id without end', { VersionId: 'v'.repeat(1025) }, /VersionId/],
    ['a storage class without end', { StorageClass: 'S'.repeat(10_000) }, /StorageClass/],
    ['an encryption without end', { EncryptionStatus: 'S'.repeat(10_000) }, /EncryptionStatus/],
    // Read as "not the latest", the row would be left out without a word.
    ['a flag in other letters', { IsLatest: 'TRUE' }, /IsLatest/],
    ['an empty flag', { IsLatest: '' }, /IsLatest/],
    ['a marker that is neither true nor false', { IsDeleteMarker: '1' }, /IsDeleteMarker/],
  ])('%s is ManifestCorrupt, with its place', (_, fields, message) => {
    expect(() => decode(fields)).toThrow(expect.objectContaining({ name: 'ManifestCorrupt' }));
    expect(() => decode(fields)).toThrow(message);
    expect(() => decode(fields)).toThrow('s3://inventories/data/1.csv.gz, record 7');
  });

  it('does not tell what a stranger wrote into it', () => {
    expect(() => decode({ Bucket: 'secret-name' })).not.toThrow('secret-name');
    expect(() => decode({ Key: '%E0secret' })).not.toThrow('secret');
  });
});

function decode(fields: Partial<typeof RECORD>) {
  const columns = parseSchema(ALL, requestOf(), 'm');
  const record: Record<string, string> = { ...RECORD, ...fields };
  return recordDecoder(columns, 'photos')(
    columns.map((column) => record[column] ?? ''),
    () => 's3://inventories/data/1.csv.gz, record 7',
  );
}
