import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from '@jest/globals';
import { USUAL_INVENTORY_FIELDS } from '../../contracts/inventory-columns.js';
import { deployedPair } from '../../contracts/pair.js';
import { handlerNames } from '../../infra/handler-code.js';
import { templateOf, written } from './synthesize.js';

const template = templateOf();
const all = (type: string) => Object.values(template.findResources(type)) as Resource[];

interface Resource {
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

describe('The work bucket of a pair', () => {
  it('is encrypted, closed to the public, and stays when the stack is deleted', () => {
    template.hasResource('AWS::S3::Bucket', {
      // But not of a stack that could not be made.
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      },
    });
  });

  it('forgets the files of runs after thirteen months, and parts of unfinished uploads after a day', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: {
        Rules: [
          { Id: 'runs', Prefix: 'runs/', ExpirationInDays: 400, Status: 'Enabled' },
          { Id: 'own-manifests', Prefix: 'manifests/', ExpirationInDays: 30, Status: 'Enabled' },
          { Id: 'unfinished-uploads', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
        ],
      },
    });
  });

  it('never forgets a lock', () => {
    const [bucket] = all('AWS::S3::Bucket');
    const { Rules } = (bucket as Resource).Properties['LifecycleConfiguration'] as {
      Rules: { Prefix?: string; ExpirationInDays?: number }[];
    };
    for (const { Prefix, ExpirationInDays } of Rules)
      if (ExpirationInDays !== undefined) expect('locks/photos.json'.startsWith(Prefix ?? '')).toBe(false);
  });

  it('takes requests over TLS only', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });
});

describe('The failure table of a pair', () => {
  it('is paid by use, can be brought back to any second, and stays when the stack is deleted', () => {
    template.hasResource('AWS::DynamoDB::Table', {
      // But not of a stack that could not be made.
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      },
    });
  });

  it('has indexes by cause and by chunk', () => {
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      GlobalSecondaryIndexes: [
        { IndexName: 'byCause', KeySchema: [{ AttributeName: 'runCause' }, { AttributeName: 'sk' }] },
        { IndexName: 'byChunk', KeySchema: [{ AttributeName: 'runChunk' }, { AttributeName: 'sk' }] },
      ].map((index) => Match.objectLike({ ...index, KeySchema: index.KeySchema.map((key) => Match.objectLike(key)) })),
    });
  });
});

describe('The functions of a pair', () => {
  const functions = all('AWS::Lambda::Function').map(({ Properties }) => Properties);

  it('are one a handler, each with a role of its own', () => {
    expect(functions.map(({ FunctionName }) => FunctionName as string).toSorted()).toEqual(
      handlerNames().map((name) => `s3-backfill-photos-${name}`),
    );
    expect(new Set(functions.map(({ Role }) => JSON.stringify(Role))).size).toBe(functions.length);
  });

  it.each(functions)(
    '$FunctionName runs Node 24 on arm64, traced, with a log that is kept for three months',
    (each) => {
      expect(each).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON', LogGroup: expect.anything() },
      });
    },
  );

  it('keep their logs for three months', () => {
    for (const { Properties } of all('AWS::Logs::LogGroup')) expect(Properties['RetentionInDays']).toBe(90);
    expect(all('AWS::Logs::LogGroup')).toHaveLength(functions.length + 2);
  });

  it('end before the state machine gives them up', () => {
    for (const { Timeout } of functions) expect(Timeout).toBeLessThanOrEqual(900);
  });

  it('keep the version that a run under way began with', () => {
    const versions = all('AWS::Lambda::Version');
    expect(versions).toHaveLength(functions.length);
    for (const { DeletionPolicy, UpdateReplacePolicy } of versions)
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
  });

  it('have names that Lambda takes, whatever the pair is called', () => {
    const longest = templateOf({ name: `a${'b'.repeat(30)}` });
    for (const { Properties } of Object.values(longest.findResources('AWS::Lambda::Function')) as Resource[])
      expect((Properties['FunctionName'] as string).length).toBeLessThanOrEqual(64);
  });
});

describe('The state machine of a pair', () => {
  const functions = all('AWS::Lambda::Function');

  it('is named after the pair, and its tags say where the rest of the pair is', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      StateMachineName: 's3-backfill-photos',
      Tags: Match.arrayWith([
        Match.objectLike({ Key: 's3-backfill:failure-table' }),
        { Key: 's3-backfill:pair', Value: 'photos' },
        Match.objectLike({ Key: 's3-backfill:work-bucket' }),
      ]),
    });
  });

  it('may invoke every version of its functions: a run under way goes on with the ones that it began with', () => {
    const invoke = statements().filter(({ Action }) => Action.includes('lambda:InvokeFunction'));
    const resources = invoke.flatMap(({ Resource }) => Resource);
    // All but those of a job of S3 Batch Replication, which this pair does not have.
    expect(resources).toHaveLength(functions.length - 3);
    for (const resource of resources) expect(JSON.stringify(resource)).toMatch(/"Arn"\]\},":\*"\]/);
  });

  it('knows whose each bucket must be: the account of the stack, where the pair names none', () => {
    const boundsOf = (pair: Parameters<typeof templateOf>[0]) => {
      const machines = Object.values(
        templateOf(pair, { account: '123456789012' }).findResources('AWS::StepFunctions::StateMachine'),
      ) as Resource[];
      const machine = machines.find(({ Properties }) => Properties['StateMachineName'] === 's3-backfill-photos');
      const definition = JSON.parse(written(machine?.Properties['DefinitionString'])) as {
        States: { PrepareRun: { Arguments: { Payload: { pair: string } } } };
      };
      return deployedPair.parse(JSON.parse(definition.States.PrepareRun.Arguments.Payload.pair)).bounds;
    };
    expect(boundsOf({})).toEqual({
      source: { bucket: 'photos', account: '123456789012' },
      destination: { bucket: 'photos-replica', account: '123456789012' },
      inventory: {
        bucket: 'inventories',
        prefix: 'daily',
        configId: 'every-object',
        account: '123456789012',
        format: 'CSV',
        fields: [...USUAL_INVENTORY_FIELDS],
      },
      maxConcurrency: 50,
      reconcile: { maxInventoryAge: 3, maxDifference: 5, maxScannedBytes: 1_099_511_627_776 },
    });
    expect(boundsOf({ requestsPerSecond: 2_000 })).toMatchObject({ requestsPerSecond: 2_000 });
    const there = { bucket: 'photos', account: '999999999999', region: 'eu-west-1' };
    expect(boundsOf({ source: there })).toMatchObject({
      source: there,
      destination: { account: '123456789012' },
      // S3 delivers to the account and in the Region of the source.
      inventory: { account: '999999999999', region: 'eu-west-1' },
    });
  });

  it('logs every event without its data, which holds keys, and is traced', () => {
    template.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
  });

  it('starts the children of its Maps by a policy of its own', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Sid: 'StartChildren', Action: 'states:StartExecution' }),
          Match.objectLike({
            Sid: 'FollowChildren',
            Action: ['states:DescribeExecution', 'states:StopExecution'],
          }),
          Match.objectLike({ Sid: 'RedriveChildren', Action: 'states:RedriveExecution' }),
        ],
      },
    });
  });
});

describe('The roles of a pair', () => {
  it('trust Step Functions and Scheduler only where they act for this pair', () => {
    for (const service of ['states.amazonaws.com', 'scheduler.amazonaws.com'])
      template.hasResourceProperties('AWS::IAM::Role', {
        AssumeRolePolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Action: 'sts:AssumeRole',
              Principal: { Service: service },
              Condition: {
                StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
                ArnLike: { 'aws:SourceArn': Match.anyValue() },
              },
            },
          ],
        },
      });
  });

  it('hold no managed policy, and no action with a wildcard', () => {
    for (const { Properties } of all('AWS::IAM::Role')) expect(Properties).not.toHaveProperty('ManagedPolicyArns');
    for (const action of actions()) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
  });

  it('name * as a resource only for X-Ray and the delivery of logs', () => {
    const open = statements().filter(({ Resource }) => [Resource].flat().includes('*'));
    expect(new Set(open.flatMap(({ Action }) => Action).map((action) => action.split(':')[0]))).toEqual(
      new Set(['xray', 'logs']),
    );
  });
});

describe('The tables of a pair', () => {
  const reconciled = templateOf({
    destinationInventory: { bucket: 'inventories', prefix: 'copies', configId: 'all', format: 'Parquet' },
    reconcile: { maxScannedBytes: 50_000_000 },
  });
  const named = (template: typeof reconciled) =>
    (Object.values(template.findResources('AWS::Glue::Table')) as Resource[])
      .map(({ Properties }) => Properties['TableInput'] as { Name: string })
      .toSorted((a, b) => (a.Name < b.Name ? -1 : 1));

  it('are its inventories, views of both, and the reports of its runs; without an inventory of the destination two are not there', () => {
    expect(named(reconciled).map(({ Name }) => Name)).toEqual([
      'destination_objects',
      'inventory_destination',
      'inventory_source',
      'outcomes',
      'source_objects',
    ]);
    expect(named(template).map(({ Name }) => Name)).toEqual(['inventory_source', 'outcomes', 'source_objects']);
    reconciled.hasResourceProperties('AWS::Glue::Database', { DatabaseInput: { Name: 's3_backfill_photos' } });
  });

  it('have a partition for each delivery, where S3 leaves its symlinks, in the format that it has', () => {
    expect(named(reconciled)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          Name: 'inventory_source',
          PartitionKeys: [{ Name: 'dt', Type: 'string' }],
          Parameters: expect.objectContaining({
            'storage.location.template': 's3://inventories/daily/photos/every-object/hive/dt=${dt}/',
          }),
          StorageDescriptor: expect.objectContaining({
            SerdeInfo: expect.objectContaining({
              SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
            }),
          }),
        }),
        expect.objectContaining({
          Name: 'inventory_destination',
          Parameters: expect.objectContaining({
            'storage.location.template': 's3://inventories/copies/photos-replica/all/hive/dt=${dt}/',
          }),
          StorageDescriptor: expect.objectContaining({
            SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
          }),
        }),
      ]),
    );
  });

  it('are asked in a workgroup of their own, which bounds what a query scans and encrypts what it answers', () => {
    reconciled.hasResourceProperties('AWS::Athena::WorkGroup', {
      Name: 's3-backfill-photos',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: 50_000_000,
        ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_S3' } },
      },
    });
  });

  it('come with saved queries, each with what to fill in', () => {
    const queries = Object.values(reconciled.findResources('AWS::Athena::NamedQuery')) as Resource[];
    expect(queries.map(({ Properties }) => Properties['Name'] as string).toSorted()).toEqual([
      'evidence-by-storage-class',
      'failures-by-cause-and-prefix',
      'growth-by-day',
      'largest-unverified-objects',
      'only-at-the-destination',
    ]);
    expect(Object.keys(template.findResources('AWS::Athena::NamedQuery'))).toHaveLength(4);
    for (const { Properties } of queries) {
      expect(Properties).toMatchObject({ Database: 's3_backfill_photos', WorkGroup: 's3-backfill-photos' });
      expect(Properties['Description']).toMatch(/Put the (?:run|first|dt)/);
    }
  });
});

describe('The schedule of a pair', () => {
  it('starts the reconciliation every day, with the scheduled time in its input', () => {
    template.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 6 * * ? *)',
      ScheduleExpressionTimezone: 'Etc/UTC',
      State: 'ENABLED',
      Target: {
        Arn: { Ref: Match.stringLikeRegexp('ReconcileMachine') },
        Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
        DeadLetterConfig: { Arn: Match.anyValue() },
      },
    });
  });

  it('is what the pair says', () => {
    templateOf({ schedule: { expression: 'rate(12 hours)', timeZone: 'Europe/Berlin' } }).hasResourceProperties(
      'AWS::Scheduler::Schedule',
      { ScheduleExpression: 'rate(12 hours)', ScheduleExpressionTimezone: 'Europe/Berlin' },
    );
  });

  it('is made after its group, and deleted before it', () => {
    template.hasResource('AWS::Scheduler::Schedule', { DependsOn: [Match.stringLikeRegexp('ScheduleGroup')] });
  });

  it('keeps what could not be started for two weeks, encrypted', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      MessageRetentionPeriod: 1_209_600,
      SqsManagedSseEnabled: true,
    });
  });
});

describe('A key of a side', () => {
  it('may be used by the roles that read or write there, through S3 only', () => {
    const key = (id: number) => `arn:aws:kms:eu-central-1:123456789012:key/${id}`;
    const sealed = templateOf({
      source: { bucket: 'photos', kmsKeyArn: key(1) },
      destination: { bucket: 'photos-replica', kmsKeyArn: key(2) },
      inventory: { bucket: 'inventories', configId: 'all', kmsKeyArn: key(3) },
    });
    const used = (Object.values(sealed.findResources('AWS::IAM::Policy')) as Resource[]).flatMap(({ Properties }) =>
      (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement.filter(({ Resource }) =>
        JSON.stringify(Resource).includes(':kms:'),
      ).map(({ Action, Resource, Condition }) => ({ role: roleOf(Properties), Action, Resource, Condition })),
    );
    const Condition = { StringLike: { 'kms:ViaService': 's3.*' } };
    expect(
      used.toSorted((a, b) => `${a.role} ${String(a.Resource)}`.localeCompare(`${b.role} ${String(b.Resource)}`)),
    ).toEqual([
      { role: 'CopyChunk', Action: 'kms:Decrypt', Resource: key(1), Condition },
      { role: 'CopyChunk', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: key(2), Condition },
      { role: 'FindInventories', Action: 'kms:Decrypt', Resource: key(3), Condition },
      { role: 'IndexFile', Action: 'kms:Decrypt', Resource: key(3), Condition },
      { role: 'PrepareRun', Action: 'kms:Decrypt', Resource: key(1), Condition },
      { role: 'PrepareRun', Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: key(2), Condition },
      { role: 'PrepareRun', Action: 'kms:Decrypt', Resource: key(3), Condition },
      { role: 'StartQuery', Action: 'kms:Decrypt', Resource: key(3), Condition },
      { role: 'VerifyChunk', Action: 'kms:Decrypt', Resource: key(1), Condition },
      { role: 'VerifyChunk', Action: 'kms:Decrypt', Resource: key(2), Condition },
    ]);
  });
});

describe('The stack of a pair', () => {
  it('names no partition, so that it is deployed in any', () => {
    const text = JSON.stringify(template.toJSON());
    expect(text).not.toContain('arn:aws:');
    expect(text).not.toContain('arn:aws-');
  });

  it('leaves nothing of CDK behind in a string', () => {
    const odd = templateOf({
      source: { bucket: 'photos', prefix: '写真/a\u0001b*/' },
      inventory: { bucket: 'inventories', configId: 'a.b' },
    });
    expect(JSON.stringify(odd.toJSON())).not.toContain('Token[');
  });

  it('writes into policies only what IAM takes', () => {
    const odd = templateOf({ source: { bucket: 'photos', prefix: '写真/a\u0001b*/' } });
    const policies = JSON.stringify(odd.findResources('AWS::IAM::Policy'));
    expect(policies).toMatch(/^[\t\n\r\u0020-\u00FF]*$/u);
    expect(policies).toContain(':s3:::photos/*/a*b${*}/*');
  });

  it('names its dashboard by Region: dashboards are of an account', () => {
    templateOf({}, { region: 'eu-central-1' }).hasResourceProperties('AWS::CloudWatch::Dashboard', {
      DashboardName: 's3-backfill-photos-eu-central-1',
    });
  });

  it('makes no bucket but its own', () => {
    expect(all('AWS::S3::Bucket')).toHaveLength(1);
    expect(all('AWS::S3::BucketPolicy').map(({ Properties }) => Properties['Bucket'])).toEqual([
      { Ref: expect.stringContaining('WorkBucket') },
    ]);
  });
});

function statements(): { Action: string[]; Resource: unknown }[] {
  return all('AWS::IAM::Policy')
    .flatMap(
      ({ Properties }) =>
        (Properties['PolicyDocument'] as { Statement: { Action: string | string[]; Resource: unknown }[] }).Statement,
    )
    .map(({ Action, Resource }) => ({ Action: [Action].flat(), Resource }));
}

interface Statement {
  Action: string | string[];
  Resource: unknown;
  Condition?: object;
}

/** `CopyChunk` of `BackfillCopyChunkRoleDefaultPolicy124D8455`. */
function roleOf({ PolicyName }: Resource['Properties']): string {
  return /^Backfill(\w+)Role/.exec(PolicyName as string)?.[1] ?? '';
}

function actions(): string[] {
  return statements().flatMap(({ Action }) => Action);
}
