import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../local/access/aws-call.js';
import { bundle } from '../../local/bundle.js';
import { skippingClock } from '../../local/clock.js';
import { startEngine } from '../../local/engine.js';
import type { Engine } from '../../local/engine.js';

const ROLE = 'arn:aws:iam::123456789012:role/states/machine-role';
const USER = 'User: arn:aws:sts::123456789012:assumed-role/machine-role/embedded is not authorized to perform:';
const worker = 'arn:aws:lambda:us-east-1:123456789012:function:worker';
const machineArn = (name: string) => `arn:aws:states:us-east-1:123456789012:stateMachine:${name}`;

/** By action, or by action and the end of the resource. */
let denied: [action: string, resource?: string][] = [];
let told: [call: AwsCall, allowed: boolean][] = [];
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({
    clock: skippingClock(),
    access: {
      permits: ({ action, resource }) => !denied.some(([name, end = '']) => name === action && resource.endsWith(end)),
      onCall: (call, allowed) => void told.push([call, allowed]),
    },
  });
  engine.s3.createBucket('work');
  engine.s3.putObject('work', 'items.jsonl', Buffer.from('{"n":1}\n{"n":2}\n'));
  const { obedient = '' } = await bundle({ obedient: 'test/local/lambda/obedient-function.ts' });
  engine.lambda.createFunction({ name: 'worker', bundle: obedient, environment: {}, timeoutMs: 5000, memoryMb: 256 });
  engine.lambda.publishVersion('worker');
});
afterAll(() => engine.close());
beforeEach(() => {
  denied = [];
  told = [];
});

const task = (FunctionName: string, more: object = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName, Payload: '{% $states.input %}' },
  Output: '{% $states.result.ExecutedVersion %}',
  End: true,
  ...more,
});

/** Items from a file, results into files. */
const map = (more: object = {}) => ({
  Type: 'Map',
  Label: 'All',
  ItemReader: {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: { InputType: 'JSONL' },
    Arguments: { Bucket: 'work', Key: 'items.jsonl' },
  },
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
    StartAt: 'Child',
    States: { Child: task(`${worker}:1`) },
  },
  ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: 'work', Prefix: 'results' } },
  End: true,
  ...more,
});

async function ask<Answer>(action: string, input: object): Promise<Answer> {
  const { status, body } = await engine.stepFunctions.handle(action, input);
  if (status !== 200) throw new Error(`${action}: ${JSON.stringify(body)}`);
  return body as Answer;
}

let machines = 0;

/** Runs a machine of one state to its end. */
async function run(state: object) {
  const name = `machine-${(machines += 1)}`;
  const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Only', States: { Only: state } });
  const { stateMachineArn } = await ask<{ stateMachineArn: string }>('CreateStateMachine', {
    name,
    definition,
    roleArn: ROLE,
  });
  const { executionArn } = await ask<{ executionArn: string }>('StartExecution', { stateMachineArn });
  for (;;) {
    const { status, output, error, cause } = await ask<Record<string, string>>('DescribeExecution', { executionArn });
    if (status !== 'RUNNING') return { name, executionArn, status, output, error, cause };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Without the ids of Map Runs. */
const calls = () => told.map(([{ action, resource }]) => [action, resource.replace(/results\/[^/]+/, 'results/<id>')]);

describe('What a state machine does, it does as its role', () => {
  it('invokes a function, or a version of it, for each attempt of a Task', async () => {
    expect(await run(task(`${worker}:1`))).toMatchObject({ status: 'SUCCEEDED', output: '"1"' });
    expect(told).toEqual([
      [
        {
          principal: ROLE,
          action: 'lambda:InvokeFunction',
          resource: `${worker}:1`,
          context: { 'aws:ResourceAccount': '123456789012' },
        },
        true,
      ],
    ]);
    told = [];
    const Retry = [{ ErrorEquals: ['OutOfCheese'], MaxAttempts: 2 }];
    const Arguments = { FunctionName: 'worker', Payload: { do: 'throw' } };
    expect(await run(task('worker', { Arguments, Retry }))).toMatchObject({ error: 'OutOfCheese' });
    const attempt = ['lambda:InvokeFunction', worker];
    expect(calls()).toEqual([attempt, attempt, attempt]);
  });

  it('starts a Map Run once, reads its items, writes its results, and invokes what its children invoke', async () => {
    const { name, status } = await run(map());
    expect(status).toBe('SUCCEEDED');
    expect(calls()).toEqual([
      ['states:StartExecution', machineArn(name)],
      ['s3:PutObject', 'arn:aws:s3:::work/results/<id>/manifest.json'],
      ['s3:GetObject', 'arn:aws:s3:::work/items.jsonl'],
      ['lambda:InvokeFunction', `${worker}:1`],
      ['lambda:InvokeFunction', `${worker}:1`],
      ['s3:PutObject', 'arn:aws:s3:::work/results/<id>/SUCCEEDED_0.json'],
      ['s3:PutObject', 'arn:aws:s3:::work/results/<id>/manifest.json'],
    ]);
    expect(new Set(told.map(([{ principal }]) => principal))).toEqual(new Set([ROLE]));
  });
});

describe('What the role of a state machine may not', () => {
  it('fails a Task with Lambda.AWSLambdaException', async () => {
    denied = [['lambda:InvokeFunction']];
    const { status, error, cause } = await run(task(`${worker}:1`));
    expect([status, error]).toEqual(['FAILED', 'Lambda.AWSLambdaException']);
    expect(cause).toMatch(
      new RegExp(
        `^${USER} lambda:InvokeFunction on resource: ${worker}:1 because no identity-based policy allows the lambda:InvokeFunction action ` +
          String.raw`\(Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException; Request ID: [0-9a-f-]{36}; Proxy: null\)$`,
      ),
    );
  });

  it('may be tried again, like what any error fails', async () => {
    denied = [['lambda:InvokeFunction', ':1']];
    const Retry = [{ ErrorEquals: ['Lambda.AWSLambdaException'], MaxAttempts: 1 }];
    await run(task(`${worker}:1`, { Retry }));
    expect(told.map(([, allowed]) => allowed)).toEqual([false, false]);
  });

  it('fails a Map with States.ItemReaderFailed where the items may not be read', async () => {
    denied = [['s3:GetObject']];
    expect(await run(map())).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: `${USER} s3:GetObject on resource: "arn:aws:s3:::work/items.jsonl" because no identity-based policy allows the s3:GetObject action`,
    });
    expect(calls()).not.toContainEqual(['lambda:InvokeFunction', `${worker}:1`]);
  });

  it('hides whether the items are missing where the bucket may not be listed', async () => {
    denied = [['s3:ListBucket']];
    const Arguments = { Bucket: 'work', Key: 'missing' };
    const ItemReader = { ...map().ItemReader, Arguments };
    expect(await run(map({ ItemReader }))).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: expect.stringContaining('s3:ListBucket on resource: "arn:aws:s3:::work"'),
    });
    denied = [];
    expect(await run(map({ ItemReader }))).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: 'The specified key does not exist: s3://work/missing',
    });
  });

  it('fails a Map with States.ResultWriterFailed before a child runs', async () => {
    denied = [['s3:PutObject', 'manifest.json']];
    const { error, cause } = await run(map());
    expect(error).toBe('States.ResultWriterFailed');
    expect(cause).toMatch(
      /^An error occurred while executing the state 'Only' \(entered at the event id #2\)\. Failed to write a test manifest into the specified output bucket\. Access denied\. .* \| Message from S3: User: arn:aws:sts::.* is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::work\/results\/[0-9a-f-]+\/manifest\.json" because .* \(Service: S3, Status Code: 403, Request ID: [0-9A-F]{16}\)$/,
    );
    expect(calls()).not.toContainEqual(['lambda:InvokeFunction', `${worker}:1`]);
  });

  it('fails a Map with States.ResultWriterFailed where only its results may not be written', async () => {
    denied = [['s3:PutObject', 'SUCCEEDED_0.json']];
    expect(await run(map())).toMatchObject({
      error: 'States.ResultWriterFailed',
      cause: expect.stringContaining(`${USER} s3:PutObject on resource: "arn:aws:s3:::work/results/`),
    });
  });

  it('fails a Map where the key of KMS may not be used that its items lie under, or its results would', async () => {
    const arn = engine.s3.kms.add();
    engine.s3.createBucket('sealed');
    engine.s3.setBucketEncryption('sealed', { kind: 'SSE-KMS', keyArn: arn });
    engine.s3.putObject('sealed', 'items.jsonl', Buffer.from('{"n":1}\n'));
    const ItemReader = { ...map().ItemReader, Arguments: { Bucket: 'sealed', Key: 'items.jsonl' } };
    const ResultWriter = { ...map().ResultWriter, Arguments: { Bucket: 'sealed', Prefix: 'results' } };
    await run(map({ ItemReader, ResultWriter }));
    expect(new Set(calls().flatMap(([action, resource]) => (resource === arn ? [action] : [])))).toEqual(
      new Set(['kms:GenerateDataKey', 'kms:Decrypt']),
    );
    denied = [['kms:Decrypt'], ['kms:GenerateDataKey']];
    expect(await run(map({ ItemReader }))).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: `${USER} kms:Decrypt on resource: ${arn} because no identity-based policy allows the kms:Decrypt action`,
    });
    expect(await run(map({ ResultWriter }))).toMatchObject({
      error: 'States.ResultWriterFailed',
      cause: expect.stringContaining(`${USER} kms:GenerateDataKey on resource: ${arn}`),
    });
  });

  it('fails a Map where the machine may not start executions of itself: there is no Map Run then', async () => {
    denied = [['states:StartExecution']];
    const { name, executionArn, error, cause } = await run(map());
    expect(error).toBe('StepFunctions.AWSStepFunctionsException');
    expect(cause).toContain(`${USER} states:StartExecution on resource: ${machineArn(name)} because`);
    expect(calls()).toEqual([['states:StartExecution', machineArn(name)]]);
    expect(await ask('ListMapRuns', { executionArn })).toEqual({ mapRuns: [] });
  });
});
