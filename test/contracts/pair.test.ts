import { USUAL_INVENTORY_FIELDS } from '../../contracts/inventory-columns.js';
import { describe, expect, it } from '@jest/globals';
import { writableStorageClasses } from '../../contracts/location.js';
import { deployedPair, inventoryFolder, pair, pairs, stateMachineName } from '../../contracts/pair.js';
import { bucketAddress, isOverlap } from '../../contracts/side.js';
import { prepareRunInput } from '../../contracts/states.js';

const LEAST = {
  name: 'photos',
  source: { bucket: 'photos' },
  destination: { bucket: 'photos-copy' },
  inventory: { bucket: 'inventories', configId: 'all' },
};
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ROLE = 'arn:aws:iam::210987654321:role/copier';

describe('A pair', () => {
  it('needs a name, a source, a destination and an inventory; all else has defaults', () => {
    expect(pair.parse(LEAST)).toEqual({
      ...LEAST,
      inventory: { ...LEAST.inventory, prefix: '', format: 'CSV', fields: USUAL_INVENTORY_FIELDS },
      reconcile: { maxInventoryAge: 3, maxDifference: 5, maxScannedBytes: 1_099_511_627_776 },
      schedule: { expression: 'cron(0 6 * * ? *)' },
      maxConcurrency: 50,
      direction: 'one-way',
      propagateDeletes: false,
      manageInventory: false,
    });
  });

  it('may say all that there is to say', () => {
    const where = { region: 'eu-central-1', account: '210987654321', kmsKeyArn: KEY };
    const role = { roleArn: 'arn:aws:iam::210987654321:role/for/us+them', externalId: 'photos:7' };
    const all = {
      name: 'photos-2026',
      source: { bucket: 'photos', prefix: 'in/', ...where, ...role },
      destination: { bucket: 'photos-copy', prefix: 'out/', storageClass: 'GLACIER_IR', ...where, ...role },
      inventory: {
        bucket: 'inventories',
        prefix: 'daily/photos',
        configId: 'all_2.csv-x',
        format: 'CSV',
        fields: ['VersionId', 'IsLatest', 'IsDeleteMarker', 'Size', 'LastModifiedDate', 'ETag'],
        ...where,
      },
      destinationInventory: {
        bucket: 'inventories',
        prefix: 'daily/copies',
        configId: 'all',
        format: 'Parquet',
        fields: ['Size'],
        ...where,
      },
      reconcile: { maxInventoryAge: 8, maxDifference: 0.5, maxScannedBytes: 10_000_000 },
      filters: { include: ['*.jpg'], minSize: 1 },
      schedule: { expression: 'cron(15 3 * * ? *)', timeZone: 'Europe/Berlin' },
      maxConcurrency: 10_000,
      requestsPerSecond: 3_500,
      direction: 'one-way',
      propagateDeletes: false,
      manageInventory: true,
    };
    expect(pair.parse(all)).toEqual(all);
  });

  it.each<[string, object]>([
    ['a name of one letter', { name: 'p' }],
    ['a name that only speaks of reconciling', { name: 'reconcile' }],
    ['a name of 31 characters', { name: `a${'-'.repeat(29)}9` }],
    ['an empty prefix', { source: { bucket: 'photos', prefix: '' } }],
    ['a prefix of 1,024 bytes', { destination: { bucket: 'photos-copy', prefix: 'é'.repeat(512) } }],
    ['source and destination in one bucket, apart', sides(['photos', 'a/'], ['photos', 'b/'])],
    ['source and destination of one name but for their ends', sides(['photos', 'a/'], ['photos', 'a2/'])],
    ['the same prefix in two buckets', sides(['photos', 'a/'], ['photos-copy', 'a/'])],
    ['its inventory in the source bucket', { inventory: { bucket: 'photos', configId: 'all' } }],
    ['a configuration id of 64 characters', { inventory: { bucket: 'inventories', configId: 'x'.repeat(64) } }],
    ['one worker', { maxConcurrency: 1 }],
  ])('may have %s', (_, fields) => {
    expect(pair.safeParse({ ...LEAST, ...fields }).error).toBeUndefined();
  });

  it.each(writableStorageClasses)('may send to %s', (storageClass) => {
    const destination = { bucket: 'photos-copy', storageClass };
    expect(pair.parse({ ...LEAST, destination }).destination).toEqual(destination);
  });

  it.each([
    'us-east-1',
    'eu-central-1',
    'ap-southeast-4',
    'us-gov-west-1',
    'cn-northwest-1',
    'us-isob-east-1',
    'eusc-de-east-1',
  ])('may have a bucket in %s', (region) => {
    expect(pair.safeParse({ ...LEAST, source: { bucket: 'photos', region } }).error).toBeUndefined();
  });

  it.each([
    KEY,
    'arn:aws:kms:us-east-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab',
    'arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    'arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  ])('may have objects under %s', (kmsKeyArn) => {
    const where = { ...LEAST, source: { bucket: 'photos', kmsKeyArn } };
    expect(pair.safeParse(where).error).toBeUndefined();
  });

  it.each([[undefined], ['UTC'], ['Europe/Berlin'], ['America/Argentina/Buenos_Aires'], ['Etc/GMT+12']])(
    'may run daily by the clock of %s',
    (timeZone) => {
      const schedule = { expression: 'rate(12 hours)', ...(timeZone === undefined ? {} : { timeZone }) };
      expect(pair.parse({ ...LEAST, schedule }).schedule).toEqual(schedule);
    },
  );

  it.each<[string, object, string]>([
    ['no name', { name: undefined }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a name in capitals', { name: 'Photos' }, 'name'],
    ['a name that begins with a digit', { name: '2photos' }, 'name'],
    ['a name that begins with a hyphen', { name: '-photos' }, 'name'],
    ['a name that ends with a hyphen', { name: 'photos-' }, 'name'],
    ['a name with an underscore', { name: 'my_photos' }, 'name'],
    ['a name with a slash', { name: 'a/b' }, 'name'],
    ['a name and a newline', { name: 'photos\n' }, 'name'],
    ['a name of 32 characters', { name: 'a'.repeat(32) }, 'name'],
    ['the name of the reconciliation of another pair', { name: 'photos-reconcile' }, 'name'],
    ['no source', { source: undefined }, 'source'],
    ['a source in one string', { source: 's3://photos' }, 'source'],
    ['no bucket', { destination: { prefix: 'a/' } }, 'destination.bucket'],
    ['a bucket in capitals', { source: { bucket: 'Photos' } }, 'source.bucket'],
    ['a bucket’s ARN', { inventory: { bucket: 'arn:aws:s3:::inventories', configId: 'all' } }, 'inventory.bucket'],
    ['a bucket with a wildcard', { destination: { bucket: 'photos-*' } }, 'destination.bucket'],
    ['a prefix of 1,025 bytes', { source: { bucket: 'photos', prefix: `${'é'.repeat(512)}a` } }, 'source.prefix'],
    ['half a character for a prefix', { destination: { bucket: 'copy', prefix: 'a\uD800' } }, 'destination.prefix'],
    ['a Region in words', { source: { bucket: 'photos', region: 'Frankfurt' } }, 'source.region'],
    ['an Availability Zone', { source: { bucket: 'photos', region: 'eu-central-1a' } }, 'source.region'],
    ['a Region and a newline', { source: { bucket: 'photos', region: 'eu-central-1\n' } }, 'source.region'],
    ['an account of eleven digits', { source: { bucket: 'photos', account: '12345678901' } }, 'source.account'],
    ['an account of thirteen digits', { source: { bucket: 'photos', account: '1234567890123' } }, 'source.account'],
    ['an account that is a number', { source: { bucket: 'photos', account: 123456789012 } }, 'source.account'],
    ['an account in words', { destination: { bucket: 'copy', account: 'production' } }, 'destination.account'],
    ['a key’s alias', { source: { bucket: 'photos', kmsKeyArn: KEY.replace('key/', 'alias/') } }, 'source.kmsKeyArn'],
    ['a key’s bare id', { source: { bucket: 'photos', kmsKeyArn: KEY.split('/')[1] } }, 'source.kmsKeyArn'],
    ['every key of an account', { source: { bucket: 'photos', kmsKeyArn: keyOf('*') } }, 'source.kmsKeyArn'],
    [
      'a key of another service',
      { source: { bucket: 'photos', kmsKeyArn: KEY.replace('kms', 's3') } },
      'source.kmsKeyArn',
    ],
    [
      'a key of a partition that there is not',
      { source: { bucket: 'p-q', kmsKeyArn: KEY.replace('aws', 'gcp') } },
      'source.kmsKeyArn',
    ],
    ['a role without an external id', { source: { bucket: 'photos', roleArn: ROLE } }, 'source.externalId'],
    ['an external id without a role', { destination: { bucket: 'copy', externalId: 'id-7' } }, 'destination.roleArn'],
    [
      'one role with two external ids',
      {
        source: { bucket: 'photos', roleArn: ROLE, externalId: 'id-7' },
        destination: { bucket: 'copy', roleArn: ROLE, externalId: 'id-8' },
      },
      'destination.externalId',
    ],
    [
      'a role for the inventory',
      { inventory: { bucket: 'inventories', configId: 'all', roleArn: ROLE, externalId: 'id-7' } },
      'inventory',
    ],
    [
      'a user as a role',
      { source: { bucket: 'photos', roleArn: ROLE.replace('role/', 'user/'), externalId: 'id-7' } },
      'source.roleArn',
    ],
    [
      'every role of an account',
      { source: { bucket: 'photos', roleArn: ROLE.replace('copier', '*'), externalId: 'id-7' } },
      'source.roleArn',
    ],
    [
      'an external id with a space in it',
      { source: { bucket: 'photos', roleArn: ROLE, externalId: 'id 7' } },
      'source.externalId',
    ],
    ['a storage class at the source', { source: { bucket: 'photos', storageClass: 'GLACIER' } }, 'source'],
    [
      'a storage class that there is not',
      { destination: { bucket: 'copy', storageClass: 'COLD' } },
      'destination.storageClass',
    ],
    [
      'a storage class that no copy may ask for',
      { destination: { bucket: 'copy', storageClass: 'OUTPOSTS' } },
      'destination.storageClass',
    ],
    ['no configuration id', { inventory: { bucket: 'inventories' } }, 'inventory.configId'],
    ['an empty configuration id', { inventory: { bucket: 'inventories', configId: '' } }, 'inventory.configId'],
    [
      'a configuration id with a slash',
      { inventory: { bucket: 'inventories', configId: 'a/b' } },
      'inventory.configId',
    ],
    [
      'a configuration id of 65 characters',
      { inventory: { bucket: 'inventories', configId: 'x'.repeat(65) } },
      'inventory.configId',
    ],
    [
      'a closing slash behind the inventory’s prefix',
      { inventory: { ...LEAST.inventory, prefix: 'daily/' } },
      'inventory.prefix',
    ],
    ['a slash for the inventory’s prefix', { inventory: { ...LEAST.inventory, prefix: '/' } }, 'inventory.prefix'],
    ['a schedule in one string', { schedule: 'rate(1 day)' }, 'schedule'],
    ['a schedule without an expression', { schedule: { timeZone: 'UTC' } }, 'schedule.expression'],
    ['a schedule in words', { schedule: { expression: 'daily' } }, 'schedule.expression'],
    ['a crontab’s line', { schedule: { expression: '15 3 * * *' } }, 'schedule.expression'],
    ['a schedule of one time', { schedule: { expression: 'at(2026-01-31T00:00:00)' } }, 'schedule.expression'],
    ['an empty rate', { schedule: { expression: 'rate()' } }, 'schedule.expression'],
    [
      'a time zone that there is not',
      { schedule: { expression: 'rate(1 day)', timeZone: 'Europe/Bonn' } },
      'schedule.timeZone',
    ],
    ['an offset for a time zone', { schedule: { expression: 'rate(1 day)', timeZone: '+01:00' } }, 'schedule.timeZone'],
    ['an empty time zone', { schedule: { expression: 'rate(1 day)', timeZone: '' } }, 'schedule.timeZone'],
    ['an unknown field of the schedule', { schedule: { expression: 'rate(1 day)', zone: 'UTC' } }, 'schedule'],
    ['nobody to do it', { maxConcurrency: 0 }, 'maxConcurrency'],
    ['more workers than Step Functions has', { maxConcurrency: 10_001 }, 'maxConcurrency'],
    ['half a worker', { maxConcurrency: 1.5 }, 'maxConcurrency'],
    ['no requests at all', { requestsPerSecond: 0 }, 'requestsPerSecond'],
    ['a yes in words', { manageInventory: 'yes' }, 'manageInventory'],
    ['an unknown field', { roleArn: 'arn:aws:iam::123456789012:role/admin' }, ''],
    ['an unknown field of a side', { source: { bucket: 'photos', endPoint: 'here' } }, 'source'],
    ['an unknown field of the inventory', { inventory: { ...LEAST.inventory, frequency: 'Daily' } }, 'inventory'],
    ['a format that S3 does not deliver', { inventory: { ...LEAST.inventory, format: 'JSON' } }, 'inventory.format'],
    ['a field twice', { inventory: { ...LEAST.inventory, fields: ['Size', 'Size'] } }, 'inventory.fields'],
    ['a limit that Athena does not take', { reconcile: { maxScannedBytes: 1 } }, 'reconcile.maxScannedBytes'],
    ['a destination that is the source', sides(['photos', undefined], ['photos', undefined]), 'destination'],
    ['a destination inside of the source', sides(['photos', undefined], ['photos', 'copy/']), 'destination'],
    ['a source inside of the destination', sides(['photos', 'a/b/'], ['photos', 'a/']), 'destination'],
    ['a destination that keeps the source’s prefix', sides(['photos', 'a/'], ['photos', undefined]), 'destination'],
    ['prefixes of which one begins with the other', sides(['photos', 'a'], ['photos', 'ab']), 'destination'],
  ])('with %s is refused, and the field is named', (_, fields, path) => {
    const { error } = pair.safeParse({ ...LEAST, ...fields });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
    expect(error?.issues[0]?.message).toMatch(/expected|Unrecognized key/i);
  });

  it('with several wrong fields is told all of them at once', () => {
    const { error } = pair.safeParse({ ...LEAST, name: 'P', maxConcurrency: 0, source: { bucket: 'P', account: '1' } });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([
      'name',
      'source.bucket',
      'source.account',
      'maxConcurrency',
    ]);
  });

  it('has a state machine by its name', () => {
    expect(stateMachineName('photos')).toBe('s3-backfill-photos');
  });
});

describe('The pairs of an app', () => {
  it('may be several, of different names', () => {
    expect(pairs.parse([LEAST, { ...LEAST, name: 'videos' }]).map(({ name }) => name)).toEqual(['photos', 'videos']);
  });

  it.each<[string, unknown, string]>([
    ['none', [], ''],
    ['one that is not in a list', LEAST, ''],
    ['two of one name, of which the second is named', [LEAST, { ...LEAST, name: 'videos' }, LEAST], '2.name'],
    ['one that is wrong, by its place in the list', [LEAST, { ...LEAST, name: 'V' }], '1.name'],
  ])('are not %s', (_, list, path) => {
    expect(pairs.safeParse(list).error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });
});

describe('Inventories of a pair lie', () => {
  it.each([
    ['under the bucket that they are of, and their configuration', '', 'photos/all/'],
    ['under the prefix of the configuration, where it has one', 'daily', 'daily/photos/all/'],
    ['under a prefix of several folders', 'a/b c', 'a/b c/photos/all/'],
  ])('%s', (_, prefix, folder) => {
    const inventory = { bucket: 'inventories', configId: 'all', prefix };
    expect(inventoryFolder({ source: { bucket: 'photos' }, inventory })).toBe(folder);
  });
});

describe('Source and destination overlap', () => {
  it.each<[string, [string, string?], [string, string?], boolean]>([
    ['in one bucket without prefixes', ['photos'], ['photos'], true],
    ['where the destination keeps the prefix', ['photos', 'a/'], ['photos'], true],
    ['where the whole bucket is the destination', ['photos', 'a/'], ['photos', ''], true],
    ['not in two buckets', ['photos', 'a/'], ['photos-copy', 'a/'], false],
    ['not under two prefixes', ['photos', 'a/'], ['photos', 'b/'], false],
  ])('%s', (_, [from, fromPrefix], [to, toPrefix], overlap) => {
    expect(isOverlap({ bucket: from, prefix: fromPrefix }, { bucket: to, prefix: toPrefix })).toBe(overlap);
  });
});

describe('What a state machine says of its pair', () => {
  const bounds = {
    source: { bucket: 'photos' },
    destination: { bucket: 'photos-copy', storageClass: 'STANDARD_IA' },
    inventory: { bucket: 'inventories', prefix: '', configId: 'all' },
    maxConcurrency: 50,
  };
  const inputOf = (text: unknown) => ({
    runId: 'r',
    executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:s3-backfill-photos:r',
    startTime: '2026-01-31T00:00:00.000Z',
    input: {},
    pair: text,
  });

  it.each([
    ['its name alone, where each request names its buckets', { name: 'demo' }],
    ['its bounds', { name: 'photos', bounds }],
  ])('is %s', (_, deployed) => {
    expect(deployedPair.parse(deployed)).toEqual(deployed);
    expect(prepareRunInput.parse(inputOf(JSON.stringify(deployed))).pair).toEqual(deployed);
  });

  it.each<[string, object, string]>([
    ['without a name', { name: '' }, 'name'],
    [
      'with half of its bounds',
      { name: 'photos', bounds: { ...bounds, destination: undefined } },
      'bounds.destination',
    ],
    [
      'without an inventory’s prefix',
      { name: 'photos', bounds: { ...bounds, inventory: LEAST.inventory } },
      'bounds.inventory.prefix',
    ],
  ])('is refused %s, so that a run is never bound by less', (_, deployed, path) => {
    const { error } = prepareRunInput.safeParse(inputOf(JSON.stringify(deployed)));
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([`pair.${path}`]);
  });

  it('is refused where it is no JSON, or no text', () => {
    expect(() => prepareRunInput.parse(inputOf('{"name": '))).toThrow();
    expect(() => prepareRunInput.parse(inputOf({ name: 'demo' }))).toThrow();
  });

  it('may be an address that says no more than a bucket', () => {
    expect(bucketAddress.parse({ bucket: 'photos' })).toEqual({ bucket: 'photos' });
    expect(bucketAddress.safeParse({ bucket: 'photos', prefix: 'a/' }).success).toBe(false);
  });
});

function sides(source: [string, string | undefined], destination: [string, string | undefined]) {
  const side = ([bucket, prefix]: [string, string | undefined]) =>
    prefix === undefined ? { bucket } : { bucket, prefix };
  return { source: side(source), destination: side(destination) };
}

function keyOf(id: string): string {
  return KEY.replace(/[^/]*$/, id);
}
