import { describe, expect, it } from '@jest/globals';
import { csvColumns } from '../../../../core/inventory/csv-manifest/csv-columns.js';

describe('The first record of a CSV list', () => {
  it.each<[string, string, string[], string, string[]]>([
    ['photos,a', 'photos', ['photos', 'a'], 'row', ['Bucket', 'Key']],
    ['with a version', 'photos', ['photos', 'a', ''], 'row', ['Bucket', 'Key', 'VersionId']],
    ['of another bucket, which its row tells', 'photos', ['other', 'a'], 'row', ['Bucket', 'Key']],
    ['the object `key` of a bucket called bucket', 'bucket', ['bucket', 'key'], 'row', ['Bucket', 'Key']],
    ['the same with a version', 'bucket', ['bucket', 'key', 'size'], 'row', ['Bucket', 'Key', 'VersionId']],
    ['a header, which no row of that bucket is', 'bucket', ['Bucket', 'Key'], 'header', ['Bucket', 'Key']],
    ['a header of two', 'photos', ['bucket', 'key'], 'header', ['Bucket', 'Key']],
    ['a header of three', 'photos', ['key', 'size', 'bucket'], 'header', ['Key', 'Size', 'Bucket']],
    [
      'the header of a bucket called bucket, since rows have at most three',
      'bucket',
      ['bucket', 'key', 'size', 'e_tag'],
      'header',
      ['Bucket', 'Key', 'Size', 'ETag'],
    ],
    [
      'every spelling of S3 and Athena',
      'photos',
      [
        'BUCKET',
        'Key',
        'version_id',
        'isLatest',
        'is_delete_marker',
        'SIZE',
        'last_modified_date',
        'etag',
        'StorageClass',
      ],
      'header',
      ['Bucket', 'Key', 'VersionId', 'IsLatest', 'IsDeleteMarker', 'Size', 'LastModifiedDate', 'ETag', 'StorageClass'],
    ],
    [
      'a header with more than S3 knows',
      'photos',
      ['bucket', 'key', 'dt', 'row'],
      'header',
      ['Bucket', 'Key', 'dt', 'row'],
    ],
  ])('says what the columns are: %s', (_, bucket, first, kind, columns) => {
    expect(csvColumns(first, bucket, 's3://lists/a.csv')).toEqual({ kind, columns });
  });

  it.each<[string, string[], RegExp]>([
    ['one column', ['photos'], /found 1 column without one/],
    ['four columns without a header', ['photos', 'a', '1', 'x'], /found 4 columns without one. Add a header/],
    ['a column twice', ['bucket', 'key', 'etag', 'e_tag'], /"ETag" is there twice/],
    ['a key twice, as a join has it', ['bucket', 'key', 'key', 'size'], /"Key" is there twice/],
  ])('is refused by name: %s', (_, first, message) => {
    const reading = () => csvColumns(first, 'photos', 's3://lists/a.csv');
    expect(reading).toThrow(expect.objectContaining({ name: 'ManifestUnsupported' }));
    expect(reading).toThrow(message);
  });
});
