import { Match, Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy, Role, AccountRootPrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from '@jest/globals';
import { handlerNames } from '../../infra/handler-code.js';
import { S3Backfill, type S3BackfillProps } from '../../infra/s3-backfill.js';
import { foreignStack, PHOTOS } from './synthesize.js';

describe('The construct S3Backfill', () => {
  it('works in a bucket of yours, and then makes none', () => {
    const template = templateWith((stack) => ({ workBucket: Bucket.fromBucketName(stack, 'Work', 'our-work') }));
    template.resourceCountIs('AWS::S3::Bucket', 0);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ BACKFILL_WORK_BUCKET: 'our-work' }) },
    });
  });

  it('sends alarms to a topic of yours, and then makes none', () => {
    const template = templateWith((stack) => ({ topic: new Topic(stack, 'Ours') }));
    template.resourceCountIs('AWS::SNS::Topic', 1);
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [{ Ref: Match.stringLikeRegexp('^Ours') }],
      OKActions: [{ Ref: Match.stringLikeRegexp('^Ours') }],
    });
  });

  it('encrypts bucket, table, queue and topic with a key of yours, which its roles and CloudWatch may use', () => {
    const template = templateWith((stack) => ({ key: new Key(stack, 'Ours') }));
    const key = { 'Fn::GetAtt': [Match.stringLikeRegexp('^Ours'), 'Arn'] };
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: key }, BucketKeyEnabled: true },
        ],
      },
    });
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      SSESpecification: { SSEEnabled: true, KMSMasterKeyId: key },
    });
    template.hasResourceProperties('AWS::SQS::Queue', { KmsMasterKeyId: key });
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: key });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          }),
        ]),
      },
    });
    // The schedule's, for its dead letters.
    for (const handler of ['CopyChunk', 'PrepareRun', 'ReportRun', 'Schedule'])
      template.hasResourceProperties('AWS::IAM::Policy', {
        PolicyName: Match.stringLikeRegexp(`^Backfill${handler}Role`),
        PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Resource: key })]) },
      });
  });

  it('bounds every role that it makes', () => {
    const template = templateWith((stack) => ({
      permissionsBoundary: ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'our-boundary'),
    }));
    const roles = Object.values(template.findResources('AWS::IAM::Role'));
    // The functions', the two state machines' and the schedule's.
    expect(roles).toHaveLength(handlerNames().length + 3);
    for (const { Properties } of roles as { Properties: object }[])
      expect(JSON.stringify(Properties)).toContain(':policy/our-boundary');
  });

  it('grants to start, follow and stop executions, and to read results', () => {
    const stack = foreignStack();
    const operator = new Role(stack, 'Operator', { assumedBy: new AccountRootPrincipal() });
    const backfill = new S3Backfill(stack, 'Backfill', { pair: PHOTOS });
    backfill.grantOperate(operator);
    backfill.grantReadResults(operator);
    const policies = Template.fromStack(stack).findResources('AWS::IAM::Policy', {
      Properties: { PolicyName: Match.stringLikeRegexp('^Operator') },
    });
    const text = JSON.stringify(policies);
    for (const action of [
      'states:StartExecution',
      'states:StopExecution',
      'states:GetExecutionHistory',
      'states:ListMapRuns',
      's3:GetObject*',
      'dynamodb:Query',
    ])
      expect(text).toContain(`"${action}"`);
    expect(text).toContain('/runs/*');
    expect(text).not.toContain('s3:PutObject');
    for (const part of [
      'BackfillReconcileMachine',
      ':execution:s3-backfill-photos-reconcile:*',
      'BackfillReconciliations',
    ])
      expect(text).toContain(part);
  });

  it('stands twice in one stack, for two pairs', () => {
    const stack = foreignStack();
    new S3Backfill(stack, 'Photos', { pair: PHOTOS });
    new S3Backfill(stack, 'Videos', { pair: { ...PHOTOS, name: 'videos', source: { bucket: 'videos' } } });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::StepFunctions::StateMachine', 4);
    const policies = JSON.stringify(
      template.findResources('AWS::IAM::Policy', { Properties: { PolicyName: Match.stringLikeRegexp('^Photos') } }),
    );
    expect(policies).not.toContain('s3:::videos');
    expect(policies).not.toContain('s3-backfill-videos');
  });
});

describe('A prefix is a prefix, whatever is in it', () => {
  it('and never a pattern: * ? and $ stand for themselves', () => {
    const stack = foreignStack();
    new S3Backfill(stack, 'Backfill', { pair: { ...PHOTOS, source: { bucket: 'photos', prefix: 'a*b?c${x}/' } } });
    expect(JSON.stringify(Template.fromStack(stack).findResources('AWS::IAM::Policy'))).toContain(
      ':s3:::photos/a${*}b${?}c${$}{x}/*',
    );
  });
});

function templateWith(props: (stack: ReturnType<typeof foreignStack>) => Omit<S3BackfillProps, 'pair'>): Template {
  const stack = foreignStack();
  new S3Backfill(stack, 'Backfill', { pair: PHOTOS, ...props(stack) });
  return Template.fromStack(stack);
}
