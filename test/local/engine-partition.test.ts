import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../local/access/aws-call.js';
import { startEngine, type Engine } from '../../local/engine.js';
import { deployPipeline } from '../../local/pipeline.js';

const told: AwsCall[] = [];
const CARRIER = 'arn:aws-cn:iam::444455556666:role/carrier';
const keys = { accessKeyId: 'AKIACARRIER', secretAccessKey: 'of the carrier' };
let china: Engine;
let global: Engine;

beforeAll(async () => {
  china = await startEngine({
    region: 'cn-north-1',
    accountId: '444455556666',
    access: { onCall: (call) => void told.push(call) },
  });
  global = await startEngine({ credentials: { accessKeyId: 'global', secretAccessKey: 'secret of the globe' } });
  china.identities.add({ ...keys, principalArn: CARRIER });
  china.s3.createBucket('photos');
});
afterAll(() => Promise.all([china.close(), global.close()]));

const at = ({ endpoint, region }: Engine, credentials = keys) => ({ endpoint, region, credentials, maxAttempts: 1 });

describe('An engine in a Region of another partition', () => {
  it('has ARNs of that partition, for who asks and for what is asked for', async () => {
    const s3 = new S3Client({ ...at(china), forcePathStyle: true });
    await s3.send(new HeadBucketCommand({ Bucket: 'photos' }));
    expect(told.at(-1)).toMatchObject({ principal: CARRIER, resource: 'arn:aws-cn:s3:::photos' });
    await new SFNClient(at(china)).send(new ListStateMachinesCommand({}));
    await new DynamoDBClient(at(china)).send(new DescribeTableCommand({ TableName: 'none' })).catch(() => undefined);
    expect(told.at(-1)).toMatchObject({ resource: 'arn:aws-cn:dynamodb:cn-north-1:444455556666:table/none' });
    const { ARN } = await new SecretsManagerClient(at(china)).send(
      new CreateSecretCommand({ Name: 'key', SecretString: 'x' }),
    );
    expect(ARN).toMatch(/^arn:aws-cn:secretsmanager:cn-north-1:444455556666:secret:key-/);
    expect(china.s3.kms.add()).toMatch(/^arn:aws-cn:kms:cn-north-1:444455556666:key\//);
    const { Buckets } = await new S3Client({ ...at(china, china.credentials), forcePathStyle: true }).send(
      new ListBucketsCommand({}),
    );
    expect(Buckets?.[0]?.BucketArn).toBe('arn:aws-cn:s3:::photos');
    china.s3.createBucket('inventories');
    const { manifestKey } = china.s3.deliverInventory({
      bucket: 'photos',
      destinationBucket: 'inventories',
      configId: 'all',
    });
    expect(String(china.s3.getObject('inventories', manifestKey)?.body)).toContain('"arn:aws-cn:s3:::inventories"');
  });

  it('runs the pipeline', async () => {
    const { stateMachineArn } = await deployPipeline(china);
    expect(stateMachineArn).toBe('arn:aws-cn:states:cn-north-1:444455556666:stateMachine:s3-backfill-demo');
  });

  it('is closed to keys of another, and to requests that were signed for its Regions', async () => {
    const ask = (settings: ReturnType<typeof at>) =>
      new S3Client({ ...settings, forcePathStyle: true, followRegionRedirects: false }).send(
        new HeadBucketCommand({ Bucket: 'photos' }),
      );
    await expect(ask(at(china, global.credentials))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    await expect(ask({ ...at(china), region: 'us-east-1' })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 400 },
    });
  });
});
