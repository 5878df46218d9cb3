import { describe, expect, it } from '@jest/globals';
import { storageClasses } from '../../contracts/location.js';
import { runRequest } from '../../contracts/run-request.js';

const LEAST = {
  source: { bucket: 'photos' },
  destination: { bucket: 'photos-copy' },
  manifest: 's3://inventories/photos/all/2026-01-31T00-00Z/manifest.json',
};

describe('A request', () => {
  it('needs a source, a destination and a manifest; all else has defaults', () => {
    expect(runRequest.parse(LEAST)).toEqual({
      ...LEAST,
      dryRun: false,
      engine: 'copy',
      maxPasses: 5,
      maxConcurrency: 50,
      proof: 'listing',
      overwrite: 'older',
      multipart: 'keep',
      archived: 'skip',
      restoreDays: 7,
      restoreTier: 'Bulk',
      versions: 'current',
    });
  });

  it('may say all that there is to say', () => {
    const all = {
      source: { bucket: 'photos', prefix: 'in/' },
      destination: {
        bucket: 'photos-copy',
        prefix: 'out/',
        storageClass: 'GLACIER_IR',
        kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
        bucketKeyEnabled: true,
      },
      manifest: { latest: 's3://inventories/photos/all/' },
      include: ['*.jpg', 'é?'],
      exclude: ['tmp/*'],
      modifiedAfter: '2026-01-31',
      modifiedBefore: '2026-02-01T10:00:00+01:00',
      minSize: 0,
      maxSize: 50e12,
      storageClasses: [...storageClasses],
      dryRun: true,
      maxPasses: 100,
      maxConcurrency: 10_000,
      requestsPerSecond: 1_000_000,
      maxObjects: Number.MAX_SAFE_INTEGER,
      maxBytes: Number.MAX_SAFE_INTEGER,
      stopAfter: '23:59 America/Argentina/Buenos_Aires',
      engine: 'none',
      proof: 'strong',
      overwrite: 'always',
      multipart: 'single',
      acl: 'bucket-owner-full-control',
      objectLock: 'copy',
      archived: 'restore',
      restoreDays: 365,
      restoreTier: 'Expedited',
      versions: 'all',
    };
    expect(runRequest.parse(all)).toEqual(all);
  });

  it.each<[string, object]>([
    ['a manifest at the root of its bucket', { manifest: 's3://inventories/manifest.json' }],
    ['a list of any name', { manifest: { csv: 's3://lists/a b/ü/../objects\n' } }],
    ['a manifest under an odd prefix', { manifest: 's3://inventories/a b/ü/../x\n/manifest.json' }],
    ['no manifest but a listing', { manifest: { list: true } }],
    ['an empty prefix', { source: { bucket: 'photos', prefix: '' } }],
    ['a prefix of 1,024 bytes', { source: { bucket: 'photos', prefix: 'é'.repeat(512) } }],
    ['a hundred globs', { include: Array.from({ length: 100 }, () => '*') }],
    ['a time to the millisecond', { modifiedAfter: '2026-01-31T12:30:00.123Z' }],
    ['a leap day', { modifiedAfter: '2024-02-29' }],
  ])('may have %s', (_, fields) => {
    expect(runRequest.safeParse({ ...LEAST, ...fields }).error).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['a bucket in capitals', { source: { bucket: 'Photos' } }, 'source.bucket'],
    [
      'a storage class that does not exist',
      { destination: { bucket: 'copy', storageClass: 'COLD' } },
      'destination.storageClass',
    ],
    [
      'a class that no copy may have',
      { destination: { bucket: 'copy', storageClass: 'OUTPOSTS' } },
      'destination.storageClass',
    ],
    ['an alias of a key', { destination: { bucket: 'copy', kmsKeyArn: 'alias/photos' } }, 'destination.kmsKeyArn'],
    ['a public ACL', { acl: 'public-read' }, 'acl'],
    ['a proof that there is not', { proof: 'blind' }, 'proof'],
    ['an engine that there is not', { engine: 'rclone' }, 'engine'],
    ['a fence of nothing', { maxObjects: 0 }, 'maxObjects'],
    ['a fence of half a byte', { maxBytes: 0.5 }, 'maxBytes'],
    ['a fence that no number names exactly', { maxBytes: 2 ** 53 }, 'maxBytes'],
    ['an hour that no day has', { stopAfter: '24:00' }, 'stopAfter'],
    ['a time without its minutes', { stopAfter: '6' }, 'stopAfter'],
    ['a time in no zone', { stopAfter: '06:00 Europe/Atlantis' }, 'stopAfter'],
    ['a time and an offset', { stopAfter: '06:00 +02:00' }, 'stopAfter'],
    ['a restore for no day', { restoreDays: 0 }, 'restoreDays'],
    [
      'a role, which only a pair may name',
      { source: { bucket: 'photos', roleArn: 'arn:aws:iam::1:role/x' } },
      'source',
    ],
    ['a bucket of two letters', { source: { bucket: 'ab' } }, 'source.bucket'],
    ['a bucket of 64 letters', { destination: { bucket: 'a'.repeat(64) } }, 'destination.bucket'],
    ['a bucket with a slash', { source: { bucket: 'photos/in' } }, 'source.bucket'],
    ['a bucket and a newline', { source: { bucket: 'photos\n' } }, 'source.bucket'],
    ['a bucket’s ARN', { source: { bucket: 'arn:aws:s3:::photos' } }, 'source.bucket'],
    ['no bucket', { source: { prefix: 'in/' } }, 'source.bucket'],
    ['a location in one string', { source: 's3://photos' }, 'source'],
    ['an unknown field of a location', { source: { bucket: 'photos', region: 'eu-west-1' } }, 'source'],
    ['a prefix of 1,025 bytes', { source: { bucket: 'photos', prefix: `${'é'.repeat(512)}a` } }, 'source.prefix'],
    ['a prefix that is no Unicode', { source: { bucket: 'photos', prefix: 'a\uD800/' } }, 'source.prefix'],
    [
      'a prefix that is no Unicode at the destination',
      { destination: { bucket: 'copy', prefix: '\uDC00' } },
      'destination.prefix',
    ],
    ['a manifest by https', { manifest: 'https://inventories.s3.amazonaws.com/manifest.json' }, 'manifest'],
    ['a listing that is not to be made', { manifest: { list: false } }, 'manifest'],
    ['a listing of an inventory', { manifest: { list: true, latest: 's3://inventories/photos/all/' } }, 'manifest'],
    ['a manifest of another name', { manifest: 's3://inventories/manifest.csv' }, 'manifest'],
    ['a manifest whose name only ends so', { manifest: 's3://inventories/my-manifest.json' }, 'manifest'],
    ['a manifest without a bucket', { manifest: 's3:///manifest.json' }, 'manifest'],
    ['a manifest that is no Unicode', { manifest: 's3://inventories/\uD800/manifest.json' }, 'manifest'],
    ['a folder without its closing slash', { manifest: { latest: 's3://inventories/photos/all' } }, 'manifest.latest'],
    ['a whole bucket as folder', { manifest: { latest: 's3://inventories/' } }, 'manifest.latest'],
    ['a folder that is no Unicode', { manifest: { latest: 's3://inventories/\uDFFF/' } }, 'manifest.latest'],
    ['a list without a key', { manifest: { csv: 's3://lists/' } }, 'manifest.csv'],
    ['a folder as list', { manifest: { csv: 's3://lists/all/' } }, 'manifest.csv'],
    ['a list by https', { manifest: { csv: 'https://lists.s3.amazonaws.com/a.csv' } }, 'manifest.csv'],
    [
      'a list and an inventory',
      { manifest: { csv: 's3://lists/a.csv', latest: 's3://inventories/photos/all/' } },
      'manifest',
    ],
    ['a manifest and more', { manifest: { latest: 's3://inventories/photos/all/', md5: 'x' } }, 'manifest'],
    ['a run that is none', { manifest: { failuresOf: '../other' } }, 'manifest.failuresOf'],
    ['a run without a name', { manifest: { failuresOf: '' } }, 'manifest.failuresOf'],
    ['a run and an inventory', { manifest: { failuresOf: 'r', latest: 's3://inventories/photos/all/' } }, 'manifest'],
    ['a cause without a run', { manifest: { cause: 'SlowDown' } }, 'manifest'],
    ['an empty cause', { manifest: { failuresOf: 'r', cause: '' } }, 'manifest.cause'],
    ['a single glob', { include: '*.jpg' }, 'include'],
    ['an empty glob', { include: ['*', ''] }, 'include.1'],
    ['a glob of 1,025 characters', { exclude: ['*'.repeat(1025)] }, 'exclude.0'],
    ['101 globs', { exclude: Array.from({ length: 101 }, () => '*') }, 'exclude'],
    ['a time in words', { modifiedAfter: 'yesterday' }, 'modifiedAfter'],
    ['a time without a zone', { modifiedAfter: '2026-01-31T12:30:00' }, 'modifiedAfter'],
    ['a day that is none', { modifiedBefore: '2026-02-30' }, 'modifiedBefore'],
    ['a time in milliseconds', { modifiedBefore: 1_767_225_600_000 }, 'modifiedBefore'],
    ['a negative size', { minSize: -1 }, 'minSize'],
    ['half a byte', { minSize: 0.5 }, 'minSize'],
    ['a size in words', { maxSize: '5 GiB' }, 'maxSize'],
    ['a size beyond the largest object', { maxSize: 50e12 + 1 }, 'maxSize'],
    ['no size at all', { maxSize: Number.NaN }, 'maxSize'],
    ['a storage class that there is not', { storageClasses: ['STANDARD', 'COLD'] }, 'storageClasses.1'],
    ['no storage class', { storageClasses: [] }, 'storageClasses'],
    ['a yes in words', { dryRun: 'yes' }, 'dryRun'],
    ['no pass', { maxPasses: 0 }, 'maxPasses'],
    ['101 passes', { maxPasses: 101 }, 'maxPasses'],
    ['half a pass', { maxPasses: 1.5 }, 'maxPasses'],
    ['nobody to do it', { maxConcurrency: 0 }, 'maxConcurrency'],
    ['more workers than Step Functions has', { maxConcurrency: 10_001 }, 'maxConcurrency'],
    ['no requests at all', { requestsPerSecond: 0 }, 'requestsPerSecond'],
    ['half a request', { requestsPerSecond: 0.5 }, 'requestsPerSecond'],
    ['an unknown field', { roleArn: 'arn:aws:iam::123456789012:role/admin' }, ''],
    ['a field of JavaScript’s own', JSON.parse('{"__proto__": {"dryRun": true}}') as object, ''],
  ])('with %s is refused, and the field is named', (_, fields, path) => {
    const request = Object.defineProperties({ ...LEAST }, Object.getOwnPropertyDescriptors(fields));
    const { error } = runRequest.safeParse(request);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(error?.issues[0]?.message).toMatch(/expected|Unrecognized key/i);
  });
});
