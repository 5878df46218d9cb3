import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from '@jest/globals';
import { templateOf, written } from './synthesize.js';

const US = { account: '123456789012', region: 'eu-central-1' };
const THEIRS = '999999999999';
const live = { live: 'replication' } as const;

/** An output by its id without the digits behind it, as JSON. */
function output(template: Template, id: string): unknown {
  const found = Object.entries(template.findOutputs('*')).find(([name]) => name.replace(/[0-9A-F]{8}$/, '') === id);
  return found && JSON.parse(written((found[1] as { Value: unknown }).Value));
}

describe('A pair with live: "replication"', () => {
  it('has a role that only S3 can assume, and only for its bucket', () => {
    const template = templateOf({ ...live, source: { bucket: 'photos', prefix: 'in/' } }, US);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { Service: 's3.amazonaws.com' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': US.account },
              ArnLike: {
                'aws:SourceArn': 'arn:aws:s3:::photos',
              },
            },
          },
        ],
      },
    });
    template.hasResourceProperties('Custom::S3BackfillReplication', {
      ruleId: 's3-backfill-photos',
      sourceBucket: 'photos',
      sourceAccount: US.account,
      destinationBucket: 'photos-replica',
      prefix: 'in/',
      isForeign: 'false',
      deleteMarkers: 'false',
      replicaModifications: 'false',
      enableVersioning: 'false',
    });
    template.hasOutput('*', { Description: Match.stringLikeRegexp('from now on, and nothing older.+input \\{\\}') });
  });

  it('leaves a source of another account to its owner, and prints what to put there', () => {
    const template = templateOf(
      { ...live, replication: { deleteMarkers: true }, source: { bucket: 'photos', account: THEIRS } },
      US,
    );
    template.resourceCountIs('Custom::S3BackfillReplication', 0);
    const role = `arn:aws:iam::${THEIRS}:role/s3-backfill-photos`;
    expect(output(template, 'BackfillReplicationConfiguration')).toEqual({
      Role: role,
      Rules: [
        {
          ID: 's3-backfill-photos',
          Status: 'Enabled',
          Priority: 1,
          Filter: { Prefix: '' },
          DeleteMarkerReplication: { Status: 'Enabled' },
          Destination: {
            Bucket: 'arn:aws:s3:::photos-replica',
            Account: US.account,
            AccessControlTranslation: { Owner: 'Destination' },
          },
        },
      ],
    });
    expect(output(template, 'BackfillReplicationRoleTrustPolicy')).toMatchObject({
      Statement: [
        { Principal: { Service: 's3.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': THEIRS } } },
      ],
    });
    expect(output(template, 'BackfillReplicationRolePolicy')).toMatchObject({
      Statement: [{ Sid: 'ReadConfiguration' }, { Sid: 'ReadVersions' }, { Sid: 'WriteReplicas' }],
    });
    expect(output(template, 'BackfillReplicationBucketPolicy')).toMatchObject({
      Statement: [
        { Sid: 'WriteReplicas', Principal: { AWS: role } },
        { Sid: 'LookAtVersioning', Principal: { AWS: role } },
      ],
    });
  });
});

describe('Any other pair', () => {
  it('has no rule, and no role may put one', () => {
    const template = templateOf();
    template.resourceCountIs('Custom::S3BackfillReplication', 0);
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toMatch(
      /ReplicationConfiguration|ReplicateObject/,
    );
  });
});
