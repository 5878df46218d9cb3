import { GetBucketReplicationCommand, PutBucketReplicationCommand, type ReplicationRule } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { S3ReplicationSetup } from '../../adapters/s3/replication-setup.js';
import { replicationEvent, type ManagedReplicationInput } from '../../contracts/managed-replication.js';
import { manageReplication } from '../../core/deploy/manage-replication.js';
import { useS3 } from '../local/s3/support/server.js';

const test = useS3();
const OTHER = '210987654321';
const ROLE = 'arn:aws:iam::123456789012:role/replication';
let made = 0;

/** What infra/ writes for a pair of two versioned buckets of their own. */
function replication(more: Partial<ManagedReplicationInput> = {}): ManagedReplicationInput {
  made += 1;
  const input: ManagedReplicationInput = {
    pair: 'photos',
    ruleId: 's3-backfill-photos',
    sourceBucket: `photos-${made}`,
    sourceAccount: '123456789012',
    destinationBucket: `replica-${made}`,
    destinationAccount: '123456789012',
    prefix: 'in/',
    roleArn: ROLE,
    isForeign: 'false',
    deleteMarkers: 'false',
    metrics: 'false',
    timeControl: 'false',
    replicaModifications: 'false',
    enableVersioning: 'false',
    partition: 'aws',
    ...more,
  };
  test().s3.createBucket(input.sourceBucket, { versioning: 'Enabled' });
  test().s3.createBucket(input.destinationBucket, { versioning: 'Enabled', account: input.destinationAccount });
  return input;
}

const change = (RequestType: 'Create' | 'Update' | 'Delete', ResourceProperties: ManagedReplicationInput) =>
  manageReplication(
    new S3ReplicationSetup(() => test().client),
    replicationEvent.parse({ RequestType, ResourceProperties, ServiceToken: 'arn:…' }),
  );

async function rules({ sourceBucket: Bucket }: ManagedReplicationInput): Promise<ReplicationRule[]> {
  const answer = await test().client.send(new GetBucketReplicationCommand({ Bucket }));
  return answer.ReplicationConfiguration?.Rules ?? [];
}

/** A configuration that is there before ours. */
function there({ sourceBucket: Bucket }: ManagedReplicationInput, Role: string, ...Rules: ReplicationRule[]) {
  return test().client.send(new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration: { Role, Rules } }));
}

const theirs = ({ destinationBucket }: ManagedReplicationInput): ReplicationRule => ({
  ID: 'theirs',
  Status: 'Enabled',
  Priority: 1,
  Filter: { Prefix: 'other/' },
  DeleteMarkerReplication: { Status: 'Disabled' },
  Destination: { Bucket: `arn:aws:s3:::${destinationBucket}` },
});

describe('The rule of a pair', () => {
  it('is put as the pair says it', async () => {
    const to = 'arn:aws:kms:eu-west-1:123456789012:key/to';
    const plain = replication({ prefix: '' });
    expect(await change('Create', plain)).toEqual({
      PhysicalResourceId: `${plain.sourceBucket}/s3-backfill-photos`,
    });
    const Bucket = `arn:aws:s3:::${plain.destinationBucket}`;
    const basic = { ID: 's3-backfill-photos', Status: 'Enabled', Priority: 1 };
    const DeleteMarkerReplication = { Status: 'Disabled' };
    expect(await rules(plain)).toEqual([
      { ...basic, DeleteMarkerReplication, Filter: { Prefix: '' }, Destination: { Bucket } },
    ]);
    const full: ManagedReplicationInput = {
      ...plain,
      prefix: 'in/',
      priority: '40',
      storageClass: 'GLACIER_IR',
      replicaKeyArn: to,
      deleteMarkers: 'true',
      timeControl: 'true',
      replicaModifications: 'true',
    };
    await change('Update', full);
    expect(await rules(full)).toEqual([
      {
        ...basic,
        Priority: 40,
        Filter: { Prefix: 'in/' },
        DeleteMarkerReplication: { Status: 'Enabled' },
        SourceSelectionCriteria: {
          ReplicaModifications: { Status: 'Enabled' },
          SseKmsEncryptedObjects: { Status: 'Enabled' },
        },
        Destination: {
          Bucket,
          StorageClass: 'GLACIER_IR',
          EncryptionConfiguration: { ReplicaKmsKeyID: to },
          Metrics: { Status: 'Enabled', EventThreshold: { Minutes: 15 } },
          ReplicationTime: { Status: 'Enabled', Time: { Minutes: 15 } },
        },
      },
    ]);
    await change('Update', { ...plain, metrics: 'true' });
    expect(await rules(plain)).toMatchObject([{ Destination: { Metrics: { Status: 'Enabled' } } }]);
  });

  it('gives replicas to the owner of a bucket of another account', async () => {
    const foreign = replication({ isForeign: 'true', destinationAccount: OTHER });
    await change('Create', foreign);
    expect(await rules(foreign)).toMatchObject([
      { Destination: { Account: OTHER, AccessControlTranslation: { Owner: 'Destination' } } },
    ]);
  });

  it('stands beside those of others, with a priority of its own, and only it is removed', async () => {
    const ours = replication();
    await there(ours, ROLE, { ...theirs(ours), Priority: 7 });
    await change('Create', ours);
    expect((await rules(ours)).map(({ ID, Priority }) => [ID, Priority])).toEqual([
      ['theirs', 7],
      ['s3-backfill-photos', 8],
    ]);
    await change('Update', ours);
    expect((await rules(ours)).map(({ Priority }) => Priority)).toEqual([7, 8]);
    await change('Delete', ours);
    expect(await rules(ours)).toEqual([{ ...theirs(ours), Priority: 7 }]);
  });

  it('is written only where something changes', async () => {
    const ours = replication();
    await change('Create', ours);
    const before = test().s3.requests.count({ operation: 'PutBucketReplication', bucket: ours.sourceBucket });
    await change('Update', ours);
    expect(test().s3.requests.count({ operation: 'PutBucketReplication', bucket: ours.sourceBucket })).toBe(before);
  });

  it('goes with the configuration where it was the last, and a bucket that is gone is no trouble', async () => {
    const ours = replication();
    await change('Create', ours);
    await change('Delete', ours);
    await expect(rules(ours)).rejects.toMatchObject({ name: 'ReplicationConfigurationNotFoundError' });
    await change('Delete', ours);
    await change('Delete', { ...ours, sourceBucket: 'nowhere' });
  });

  it.each<[string, string, Partial<ReplicationRule>, string]>([
    ['another role', `${ROLE}-another`, {}, 'replication.roleArn'],
    ['a rule of the same priority', ROLE, { Priority: 5 }, 'theirs of the priority 5'],
    [
      'a rule of the old schema',
      ROLE,
      { Priority: undefined, Filter: undefined, DeleteMarkerReplication: undefined, Prefix: 'other/' },
      'theirs of the old schema',
    ],
  ])('is refused beside %s, and that stays as it is', async (_, role, more, words) => {
    const ours = replication({ priority: '5' });
    await there(ours, role, { ...theirs(ours), ...more });
    const before = await rules(ours);
    await expect(change('Create', ours)).rejects.toMatchObject({
      name: 'ReplicationConflict',
      message: expect.stringContaining(words),
    });
    expect(await rules(ours)).toEqual(before);
  });
});

describe('Versioning', () => {
  const off = (more: Partial<ManagedReplicationInput> = {}) => {
    made += 1;
    const sourceBucket = `photos-plain-${made}`;
    const destinationBucket = `replica-plain-${made}`;
    const { destinationAccount = '123456789012' } = more;
    test().s3.createBucket(sourceBucket, more.isForeign === 'true' ? { versioning: 'Enabled' } : {});
    test().s3.createBucket(destinationBucket, { account: destinationAccount });
    return replication({ sourceBucket, destinationBucket, ...more });
  };

  it('that is off is refused, with the buckets that lack it and what to do', async () => {
    const both = off();
    await expect(change('Create', both)).rejects.toMatchObject({
      name: 'VersioningOff',
      message: expect.stringMatching(
        new RegExp(`off on ${both.sourceBucket} and ${both.destinationBucket}, .+replication\\.enableVersioning: true`),
      ),
    });
  });

  it('is switched on where the pair says so', async () => {
    const both = off({ enableVersioning: 'true' });
    await change('Create', both);
    expect(await rules(both)).toHaveLength(1);
  });

  it('of another account is for its owner to switch on', async () => {
    const foreign = off({ isForeign: 'true', destinationAccount: OTHER, enableVersioning: 'true' });
    await expect(change('Create', foreign)).rejects.toMatchObject({
      name: 'VersioningOff',
      message: expect.stringContaining('Have its owner switch it on'),
    });
  });
});
