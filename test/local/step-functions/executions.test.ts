import {
  DescribeExecutionCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  type GetExecutionHistoryCommandOutput,
  ListExecutionsCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { machine, task, useStepFunctions } from './support/service.js';

const under = useStepFunctions();
const prefix = 'arn:aws:states:eu-west-1:123456789012';

/** A machine that hands its input on, and one that waits for a function that never answers. */
let passing: string;
let stuck: string;

beforeAll(async () => {
  passing = await under().createMachine(machine({ Pass: { Type: 'Pass', End: true } }), 'passing');
  stuck = await under().createMachine(machine({ Call: task('stuck') }), 'stuck');
  under().functions.set(
    'stuck',
    (_event, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  );
});

const start = (stateMachineArn: string, more: { name?: string; input?: string } = {}) =>
  under().client.send(new StartExecutionCommand({ stateMachineArn, ...more }));

describe('Starting an execution', () => {
  it('answers its ARN, and DescribeExecution all about it', async () => {
    const { executionArn, startDate } = await start(passing, { name: 'one', input: '{ "a" : 1 }' });
    expect(executionArn).toBe(`${prefix}:execution:passing:one`);
    await under().finished(executionArn as string);
    const { $metadata, ...described } = await under().client.send(new DescribeExecutionCommand({ executionArn }));
    expect($metadata.httpStatusCode).toBe(200);
    expect(described).toEqual({
      executionArn,
      input: '{ "a" : 1 }',
      inputDetails: { included: true },
      name: 'one',
      output: '{ "a" : 1 }',
      outputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
      startDate,
      stateMachineArn: passing,
      status: 'SUCCEEDED',
      stopDate: expect.any(Date),
    });
  });

  it('leaves input and output out where only metadata is asked for', async () => {
    const { executionArn } = await start(passing, { input: '1' });
    await under().finished(executionArn as string);
    const described = await under().client.send(
      new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }),
    );
    expect(described).not.toHaveProperty('input');
    expect(described).toMatchObject({ inputDetails: { included: false }, outputDetails: { included: false } });
  });

  it('makes up a name and an empty input', async () => {
    const { executionArn } = await start(passing);
    const { input, name } = await under().finished(executionArn as string);
    expect(input).toBe('{}');
    expect(name).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers the same execution again while it runs with the same input, and no other', async () => {
    const given = { name: 'again', input: '{"a":1}' };
    const first = await start(stuck, given);
    expect(await start(stuck, given)).toMatchObject({ executionArn: first.executionArn, startDate: first.startDate });
    const taken = { name: 'ExecutionAlreadyExists', message: `Execution Already Exists: '${first.executionArn}'` };
    await expect(start(stuck, { ...given, input: '{"a":2}' })).rejects.toMatchObject(taken);
    await under().client.send(new StopExecutionCommand({ executionArn: first.executionArn }));
    await expect(start(stuck, given)).rejects.toMatchObject(taken);
  });

  it('refuses an input that is no JSON, or too long', async () => {
    await expect(start(passing, { input: '{' })).rejects.toMatchObject({
      name: 'InvalidExecutionInput',
      message: expect.stringMatching(/^Invalid State Machine Execution Input: '.+'$/),
    });
    await expect(start(passing, { input: '['.repeat(5_000) + ']'.repeat(5_000) })).rejects.toMatchObject({
      name: 'InvalidExecutionInput',
    });
    await start(passing, { input: `"${'x'.repeat(262_142)}"` });
    await expect(start(passing, { input: `"${'ü'.repeat(131_072)}"` })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it.each(['with space', 'a/b', 'x'.repeat(81)])('does not take the name %j', async (name) => {
    await expect(start(passing, { name })).rejects.toMatchObject({
      name: expect.stringMatching(/^(InvalidName|ValidationException)$/),
    });
  });
});

describe('Stopping an execution', () => {
  it('ends it with the error and the cause that are given, once', async () => {
    const { executionArn } = await start(stuck);
    const stop = (error: string) => under().client.send(new StopExecutionCommand({ executionArn, error, cause: 'c' }));
    const { stopDate } = await stop('First');
    expect((await stop('Second')).stopDate).toEqual(stopDate);
    const { status, error, cause, events } = await under().finished(executionArn as string);
    expect({ status, error, cause }).toEqual({ status: 'ABORTED', error: 'First', cause: 'c' });
    expect(events.at(-1)).toMatchObject({
      type: 'ExecutionAborted',
      previousEventId: 0,
      executionAbortedEventDetails: { error: 'First', cause: 'c' },
    });
  });

  it('is refused for one that does not exist', async () => {
    const executionArn = `${prefix}:execution:stuck:nobody`;
    const missing = { name: 'ExecutionDoesNotExist', message: `Execution Does Not Exist: '${executionArn}'` };
    const { client } = under();
    await expect(client.send(new StopExecutionCommand({ executionArn }))).rejects.toMatchObject(missing);
    await expect(client.send(new DescribeExecutionCommand({ executionArn }))).rejects.toMatchObject(missing);
    await expect(client.send(new GetExecutionHistoryCommand({ executionArn }))).rejects.toMatchObject(missing);
  });
});

describe('Listing executions', () => {
  it('is newest first, page by page, by status', async () => {
    const stateMachineArn = await under().createMachine(machine({ Pass: { Type: 'Pass', End: true } }), 'listed');
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) {
      const { executionArn } = await start(stateMachineArn, { name });
      await under().finished(executionArn as string);
    }
    const list = (more: object = {}) => under().client.send(new ListExecutionsCommand({ stateMachineArn, ...more }));
    const first = await list({ maxResults: 2 });
    expect(first.executions).toMatchObject([{ name: 'e' }, { name: 'd' }]);
    // One that starts meanwhile moves no page.
    const late = await start(stateMachineArn, { name: 'late' });
    await under().finished(late.executionArn as string);
    const second = await list({ maxResults: 2, nextToken: first.nextToken });
    expect(second.executions).toMatchObject([{ name: 'c' }, { name: 'b' }]);
    const third = await list({ maxResults: 2, nextToken: second.nextToken });
    expect(third.executions).toMatchObject([{ name: 'a' }]);
    expect(third.nextToken).toBeUndefined();
    expect((await list({ statusFilter: 'FAILED' })).executions).toEqual([]);
    expect((await list({ statusFilter: 'SUCCEEDED' })).executions).toHaveLength(6);
    await expect(list({ nextToken: 'nonsense' })).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(list({ maxResults: 1_001 })).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('The history of an execution', () => {
  it('is read page by page, in both directions', async () => {
    const { executionArn } = await start(passing);
    await under().finished(executionArn as string);
    const read = (more: object) => under().client.send(new GetExecutionHistoryCommand({ executionArn, ...more }));
    const ids = ({ events }: GetExecutionHistoryCommandOutput) => events?.map(({ id }) => id);
    const first = await read({ maxResults: 3 });
    expect(ids(first)).toEqual([1, 2, 3]);
    expect(ids(await read({ maxResults: 3, nextToken: first.nextToken }))).toEqual([4]);
    const last = await read({ maxResults: 3, reverseOrder: true });
    expect(ids(last)).toEqual([4, 3, 2]);
    expect(ids(await read({ maxResults: 3, reverseOrder: true, nextToken: last.nextToken }))).toEqual([1]);
  });

  it('comes without data where that is asked for', async () => {
    const { executionArn } = await start(passing, { input: '{"secret":1}' });
    await under().finished(executionArn as string);
    const { events } = await under().client.send(
      new GetExecutionHistoryCommand({ executionArn, includeExecutionData: false }),
    );
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(events).toMatchObject([{ executionStartedEventDetails: {} }, {}, {}, {}]);
  });

  it('holds 25,000 events; then the execution fails', async () => {
    const stateMachineArn = await under().createMachine(
      machine({
        Loop: { Type: 'Pass', Next: 'Again' },
        Again: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'Loop' }], Default: 'End' },
        End: { Type: 'Succeed' },
      }),
    );
    const { executionArn } = await start(stateMachineArn);
    const { status, error, cause, events } = await under().finished(executionArn as string);
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect(events).toHaveLength(25_000);
    expect(events.at(-1)).toMatchObject({ id: 25_000, type: 'ExecutionFailed' });
  });

  it('names the machine as it was', async () => {
    const { executionArn } = await start(passing);
    const described = await under().client.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(described).toMatchObject({ name: 'passing', stateMachineArn: passing });
    expect(described).not.toHaveProperty('mapRunArn');
  });
});

describe('Executions', () => {
  it('run beside each other, twenty at once', async () => {
    // None answers before all have called.
    const waiting: (() => void)[] = [];
    under().functions.set('slow', async (n: number) => {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 20) for (const release of waiting) release();
      });
      return n;
    });
    const stateMachineArn = await under().createMachine(machine({ Call: task('slow') }));
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const arns = await Promise.all(
      numbers.map(async (n) => (await start(stateMachineArn, { input: `${n}` })).executionArn as string),
    );
    const ended = await Promise.all(arns.map((arn) => under().finished(arn)));
    expect(ended.map(({ value }) => value)).toEqual(numbers);
  });

  it('all end when the engine is closed', async () => {
    const { executionArn } = await start(stuck);
    await under().service.stop();
    expect((await under().finished(executionArn as string)).status).toBe('ABORTED');
  });
});
