import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  TagResourceCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { failureTableDefinition } from '../../contracts/failure.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import { bundle } from '../../local/bundle.js';
import { startEngine } from '../../local/engine.js';
import type { Engine } from '../../local/engine.js';

const ROLE = 'arn:aws:iam::123456789012:role/worker';
const USER = 'User: arn:aws:sts::123456789012:assumed-role/worker/embedded is not authorized to perform:';
const key = { accessKeyId: 'worker-key', secretAccessKey: 'worker-secret' };
const machine = 'arn:aws:states:us-east-1:123456789012:stateMachine:passes';
const execution = 'arn:aws:states:us-east-1:123456789012:execution:passes:one';
const mapRun = 'arn:aws:states:us-east-1:123456789012:mapRun:passes/All:0c0c0c0c';
const table = 'arn:aws:dynamodb:us-east-1:123456789012:table/failures';
const lambda = 'arn:aws:lambda:us-east-1:123456789012:function:obedient';

const denied = new Set<string>();
const told: [call: AwsCall, allowed: boolean][] = [];
let engine: Engine;
let clients: ReturnType<typeof clientsOf>;

beforeAll(async () => {
  engine = await startEngine({
    access: {
      permits: ({ action }) => !denied.has(action),
      onCall: (call, allowed) => void told.push([call, allowed]),
    },
  });
  // Whoever comes later is served too.
  engine.identities.add({ ...key, principalArn: ROLE });
  clients = clientsOf(key);
  await engine.dynamodb.createTable(failureTableDefinition('failures'));
  const { obedient = '' } = await bundle({ obedient: 'test/local/lambda/obedient-function.ts' });
  engine.lambda.createFunction({ name: 'obedient', bundle: obedient, environment: {}, timeoutMs: 5000, memoryMb: 256 });
  engine.lambda.publishVersion('obedient');
});
afterAll(async () => {
  clients.close();
  await engine.close();
});
beforeEach(() => {
  denied.clear();
  told.length = 0;
});

function clientsOf(credentials: typeof key) {
  const settings = { endpoint: engine.endpoint, region: engine.region, credentials, maxAttempts: 1 };
  const all = {
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    sfn: new SFNClient(settings),
    dynamodb: new DynamoDBClient(settings),
    lambda: new LambdaClient(settings),
  };
  const close = () => {
    for (const client of Object.values(all)) client.destroy();
  };
  return { ...all, close };
}

const calls = () => told.map(([{ action, resource }]) => [action, resource]);
const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );

describe('An identity', () => {
  it('is whom its calls are recorded of, by every service', async () => {
    await clients.s3.send(new ListBucketsCommand({}));
    await clients.sfn.send(new ListStateMachinesCommand({}));
    await clients.dynamodb.send(new ListTablesCommand({}));
    await clients.lambda.send(new InvokeCommand({ FunctionName: 'obedient' }));
    expect(new Set(told.map(([{ principal }, allowed]) => `${principal} ${allowed}`))).toEqual(
      new Set([`${ROLE} true`]),
    );
    expect(calls()).toEqual([
      ['s3:ListAllMyBuckets', '*'],
      ['states:ListStateMachines', '*'],
      ['dynamodb:ListTables', '*'],
      ['lambda:InvokeFunction', lambda],
    ]);
  });

  it('is not taken twice, nor without somebody behind it', () => {
    expect(() => engine.identities.add({ ...key, principalArn: ROLE })).toThrow(/worker-key is known already/);
    const other = { ...key, accessKeyId: 'other-key' };
    expect(() => engine.identities.add({ ...other, principalArn: 'worker' })).toThrow(/Expected the ARN of a user/);
  });

  it('does not get in with another one’s secret', async () => {
    const stranger = clientsOf({ ...key, secretAccessKey: 'guess' });
    expect(await refusal(stranger.s3.send(new ListBucketsCommand({})))).toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
    expect(await refusal(stranger.sfn.send(new ListStateMachinesCommand({})))).toMatchObject({
      name: 'InvalidSignatureException',
    });
    expect(told).toEqual([]);
    stranger.close();
  });

  it('may do less than the account’s root, who is never denied', async () => {
    for (const action of ['s3:ListAllMyBuckets', 'states:ListStateMachines', 'dynamodb:ListTables']) denied.add(action);
    const root = clientsOf(engine.credentials);
    await root.s3.send(new ListBucketsCommand({}));
    await root.sfn.send(new ListStateMachinesCommand({}));
    await root.dynamodb.send(new ListTablesCommand({}));
    const principal = 'arn:aws:iam::123456789012:root';
    const allowed = [expect.objectContaining({ principal }), true];
    expect(told).toEqual([allowed, allowed, allowed]);
    root.close();
  });
});

describe('A call that is denied, in the service’s words', () => {
  it('DynamoDB', async () => {
    denied.add('dynamodb:Scan');
    const error = await refusal(
      clients.dynamodb.send(new ScanCommand({ TableName: 'failures', IndexName: 'byCause' })),
    );
    expect(error).toMatchObject({
      name: 'AccessDeniedException',
      message: `${USER} dynamodb:Scan on resource: ${table}/index/byCause because no identity-based policy allows the dynamodb:Scan action`,
      $metadata: { httpStatusCode: 400 },
    });
    expect(told).toEqual([[expect.objectContaining({ action: 'dynamodb:Scan' }), false]]);
  });

  it('Step Functions', async () => {
    denied.add('states:StartExecution').add('states:ListStateMachines');
    expect(await refusal(clients.sfn.send(new StartExecutionCommand({ stateMachineArn: machine })))).toMatchObject({
      name: 'AccessDeniedException',
      message: `${USER} states:StartExecution on resource: ${machine} because no identity-based policy allows the states:StartExecution action`,
      $metadata: { httpStatusCode: 400 },
    });
    expect(await refusal(clients.sfn.send(new ListStateMachinesCommand({})))).toMatchObject({
      message: expect.stringContaining('on resource: arn:aws:states:us-east-1:123456789012:stateMachine:* because'),
    });
  });

  it.each(['RequestResponse', 'DryRun'] as const)('Lambda, %s', async (InvocationType) => {
    denied.add('lambda:InvokeFunction');
    const asked = new InvokeCommand({ FunctionName: 'obedient', InvocationType });
    expect(await refusal(clients.lambda.send(asked))).toMatchObject({
      name: 'AccessDeniedException',
      message: `${USER} lambda:InvokeFunction on resource: ${lambda} because no identity-based policy allows the lambda:InvokeFunction action`,
      $metadata: { httpStatusCode: 403 },
    });
  });
});

describe('A request to DynamoDB is recorded by what it does', () => {
  const TableName = 'failures';
  const Key = { pk: { S: 'a' }, sk: { S: 'b' } };
  const query = {
    TableName,
    KeyConditionExpression: 'runCause = :cause',
    ExpressionAttributeValues: { ':cause': { S: 'x' } },
  };

  it('an item, a query of an index, a scan of the table', async () => {
    const { dynamodb } = clients;
    await dynamodb.send(new PutItemCommand({ TableName, Item: Key, ReturnValues: 'ALL_OLD' }));
    await dynamodb.send(new QueryCommand({ ...query, IndexName: 'byCause' }));
    await dynamodb.send(new ScanCommand({ TableName }));
    expect(calls()).toEqual([
      ['dynamodb:PutItem', table],
      ['dynamodb:Query', `${table}/index/byCause`],
      ['dynamodb:Scan', table],
    ]);
    expect(told[0]?.[0].context).toEqual({ 'aws:ResourceAccount': '123456789012', 'dynamodb:ReturnValues': 'ALL_OLD' });
  });

  it('each table of a batch', async () => {
    const { dynamodb } = clients;
    await engine.dynamodb.createTable(failureTableDefinition('others'));
    const PutRequest = { Item: Key };
    await dynamodb.send(
      new BatchWriteItemCommand({ RequestItems: { failures: [{ PutRequest }], others: [{ PutRequest }] } }),
    );
    await dynamodb.send(new BatchGetItemCommand({ RequestItems: { failures: { Keys: [Key] } } }));
    expect(calls()).toEqual([
      ['dynamodb:BatchWriteItem', table],
      ['dynamodb:BatchWriteItem', table.replace('failures', 'others')],
      ['dynamodb:BatchGetItem', table],
    ]);
  });

  it('a table with tags', async () => {
    const definition = { ...failureTableDefinition('tagged'), Tags: [{ Key: 'a', Value: 'b' }] };
    await refusal(clients.dynamodb.send(new CreateTableCommand(definition)));
    const made = table.replace('failures', 'tagged');
    expect(calls()).toEqual([
      ['dynamodb:CreateTable', made],
      ['dynamodb:TagResource', made],
    ]);
  });

  it('nothing where the engine cannot read it', async () => {
    expect(await refusal(clients.dynamodb.send(new ScanCommand({ TableName: undefined })))).toMatchObject({
      name: 'ValidationException',
    });
    expect(calls()).toEqual([]);
  });
});

describe('A request to Step Functions is recorded by what it does', () => {
  const definition = JSON.stringify({
    QueryLanguage: 'JSONata',
    StartAt: 'Pass',
    States: { Pass: { Type: 'Pass', End: true } },
  });
  const roleArn = 'arn:aws:iam::123456789012:role/states';

  it('making a machine passes its role, and tags it', async () => {
    const tags = [{ key: 'a', value: 'b' }];
    await clients.sfn.send(new CreateStateMachineCommand({ name: 'passes', roleArn, definition, tags }));
    expect(calls()).toEqual([
      ['states:CreateStateMachine', machine],
      ['iam:PassRole', roleArn],
      ['states:TagResource', machine],
    ]);
    expect(told[1]?.[0].context).toMatchObject({ 'iam:PassedToService': 'states.amazonaws.com' });
  });

  it('so does giving it another role', async () => {
    await clients.sfn.send(new UpdateStateMachineCommand({ stateMachineArn: machine, roleArn }));
    expect(calls()).toEqual([
      ['states:UpdateStateMachine', machine],
      ['iam:PassRole', roleArn],
    ]);
  });

  it.each([
    ['states:StartExecution', machine, new StartExecutionCommand({ stateMachineArn: machine, name: 'one' })],
    ['states:DescribeExecution', execution, new DescribeExecutionCommand({ executionArn: execution })],
    ['states:GetExecutionHistory', execution, new GetExecutionHistoryCommand({ executionArn: execution })],
    ['states:StopExecution', execution, new StopExecutionCommand({ executionArn: execution })],
    ['states:ListMapRuns', execution, new ListMapRunsCommand({ executionArn: execution })],
    ['states:DescribeMapRun', mapRun, new DescribeMapRunCommand({ mapRunArn: mapRun })],
    ['states:ListExecutions', machine, new ListExecutionsCommand({ stateMachineArn: machine })],
    ['states:ListExecutions', mapRun, new ListExecutionsCommand({ mapRunArn: mapRun })],
    ['states:TagResource', machine, new TagResourceCommand({ resourceArn: machine, tags: [] })],
  ])('%s %s', async (action, resource, command) => {
    await clients.sfn.send(command as never).catch(() => {});
    expect(calls()).toEqual([[action, resource]]);
  });
});

describe('An Invoke is recorded with the version that it names', () => {
  it.each([
    [{ FunctionName: 'obedient' }, lambda],
    [{ FunctionName: lambda }, lambda],
    [{ FunctionName: 'obedient:1' }, `${lambda}:1`],
    [{ FunctionName: 'obedient', Qualifier: '1' }, `${lambda}:1`],
    [{ FunctionName: `${lambda}:$LATEST` }, `${lambda}:$LATEST`],
  ])('%j', async (input, resource) => {
    await clients.lambda.send(new InvokeCommand({ ...input, InvocationType: 'DryRun' }));
    expect(calls()).toEqual([['lambda:InvokeFunction', resource]]);
  });
});
