import { gzipSync } from 'node:zlib';
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineForExecutionCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  StopExecutionCommand,
  UpdateMapRunCommand,
} from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { machine, outline, task, useStepFunctions } from './support/service.js';

const under = useStepFunctions();

beforeEach(() => {
  under().functions.clear();
  under().objects.clear();
  under().beforeRead = () => {};
});

const fromLines = {
  ItemReader: {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: { InputType: 'JSONL' },
    Arguments: { Bucket: 'work', Key: '{% $states.input.key %}' },
  },
};

/** A machine with one distributed Map whose children call the function `fn` with their item. */
function mapOver(more: object = {}, child: object = task('fn')): object {
  return machine({
    Copy: {
      Type: 'Map',
      Label: 'CopyChunks',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Child',
        States: { Child: child },
      },
      End: true,
      ...more,
    },
  });
}

async function mapRunOf(executionArn: string) {
  const { mapRuns } = await under().client.send(new ListMapRunsCommand({ executionArn }));
  const mapRunArn = mapRuns?.[0]?.mapRunArn as string;
  return under().client.send(new DescribeMapRunCommand({ mapRunArn }));
}

async function childrenOf(mapRunArn: string) {
  const { executions } = await under().client.send(new ListExecutionsCommand({ mapRunArn, maxResults: 1_000 }));
  return (executions ?? []).toReversed();
}

/** A function that holds every call until it is let go. */
function holding() {
  const waiting: (() => void)[] = [];
  let arrived = () => {};
  const calls: unknown[] = [];
  under().functions.set('fn', (event, signal) => {
    calls.push(event);
    arrived();
    return new Promise((resolve, reject) => {
      waiting.push(() => resolve(event));
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  });
  return {
    calls,
    /** Until this many calls have come in. */
    until: async (count: number) => {
      while (calls.length < count) {
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      }
    },
    letGo: () => waiting.splice(0).forEach((release) => release()),
  };
}

describe('A distributed Map', () => {
  it('runs a child execution for every line of a file, and its history tells of the Map Run', async () => {
    under().objects.set('work/items.jsonl', Buffer.from('{"n":1}\n\n{"n":2}\r\n{"n":3}'));
    under().functions.set('fn', ({ n }: { n: number }) => n * 10);
    const { value, events, executionArn } = await under().run(mapOver(fromLines), { key: 'items.jsonl' });
    expect(value).toEqual([10, 20, 30]);
    expect(outline(events)).toEqual([
      '1 0 ExecutionStarted',
      '2 0 MapStateEntered',
      '3 2 MapStateStarted',
      '4 3 MapRunStarted',
      '5 4 MapRunSucceeded',
      '6 5 MapStateSucceeded',
      '7 4 MapStateExited',
      '8 7 ExecutionSucceeded',
    ]);
    expect(events[2]?.mapStateStartedEventDetails).toEqual({ length: 0 });
    const mapRun = await mapRunOf(executionArn as string);
    expect(events[3]?.mapRunStartedEventDetails).toEqual({ mapRunArn: mapRun.mapRunArn });
    expect(mapRun).toMatchObject({
      executionArn,
      status: 'SUCCEEDED',
      maxConcurrency: 2_147_483_647,
      toleratedFailureCount: 0,
      toleratedFailurePercentage: 0,
      itemCounts: {
        total: 3,
        succeeded: 3,
        pending: 0,
        running: 0,
        failed: 0,
        aborted: 0,
        timedOut: 0,
        resultsWritten: 3,
      },
    });
    expect(mapRun.executionCounts).toEqual(mapRun.itemCounts);
  });

  it('names its children, their machine and its Map Run after the machine and the Label', async () => {
    under().functions.set('fn', (event) => event);
    const parent = await under().run(mapOver(), ['only']);
    const prefix = 'arn:aws:states:eu-west-1:123456789012';
    const name = parent.stateMachineArn?.split(':').at(-1);
    const mapRun = await mapRunOf(parent.executionArn as string);
    const uuid = '[0-9a-f-]{36}';
    expect(mapRun.mapRunArn).toMatch(new RegExp(`^${prefix}:mapRun:${name}/CopyChunks:${uuid}$`));
    const [child] = await childrenOf(mapRun.mapRunArn as string);
    expect(child).toMatchObject({
      executionArn: `${prefix}:execution:${name}/CopyChunks:${child?.name}`,
      stateMachineArn: `${prefix}:stateMachine:${name}/CopyChunks`,
      mapRunArn: mapRun.mapRunArn,
      itemCount: 1,
      status: 'SUCCEEDED',
    });
    const executionArn = child?.executionArn as string;
    const described = await under().client.send(new DescribeExecutionCommand({ executionArn }));
    expect(described).toMatchObject({ input: '"only"', output: '"only"', mapRunArn: mapRun.mapRunArn });
    expect(outline(await under().history(executionArn))).toEqual([
      '1 0 ExecutionStarted',
      '2 0 TaskStateEntered',
      '3 2 TaskScheduled',
      '4 3 TaskStarted',
      '5 4 TaskSucceeded',
      '6 5 TaskStateExited',
      '7 6 ExecutionSucceeded',
    ]);
    const its = await under().client.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    expect(its).toMatchObject({ label: 'CopyChunks', mapRunArn: mapRun.mapRunArn, name: `${name}/CopyChunks` });
    expect(JSON.parse(its.definition ?? '')).toMatchObject({ StartAt: 'Child' });
  });

  it('makes the input of a child with ItemSelector, which sees item, index, input and variables', async () => {
    under().functions.set('fn', (event) => event);
    const { value } = await under().run(
      machine({
        Set: { Type: 'Pass', Assign: { run: 'r1' }, Next: 'Copy' },
        ...(
          mapOver({
            Items: '{% $states.input.items %}',
            ItemSelector: {
              run: '{% $run %}',
              item: '{% $states.context.Map.Item.Value %}',
              index: '{% $states.context.Map.Item.Index %}',
              pass: '{% $states.input.pass %}',
            },
          }) as { States: Record<string, object> }
        ).States,
      }),
      { items: ['a', 'b'], pass: 7 },
    );
    expect(value).toEqual([
      { run: 'r1', item: 'a', index: 0, pass: 7 },
      { run: 'r1', item: 'b', index: 1, pass: 7 },
    ]);
  });

  it('does not show its variables to its children', async () => {
    const { value } = await under().run(
      machine({
        Set: { Type: 'Pass', Assign: { run: 'r1' }, Next: 'Copy' },
        ...(
          mapOver({ Items: [1] }, { Type: 'Pass', Output: '{% $exists($run) %}', End: true }) as {
            States: Record<string, object>;
          }
        ).States,
      }),
    );
    expect(value).toEqual([false]);
  });

  it.each([
    ['gzip', gzipSync('{"n":1}\n{"n":2}\n'), { InputType: 'JSONL' }, [{ n: 1 }, { n: 2 }]],
    ['JSON', Buffer.from('[1,2,3]'), { InputType: 'JSON' }, [1, 2, 3]],
    [
      'JSON, somewhere within the document',
      Buffer.from('{"a":{"x/y":[7]}}'),
      { InputType: 'JSON', ItemsPointer: '/a/x~1y' },
      [7],
    ],
    ['JSON, its first items', Buffer.from('[1,2,3]'), { InputType: 'JSON', MaxItems: 2 }, [1, 2]],
  ])('reads %s', async (_what, body, ReaderConfig, expected) => {
    under().objects.set('work/file', body);
    under().functions.set('fn', (event) => event);
    const reader = { ItemReader: { ...fromLines.ItemReader, ReaderConfig } };
    const { value } = await under().run(mapOver(reader), { key: 'file' });
    expect(value).toEqual(expected);
  });

  it.each([
    ['is not there', undefined, 'The specified key does not exist: s3://work/file', {}],
    ['is no JSON', Buffer.from('{'), 'The file is not JSON', { InputType: 'JSON' }],
    ['is no array', Buffer.from('{"a":1}'), 'Attempting to map over non-iterable node.', { InputType: 'JSON' }],
    [
      'has no such place',
      Buffer.from('{"a":1}'),
      'The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.',
      { InputType: 'JSON', ItemsPointer: '/b' },
    ],
    ['has a broken line', Buffer.from('1\nnonsense\n'), 'Line 2 is not JSON', {}],
  ])('fails with States.ItemReaderFailed where its file %s', async (_what, body, problem, config) => {
    if (body) under().objects.set('work/file', body);
    under().functions.set('fn', (event) => event);
    const reader = {
      ItemReader: { ...fromLines.ItemReader, ReaderConfig: { ...fromLines.ItemReader.ReaderConfig, ...config } },
    };
    const { status, error, cause, events } = await under().run(mapOver(reader), { key: 'file' });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.ItemReaderFailed' });
    expect(cause).toContain(problem);
    expect(outline(events).slice(3)).toEqual([
      '4 3 MapRunStarted',
      '5 4 MapRunFailed',
      '6 5 MapStateFailed',
      '7 6 ExecutionFailed',
    ]);
  });

  it('may be retried, as another Map Run', async () => {
    under().functions.set('fn', (event) => event);
    let reads = 0;
    under().beforeRead = (object) => {
      reads += 1;
      if (reads === 2) under().objects.set(object, Buffer.from('"there"'));
    };
    const retry = { Retry: [{ ErrorEquals: ['States.ItemReaderFailed'], IntervalSeconds: 60 }] };
    const { value, executionArn } = await under().run(mapOver({ ...fromLines, ...retry }), { key: 'late' });
    expect(value).toEqual(['there']);
    const { mapRuns } = await under().client.send(new ListMapRunsCommand({ executionArn }));
    expect(mapRuns).toHaveLength(2);
  });

  it('runs as many children at once as MaxConcurrency allows, which may be raised on the way', async () => {
    const held = holding();
    const arn = await under().start(mapOver({ MaxConcurrency: '{% 2 %}' }), [1, 2, 3, 4, 5]);
    await held.until(2);
    expect((await mapRunOf(arn)).itemCounts).toMatchObject({ running: 2, pending: 3 });
    const { mapRunArn } = await mapRunOf(arn);
    await under().client.send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 4 }));
    await held.until(4);
    expect((await mapRunOf(arn)).itemCounts).toMatchObject({ running: 4, pending: 1 });
    held.letGo();
    await held.until(5);
    held.letGo();
    expect((await under().finished(arn)).value).toEqual([1, 2, 3, 4, 5]);
  });
});

describe('Thousands of children', () => {
  it('each keep their history, input and output', async () => {
    under().functions.set('fn', (event: { n: number }) => ({ squared: event.n ** 2 }));
    const lines = Array.from({ length: 3_000 }, (_, n) => JSON.stringify({ n, pad: `${n}`.repeat(50) }));
    under().objects.set('work/many.jsonl', Buffer.from(lines.join('\n')));
    const arn = await under().start(
      mapOver({ ...fromLines, MaxConcurrency: 100, ItemSelector: { n: '{% $states.context.Map.Item.Value.n %}' } }),
      { key: 'many.jsonl' },
    );
    const { value } = await under().finished(arn);
    expect(value).toHaveLength(3_000);
    expect((value as unknown[])[2_999]).toEqual({ squared: 2_999 ** 2 });
    const { mapRunArn } = await mapRunOf(arn);
    const page = await under().client.send(new ListExecutionsCommand({ mapRunArn, maxResults: 1_000 }));
    const next = await under().client.send(
      new ListExecutionsCommand({ mapRunArn, maxResults: 1_000, nextToken: page.nextToken }),
    );
    // Newest first: the second page begins with the item before the last thousand, or one that ran beside it.
    for (const child of [page.executions?.[0], page.executions?.[999], next.executions?.[500]]) {
      const { input, value: output, events } = await under().finished(child?.executionArn as string);
      const { n } = JSON.parse(input ?? '') as { n: number };
      expect(output).toEqual({ squared: n ** 2 });
      expect(events).toHaveLength(7);
      expect(events[0]?.executionStartedEventDetails?.input).toBe(`{"n":${n}}`);
    }
  });
});

describe('A child that fails', () => {
  const items = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

  /** Runs ten children one after the other, of which the first `failures` fail. */
  async function failing(failures: number, tolerance: object) {
    under().functions.set('fn', (n: number) => {
      if (n <= failures) throw Object.assign(new Error('no'), { name: 'Refused' });
      return n;
    });
    const { status, error, cause, executionArn } = await under().run(
      mapOver({ MaxConcurrency: 1, ...tolerance }),
      items,
    );
    return { status, error, cause, mapRun: await mapRunOf(executionArn as string) };
  }

  it.each([
    ['one, and none is tolerated', 1, {}, 'FAILED'],
    ['as many as are tolerated', 3, { ToleratedFailureCount: 3 }, 'SUCCEEDED'],
    ['one more than are tolerated', 4, { ToleratedFailureCount: 3 }, 'FAILED'],
    ['the part that is tolerated', 5, { ToleratedFailurePercentage: 50 }, 'SUCCEEDED'],
    ['more than that part', 6, { ToleratedFailurePercentage: '{% 50 %}' }, 'FAILED'],
    ['more than one of two bounds', 3, { ToleratedFailureCount: 2, ToleratedFailurePercentage: 90 }, 'FAILED'],
    ['all, and all may', 10, { ToleratedFailurePercentage: 100 }, 'SUCCEEDED'],
  ])('fails the Map where too many do: %s', async (_what, failures, tolerance, expected) => {
    const { status, error, cause, mapRun } = await failing(failures, tolerance);
    expect(status).toBe(expected);
    if (expected === 'FAILED') {
      expect({ error, cause }).toEqual({
        error: 'States.ExceedToleratedFailureThreshold',
        cause: 'The specified tolerated failure threshold was exceeded',
      });
      expect(mapRun.itemCounts).toMatchObject({ failed: failures, pending: 10 - failures });
    } else expect(mapRun.itemCounts).toMatchObject({ failed: failures, succeeded: 10 - failures, pending: 0 });
  });

  it('stands in the result with its error where it is tolerated', async () => {
    under().functions.set('fn', (n: number) => {
      if (n === 2) throw Object.assign(new Error('no'), { name: 'Refused' });
      return n;
    });
    const { value } = await under().run(mapOver({ ToleratedFailureCount: 1 }), [1, 2]);
    expect(value).toEqual([1, expect.objectContaining({ Error: 'Refused', Status: 'FAILED', Input: '2' })]);
  });
});

describe('Stopping an execution', () => {
  it('stops the children that run, and starts no others', async () => {
    const held = holding();
    const arn = await under().start(mapOver({ MaxConcurrency: 2 }), [1, 2, 3]);
    await held.until(2);
    await under().client.send(new StopExecutionCommand({ executionArn: arn, error: 'Enough', cause: 'of it' }));
    const { status, error, cause, events } = await under().finished(arn);
    expect({ status, error, cause }).toEqual({ status: 'ABORTED', error: 'Enough', cause: 'of it' });
    expect(outline(events).slice(4)).toEqual(['5 0 ExecutionAborted']);
    const mapRun = await mapRunOf(arn);
    expect(mapRun).toMatchObject({ status: 'ABORTED', itemCounts: { aborted: 2, pending: 1, running: 0 } });
    const children = await childrenOf(mapRun.mapRunArn as string);
    expect(children.map((child) => child.status)).toEqual(['ABORTED', 'ABORTED']);
    expect(held.calls).toEqual([1, 2]);
  });
});
