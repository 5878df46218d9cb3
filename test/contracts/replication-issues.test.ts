import { describe, expect, it } from '@jest/globals';
import { pair, type PairInput } from '../../contracts/pair.js';

const PHOTOS: PairInput = {
  name: 'photos',
  source: { bucket: 'photos', prefix: 'in/', region: 'eu-central-1' },
  destination: { bucket: 'photos-replica' },
  inventory: { bucket: 'inventories', configId: 'all' },
  live: 'replication',
};
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd';
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:keys-abcdef';

const issues = (more: Partial<PairInput>) =>
  pair
    .safeParse({ ...PHOTOS, ...more })
    .error?.issues.map(({ path, message }) => [path.join('.'), message] as const)
    .filter(([, message]) => !message.startsWith('Invalid'));

describe('A pair with live: "replication"', () => {
  it.each<[string, Partial<PairInput>]>([
    ['as it is', {}],
    ['the same prefix on both sides', { destination: { bucket: 'photos-replica', prefix: 'in/' } }],
    ['both ways', { direction: 'both' }],
    ['a destination of another Region', { destination: { bucket: 'photos-replica', region: 'us-east-1' } }],
    [
      'keys of KMS on both sides',
      {
        source: { bucket: 'photos', prefix: 'in/', kmsKeyArn: KEY },
        destination: { bucket: 'photos-replica', kmsKeyArn: KEY },
      },
    ],
    ['all that there is to say', { replication: { storageClass: 'GLACIER_IR', priority: 0, timeControl: true } }],
  ])('may say %s', (_, more) => {
    expect(issues(more)).toBeUndefined();
  });

  it.each<[string, Partial<PairInput>, path: string, message: string]>([
    [
      'a destination with another prefix',
      { destination: { bucket: 'photos-replica', prefix: 'out/' } },
      'destination.prefix',
      'S3 keeps the keys as they are; live: "events" changes prefixes',
    ],
    [
      'a destination of another partition',
      { destination: { bucket: 'photos-replica', region: 'cn-north-1' } },
      'destination.region',
      'S3 does not replicate to aws-cn',
    ],
    [
      'keys of a secret',
      {
        destination: {
          bucket: 'photos-replica',
          region: 'auto',
          endpoint: 'https://s3.test',
          credentialsSecretArn: SECRET,
        },
      },
      'destination.endpoint',
      'S3 replicates between buckets of AWS',
    ],
    ['filters', { filters: { minSize: 1 } }, 'filters', 'the rule knows of the prefix alone'],
    [
      'a key of the source alone',
      { source: { bucket: 'photos', prefix: 'in/', kmsKeyArn: KEY } },
      'destination.kmsKeyArn',
      'expected a key beside source.kmsKeyArn',
    ],
    [
      'a key of the destination alone',
      { destination: { bucket: 'photos-replica', kmsKeyArn: KEY } },
      'source.kmsKeyArn',
      'expected a key beside destination.kmsKeyArn',
    ],
  ])('is refused with %s, and told what to do', (_, more, path, message) => {
    expect(issues(more)).toContainEqual([path, expect.stringContaining(message)]);
  });

  it('is what its settings are for', () => {
    expect(issues({ live: undefined, replication: { metrics: true } })).toContainEqual([
      'replication',
      'expected live: "replication" beside it',
    ]);
  });
});
