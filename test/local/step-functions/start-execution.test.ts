import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  StopExecutionCommand,
  ValidateStateMachineDefinitionCommand,
} from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from './support/manual-clock.js';
import { machine, outline, task, useStepFunctions } from './support/service.js';

const workClock = new ManualClock();
const under = useStepFunctions({ workClock });

beforeEach(() => under().functions.clear());

const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const succeeding = machine({ Answer: { Type: 'Pass', Output: { Arg1: 'argument1' }, End: true } });
const failing = (more: object = {}) =>
  machine({ Fail: { Type: 'Fail', Error: 'Boom', Cause: 'custom cause', ...more } });

/** Runs an execution of a machine and waits for its end. @param given further Arguments */
function startTask(StateMachineArn: string, more: object = {}, given: object = {}): object {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Arguments: { StateMachineArn, ...given },
    End: true,
    ...more,
  };
}

/** Runs a parent of a child of this definition. */
async function runParent(child: object | string, more: object = {}, given: object = {}) {
  const childMachine = typeof child === 'string' ? child : await under().createMachine(child);
  const ended = await under().run(machine({ Start: startTask(childMachine, more, given) }));
  return { ...ended, childMachine };
}

const executionsOf = async (stateMachineArn: string) =>
  (await under().client.send(new ListExecutionsCommand({ stateMachineArn }))).executions ?? [];

/** The only execution of a machine. */
async function childOf(stateMachineArn: string) {
  const executions = await executionsOf(stateMachineArn);
  expect(executions).toHaveLength(1);
  return executions[0]?.executionArn as string;
}

describe('A Task that runs an execution of another machine', () => {
  it('is in the history as scheduled, started, submitted and succeeded', async () => {
    const more = { TimeoutSeconds: 60, HeartbeatSeconds: 30 };
    const { events, status, childMachine } = await runParent(succeeding, more, { Name: 'child-1', Input: { a: 1 } });
    expect(status).toBe('SUCCEEDED');
    expect(outline(events)).toEqual([
      '1 0 ExecutionStarted',
      '2 0 TaskStateEntered',
      '3 2 TaskScheduled',
      '4 3 TaskStarted',
      '5 4 TaskSubmitted',
      '6 5 TaskSucceeded',
      '7 6 TaskStateExited',
      '8 7 ExecutionSucceeded',
    ]);
    const service = { resource: 'startExecution.sync:2', resourceType: 'states' };
    expect(events[2]?.taskScheduledEventDetails).toEqual({
      heartbeatInSeconds: 30,
      parameters: JSON.stringify({ StateMachineArn: childMachine, Name: 'child-1', Input: { a: 1 } }),
      region: 'eu-west-1',
      ...service,
      timeoutInSeconds: 60,
    });
    expect(events[3]?.taskStartedEventDetails).toEqual(service);
    const { output, ...submitted } = events[4]?.taskSubmittedEventDetails ?? {};
    expect(submitted).toEqual({ outputDetails: { truncated: false }, ...service });
    const requestId = expect.stringMatching(uuidPattern);
    const headers = {
      connection: 'keep-alive',
      'Content-Length': expect.stringMatching(/^\d+$/),
      'Content-Type': 'application/x-amz-json-1.0',
      Date: expect.stringMatching(/ GMT$/),
      'x-amzn-RequestId': requestId,
    };
    expect(JSON.parse(output ?? '')).toEqual({
      ExecutionArn: `${childMachine.replace('stateMachine', 'execution')}:child-1`,
      SdkHttpMetadata: {
        AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
        HttpHeaders: headers,
        HttpStatusCode: 200,
      },
      SdkResponseMetadata: { RequestId: requestId },
      StartDate: expect.any(Number),
    });
    expect(events[5]?.taskSucceededEventDetails).toMatchObject({ outputDetails: { truncated: false }, ...service });
  });

  it('results in the description of the execution, its input and output as JSON, in the order that AWS writes', async () => {
    const { output, childMachine } = await runParent(succeeding, {}, { Name: 'child-2', Input: { a: 1 } });
    const executionArn = `${childMachine.replace('stateMachine', 'execution')}:child-2`;
    const { startDate, stopDate } = await under().client.send(new DescribeExecutionCommand({ executionArn }));
    expect(output).toBe(
      JSON.stringify({
        ExecutionArn: executionArn,
        Input: { a: 1 },
        InputDetails: { Included: true },
        Name: 'child-2',
        Output: { Arg1: 'argument1' },
        OutputDetails: { Included: true },
        RedriveCount: 0,
        RedriveStatus: 'NOT_REDRIVABLE',
        RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
        StartDate: startDate?.getTime(),
        StateMachineArn: childMachine,
        Status: 'SUCCEEDED',
        StopDate: stopDate?.getTime(),
      }),
    );
  });

  it('has them as JSON text by startExecution.sync', async () => {
    const { value } = await runParent(succeeding, { Resource: 'arn:aws:states:::states:startExecution.sync' });
    expect(value).toMatchObject({ Input: '{}', Output: '{"Arg1":"argument1"}', Status: 'SUCCEEDED' });
  });

  it('does not wait by startExecution, and has its answer as its result', async () => {
    under().functions.set('never', () => new Promise(() => {}));
    const { events, value, childMachine } = await runParent(machine({ Call: task('never') }), {
      Resource: 'arn:aws:states:::states:startExecution',
    });
    expect(outline(events).slice(2)).toEqual([
      '3 2 TaskScheduled',
      '4 3 TaskStarted',
      '5 4 TaskSucceeded',
      '6 5 TaskStateExited',
      '7 6 ExecutionSucceeded',
    ]);
    const executionArn = await childOf(childMachine);
    expect(value).toMatchObject({ ExecutionArn: executionArn, SdkHttpMetadata: { HttpStatusCode: 200 } });
    const { status } = await under().client.send(new DescribeExecutionCommand({ executionArn }));
    expect(status).toBe('RUNNING');
  });

  it('names the execution by a UUID where it has no Name; the machine lists it', async () => {
    const { value, childMachine } = await runParent(succeeding);
    const { Name, ExecutionArn } = value as { Name: string; ExecutionArn: string };
    expect(Name).toMatch(uuidPattern);
    expect(await executionsOf(childMachine)).toMatchObject([
      { executionArn: ExecutionArn, name: Name, status: 'SUCCEEDED', stateMachineArn: childMachine },
    ]);
  });

  it.each<[string, object, unknown]>([
    ['an object', { Input: { a: [1, null] } }, { a: [1, null] }],
    ['a number', { Input: 7 }, 7],
    ['JSON text', { Input: '{"text":true}' }, { text: true }],
    ['an expression', { Input: "{% {'from': $states.context.Execution.Name} %}" }, { from: expect.any(String) }],
    ['null, which counts as none', { Input: null }, {}],
    ['none', {}, {}],
  ])('hands %s over as the input', async (_what, given, input) => {
    const { value } = await runParent(machine({ Echo: { Type: 'Pass', End: true } }), {}, given);
    expect(value).toMatchObject({ Input: input, Output: input });
  });

  it('joins an execution of the same name and input that is running', async () => {
    const child = await under().createMachine(machine({ Call: task('slow') }));
    let answer = (_value: string) => {};
    under().functions.set('slow', () => new Promise((resolve) => (answer = resolve)));
    const parent = machine({ Start: startTask(child, {}, { Name: 'shared' }) });
    const [first, second] = [await under().start(parent), await under().start(parent)];
    answer('once');
    for (const arn of [first, second])
      expect((await under().finished(arn)).value).toMatchObject({ Name: 'shared', Output: 'once' });
    expect(await executionsOf(child)).toHaveLength(1);
  });

  it('may start its own machine again', async () => {
    const count = machine({
      More: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.left > 0 %}', Next: 'Again' }],
        Default: 'Done',
      },
      Again: startTask(
        '{% $states.context.StateMachine.Id %}',
        { Output: "{% $states.result.Output & '!' %}" },
        { Input: "{% {'left': $states.input.left - 1} %}" },
      ),
      Done: { Type: 'Succeed', Output: 'done' },
    });
    expect((await under().run(count, { left: 3 })).value).toBe('done!!!');
  });

  it('runs in each iteration of a Map, and in the children of a distributed one', async () => {
    const child = await under().createMachine(
      machine({ Double: { Type: 'Pass', Output: '{% $states.input * 2 %}', End: true } }),
    );
    const start = startTask(child, { Output: '{% $states.result.Output %}' }, { Input: '{% $states.input %}' });
    const doubled = async (ProcessorConfig: object) =>
      (
        await under().run(
          machine({
            Each: {
              Type: 'Map',
              Items: [1, 2, 3],
              ItemProcessor: { ProcessorConfig, StartAt: 'Start', States: { Start: start } },
              End: true,
            },
          }),
        )
      ).value;
    expect(await doubled({ Mode: 'INLINE' })).toEqual([2, 4, 6]);
    expect(await doubled({ Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' })).toEqual([2, 4, 6]);
  });
});

describe('An execution that a Task waits for and that does not succeed', () => {
  const resources = ['startExecution.sync', 'startExecution.sync:2'];

  it.each(resources)('fails %s with States.TaskFailed, whose cause is its description', async (resource) => {
    const { status, error, cause, events, childMachine } = await runParent(
      failing(),
      { Resource: `arn:aws:states:::states:${resource}` },
      { Input: { k: 1 } },
    );
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.TaskFailed' });
    const executionArn = await childOf(childMachine);
    const child = await under().client.send(new DescribeExecutionCommand({ executionArn }));
    expect(cause).toBe(
      JSON.stringify({
        Cause: 'custom cause',
        Error: 'Boom',
        ExecutionArn: executionArn,
        Input: '{"k":1}',
        InputDetails: { Included: true },
        Name: child.name,
        RedriveCount: 0,
        RedriveStatus: 'REDRIVABLE',
        StartDate: child.startDate?.getTime(),
        StateMachineArn: childMachine,
        Status: 'FAILED',
        StopDate: child.stopDate?.getTime(),
      }),
    );
    expect(outline(events).slice(4)).toEqual(['5 4 TaskSubmitted', '6 5 TaskFailed', '7 6 ExecutionFailed']);
    expect(events[5]?.taskFailedEventDetails).toEqual({ cause, error, resource, resourceType: 'states' });
  });

  it('is described without an error where it ran out of time', async () => {
    const late = machine({ Wait: { Type: 'Wait', Seconds: 60, End: true } }, { TimeoutSeconds: 30 });
    const { error, cause } = await runParent(late);
    expect(error).toBe('States.TaskFailed');
    expect(JSON.parse(cause ?? '')).toMatchObject({ Status: 'TIMED_OUT', RedriveStatus: 'REDRIVABLE' });
    expect(JSON.parse(cause ?? '')).not.toHaveProperty('Error');
  });

  it('is described with the error and cause of whoever stopped it', async () => {
    under().functions.set('never', () => new Promise(() => {}));
    const child = await under().createMachine(machine({ Call: task('never') }));
    const parent = await under().start(machine({ Start: startTask(child) }));
    const executionArn = await childOf(child);
    await under().client.send(new StopExecutionCommand({ executionArn, error: 'ManualStop', cause: 'by hand' }));
    const { error, cause } = await under().finished(parent);
    expect(error).toBe('States.TaskFailed');
    expect(JSON.parse(cause ?? '')).toMatchObject({ Status: 'ABORTED', Error: 'ManualStop', Cause: 'by hand' });
  });

  it('is caught as States.TaskFailed, not by the name of its own error', async () => {
    const child = await under().createMachine(failing());
    const { value } = await under().run(
      machine({
        Start: startTask(child, {
          Catch: [
            { ErrorEquals: ['Boom'], Next: 'Wrong' },
            {
              ErrorEquals: ['States.TaskFailed'],
              Next: 'Right',
              Output: '{% $parse($states.errorOutput.Cause).Error %}',
            },
          ],
        }),
        Wrong: { Type: 'Succeed', Output: 'wrong' },
        Right: { Type: 'Succeed' },
      }),
    );
    expect(value).toBe('Boom');
  });

  it('is tried again as another execution', async () => {
    let calls = 0;
    under().functions.set('second', () => {
      calls += 1;
      if (calls === 1) throw new Error('not yet');
      return 'well';
    });
    const Retry = [{ ErrorEquals: ['States.TaskFailed'], MaxAttempts: 1 }];
    const { value, childMachine } = await runParent(machine({ Call: task('second') }), { Retry });
    expect(value).toMatchObject({ Output: 'well' });
    expect((await executionsOf(childMachine)).map(({ status }) => status)).toEqual(['SUCCEEDED', 'FAILED']);
  });
});

describe('What StartExecution refuses', () => {
  const cause = (message: string, code: string) =>
    new RegExp(
      `^${message.replaceAll(/[()]/g, String.raw`\$&`)} \\(Service: AWSStepFunctions; Status Code: 400; Error Code: ${code}; Request ID: [0-9a-f-]{36}; Proxy: null\\)$`,
    );
  const missing = 'arn:aws:states:eu-west-1:123456789012:stateMachine:missing';

  it.each([
    ['startExecution', 'TaskFailed', 'taskFailedEventDetails'],
    ['startExecution.sync', 'TaskSubmitFailed', 'taskSubmitFailedEventDetails'],
    ['startExecution.sync:2', 'TaskSubmitFailed', 'taskSubmitFailedEventDetails'],
  ] as const)('fails %s by %s, under the name of the SDK’s exception', async (resource, type, details) => {
    const ended = await runParent(missing, { Resource: `arn:aws:states:::states:${resource}` });
    expect(ended.error).toBe('StepFunctions.StateMachineDoesNotExistException');
    expect(ended.cause).toMatch(cause(`State Machine Does Not Exist: '${missing}'`, 'StateMachineDoesNotExist'));
    expect(outline(ended.events).slice(3)).toEqual(['4 3 TaskStarted', `5 4 ${type}`, '6 5 ExecutionFailed']);
    const { error, cause: why } = ended;
    expect(ended.events[4]?.[details]).toEqual({ error, cause: why, resource, resourceType: 'states' });
  });

  it('is a name that an execution had, or has with another input', async () => {
    const { childMachine } = await runParent(succeeding, {}, { Name: 'taken' });
    const again = await runParent(childMachine, {}, { Name: 'taken' });
    expect(again.error).toBe('StepFunctions.ExecutionAlreadyExistsException');
    const executionArn = `${childMachine.replace('stateMachine', 'execution')}:taken`;
    expect(again.cause).toMatch(cause(`Execution Already Exists: '${executionArn}'`, 'ExecutionAlreadyExists'));
  });

  it.each([
    ['InvalidExecutionInputException', { Input: 'no JSON' }],
    ['InvalidNameException', { Name: 'a name' }],
    ['ValidationException', { Name: 'n'.repeat(81) }],
    ['InvalidArnException', { StateMachineArn: 'a-machine' }],
  ])('is a StepFunctions.%s', async (name, given) => {
    const { error, childMachine } = await runParent(succeeding, {}, given);
    expect(error).toBe(`StepFunctions.${name}`);
    expect(await executionsOf(childMachine)).toEqual([]);
  });

  it('may be caught', async () => {
    const { value } = await under().run(
      machine({
        Start: startTask(missing, {
          Catch: [{ ErrorEquals: ['StepFunctions.StateMachineDoesNotExistException'], Next: 'Caught' }],
        }),
        Caught: { Type: 'Succeed', Output: 'caught' },
      }),
    );
    expect(value).toBe('caught');
  });
});

describe('A Task that is over before its execution', () => {
  /** Starts a parent whose child calls a function that never answers, and waits for that call. */
  async function startStuck(parent: (child: string) => object) {
    const child = await under().createMachine(machine({ Call: task('stuck') }));
    const called = new Promise<void>((resolve) => {
      under().functions.set('stuck', () => {
        resolve();
        return new Promise(() => {});
      });
    });
    const executionArn = await under().start(parent(child));
    await called;
    return { executionArn, childArn: await childOf(child) };
  }

  it('stops it when its own execution is stopped', async () => {
    const { executionArn, childArn } = await startStuck((child) => machine({ Start: startTask(child) }));
    await under().client.send(new StopExecutionCommand({ executionArn }));
    expect((await under().finished(executionArn)).status).toBe('ABORTED');
    const { status, error, cause } = await under().finished(childArn);
    expect({ status, error, cause }).toEqual({ status: 'ABORTED', error: undefined, cause: undefined });
  });

  it('stops the executions that its execution waits for as well', async () => {
    const { executionArn, childArn } = await startStuck((child) =>
      machine({
        Start: startTask('{% $states.context.StateMachine.Id %}', {
          Arguments: {
            StateMachineArn: `{% $states.input.deep = true ? '${child}' : $states.context.StateMachine.Id %}`,
            Input: { deep: true },
          },
        }),
      }),
    );
    await under().client.send(new StopExecutionCommand({ executionArn }));
    expect((await under().finished(childArn)).status).toBe('ABORTED');
  });

  it.each([
    ['TimeoutSeconds', 'States.Timeout'],
    ['HeartbeatSeconds', 'States.HeartbeatTimeout'],
  ])('stops it when its %s are over, and fails with States.Timeout', async (field, caught) => {
    const { executionArn, childArn } = await startStuck((child) =>
      machine({
        Start: startTask(child, {
          TimeoutSeconds: 600,
          [field]: 60,
          Catch: [{ ErrorEquals: [caught], Next: 'Caught', Output: '{% $states.errorOutput.Error %}' }],
        }),
        Caught: { Type: 'Succeed' },
      }),
    );
    await workClock.advance(60_000);
    const { value, events } = await under().finished(executionArn);
    expect(value).toBe('States.Timeout');
    expect(outline(events).slice(4, 6)).toEqual(['5 4 TaskSubmitted', '6 5 TaskTimedOut']);
    expect(events[5]?.taskTimedOutEventDetails).toEqual({
      error: 'States.Timeout',
      resource: 'startExecution.sync:2',
      resourceType: 'states',
    });
    expect((await under().finished(childArn)).status).toBe('ABORTED');
  });

  it('stops it when its own execution is out of time', async () => {
    const { executionArn, childArn } = await startStuck((child) =>
      machine({ Start: startTask(child) }, { TimeoutSeconds: 3_600 }),
    );
    await workClock.advance(3_600_000);
    expect((await under().finished(executionArn)).status).toBe('TIMED_OUT');
    expect((await under().finished(childArn)).status).toBe('ABORTED');
  });

  it('stops it when another branch of its Parallel fails', async () => {
    let fail = () => {};
    under().functions.set('fails', () => new Promise((_, reject) => (fail = () => reject(new Error('no')))));
    const { executionArn, childArn } = await startStuck((child) =>
      machine({
        Both: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'Start', States: { Start: startTask(child) } },
            { StartAt: 'Call', States: { Call: task('fails') } },
          ],
          End: true,
        },
      }),
    );
    fail();
    expect(await under().finished(executionArn)).toMatchObject({ status: 'FAILED', error: 'Error' });
    expect((await under().finished(childArn)).status).toBe('ABORTED');
  });
});

describe('The waits of an execution', () => {
  it('take no time of the Task that waits for it, where the clock skips them', async () => {
    const { status } = await runParent(machine({ Wait: { Type: 'Wait', Seconds: 3_600, End: true } }), {
      TimeoutSeconds: 60,
    });
    expect(status).toBe('SUCCEEDED');
  });
});

describe('256 KiB', () => {
  const output = (bytes: number) =>
    machine({ Make: { Type: 'Pass', Output: `{% $pad('', ${bytes - 2}, 'x') %}`, End: true } });

  it('is the limit of a description too, which holds the output whole', async () => {
    expect((await runParent(output(261_000))).status).toBe('SUCCEEDED');
    const { status, error, events } = await runParent(output(262_144));
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.DataLimitExceeded' });
    expect(events.map(({ type }) => type)).toContain('TaskSubmitted');
  });

  it('bounds the Arguments', async () => {
    const { error, childMachine } = await runParent(succeeding, {}, { Input: "{% $pad('', 262144, 'x') %}" });
    expect(error).toBe('States.DataLimitExceeded');
    expect(await executionsOf(childMachine)).toEqual([]);
  });
});

describe('Arguments of startExecution', () => {
  async function complaints(state: object): Promise<string[]> {
    const definition = JSON.stringify(machine({ A: state }));
    const { diagnostics = [] } = await under().client.send(new ValidateStateMachineDefinitionCommand({ definition }));
    return diagnostics.map(({ code, message, location }) => `${code}: ${message} at ${location}`);
  }
  const resource = 'arn:aws:states:::states:startExecution.sync:2';

  it('name a machine', async () => {
    expect(await complaints(startTask('', { Arguments: { Input: {} } }))).toEqual([
      "SCHEMA_VALIDATION_FAILED: The field 'StateMachineArn' is required but was missing at /States/A/Arguments",
    ]);
    expect(await complaints({ Type: 'Task', Resource: resource, End: true })).toEqual([
      `SCHEMA_VALIDATION_FAILED: Arguments field is required for resource ARN: ${resource} at /States/A/Resource`,
    ]);
  });

  it.each(['TraceHeader', 'constructor'])('know no %s', async (name) => {
    expect(await complaints(startTask('arn', {}, { [name]: 'Root=1' }))).toEqual([
      `SCHEMA_VALIDATION_FAILED: The field '${name}' is not supported by Step Functions at /States/A/Arguments`,
    ]);
  });

  it('are checked again when the task starts, where an expression makes them', async () => {
    const { error, cause } = await runParent(succeeding, { Arguments: "{% {'Name': 1, 'TraceHeader': ''} %}" });
    expect(error).toBe('States.Runtime');
    expect(cause).toBe(
      "An error occurred while executing the state 'Start' (entered at the event id #2). " +
        `The Parameters '{"Name":1,"TraceHeader":""}' could not be used to start the Task: ` +
        "[The field 'TraceHeader' is not supported by Step Functions, " +
        "The field 'StateMachineArn' is required but was missing, The value of the field 'Name' has an invalid format]",
    );
  });
});
