import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from './support/manual-clock.js';
import { LambdaFault, machine, outline, RawAnswer, task, useStepFunctions } from './support/service.js';

const workClock = new ManualClock();
const under = useStepFunctions({ workClock });

beforeEach(() => under().functions.clear());

/** Calls the function once and answers how the execution ended. */
async function call(run: (event: never) => unknown, more: object = {}, input: unknown = {}) {
  under().functions.set('fn', run);
  return under().run(machine({ Call: task('fn', more) }), input);
}

describe('A Task that invokes a Lambda function', () => {
  it('hands over the Payload and wraps what the function answers', async () => {
    const { value } = await call(
      (event: { n: number }) => ({ doubled: event.n * 2 }),
      { Output: '{% $states.result %}' },
      {
        n: 21,
      },
    );
    expect(value).toEqual({
      ExecutedVersion: '$LATEST',
      Payload: { doubled: 42 },
      SdkHttpMetadata: {
        AllHttpHeaders: expect.objectContaining({ 'X-Amz-Executed-Version': ['$LATEST'] }),
        HttpHeaders: expect.objectContaining({ 'Content-Type': 'application/json' }),
        HttpStatusCode: 200,
      },
      SdkResponseMetadata: { RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      StatusCode: 200,
    });
  });

  it('is in the history as scheduled, started and succeeded', async () => {
    const { events } = await call(() => 'done', { TimeoutSeconds: 30, HeartbeatSeconds: 20 }, { a: 1 });
    expect(outline(events)).toEqual([
      '1 0 ExecutionStarted',
      '2 0 TaskStateEntered',
      '3 2 TaskScheduled',
      '4 3 TaskStarted',
      '5 4 TaskSucceeded',
      '6 5 TaskStateExited',
      '7 6 ExecutionSucceeded',
    ]);
    expect(events[2]?.taskScheduledEventDetails).toEqual({
      heartbeatInSeconds: 20,
      parameters: '{"FunctionName":"fn","Payload":{"a":1}}',
      region: 'eu-west-1',
      resource: 'invoke',
      resourceType: 'lambda',
      timeoutInSeconds: 30,
    });
    expect(events[3]?.taskStartedEventDetails).toEqual({ resource: 'invoke', resourceType: 'lambda' });
    expect(events[4]?.taskSucceededEventDetails).toMatchObject({
      output: expect.stringContaining('"Payload":"done"'),
      outputDetails: { truncated: false },
      resource: 'invoke',
      resourceType: 'lambda',
    });
  });

  it('hands over an empty object where it has no Payload', async () => {
    const { value } = await call((event) => event, { Arguments: { FunctionName: 'fn' } });
    expect(value).toEqual({});
  });

  it('answers what is no JSON as a string', async () => {
    expect((await call(() => new RawAnswer('plain text'))).value).toBe('plain text');
  });

  it('fails under the name of the error that the function threw', async () => {
    const { status, error, cause, events } = await call(() => {
      throw Object.assign(new Error('no such row'), { name: 'RowMissing' });
    });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'RowMissing' });
    expect(JSON.parse(cause ?? '')).toEqual({ errorType: 'RowMissing', errorMessage: 'no such row' });
    expect(outline(events).slice(4)).toEqual(['5 4 TaskFailed', '6 5 ExecutionFailed']);
    expect(events[4]?.taskFailedEventDetails).toEqual({ cause, error, resource: 'invoke', resourceType: 'lambda' });
  });

  it('fails as Lambda.Unknown where the function died without an error type', async () => {
    const { error, cause } = await call(() => new RawAnswer('killed', 'Unhandled'));
    expect({ error, cause }).toEqual({
      error: 'Lambda.Unknown',
      cause: 'The cause could not be determined because Lambda did not return an error type. Returned payload: killed',
    });
  });

  it.each([
    ['Lambda.TooManyRequestsException', 429],
    ['Lambda.ServiceException', 500],
    ['Lambda.ResourceNotFoundException', 404],
  ])('fails as %s where Lambda itself refuses', async (name, statusCode) => {
    const { error, cause } = await call(() => {
      throw new LambdaFault(name, 'Not now');
    });
    expect(error).toBe(name);
    const code = name.replace('Lambda.', '');
    expect(cause).toMatch(
      new RegExp(
        `^Not now \\(Service: AWSLambda; Status Code: ${statusCode}; Error Code: ${code}; Request ID: [0-9a-f-]{36}; Proxy: null\\)$`,
      ),
    );
  });

  it('fails where an expression makes Arguments that Lambda does not know', async () => {
    const { error, cause } = await call(() => 0, { Arguments: "{% {'Nonsense': 1} %}" });
    expect(error).toBe('States.Runtime');
    expect(cause).toBe(
      "An error occurred while executing the state 'Call' (entered at the event id #2). " +
        `The Parameters '{"Nonsense":1}' could not be used to start the Task: ` +
        "[The field 'Nonsense' is not supported by Step Functions, The field 'FunctionName' is required but was missing]",
    );
  });
});

describe('256 KiB', () => {
  it('is too much for a result, and a Catch may take that', async () => {
    const { error, cause } = await call(() => 'x'.repeat(262_144));
    expect({ error, cause }).toEqual({
      error: 'States.DataLimitExceeded',
      cause:
        "The state/task 'lambda' returned a result with a size exceeding the maximum number of bytes service limit.",
    });
    under().functions.set('fn', () => 'x'.repeat(262_144));
    const { status, value } = await under().run(
      machine({
        Call: task('fn', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught', Output: 'caught' }] }),
        Caught: { Type: 'Succeed' },
      }),
    );
    expect({ status, value }).toEqual({ status: 'SUCCEEDED', value: 'caught' });
  });

  it('counts UTF-8 bytes of an Output, not characters', async () => {
    // Two bytes each, and two quotes.
    const output = (count: number) =>
      machine({ Make: { Type: 'Pass', Output: `{% $pad('', ${count}, 'ü') %}`, End: true } });
    expect((await under().run(output(131_071))).status).toBe('SUCCEEDED');
    const { error, cause } = await under().run(output(131_072));
    expect({ error, cause }).toEqual({
      error: 'States.DataLimitExceeded',
      cause: "The state/task 'Make' returned a result with a size exceeding the maximum number of bytes service limit.",
    });
  });

  it('bounds the Arguments of a Task as well', async () => {
    const { error } = await call(() => 0, {
      Arguments: { FunctionName: 'fn', Payload: "{% $pad('', 262144, 'x') %}" },
    });
    expect(error).toBe('States.DataLimitExceeded');
  });
});

describe('A Task that takes too long', () => {
  /** Starts a machine whose function never answers, and lets seconds pass once it is called. */
  async function timeOut(states: Record<string, object>, seconds: number, more: object = {}) {
    let reached = () => {};
    const called = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let aborted = false;
    under().functions.set('stuck', (_event, signal) => {
      reached();
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(signal.reason as Error);
        });
      });
    });
    const arn = await under().start(machine(states, more));
    await called;
    await workClock.advance(seconds * 1_000);
    return { ...(await under().finished(arn)), aborted };
  }

  it('fails with States.Timeout, and its invocation is aborted', async () => {
    const { status, error, cause, events, aborted } = await timeOut(
      { Call: task('stuck', { TimeoutSeconds: '{% 60 %}' }) },
      60,
    );
    expect({ status, error, cause, aborted }).toEqual({
      status: 'FAILED',
      error: 'States.Timeout',
      cause: undefined,
      aborted: true,
    });
    expect(outline(events).slice(4)).toEqual(['5 4 TaskTimedOut', '6 5 ExecutionFailed']);
    expect(events[4]?.taskTimedOutEventDetails).toEqual({
      error: 'States.Timeout',
      resource: 'invoke',
      resourceType: 'lambda',
    });
  });

  it('is not caught as States.TaskFailed, but as States.Timeout', async () => {
    const { value } = await timeOut(
      {
        Call: task('stuck', {
          TimeoutSeconds: 60,
          Catch: [
            { ErrorEquals: ['States.TaskFailed'], Next: 'Wrong' },
            { ErrorEquals: ['States.Timeout'], Next: 'Right' },
          ],
        }),
        Wrong: { Type: 'Succeed', Output: 'wrong' },
        Right: { Type: 'Succeed', Output: 'right' },
      },
      60,
    );
    expect(value).toBe('right');
  });

  it('is caught as States.HeartbeatTimeout where its heartbeat is the shorter limit', async () => {
    const { value } = await timeOut(
      {
        Call: task('stuck', {
          TimeoutSeconds: 600,
          HeartbeatSeconds: 60,
          Catch: [
            { ErrorEquals: ['States.HeartbeatTimeout'], Next: 'Right', Output: '{% $states.errorOutput.Error %}' },
          ],
        }),
        Right: { Type: 'Succeed' },
      },
      60,
    );
    expect(value).toBe('States.Timeout');
  });

  it('ends with its whole execution where that one is out of time', async () => {
    const { status, events, aborted, ...described } = await timeOut({ Call: task('stuck') }, 3_600, {
      TimeoutSeconds: 3_600,
    });
    expect({ status, aborted }).toEqual({ status: 'TIMED_OUT', aborted: true });
    expect(described).not.toHaveProperty('error');
    expect(described).not.toHaveProperty('cause');
    expect(outline(events).slice(4)).toEqual(['5 0 ExecutionTimedOut']);
    expect(events[4]?.executionTimedOutEventDetails).toEqual({ error: 'States.Timeout' });
  });

  it('counts the waits of an execution against its TimeoutSeconds, though they are skipped', async () => {
    const waits = machine(
      { First: { Type: 'Wait', Seconds: 50, Next: 'Second' }, Second: { Type: 'Wait', Seconds: 50, End: true } },
      { TimeoutSeconds: 60 },
    );
    const { status, events } = await under().run(waits);
    expect(status).toBe('TIMED_OUT');
    expect(outline(events)).toEqual([
      '1 0 ExecutionStarted',
      '2 0 WaitStateEntered',
      '3 2 WaitStateExited',
      '4 3 WaitStateEntered',
      '5 0 ExecutionTimedOut',
    ]);
  });
});
