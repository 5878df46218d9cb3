import { describe, expect, it } from '@jest/globals';
import type { PairInput } from '../../contracts/pair.js';
import { templateOf, written } from './synthesize.js';

const US = { account: '123456789012', region: 'eu-central-1' };
const READER = 'arn:aws:iam::222222222222:role/reader';
const WRITER = 'arn:aws:iam::333333333333:role/writer';
const KEY = 'arn:aws:kms:eu-central-1:333333333333:key/1234';
const source = { bucket: 'photos', account: '222222222222', roleArn: READER, externalId: 'read-7' };
const destination = {
  bucket: 'replica',
  prefix: 'out/',
  account: '333333333333',
  kmsKeyArn: KEY,
  roleArn: WRITER,
  externalId: 'write-7',
};
const inventory = { bucket: 'inventories', configId: 'all', account: US.account };

describe('A side that is reached by a role', () => {
  it('is reached by nothing else: the functions may assume the role, and have no permission there of their own', () => {
    const { own } = deployed({ source, destination });
    expect(own['PrepareRun']).toContain(`sts:AssumeRole ${READER}`);
    expect(own['CopyChunk']?.filter((each) => each.startsWith('sts:'))).toEqual([
      `sts:AssumeRole ${READER}`,
      `sts:AssumeRole ${WRITER}`,
    ]);
    const all = Object.values(own).flat();
    expect(all.filter((each) => /:::(?:photos|replica)\b|:kms:/.test(each))).toEqual([]);
  });

  it('is the business of those functions alone that work there', () => {
    const { own } = deployed({ source, destination });
    const assumers = (role: string) =>
      Object.keys(own)
        .filter((name) => own[name]?.includes(`sts:AssumeRole ${role}`))
        .toSorted();
    // VerifyChunk for runs of engine none, which look at both sides.
    expect(assumers(READER)).toEqual(['CopyChunk', 'ListRange', 'PrepareRun', 'VerifyChunk']);
    expect(assumers(WRITER)).toEqual(['CopyChunk', 'PrepareRun', 'ReportRun', 'VerifyChunk']);
  });

  it('leaves the other side as it was', () => {
    const { own } = deployed({ source });
    expect(own['CopyChunk']).toContain('s3:PutObject arn:aws:s3:::photos-replica/*');
    expect(own['CopyChunk']?.filter((each) => each.includes(':::photos/'))).toEqual([]);
    expect(own['ReportRun']?.filter((each) => each.startsWith('sts:'))).toEqual([]);
  });

  it('is in the definition, by which every run is bound', () => {
    const { machine } = deployed({ source, destination });
    expect(machine).toContain(READER);
    expect(machine).toContain('write-7');
  });
});

describe('What the owner of a role is to set up is printed:', () => {
  it('whom it trusts, and with which external id', () => {
    const { outputs } = deployed({ source, destination });
    expect(outputs['BackfillSourceRoleTrustPolicy']).toEqual([
      {
        Sid: 'S3Backfill',
        Effect: 'Allow',
        Principal: { AWS: [roleOf('PrepareRun'), roleOf('ListRange'), roleOf('CopyChunk'), roleOf('VerifyChunk')] },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'read-7' } },
      },
    ]);
  });

  it('what our functions do by it, all together', () => {
    const { outputs } = deployed({ source, destination });
    expect(byAction(outputs['BackfillSourceRolePolicy'])).toEqual({
      's3:GetBucketWebsite': 'arn:aws:s3:::photos',
      's3:GetEncryptionConfiguration': 'arn:aws:s3:::photos',
      's3:GetObject': 'arn:aws:s3:::photos/*',
      's3:GetObjectTagging': 'arn:aws:s3:::photos/*',
      's3:ListBucket': 'arn:aws:s3:::photos',
    });
    expect(byAction(outputs['BackfillDestinationRolePolicy'])).toMatchObject({
      's3:PutObject': 'arn:aws:s3:::replica/out/*',
      's3:AbortMultipartUpload': 'arn:aws:s3:::replica/out/*',
      'kms:GenerateDataKey': KEY,
    });
  });

  it('once, where one role reaches both sides', () => {
    const both = { roleArn: WRITER, externalId: 'both-7' };
    const { outputs } = deployed({ source: { ...source, ...both }, destination: { ...destination, ...both } });
    expect(Object.keys(outputs).filter((name) => name.includes('Role'))).toEqual([
      'BackfillPairRoleTrustPolicy',
      'BackfillPairRolePolicy',
    ]);
    expect(byAction(outputs['BackfillPairRolePolicy'])).toMatchObject({
      's3:GetObjectTagging': 'arn:aws:s3:::photos/*',
      's3:PutObjectTagging': 'arn:aws:s3:::replica/out/*',
    });
    // The source is another account's than the role: its bucket has to let the role in.
    expect(outputs['BackfillSourceBucketPolicy']).toContainEqual(
      expect.objectContaining({ Sid: 'RoleListSource', Principal: { AWS: WRITER } }),
    );
  });

  it('and no policy of a bucket or a key of the role’s own account, where its permissions do', () => {
    const { outputs } = deployed({ source, destination });
    expect(Object.keys(outputs).filter((name) => /Bucket|Key/.test(name))).toEqual([]);
  });
});

type Statement = { Action: string | string[]; Resource: unknown; Principal?: unknown };

/** What each function may do, `<action> <resource>`; the printed policies; and the definition. */
function deployed(pair: Partial<PairInput>) {
  const { Resources, Outputs } = templateOf({ inventory, ...pair }, US).toJSON() as {
    Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
    Outputs: Record<string, { Value: unknown }>;
  };
  const own: Record<string, string[]> = {};
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type !== 'AWS::IAM::Policy') continue;
    const [, name = ''] =
      /^Backfill(\w+)Role[0-9A-F]{8}$/.exec((Properties['Roles'] as { Ref: string }[])[0]?.Ref ?? '') ?? [];
    const { Statement } = Properties['PolicyDocument'] as { Statement: Statement[] };
    own[name] = Statement.flatMap(({ Action, Resource }) =>
      [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${written(resource)}`)),
    );
  }
  const outputs = Object.fromEntries(
    Object.entries(Outputs).flatMap(([name, { Value }]) => {
      if (!/Policy[0-9A-F]{8}$/.test(name)) return [];
      const policy = JSON.parse(written(Value)) as { Statement: Statement[] };
      return [[name.replace(/[0-9A-F]{8}$/, ''), policy.Statement]];
    }),
  );
  const machine = Object.values(Resources).find(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
  return { own, outputs, machine: JSON.stringify(machine?.Properties['DefinitionString']) };
}

function roleOf(name: string): unknown {
  return expect.stringMatching(new RegExp(`^<Backfill${name}Role[0-9A-F]{8}\\.Arn>$`));
}

function byAction(statements: readonly Statement[] = []): Record<string, unknown> {
  return Object.fromEntries(
    statements.flatMap(({ Action, Resource }) =>
      [Action].flat().map((action) => [action, [Resource].flat()[0]] as const),
    ),
  );
}
