import { gunzipSync } from 'node:zlib';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketReplicationCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketReplicationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectTaggingCommand,
  type ReplicationRule,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { skippingClock } from '../../../local/clock.js';
import { type Engine, startEngine } from '../../../local/engine.js';
import type { BucketOptions } from '../../../local/s3/embedded-s3.js';
import { refusal } from './support/server.js';

const ROLE = 'arn:aws:iam::123456789012:role/replication';
const OTHER = '210987654321';

let engine: Engine;
let s3: S3Client;
let user: S3Client;
let denied: readonly string[] = [];
let asked: string[] = [];
let made = 0;

beforeAll(async () => {
  engine = await startEngine({
    clock: skippingClock(),
    access: {
      permits: ({ action }) => !denied.includes(action),
      onCall: ({ principal, action, resource }) =>
        void asked.push(`${principal.split('/').at(-1)} ${action} ${resource}`),
    },
  });
  const { endpoint, region, credentials } = engine;
  const keys = { accessKeyId: 'user', secretAccessKey: 'secret' };
  engine.identities.add({ ...keys, principalArn: 'arn:aws:iam::123456789012:role/user' });
  const settings = { endpoint, region, maxAttempts: 1, forcePathStyle: true };
  s3 = new S3Client({ ...settings, credentials });
  user = new S3Client({ ...settings, credentials: keys });
});
afterAll(async () => {
  s3.destroy();
  user.destroy();
  await engine.close();
});
beforeEach(() => {
  denied = [];
  asked = [];
});

/** Two buckets of their own, versioned unless told otherwise. */
function buckets(source: BucketOptions = {}, destination: BucketOptions = {}): [source: string, destination: string] {
  made += 1;
  const names: [string, string] = [`source-${made}`, `destination-${made}`];
  engine.s3.createBucket(names[0], { versioning: 'Enabled', ...source });
  engine.s3.createBucket(names[1], { versioning: 'Enabled', ...destination });
  return names;
}

const rule = (destination: string, more: Partial<ReplicationRule> = {}): ReplicationRule => ({
  ID: 'all',
  Status: 'Enabled',
  Priority: 1,
  Filter: { Prefix: '' },
  DeleteMarkerReplication: { Status: 'Disabled' },
  ...more,
  Destination: { Bucket: `arn:aws:s3:::${destination}`, ...more.Destination },
});

const replicate = (Bucket: string, ...Rules: ReplicationRule[]) =>
  s3.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration: { Role: ROLE, Rules } }));

/** Puts over the wire, waits until it has arrived or failed, and answers the version id. */
async function put(Bucket: string, Key: string, more: Partial<ConstructorParameters<typeof PutObjectCommand>[0]> = {}) {
  const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: Key, ...more }));
  await engine.s3.replication.settled();
  return VersionId ?? '';
}

const status = (bucket: string, key: string, versionId?: string) =>
  engine.s3.getObject(bucket, key, versionId)?.replicationStatus;
const versions = (bucket: string) => [...engine.s3.listVersions(bucket)];

describe('A replication configuration', () => {
  it('is put, read back with an ID for each rule, and deleted', async () => {
    const [source, destination] = buckets();
    const { ID: _, ...unnamed } = rule(destination, {
      Filter: { And: { Prefix: 'a/', Tags: [{ Key: 'k', Value: 'v' }] } },
    });
    await replicate(source, unnamed);
    const { ReplicationConfiguration } = await s3.send(new GetBucketReplicationCommand({ Bucket: source }));
    expect(ReplicationConfiguration).toEqual({
      Role: ROLE,
      Rules: [{ ...unnamed, ID: expect.stringMatching(/^.{32}$/) }],
    });
    await s3.send(new DeleteBucketReplicationCommand({ Bucket: source }));
    expect(await refusal(s3.send(new GetBucketReplicationCommand({ Bucket: source })))).toMatchObject({
      name: 'ReplicationConfigurationNotFoundError',
      status: 404,
    });
  });

  it('needs versioning on both sides, which the source then keeps', async () => {
    const [source, destination] = buckets();
    const plain = `${source}-unversioned`;
    engine.s3.createBucket(plain);
    expect(await refusal(replicate(plain, rule(destination)))).toMatchObject({
      name: 'InvalidRequest',
      status: 400,
      message: "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    });
    expect(await refusal(replicate(source, rule(plain)))).toMatchObject({
      name: 'InvalidRequest',
      message: 'Destination bucket must have versioning enabled.',
    });
    await replicate(source, rule(destination));
    expect(
      await refusal(
        s3.send(new PutBucketVersioningCommand({ Bucket: source, VersioningConfiguration: { Status: 'Suspended' } })),
      ),
    ).toMatchObject({ name: 'InvalidBucketState', status: 409 });
  });

  it.each<[string, (destination: string, source: string) => ReplicationRule[], string, string]>([
    ['to a bucket that is not there', () => [rule('nowhere')], 'InvalidRequest', 'Destination bucket must exist.'],
    [
      'to itself',
      (_, source) => [rule(source)],
      'InvalidRequest',
      'Destination bucket cannot be the same as the source bucket.',
    ],
    [
      'with a priority that comes twice',
      (to) => [rule(to), rule(to, { ID: 'other', Filter: { Prefix: 'b' } })],
      'InvalidRequest',
      'Found duplicate priority 1',
    ],
    [
      'with an id that comes twice',
      (to) => [rule(to), rule(to, { Priority: 2 })],
      'InvalidArgument',
      'Rule Id must be unique. Found same Id for more than one rule',
    ],
    [
      'without a priority',
      (to) => [rule(to, { Priority: undefined })],
      'InvalidRequest',
      'Priority must be specified for this version',
    ],
    [
      'without a word on delete markers',
      (to) => [rule(to, { DeleteMarkerReplication: undefined })],
      'InvalidRequest',
      'DeleteMarkerReplication must be specified for this version',
    ],
    [
      'of delete markers by tags',
      (to) => [rule(to, { Filter: { Tag: { Key: 'k', Value: 'v' } }, DeleteMarkerReplication: { Status: 'Enabled' } })],
      'InvalidRequest',
      'Delete marker replication is not supported if any Tag filter is specified.',
    ],
    [
      'of objects that are there',
      (to) => [rule(to, { ExistingObjectReplication: { Status: 'Enabled' } })],
      'InvalidRequest',
      'ExistingObjectReplication is no longer supported',
    ],
    [
      'of objects under KMS without a key for replicas',
      (to) => [rule(to, { SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } } })],
      'InvalidRequest',
      'EncryptionConfiguration must be specified if SseKmsEncryptedObjects tag is present.',
    ],
    [
      'with a key for replicas, and no objects under KMS',
      (to) => [
        rule(to, { Destination: { Bucket: `arn:aws:s3:::${to}`, EncryptionConfiguration: { ReplicaKmsKeyID: 'k' } } }),
      ],
      'InvalidRequest',
      'SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.',
    ],
    [
      'with time control and no metrics',
      (to) => [
        rule(to, {
          Destination: { Bucket: `arn:aws:s3:::${to}`, ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } } },
        }),
      ],
      'InvalidRequest',
      'Replication destination must contain both ReplicationTime and Metrics or neither.',
    ],
    [
      'of both schemas',
      (to) => [rule(to), { ID: 'old', Status: 'Enabled', Prefix: 'x', Destination: { Bucket: `arn:aws:s3:::${to}` } }],
      'InvalidRequest',
      'different versions',
    ],
    ['without a rule', () => [], 'MalformedXML', ''],
    [
      'for another time than 15 minutes',
      (to) => [
        rule(to, {
          Destination: {
            Bucket: `arn:aws:s3:::${to}`,
            Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 5 } },
            ReplicationTime: { Status: 'Enabled', Time: { Minutes: 5 } },
          },
        }),
      ],
      'MalformedXML',
      '',
    ],
  ])('%s is refused', async (_, rules, name, message) => {
    const [source, destination] = buckets();
    expect(await refusal(replicate(source, ...rules(destination, source)))).toMatchObject({
      name,
      status: 400,
      message: expect.stringContaining(message),
    });
  });

  it('is put by whoever may put it and pass the role', async () => {
    const [source, destination] = buckets();
    const ReplicationConfiguration = { Role: ROLE, Rules: [rule(destination)] };
    await user.send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }));
    expect(asked).toEqual([`user s3:PutReplicationConfiguration arn:aws:s3:::${source}`, `user iam:PassRole ${ROLE}`]);
    denied = ['iam:PassRole'];
    expect(
      await refusal(user.send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }))),
    ).toMatchObject({ name: 'AccessDenied', status: 403 });
  });
});

describe('A new object that a rule matches', () => {
  it('is PENDING, then COMPLETED, and its replica REPLICA', async () => {
    const [source, destination] = buckets();
    await replicate(source, rule(destination));
    engine.s3.replication.hold();
    await s3.send(new PutObjectCommand({ Bucket: source, Key: 'a', Body: 'x' }));
    const head = async (Bucket: string) =>
      (await s3.send(new HeadObjectCommand({ Bucket, Key: 'a' }))).ReplicationStatus;
    expect(await head(source)).toBe('PENDING');
    expect(versions(destination)).toEqual([]);
    engine.s3.replication.release();
    await engine.s3.replication.settled();
    expect([await head(source), await head(destination)]).toEqual(['COMPLETED', 'REPLICA']);
    expect((await s3.send(new GetObjectCommand({ Bucket: destination, Key: 'a' }))).ReplicationStatus).toBe('REPLICA');
  });

  it('arrives with its version id, time, metadata, tags and ETag, however it was written', async () => {
    const [source, destination] = buckets();
    await replicate(source, rule(destination));
    await put(source, 'put', {
      Metadata: { one: '1' },
      ContentType: 'text/x',
      CacheControl: 'no-store',
      Tagging: 'k=v',
    });
    await s3.send(new CopyObjectCommand({ Bucket: source, Key: 'copied', CopySource: `${source}/put` }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: source, Key: 'parts' }));
    const parts = [];
    for (const [index, size] of [5 * 1024 * 1024, 10].entries()) {
      const part = { Bucket: source, Key: 'parts', UploadId, PartNumber: index + 1 };
      const { ETag } = await s3.send(new UploadPartCommand({ ...part, Body: Buffer.alloc(size, index) }));
      parts.push({ ETag, PartNumber: index + 1 });
    }
    await s3.send(
      new CompleteMultipartUploadCommand({ Bucket: source, Key: 'parts', UploadId, MultipartUpload: { Parts: parts } }),
    );
    await engine.s3.replication.settled();
    expect(versions(destination)).toEqual(versions(source));
    for (const Key of ['put', 'copied', 'parts']) {
      const [there, here] = await Promise.all(
        [destination, source].map((Bucket) => s3.send(new HeadObjectCommand({ Bucket, Key, PartNumber: 1 }))),
      );
      expect({ ...there, $metadata: 0, ReplicationStatus: 0 }).toEqual({ ...here, $metadata: 0, ReplicationStatus: 0 });
    }
    expect(engine.s3.getObject(destination, 'put')?.tags).toEqual(new Map([['k', 'v']]));
    expect(engine.s3.getObject(destination, 'parts')?.etag).toMatch(/-2$/);
  });

  it('goes by the rule of the highest priority for each destination, and to all destinations', async () => {
    const [source, first] = buckets();
    const [, second] = buckets();
    const to = (Bucket: string, StorageClass: 'STANDARD_IA' | 'GLACIER_IR') => ({
      Destination: { Bucket: `arn:aws:s3:::${Bucket}`, StorageClass },
    });
    await replicate(
      source,
      rule(first, { ID: 'low', Priority: 1, ...to(first, 'STANDARD_IA') }),
      rule(first, { ID: 'high', Priority: 5, Filter: { Prefix: 'a/' }, ...to(first, 'GLACIER_IR') }),
      rule(second, { ID: 'off', Priority: 9, Status: 'Disabled' }),
      rule(second, { ID: 'tagged', Priority: 3, Filter: { Tag: { Key: 'k', Value: 'v' } } }),
    );
    await put(source, 'a/1', { Tagging: 'k=v' });
    await put(source, 'b');
    expect([...engine.s3.listObjects(first)].map(({ key, storageClass }) => [key, storageClass])).toEqual([
      ['a/1', 'GLACIER_IR'],
      ['b', 'STANDARD_IA'],
    ]);
    expect([...engine.s3.listObjects(second)].map(({ key }) => key)).toEqual(['a/1']);
  });

  it('is told of in inventories', async () => {
    const [source, destination] = buckets();
    engine.s3.putObject(source, 'before', Buffer.from('x'));
    await replicate(source, rule(destination));
    await put(source, 'a');
    engine.s3.createBucket('replication-inventories');
    const statuses = (bucket: string) => {
      const { dataKeys } = engine.s3.deliverInventory({
        bucket,
        destinationBucket: 'replication-inventories',
        configId: 'all',
        fields: ['ReplicationStatus'],
      });

      return gunzipSync(engine.s3.getObject('replication-inventories', dataKeys[0] ?? '')?.body ?? Buffer.alloc(0))
        .toString()
        .trim()
        .split('\n')
        .map((line) => line.split(',').slice(1));
    };
    expect(statuses(source)).toEqual([
      ['"a"', '"COMPLETED"'],
      ['"before"', '""'],
    ]);
    expect(statuses(destination)).toEqual([['"a"', '"REPLICA"']]);
  });
});

describe('What is not replicated', () => {
  it('is what was there before, what no rule matches, what is archived, what is under KMS, and the deletion of a version', async () => {
    const [source, destination] = buckets();
    engine.s3.putObject(source, 'before', Buffer.from('x'));
    await replicate(source, rule(destination, { Filter: { Prefix: 'in/' } }));
    await put(source, 'out');
    await put(source, 'in/cold', { StorageClass: 'GLACIER' });
    await put(source, 'in/colder', { StorageClass: 'DEEP_ARCHIVE' });
    await put(source, 'in/secret', { ServerSideEncryption: 'aws:kms' });
    expect(versions(destination)).toEqual([]);
    expect(versions(source).map(({ key, versionId }) => status(source, key, versionId))).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
    const version = await put(source, 'in/a');
    await s3.send(new DeleteObjectCommand({ Bucket: source, Key: 'in/a', VersionId: version }));
    await engine.s3.replication.settled();
    expect(versions(destination).map(({ versionId }) => versionId)).toEqual([version]);
  });

  it('is a replica: two buckets that replicate to each other do not loop, and a third gets nothing', async () => {
    const [one, two] = buckets();
    const [, three] = buckets();
    await replicate(one, rule(two));
    await replicate(two, rule(one), rule(three, { ID: 'third', Priority: 2 }));
    await put(one, 'from one');
    await put(two, 'from two');
    expect(versions(one)).toEqual(versions(two));
    expect(versions(three).map(({ key }) => key)).toEqual(['from two']);
    expect([status(one, 'from one'), status(one, 'from two')]).toEqual(['COMPLETED', 'REPLICA']);
    expect([status(two, 'from one'), status(two, 'from two')]).toEqual(['REPLICA', 'COMPLETED']);
  });
});

describe('A delete marker', () => {
  it('is replicated where the rule says so, with its id, and not where it does not', async () => {
    const [source, destination] = buckets();
    const [, other] = buckets();
    await replicate(
      source,
      rule(destination, { DeleteMarkerReplication: { Status: 'Enabled' } }),
      rule(other, { ID: 'other', Priority: 2 }),
    );
    await put(source, 'a');
    await put(source, 'b');
    await s3.send(new DeleteObjectCommand({ Bucket: source, Key: 'a' }));
    await s3.send(new DeleteObjectsCommand({ Bucket: source, Delete: { Objects: [{ Key: 'b' }] } }));
    await engine.s3.replication.settled();
    expect(versions(destination)).toEqual(versions(source));
    expect(versions(other).some(({ isDeleteMarker }) => isDeleteMarker)).toBe(false);
  });

  it('is always replicated by rules of the old schema', async () => {
    const [source, destination] = buckets();
    await replicate(source, {
      ID: 'old',
      Status: 'Enabled',
      Prefix: '',
      Destination: { Bucket: `arn:aws:s3:::${destination}` },
    });
    await put(source, 'a');
    await s3.send(new DeleteObjectCommand({ Bucket: source, Key: 'a' }));
    await engine.s3.replication.settled();
    expect(versions(destination)).toEqual(versions(source));
  });
});

describe('A change to metadata', () => {
  it('of a replicated object follows it: tags, ACL and lock', async () => {
    const [source, destination] = buckets(
      { objectLock: true, ownership: 'BucketOwnerPreferred', blockPublicAccess: false },
      { objectLock: true, ownership: 'BucketOwnerPreferred', blockPublicAccess: false },
    );
    await replicate(source, rule(destination));
    await put(source, 'a');
    const a = { Bucket: source, Key: 'a' };
    await s3.send(new PutObjectTaggingCommand({ ...a, Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }));
    await s3.send(new PutObjectAclCommand({ ...a, ACL: 'public-read' }));
    await s3.send(new PutObjectLegalHoldCommand({ ...a, LegalHold: { Status: 'ON' } }));
    await engine.s3.replication.settled();
    const [there, here] = [destination, source].map((bucket) => engine.s3.getObject(bucket, 'a'));
    expect(there).toMatchObject({ tags: new Map([['k', 'v']]), objectLock: { legalHold: true } });
    expect(there?.acl).toEqual(here?.acl);
    expect(here?.acl).toHaveLength(2);
    expect(here?.replicationStatus).toBe('COMPLETED');
  });

  it('of a replica goes back where its bucket has replica modification sync, and nowhere else', async () => {
    const [one, two] = buckets();
    const sync = { SourceSelectionCriteria: { ReplicaModifications: { Status: 'Enabled' as const } } };
    await replicate(one, rule(two, sync));
    await replicate(two, rule(one));
    await put(one, 'a');
    const tag = (Bucket: string, Value: string) =>
      s3
        .send(new PutObjectTaggingCommand({ Bucket, Key: 'a', Tagging: { TagSet: [{ Key: 'k', Value }] } }))
        .then(() => engine.s3.replication.settled());
    const tags = () => [one, two].map((bucket) => engine.s3.getObject(bucket, 'a')?.tags.get('k'));
    await tag(two, 'without');
    expect(tags()).toEqual([undefined, 'without']);
    await replicate(two, rule(one, sync));
    await tag(two, 'back');
    expect(tags()).toEqual(['back', 'back']);
    await tag(one, 'forth');
    expect(tags()).toEqual(['forth', 'forth']);
    expect([status(one, 'a'), status(two, 'a')]).toEqual(['COMPLETED', 'REPLICA']);
    expect(versions(one)).toHaveLength(1);
  });

  it('of a replica whose original is gone is FAILED', async () => {
    const [one, two] = buckets();
    const sync = { SourceSelectionCriteria: { ReplicaModifications: { Status: 'Enabled' as const } } };
    await replicate(one, rule(two, sync));
    await replicate(two, rule(one, sync));
    const version = await put(one, 'a');
    engine.s3.deleteObject(one, 'a', version);
    await s3.send(
      new PutObjectTaggingCommand({ Bucket: two, Key: 'a', Tagging: { TagSet: [{ Key: 'k', Value: 'v' }] } }),
    );
    await engine.s3.replication.settled();
    expect(status(two, 'a')).toBe('FAILED');
    expect(versions(one)).toEqual([]);
  });

  it('is no restore', async () => {
    const [source, destination] = buckets();
    await replicate(source, rule(destination));
    const version = await put(source, 'a');
    engine.s3.putObject(source, 'cold', Buffer.from('x'), { storageClass: 'GLACIER' });
    await s3.send(new RestoreObjectCommand({ Bucket: source, Key: 'cold', RestoreRequest: { Days: 1 } }));
    await engine.s3.replication.settled();
    expect(versions(destination).map(({ versionId }) => versionId)).toEqual([version]);
  });
});

describe('The role of a configuration', () => {
  it('is asked about everything that S3 does by it', async () => {
    const [source, destination] = buckets({}, { account: OTHER });
    await replicate(
      source,
      rule(destination, {
        DeleteMarkerReplication: { Status: 'Enabled' },
        Destination: {
          Bucket: `arn:aws:s3:::${destination}`,
          Account: OTHER,
          AccessControlTranslation: { Owner: 'Destination' },
        },
      }),
    );
    await put(source, 'a', { Tagging: 'k=v' });
    await s3.send(new DeleteObjectCommand({ Bucket: source, Key: 'a' }));
    await engine.s3.replication.settled();
    expect([...new Set(asked.filter((each) => each.startsWith('replication ')))]).toEqual([
      `replication s3:GetReplicationConfiguration arn:aws:s3:::${source}`,
      `replication s3:ListBucket arn:aws:s3:::${source}`,
      `replication s3:GetObjectVersionForReplication arn:aws:s3:::${source}/a`,
      `replication s3:GetObjectVersionAcl arn:aws:s3:::${source}/a`,
      `replication s3:ReplicateObject arn:aws:s3:::${destination}/a`,
      `replication s3:ObjectOwnerOverrideToBucketOwner arn:aws:s3:::${destination}/a`,
      `replication s3:GetObjectVersionTagging arn:aws:s3:::${source}/a`,
      `replication s3:ReplicateTags arn:aws:s3:::${destination}/a`,
      `replication s3:ReplicateDelete arn:aws:s3:::${destination}/a`,
    ]);
  });

  it.each([
    's3:GetReplicationConfiguration',
    's3:ListBucket',
    's3:GetObjectVersionForReplication',
    's3:GetObjectVersionAcl',
    's3:ReplicateObject',
  ])('leaves an object FAILED without %s', async (action) => {
    const [source, destination] = buckets();
    await replicate(source, rule(destination));
    denied = [action];
    await put(source, 'a');
    expect([status(source, 'a'), versions(destination)]).toEqual(['FAILED', []]);
  });

  it('leaves tags behind that it may not read or write', async () => {
    const [source, destination] = buckets();
    await replicate(source, rule(destination));
    for (const [key, action] of [
      ['a', 's3:GetObjectVersionTagging'],
      ['b', 's3:ReplicateTags'],
    ] as const) {
      denied = [action];
      await put(source, key, { Tagging: 'k=v' });
      expect(status(source, key)).toBe('COMPLETED');
      expect(engine.s3.getObject(destination, key)?.tags.size).toBe(0);
    }
  });

  it('has to trust S3 for this bucket', async () => {
    const [source, destination] = buckets();
    const Role = 'arn:aws:iam::123456789012:role/for-another-bucket';
    engine.identities.addRole({
      roleArn: Role,
      trusts: (service, _, context) =>
        service === 's3.amazonaws.com' && context?.['aws:SourceArn'] === 'arn:aws:s3:::another-bucket',
    });
    const ReplicationConfiguration = { Role, Rules: [rule(destination)] };
    await s3.send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration }));
    await put(source, 'a');
    expect(status(source, 'a')).toBe('FAILED');
  });
});

describe('Where the destination is not ready', () => {
  it.each<[string, (destination: string) => Promise<unknown> | void]>([
    [
      'its versioning suspended',
      (Bucket) => s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Suspended' } })),
    ],
    ['gone', (Bucket) => s3.send(new DeleteBucketCommand({ Bucket }))],
  ])('an object is FAILED: %s', async (_, spoil) => {
    const [source, destination] = buckets();
    await replicate(source, rule(destination));
    await spoil(destination);
    await put(source, 'a');
    expect(status(source, 'a')).toBe('FAILED');
  });

  it('it is FAILED: without Object Lock for a source that has it, and of another account than the rule says', async () => {
    const [locked, plain] = buckets({ objectLock: true });
    await replicate(locked, rule(plain));
    await put(locked, 'a');
    const [source, theirs] = buckets({}, { account: OTHER });
    await replicate(
      source,
      rule(theirs, { Destination: { Bucket: `arn:aws:s3:::${theirs}`, Account: '111111111111' } }),
    );
    await put(source, 'a');
    expect([status(locked, 'a'), status(source, 'a')]).toEqual(['FAILED', 'FAILED']);
  });
});

describe('An object under KMS', () => {
  it('is replicated under the rule’s key, by a role that may use both', async () => {
    const [source, destination] = buckets();
    const [from, to] = [engine.s3.kms.add(), engine.s3.kms.add()];
    const kms = {
      SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' as const } },
      Destination: { Bucket: `arn:aws:s3:::${destination}`, EncryptionConfiguration: { ReplicaKmsKeyID: to } },
    };
    await replicate(source, rule(destination, kms));
    const underKms = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: from } as const;
    await put(source, 'a', underKms);
    expect(engine.s3.getObject(destination, 'a')?.encryption).toEqual({
      kind: 'SSE-KMS',
      keyArn: to,
      bucketKey: false,
    });
    expect(asked.filter((each) => each.startsWith('replication kms:'))).toEqual([
      `replication kms:Decrypt ${from}`,
      `replication kms:Encrypt ${to}`,
    ]);
    for (const action of ['kms:Decrypt', 'kms:Encrypt']) {
      denied = [action];
      await put(source, action, underKms);
      expect(status(source, action)).toBe('FAILED');
    }
  });

  it('has a destination’s default only where it was not encrypted at all, and then another ETag', async () => {
    const [source, destination] = buckets();
    engine.s3.setBucketEncryption(destination, { kind: 'SSE-KMS' });
    await replicate(source, rule(destination));
    engine.s3.putObject(source, 'old', Buffer.from('x'), { encryption: { kind: 'NOT-SSE' } });
    engine.s3.putObject(source, 'new', Buffer.from('x'));
    await engine.s3.replication.settled();
    const [old, plain] = ['old', 'new'].map((key) => engine.s3.getObject(destination, key));
    expect([old?.encryption.kind, plain?.encryption.kind]).toEqual(['SSE-KMS', 'SSE-S3']);
    expect(old?.etag).not.toBe(plain?.etag);
  });
});
