import { describe, expect, it } from '@jest/globals';
import { pair } from '../../contracts/pair.js';
import { isOnePrincipal } from '../../contracts/side.js';
import { partitionOf } from '../../contracts/partition.js';

const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:s3/china-a1B2c3';
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const ROLE = { roleArn: 'arn:aws:iam::210987654321:role/copier', externalId: 'photos' };
const CHINA = { bucket: 'photos-cn', region: 'cn-north-1', credentialsSecretArn: SECRET };
const LEAST = {
  name: 'photos',
  source: { bucket: 'photos' },
  destination: CHINA,
  inventory: { bucket: 'inventories', configId: 'all' },
};

describe('A side that is reached by the keys of a secret', () => {
  it.each([
    ['another partition', CHINA],
    ['one whose secret has a key of its own', { ...CHINA, credentialsSecretKmsKeyArn: KEY }],
    ['another partition and its account', { ...CHINA, account: '444455556666' }],
    ['GovCloud', { ...CHINA, region: 'us-gov-west-1' }],
    ['a secret of GovCloud', { ...CHINA, credentialsSecretArn: SECRET.replace('arn:aws:', 'arn:aws-us-gov:') }],
    ['a server', { ...CHINA, endpoint: 'https://s3.example.com', region: 'auto' }],
    [
      'a server with a path and a port',
      { ...CHINA, endpoint: 'https://s3.example.com:9000/storage/v1/s3', region: 'us-east-005' },
    ],
    ['a server that calls Regions as it likes', { ...CHINA, endpoint: 'https://s3.example.com', region: 'RegionOne' }],
    ['a server on this machine', { ...CHINA, endpoint: 'http://127.0.0.1:9000', region: 'us-east-1' }],
  ])('may be %s', (_, side) => {
    expect(pair.safeParse({ ...LEAST, destination: side }).error?.issues).toBeUndefined();
    const { destinationInventory: _none, ...from } = { ...LEAST, destinationInventory: undefined };
    expect(pair.safeParse({ ...from, source: side, destination: { bucket: 'there' } }).error?.issues).toBeUndefined();
  });

  it.each([
    ['a name in place of the ARN', { credentialsSecretArn: 's3/china' }, 'destination.credentialsSecretArn'],
    [
      'an ARN without the six characters',
      { credentialsSecretArn: SECRET.slice(0, -7) },
      'destination.credentialsSecretArn',
    ],
    ['a pattern', { credentialsSecretArn: `${SECRET.slice(0, -6)}??????` }, 'destination.credentialsSecretArn'],
    ['a role as well', ROLE, 'destination.roleArn'],
    ['no Region', { region: undefined }, 'destination.region'],
    ['a Region of nobody', { region: 'auto' }, 'destination.region'],
    ['no TLS', { endpoint: 'http://s3.example.com' }, 'destination.endpoint'],
    ['what only looks like this machine', { endpoint: 'http://127.0.0.1.example.com' }, 'destination.endpoint'],
    ['keys in the endpoint', { endpoint: 'https://key:secret@s3.example.com' }, 'destination.endpoint'],
    ['a query in the endpoint', { endpoint: 'https://s3.example.com/?a=b' }, 'destination.endpoint'],
    ['a file', { endpoint: 'file:///etc/passwd' }, 'destination.endpoint'],
    ['a host without a scheme', { endpoint: 's3.example.com' }, 'destination.endpoint'],
    [
      'an endpoint without a secret',
      { credentialsSecretArn: undefined, endpoint: 'https://s3.example.com' },
      'destination.endpoint',
    ],
    [
      'a key without a secret',
      { credentialsSecretArn: undefined, region: undefined, credentialsSecretKmsKeyArn: KEY },
      'destination.credentialsSecretKmsKeyArn',
    ],
    ['another partition without a secret', { credentialsSecretArn: undefined }, 'destination.credentialsSecretArn'],
  ])('is refused with %s', (_, change, path) => {
    const destination = Object.fromEntries(
      Object.entries({ ...CHINA, ...change }).filter(([, value]) => value !== undefined),
    );
    const { issues = [] } =
      pair.safeParse({ ...LEAST, source: { bucket: 'photos', region: 'eu-central-1' }, destination }).error ?? {};
    expect(issues.map((issue) => issue.path.join('.'))).toContain(path);
  });

  it('has no inventory that Athena could read, and none that the stack could set up', () => {
    const { issues = [] } =
      pair.safeParse({
        ...LEAST,
        source: { ...CHINA, bucket: 'there' },
        destinationInventory: { bucket: 'inventories', configId: 'copies' },
        manageInventory: true,
      }).error ?? {};
    expect(issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      expect.stringMatching(/^manageInventory: expected false: a bucket that is reached by the keys/),
      expect.stringMatching(/^destinationInventory: expected none: Athena reads inventories of its own partition/),
    ]);
  });

  it('is another principal than any role, any other secret, and any other server', () => {
    const plain = { bucket: 'photos' };
    expect(isOnePrincipal(plain, plain)).toBe(true);
    expect(isOnePrincipal(CHINA, CHINA)).toBe(true);
    expect(isOnePrincipal({ ...plain, ...ROLE }, { ...plain, ...ROLE })).toBe(true);
    for (const [source, destination] of [
      [plain, CHINA],
      [{ ...plain, ...ROLE }, CHINA],
      [CHINA, { ...CHINA, credentialsSecretArn: SECRET.replace('a1B2c3', 'x9Y8z7') }],
      [CHINA, { ...CHINA, endpoint: 'https://s3.example.com' }],
    ] as const) {
      expect(isOnePrincipal(source, destination)).toBe(false);
      expect(isOnePrincipal(destination, source)).toBe(false);
    }
  });
});

it.each([
  ['eu-central-1', 'aws'],
  ['cn-northwest-1', 'aws-cn'],
  ['us-gov-east-1', 'aws-us-gov'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eusc-de-east-1', 'aws-eusc'],
])('%s is a Region of the partition %s', (region, partition) => {
  expect(partitionOf(region)).toBe(partition);
});
