import { describe, expect, it } from '@jest/globals';
import { templateOf, written } from './synthesize.js';

const THEM = '999999999999';
const US = { account: '123456789012', region: 'eu-central-1' };
const KEY = `arn:aws:kms:eu-central-1:${THEM}:key/1234`;

interface Statement {
  Sid: string;
  Effect: string;
  Principal: { AWS: unknown };
  Action: string[];
  Resource: string | string[];
  Condition?: object;
}

describe('Where a side belongs to another account, the stack prints what to attach there', () => {
  it('nothing, where all is ours', () => {
    expect(policyOutputs({})).toEqual({});
  });

  it('the policy of the source bucket: read by the roles that read it, and by no other', () => {
    const { BackfillSourceBucketPolicy: statements = [] } = policyOutputs({
      source: { bucket: 'photos', prefix: 'in/', account: THEM },
      inventory: { bucket: 'inventories', configId: 'all', account: '123456789012' },
    });
    expect(byRole(statements)).toEqual({
      PrepareRun: ['s3:GetBucketWebsite', 's3:GetEncryptionConfiguration', 's3:GetObject', 's3:ListBucket'],
      ListRange: ['s3:ListBucket'],
      CopyChunk: ['s3:GetObject', 's3:GetObjectTagging', 's3:ListBucket'],
      VerifyChunk: ['s3:GetObject', 's3:ListBucket'],
    });
    expect(new Set(statements.flatMap(({ Resource }) => Resource))).toEqual(
      new Set(['arn:<AWS::Partition>:s3:::photos', 'arn:<AWS::Partition>:s3:::photos/in/*']),
    );
  });

  it('the policies of the destination bucket and of its key', () => {
    const outputs = policyOutputs({ destination: { bucket: 'replica', account: THEM, kmsKeyArn: KEY } });
    expect(Object.keys(outputs).toSorted()).toEqual([
      'BackfillDestinationBucketPolicy',
      'BackfillDestinationKeyPolicy',
    ]);
    expect(byRole(outputs['BackfillDestinationBucketPolicy'] ?? [])).toEqual({
      PrepareRun: ['s3:AbortMultipartUpload', 's3:GetEncryptionConfiguration', 's3:ListBucket', 's3:PutObject'],
      CopyChunk: [
        's3:AbortMultipartUpload',
        's3:GetObject',
        's3:ListBucket',
        's3:ListMultipartUploadParts',
        's3:PutObject',
        's3:PutObjectTagging',
      ],
      ReportRun: ['s3:AbortMultipartUpload'],
      VerifyChunk: ['s3:GetObject', 's3:ListBucket'],
    });
    const keyPolicy = outputs['BackfillDestinationKeyPolicy'] ?? [];
    expect(byRole(keyPolicy)).toEqual({
      PrepareRun: ['kms:Decrypt', 'kms:GenerateDataKey'],
      CopyChunk: ['kms:Decrypt', 'kms:GenerateDataKey'],
      VerifyChunk: ['kms:Decrypt'],
    });
    for (const { Resource, Condition } of keyPolicy) {
      expect({ Resource, Condition }).toEqual({
        // In a key's policy the key is `*`.
        Resource: '*',
        Condition: { StringLike: { 'kms:ViaService': 's3.*' } },
      });
    }
  });

  it('the policy of a key of another account, also where the bucket is ours', () => {
    const outputs = policyOutputs({ destination: { bucket: 'replica', kmsKeyArn: KEY } }, US);
    expect(Object.keys(outputs)).toEqual(['BackfillDestinationKeyPolicy']);
    const ours = KEY.replace(THEM, US.account);
    expect(policyOutputs({ destination: { bucket: 'replica', kmsKeyArn: ours } }, US)).toEqual({});
  });

  it('nothing of a side that names the account of the stack', () => {
    expect(policyOutputs({ source: { bucket: 'photos', account: US.account } }, US)).toEqual({});
  });

  it('and the inventory bucket, which is its source’s account’s unless told otherwise', () => {
    const outputs = policyOutputs({ source: { bucket: 'photos', account: THEM } });
    expect(byRole(outputs['BackfillInventoryBucketPolicy'] ?? [])).toEqual({
      PrepareRun: ['s3:GetObject', 's3:ListBucket'],
      IndexFile: ['s3:GetObject'],
      FindInventories: ['s3:GetObject', 's3:ListBucket'],
      StartQuery: ['s3:GetBucketLocation', 's3:GetObject', 's3:ListBucket'],
    });
  });

  it('and the bucket of the destination’s inventory, which is the destination’s account’s unless told otherwise', () => {
    const outputs = policyOutputs({
      destination: { bucket: 'replica', account: THEM },
      destinationInventory: { bucket: 'their-inventories', configId: 'all' },
    });
    expect(byRole(outputs['BackfillDestinationInventoryBucketPolicy'] ?? [])).toEqual({
      FindInventories: ['s3:GetObject', 's3:ListBucket'],
      StartQuery: ['s3:GetBucketLocation', 's3:GetObject', 's3:ListBucket'],
    });
  });
});

/** The statements of each printed policy, by output. */
function policyOutputs(...of: Parameters<typeof templateOf>): Record<string, Statement[]> {
  const outputs = templateOf(...of).toJSON()['Outputs'] as Record<string, { Value: unknown }>;
  return Object.fromEntries(
    Object.entries(outputs)
      .map(([name, output]) => [name.replace(/[0-9A-F]{8}$/, ''), output] as const)
      .filter(([name]) => name.endsWith('Policy'))
      .map(([name, { Value }]) => [name, (JSON.parse(written(Value)) as { Statement: Statement[] }).Statement]),
  );
}

function byRole(statements: readonly Statement[]): Record<string, string[]> {
  const roles: Record<string, string[]> = {};
  for (const { Principal, Action, Effect } of statements) {
    expect(Effect).toBe('Allow');
    const [, role = ''] = /^<Backfill(\w+)Role[0-9A-F]{8}\.Arn>$/.exec(String(Principal.AWS)) ?? [];
    roles[role] = [...new Set([...(roles[role] ?? []), ...Action])].toSorted();
  }
  return roles;
}
