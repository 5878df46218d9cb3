import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from '@jest/globals';
import { templateOf } from './synthesize.js';

const US = { account: '123456789012', region: 'eu-central-1' };

describe('A pair that says manageInventory', () => {
  it('has its inventory set up by the stack: the only thing that changes a bucket of yours', () => {
    const template = templateOf({ manageInventory: true, source: { bucket: 'photos', prefix: 'in/' } });
    template.hasResourceProperties('Custom::S3BackfillInventory', {
      sourceBucket: 'photos',
      sourcePrefix: 'in/',
      inventoryBucket: 'inventories',
      inventoryPrefix: 'daily',
      configId: 'every-object',
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          { Sid: 'WriteLog' },
          { Sid: 'KeepConfiguration', Action: ['s3:GetInventoryConfiguration', 's3:PutInventoryConfiguration'] },
          { Sid: 'LetS3Deliver', Action: ['s3:DeleteBucketPolicy', 's3:GetBucketPolicy', 's3:PutBucketPolicy'] },
        ].map((statement) => Match.objectLike(statement)),
      },
    });
  });

  it('cannot reach into another account, and says so', () => {
    const there = { bucket: 'photos', account: '999999999999' };
    expect(() => templateOf({ manageInventory: true, source: there }, US)).toThrow(
      'its source bucket belongs to another account',
    );
    expect(() =>
      templateOf({ manageInventory: true, inventory: { ...there, bucket: 'inventories', configId: 'all' } }, US),
    ).toThrow('its inventory bucket belongs to another account');
  });

  it('may name its own account, also where nobody is signed in', () => {
    const ours = { bucket: 'photos', account: US.account };
    for (const here of [US, {}])
      templateOf({ manageInventory: true, source: ours }, here).resourceCountIs('Custom::S3BackfillInventory', 1);
  });
});

describe('Any other pair', () => {
  it('changes no bucket: it has no such resource, and no role may write a policy or a configuration', () => {
    const template = templateOf();
    template.resourceCountIs('Custom::S3BackfillInventory', 0);
    expect(JSON.stringify(template.findResources('AWS::IAM::Policy'))).not.toMatch(
      /s3:(?:Put(?:Bucket|Inventory)|DeleteBucket)/,
    );
  });
});
