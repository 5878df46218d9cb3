import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from '@jest/globals';
import type { PairInput } from '../../contracts/pair.js';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import { S3Backfill } from '../../infra/s3-backfill.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { Engine } from '../../local/engine.js';
import type { TemplateJson } from '../support/cloudformation.js';
import { deployStack, type DeployedStack } from '../support/deployed-stack.js';
import { openEngineWith } from '../support/engine.js';
import { enforcer, grantsOf, isUnder } from '../support/iam.js';
import { replicate } from '../support/replicated.js';
import { foreignStack, PHOTOS, templateOf, testApp } from './synthesize.js';

const WEEK_MS = 7 * 86_400_000;
const BY_BATCH: Partial<PairInput> = {
  source: { bucket: 'photos', prefix: 'in/' },
  destination: { bucket: 'photos-replica', prefix: 'in/' },
  copy: { engine: 'batch-replication' },
};
/** Handlers that only this engine calls. */
const OF_JOBS = new Set(['Job', 'StartJob', 'CheckJob', 'ReadJobReport']);
/** Granted to the roles of this engine, and used by no run here. */
const GRANTED_UNUSED: readonly { what: RegExp; why: string }[] = [
  { what: /^\w+ (?:logs|xray):/, why: 'Lambda writes logs and traces itself; the engine has no services for them.' },
  { what: /^Job s3:GetObjectVersion /, why: 'S3 asks for it where the work bucket has versioning; ours has none.' },
  {
    what: /^(?:ReadJobReport|StartJob) dynamodb:UpdateItem /,
    why: 'Stops a run in which nearly all of a thousand tasks failed, or whose time is over: test/core/replicate/.',
  },
  {
    what: /^\w+ s3:AbortMultipartUpload /,
    why: 'A file of more than 8 MiB that is given up half written: its parts are dropped.',
  },
];

describe('A pair that was deployed with copy.engine: "batch-replication"', () => {
  it('may do what its jobs need, and no more: runs end Verified under its own policies', async () => {
    let permits: ((call: AwsCall) => boolean) | undefined;
    const [used, denied]: [Map<string, AwsCall>, string[]] = [new Map(), []];
    // What is replicated is read and written by the role of the rule, which is not ours.
    const isOfRule = ({ principal }: AwsCall) => principal.endsWith(':role/replication');
    const test = await openEngineWith(deployPhotos, {
      access: {
        permits: (call) => isOfRule(call) || (permits?.(call) ?? true),
        onCall: (call, allowed) => {
          if (!allowed) denied.push(`${call.principal} ${call.action} ${call.resource}`);
          used.set(JSON.stringify(call), call);
        },
      },
    });
    try {
      const { policies, workBucket, workBucketPolicy, functionNames } = test.pipeline;
      permits = enforcer({
        identity: policies,
        resource: (arn) => (arn.startsWith(`arn:aws:s3:::${workBucket}`) ? workBucketPolicy : undefined),
      });
      await fill(test);
      const ended = await test.startAndWait({ include: ['in/object *'] });
      expect({ status: ended.status, cause: ended.cause, denied }).toEqual({ status: 'SUCCEEDED', denied: [] });
      expect(ended.output).toMatchObject({ status: 'Verified', verified: { copied: 30 } });

      // A job that fails before its first task leaves no report. Its worker dies once, and finds another run's job left behind.
      const { s3, s3Control, lambda } = test.engine;
      s3Control.faults.add({ effect: { failJob: { code: 'ManifestNotFound', reason: 'Gone.' } } });
      s3.faults.add({
        operation: 'PutObject',
        key: (key) => key.startsWith('jobs/'),
        times: 1,
        effect: { call: () => void lambda.killRunning(functionNames['start-job'] ?? '') },
      });
      const failed = await test.startAndWait({ maxPasses: 1 });
      expect(failed).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
      expect(failed.cause).toContain('ManifestNotFound');
      expect(denied).toEqual([]);

      const unused = grantsOf(policies)
        .filter(({ role }) => OF_JOBS.has(role))
        .filter((grant) => ![...used.values()].some((call) => isUnder(grant, call)))
        .map(({ role, action, resource }) => `${role} ${action} ${resource}`);
      expect(unused.filter((name) => !GRANTED_UNUSED.some(({ what }) => what.test(name)))).toEqual([]);
    } finally {
      await test.close();
    }
  }, 300_000);

  it('hands its jobs a role that only S3 Batch Operations can assume, for jobs of this account and Region', () => {
    const template = templateOf(BY_BATCH);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { Service: 'batchoperations.s3.amazonaws.com' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: { 'aws:SourceArn': Match.anyValue() },
            },
          },
        ],
      },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'iam:PassRole',
            Condition: { StringEquals: { 'iam:PassedToService': 'batchoperations.s3.amazonaws.com' } },
          }),
        ]),
      },
    });
  });

  it('stands in the Region of its source, where jobs are', () => {
    const pair = checkPair({
      ...PHOTOS,
      ...BY_BATCH,
      source: { bucket: 'photos', region: 'eu-west-1' },
      destination: { bucket: 'photos-replica', region: 'eu-central-1' },
    });
    expect(new BackfillStack(testApp(), pair, { region: 'us-east-1' }).region).toBe('eu-west-1');
    expect(new BackfillStack(testApp(), { ...pair, copy: undefined }, { region: 'us-east-1' }).region).toBe(
      'eu-central-1',
    );
  });

  it.each<[string, Partial<PairInput>, RegExp]>([
    [
      'a source of another account',
      { source: { bucket: 'photos', account: '222222222222' } },
      /source\.account: expected 111111111111, the account of the stack/,
    ],
    [
      'a source of another Region than the stack of its app',
      { source: { bucket: 'photos', region: 'eu-west-1' } },
      /source\.region: expected us-east-1, the Region of the stack/,
    ],
  ])('is not deployed with %s', (_, more, message) => {
    const stack = new Stack(testApp(), 'Theirs', { env: { account: '111111111111', region: 'us-east-1' } });
    const pair = { ...PHOTOS, ...BY_BATCH, destination: { bucket: 'photos-replica' }, ...more };
    expect(() => new S3Backfill(stack, 'Photos', { pair })).toThrow(message);
  });

  it('is not deployed with a work bucket under a key of KMS, since a job reads no manifest there', () => {
    const stack = foreignStack();
    const key = new Key(stack, 'Key');
    expect(() => new S3Backfill(stack, 'Photos', { pair: { ...PHOTOS, ...BY_BATCH }, key })).toThrow(
      /key: expected a work bucket without a key of KMS/,
    );
  });
});

describe('A pair that was not', () => {
  it('has no role for jobs, and functions of jobs that may do nothing but write their log', () => {
    const template = templateOf();
    const text = JSON.stringify(template.toJSON());
    for (const action of [
      's3:CreateJob',
      's3:DescribeJob',
      's3:UpdateJobStatus',
      's3:InitiateReplication',
      'iam:PassRole"',
    ])
      expect(text).not.toContain(action);
    expect(text).not.toContain('batchoperations');
    expect(text).not.toContain('BACKFILL_JOB_ROLE');
  });
});

async function deployPhotos(engine: Engine): Promise<DeployedStack> {
  const app = testApp();
  const stack = new BackfillStack(app, checkPair({ ...PHOTOS, ...BY_BATCH }));
  const assembly = app.synth();
  for (const bucket of ['photos', 'photos-replica']) engine.s3.createBucket(bucket, { versioning: 'Enabled' });
  engine.s3.createBucket('inventories');
  return deployStack(engine, assembly.getStackByName(stack.stackName).template as TemplateJson, assembly.directory);
}

/** Objects that were there before the rule, and an inventory of them. */
async function fill(test: { engine: Engine; s3: Parameters<typeof replicate>[0]['s3'] }): Promise<void> {
  const { s3, clock } = test.engine;
  const keys = Array.from({ length: 40 }, (_, index) => (index < 30 ? `in/object ${index}` : `in/other ${index}`));
  for (const key of keys)
    s3.putObject('photos', key, Buffer.from(`body of ${key}`), { lastModified: clock.now() - WEEK_MS });
  s3.deliverInventory({
    bucket: 'photos',
    destinationBucket: 'inventories',
    prefix: 'daily',
    configId: 'every-object',
  });
  await replicate(test, { source: 'photos', destination: 'photos-replica' }, { Filter: { Prefix: 'in/' } });
}
