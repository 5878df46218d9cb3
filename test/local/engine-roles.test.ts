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

/** Makes a machine of one state; answers what CreateStateMachine does. */
async function create(state: object, roleArn = ROLE) {
  const name = `machine-${(machines += 1)}`;
  const definition = JSON.stringify({ QueryLanguage: 'JSONata', StartAt: 'Only', States: { Only: state } });
  return { name, ...(await engine.stepFunctions.handle('CreateStateMachine', { name, definition, roleArn })) };
}

/** Waits for an execution's end. */
async function ended(executionArn: string) {
  for (;;) {
    const { status, output, error, cause } = await ask<Record<string, string>>('DescribeExecution', { executionArn });
    if (status !== 'RUNNING') return { executionArn, status, output, error, cause };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function startMachine(state: object) {
  const { name, body } = await create(state);
  const { stateMachineArn } = body as { stateMachineArn: string };
  return { name, ...(await ask<{ executionArn: string }>('StartExecution', { stateMachineArn })) };
}

/** Runs a machine of one state to its end. */
async function run(state: object) {
  const { name, executionArn } = await startMachine(state);
  return { name, ...(await ended(executionArn)) };
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

describe('A Task that waits for an execution', () => {
  const CHILD_ROLE = 'arn:aws:iam::123456789012:role/child-role';
  const rule = 'arn:aws:events:us-east-1:123456789012:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';
  const madeRule = ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'].map((action) => [action, rule]);
  const start = (StateMachineArn: string, more: object = {}) => ({
    Type: 'Task',
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Arguments: { StateMachineArn, Name: 'child' },
    End: true,
    ...more,
  });
  const executionArn = (machine: string) => `arn:aws:states:us-east-1:123456789012:execution:${machine}:child`;

  /** A machine that is another role's, and ends at once. */
  const createChild = async () => (await create({ Type: 'Pass', End: true }, CHILD_ROLE)).name;
  /** One that waits for a function which does not answer. */
  const createHanging = async () =>
    (await create(task('worker', { Arguments: { FunctionName: 'worker', Payload: { do: 'hang' } } }))).name;
  const denial = (action: string, resource: string) =>
    expect.stringMatching(
      new RegExp(
        `^${USER} ${action} on resource: ${resource} because .* ` +
          String.raw`\(Service: AWSStepFunctions; Status Code: 400; Error Code: AccessDeniedException; Request ID: [0-9a-f-]{36}; Proxy: null\)$`,
      ),
    );

  it('makes the rule of its events with the machine, then starts the execution and describes it, all as its role', async () => {
    const child = await createChild();
    expect((await run(start(machineArn(child)))).status).toBe('SUCCEEDED');
    expect(calls()).toEqual([
      ...madeRule,
      ['states:StartExecution', machineArn(child)],
      ['states:DescribeExecution', executionArn(child)],
    ]);
    expect(new Set(told.map(([{ principal }]) => principal))).toEqual(new Set([ROLE]));
  });

  it('needs only to start it where it does not wait', async () => {
    const child = await createChild();
    await run(start(machineArn(child), { Resource: 'arn:aws:states:::states:startExecution' }));
    expect(calls()).toEqual([['states:StartExecution', machineArn(child)]]);
  });

  it('makes the rule wherever it is in the machine, and again when the machine is updated', async () => {
    const within = (name: string, state: object) => ({ StartAt: name, States: { [name]: state } });
    const { body } = await create({
      Type: 'Parallel',
      Branches: [within('Each', { Type: 'Map', Items: [1], ItemProcessor: within('Start', start('arn')), End: true })],
      End: true,
    });
    expect(calls()).toEqual(madeRule);
    const { stateMachineArn } = body as { stateMachineArn: string };
    await ask('UpdateStateMachine', { stateMachineArn, tracingConfiguration: { enabled: true } });
    expect(calls()).toEqual(madeRule);
    await ask('UpdateStateMachine', { stateMachineArn, roleArn: CHILD_ROLE });
    expect(told.slice(3).map(([{ principal, action }]) => [principal, action])).toEqual(
      madeRule.map(([action]) => [CHILD_ROLE, action]),
    );
  });

  it.each(madeRule.map(([action = '']) => action))('is no machine’s without %s', async (action) => {
    denied = [[action, rule]];
    const { name, status, body } = await create(start('arn'));
    expect({ status, body }).toEqual({
      status: 400,
      body: {
        __type: 'AccessDeniedException',
        message: `'${ROLE}' is not authorized to create managed-rule.`,
      },
    });
    await expect(ask('DescribeStateMachine', { stateMachineArn: machineArn(name) })).rejects.toThrow(
      'StateMachineDoesNotExist',
    );
  });

  it('fails where the role may not start the execution', async () => {
    const child = await createChild();
    denied = [['states:StartExecution']];
    expect(await run(start(machineArn(child)))).toMatchObject({
      error: 'StepFunctions.AWSStepFunctionsException',
      cause: denial('states:StartExecution', machineArn(child)),
    });
    expect(await ask('ListExecutions', { stateMachineArn: machineArn(child) })).toEqual({ executions: [] });
  });

  it('fails where the role may not describe it', async () => {
    const child = await createChild();
    denied = [['states:DescribeExecution']];
    expect(await run(start(machineArn(child)))).toMatchObject({
      error: 'StepFunctions.AWSStepFunctionsException',
      cause: denial('states:DescribeExecution', executionArn(child)),
    });
  });

  it('stops it as its role when it is over before; where the role may not, the execution goes on', async () => {
    const child = await createHanging();
    /** Starts a parent, and stops it once it waits. */
    const startAndStop = async () => {
      told = [];
      const parent = await startMachine(start(machineArn(child)));
      while (!told.some(([{ action }]) => action === 'states:StartExecution'))
        await new Promise((resolve) => setTimeout(resolve, 5));
      await ask('StopExecution', { executionArn: parent.executionArn });
      return told.at(-1);
    };
    const stop = { principal: ROLE, action: 'states:StopExecution', resource: executionArn(child) };
    denied = [['states:StopExecution']];
    expect(await startAndStop()).toMatchObject([stop, false]);
    expect(await ask('DescribeExecution', { executionArn: executionArn(child) })).toMatchObject({ status: 'RUNNING' });
    denied = [];
    // This one joins the execution that goes on.
    expect(await startAndStop()).toMatchObject([stop, true]);
    expect(await ended(executionArn(child))).toMatchObject({ status: 'ABORTED' });
  });
});
