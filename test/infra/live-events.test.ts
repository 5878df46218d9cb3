import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from '@jest/globals';
import { LIVE_HANDLERS } from '../../contracts/live.js';
import { templateOf, written } from './synthesize.js';

const HERE = { account: '123456789012', region: 'eu-central-1' };

describe('A pair with live: "events"', () => {
  const template = templateOf({ live: 'events', source: { bucket: 'photos', prefix: 'in/' } }, HERE);

  it('hears of objects that are created under its prefix, and of no others', () => {
    template.resourceCountIs('AWS::Events::Rule', 1);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: { bucket: { name: ['photos'] }, object: { key: [{ prefix: 'in/' }] } },
      },
      Targets: [{ Arn: Match.anyValue(), DeadLetterConfig: { Arn: Match.anyValue() } }],
    });
  });

  it('has a queue that gives a message up after five deliveries, and waits six times as long as its function may take', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 5400,
      MessageRetentionPeriod: 1_209_600,
      RedrivePolicy: { maxReceiveCount: 5 },
      SqsManagedSseEnabled: true,
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 100,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 50 },
    });
  });

  it('takes events of its own rule only, over TLS only', () => {
    const policies = Object.values(template.findResources('AWS::SQS::QueuePolicy')) as {
      Properties: { PolicyDocument: { Statement: { Sid?: string; Effect: string; Condition: object }[] } };
    }[];
    const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toHaveLength(2);
    for (const { Condition } of allowed)
      expect(Condition).toEqual({
        StringEquals: { 'aws:SourceAccount': HERE.account },
        ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [expect.stringContaining('LiveRule'), 'Arn'] } },
      });
    expect(statements.filter(({ Effect }) => Effect === 'Deny')).toHaveLength(3);
  });

  it('switches the events of its bucket on, and asks for no more than that', () => {
    template.hasResourceProperties('Custom::S3BackfillEvents', { bucket: 'photos', account: HERE.account });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: ['s3:GetBucketNotification', 's3:PutBucketNotification'],
            Resource: 'arn:aws:s3:::photos',
          }),
        ]),
      },
    });
  });

  it('may delete nothing in either bucket', () => {
    const statements = statementsOf(template, 'SyncObject');
    for (const { Action, Resource } of statements.filter(({ Action }) => Action.includes('s3:DeleteObject')))
      expect([Action, written(Resource)]).toEqual([
        's3:DeleteObject',
        expect.stringMatching(/\/live\/photos\/uploads\/\*$/),
      ]);
  });

  it('has alarms of its own', () => {
    const names = Object.values(template.findResources('AWS::CloudWatch::Alarm')).map(
      (each) => (each as { Properties: { AlarmName: string } }).Properties.AlarmName,
    );
    expect(names).toEqual(
      expect.arrayContaining(['s3-backfill-photos-LiveBehind', 's3-backfill-photos-LiveDeadLetters']),
    );
  });
});

describe('With propagateDeletes', () => {
  it('it hears of deletions, and may delete at the destination alone', () => {
    const template = templateOf({ live: 'events', propagateDeletes: true }, HERE);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { 'detail-type': ['Object Created', 'Object Deleted'] },
    });
    const deleting = statementsOf(template, 'SyncObject').filter(({ Action }) =>
      [Action].flat().includes('s3:DeleteObject'),
    );
    expect(deleting.map(({ Sid }) => Sid)).toEqual(['RemoveUploadRecords', 'WriteDestination']);
  });
});

describe('With direction: "both"', () => {
  it('it hears of both buckets, and may write to both', () => {
    const template = templateOf({ live: 'events', direction: 'both' }, HERE);
    template.resourceCountIs('AWS::Events::Rule', 2);
    template.resourceCountIs('Custom::S3BackfillEvents', 2);
    expect(statementsOf(template, 'SyncObject').map(({ Sid }) => Sid)).toContain('WriteSource');
  });

  it('one bucket that is both sides is switched on once', () => {
    const template = templateOf(
      {
        live: 'events',
        direction: 'both',
        source: { bucket: 'photos', prefix: 'a/' },
        destination: { bucket: 'photos', prefix: 'b/' },
      },
      HERE,
    );
    template.resourceCountIs('Custom::S3BackfillEvents', 1);
  });
});

describe('A source that is elsewhere', () => {
  it('in another Region: prints the rule that its events are forwarded by, and switches them on there', () => {
    const template = templateOf({ live: 'events', source: { bucket: 'photos', region: 'us-west-2' } }, HERE);
    const output = Object.values(template.findOutputs('*', {})).find(({ Description }) =>
      String(Description).startsWith('For the owner of the bucket photos'),
    );
    expect(written(output?.['Value'])).toContain('"Region":"us-west-2"');
    expect(written(output?.['Value'])).toMatch(/:events:eu-central-1:123456789012:event-bus\/default/);
    template.resourceCountIs('AWS::Events::EventBusPolicy', 0);
    template.hasResourceProperties('Custom::S3BackfillEvents', { region: 'us-west-2' });
  });

  it('in another account: its events are let in, and nothing is changed there', () => {
    const template = templateOf({ live: 'events', source: { bucket: 'photos', account: '222222222222' } }, HERE);
    template.hasResourceProperties('AWS::Events::EventBusPolicy', {
      Statement: Match.objectLike({
        Action: 'events:PutEvents',
        Condition: { StringEquals: { 'events:source': 'aws.s3' } },
      }),
    });
    template.resourceCountIs('Custom::S3BackfillEvents', 0);
  });

  it('in another partition: is refused, with what to do', () => {
    expect(() => templateOf({ live: 'events', source: { bucket: 'photos', region: 'cn-north-1' } }, HERE)).toThrow(
      'cannot hear of changes of its source in cn-north-1: EventBridge sends no event from one partition to another, and the stack is in eu-central-1. Deploy the pair from that side',
    );
  });
});

describe('What does not go together', () => {
  it.each([
    [{ direction: 'both' as const }, 'direction: expected live beside direction: "both": runs go one way'],
    [{ propagateDeletes: true }, 'propagateDeletes: expected live: "events" beside it'],
    [
      { live: 'events' as const, copy: { versions: 'all' as const } },
      'copy.versions: expected "current" with live: "events"',
    ],
  ])('is told: %j', (pair, message) => {
    expect(() => templateOf(pair)).toThrow(message);
  });

  it('filters that a function’s environment cannot hold are refused', () => {
    const filters = { include: Array.from({ length: 100 }, (_, index) => `${'folder/'.repeat(6)}${index}/*`) };
    expect(() => templateOf({ live: 'events', filters })).toThrow('expected at most 3000 bytes as JSON');
  });
});

describe('Any other pair', () => {
  it('has no queue of events, no rule, and none of these functions', () => {
    const template = templateOf();
    template.resourceCountIs('AWS::Events::Rule', 0);
    template.resourceCountIs('AWS::Lambda::EventSourceMapping', 0);
    template.resourceCountIs('AWS::SQS::Queue', 1);
    for (const handler of LIVE_HANDLERS)
      expect(JSON.stringify(template.findResources('AWS::Lambda::Function'))).not.toContain(`photos-${handler}`);
  });
});

interface Statement {
  Sid: string;
  Action: string | string[];
  Resource: unknown;
}

function statementsOf(template: ReturnType<typeof templateOf>, handler: string): Statement[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')) as [
    string,
    { Properties: { PolicyDocument: { Statement: Statement[] } } },
  ][];
  return policies
    .filter(([id]) => id.startsWith(`Backfill${handler}Role`))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
}
