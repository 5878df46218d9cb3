import { PutBucketReplicationCommand, PutBucketVersioningCommand, type ReplicationRule } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { expectReplicable } from '../../../core/prepare/expect-replicable.js';
import { requestOf } from '../support/rows.js';
import { at, useStorage } from '../support/storage.js';

const storage = useStorage();
const DESTINATION = 'replicas';

beforeAll(() => {
  for (const bucket of [DESTINATION, 'other-replicas']) storage().s3.createBucket(bucket, { versioning: 'Enabled' });
});

describe('S3 Batch Replication is asked for', () => {
  it.each<[string, ReplicationRule, string]>([
    ['a rule of the whole bucket', ruleOf({}), ''],
    ['a rule of a prefix that holds that of the run', ruleOf({ prefix: 'photos/' }), 'photos/2026/'],
    ['a rule of a part of its prefix: what is outside fails by name', ruleOf({ prefix: 'photos/2026/' }), 'photos/'],
    [
      'a rule that also filters by tags',
      { ...ruleOf({}), Filter: { And: { Prefix: 'photos/', Tags: [{ Key: 'kind', Value: 'holiday' }] } } },
      'photos/',
    ],
  ])('where there is %s', async (_, rule, prefix) => {
    const bucket = await sourceWith([ruleOf({ id: 'elsewhere', to: 'other-replicas', priority: 2 }), rule]);
    await expect(check(bucket, prefix)).resolves.toBeUndefined();
  });

  it('where the rule is one of the first form, without a filter', async () => {
    const { ID, Status, Destination } = ruleOf({});
    const bucket = await sourceWith([{ ID, Status, Destination, Prefix: 'photos/' }]);
    await expect(check(bucket, 'photos/2026/')).resolves.toBeUndefined();
    await expect(check(bucket, 'films/')).rejects.toMatchObject({ name: 'ReplicationRuleMissing' });
  });

  it.each<[string, ReplicationRule[], RegExp]>([
    ['there is no configuration', [], /found no replication configuration\. Add one/],
    ['the rule is disabled', [ruleOf({ status: 'Disabled' })], /found "all" \(disabled, prefix ""\)/],
    ['the rule is of another prefix', [ruleOf({ prefix: 'films/' })], /found "all" \(enabled, prefix "films\/"\)/],
    ['all rules are to other buckets', [ruleOf({ to: 'other-replicas' })], /found 1 rules to other buckets/],
  ])('not, where %s', async (_, rules, message) => {
    const bucket = await sourceWith(rules);
    await expect(check(bucket, 'photos/')).rejects.toMatchObject({
      name: 'ReplicationRuleMissing',
      message: expect.stringMatching(message),
    });
  });

  it('not, where a bucket has no versioning, or had it once', async () => {
    storage().s3.createBucket('plain');
    await expect(check('plain', '')).rejects.toMatchObject({
      name: 'SourceUnversioned',
      message: expect.stringContaining('versioning of s3://plain to be enabled'),
    });
    const bucket = await sourceWith([ruleOf({ to: 'other-replicas' })]);
    storage().s3.createBucket('suspended', { versioning: 'Enabled' });
    await storage().client.send(
      new PutBucketVersioningCommand({ Bucket: 'suspended', VersioningConfiguration: { Status: 'Suspended' } }),
    );
    await expect(check(bucket, '', 'suspended')).rejects.toMatchObject({
      name: 'DestinationUnversioned',
      message: expect.stringContaining('it is suspended'),
    });
  });
});

function ruleOf({ id = 'all', to = DESTINATION, prefix = '', status = 'Enabled', priority = 1 }): ReplicationRule {
  return {
    ID: id,
    Priority: priority,
    Status: status as ReplicationRule['Status'],
    Filter: { Prefix: prefix },
    DeleteMarkerReplication: { Status: 'Disabled' },
    Destination: { Bucket: `arn:aws:s3:::${to}` },
  };
}

let sources = 0;

async function sourceWith(rules: ReplicationRule[]): Promise<string> {
  const bucket = `replicated-${(sources += 1)}`;
  storage().s3.createBucket(bucket, { versioning: 'Enabled' });
  for (const rule of rules.length === 0 ? [] : [rules])
    await storage().client.send(
      new PutBucketReplicationCommand({
        Bucket: bucket,
        ReplicationConfiguration: { Role: 'arn:aws:iam::000000000000:role/replication', Rules: rule },
      }),
    );
  return bucket;
}

function check(source: string, prefix: string, destination = DESTINATION): Promise<void> {
  const request = requestOf({
    source: { bucket: source, prefix },
    destination: { bucket: destination },
    engine: 'batch-replication',
  });
  return expectReplicable(storage().ports.pair(at(source), at(destination)), request);
}
