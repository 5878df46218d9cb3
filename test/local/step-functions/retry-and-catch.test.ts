import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { retryDelayMs } from '../../../local/step-functions/run/retry-and-catch.js';
import { machine, outline, task, useStepFunctions } from './support/service.js';

const under = useStepFunctions({ random: () => 0.5 });

/** Instants of the engine's clock at which the function was called, as seconds after the first call. */
let calls: number[];

beforeEach(() => {
  calls = [];
});

/** A function that fails with these errors, one after the other, and then answers. */
function failing(...errors: string[]): void {
  under().functions.set('fn', () => {
    calls.push(under().clock.now());
    const name = errors.shift();
    if (name !== undefined) throw Object.assign(new Error('on purpose'), { name });
    return 'at last';
  });
}

function waits(): number[] {
  return calls.slice(1).map((at, index) => Math.floor((at - (calls[index] as number)) / 1_000));
}

describe('Retry', () => {
  it('waits longer from attempt to attempt', async () => {
    failing('Busy', 'Busy', 'Busy');
    const { value } = await under().run(
      machine({ Call: task('fn', { Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 5, BackoffRate: 2 }] }) }),
    );
    expect(value).toBe('at last');
    expect(waits()).toEqual([5, 10, 20]);
  });

  it('makes three more attempts, from one second on, where nothing else is said', async () => {
    failing('Busy', 'Busy', 'Busy', 'Busy');
    const { status, error } = await under().run(machine({ Call: task('fn', { Retry: [{ ErrorEquals: ['Busy'] }] }) }));
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'Busy' });
    expect(waits()).toEqual([1, 2, 4]);
  });

  it('waits no longer than MaxDelaySeconds', async () => {
    failing('Busy', 'Busy', 'Busy');
    const retrier = { ErrorEquals: ['Busy'], IntervalSeconds: 10, BackoffRate: 10, MaxDelaySeconds: 60 };
    await under().run(machine({ Call: task('fn', { Retry: [retrier] }) }));
    expect(waits()).toEqual([10, 60, 60]);
  });

  it('waits a random part of the time with jitter', async () => {
    failing('Busy', 'Busy');
    const retrier = { ErrorEquals: ['Busy'], IntervalSeconds: 10, JitterStrategy: 'FULL' };
    await under().run(machine({ Call: task('fn', { Retry: [retrier] }) }));
    expect(waits()).toEqual([5, 10]);
  });

  it('counts the attempts of each retrier by themselves, and the first that matches counts', async () => {
    failing('A', 'B', 'A', 'A');
    const { error } = await under().run(
      machine({
        Call: task('fn', {
          Retry: [
            { ErrorEquals: ['A'], IntervalSeconds: 1, MaxAttempts: 2 },
            { ErrorEquals: ['B'], IntervalSeconds: 100, MaxAttempts: 1 },
            { ErrorEquals: ['States.ALL'], IntervalSeconds: 1_000 },
          ],
        }),
      }),
    );
    expect(error).toBe('A');
    expect(waits()).toEqual([1, 100, 2]);
  });

  it('makes none where MaxAttempts is 0', async () => {
    failing('Busy');
    const { error } = await under().run(
      machine({
        Call: task('fn', { Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 0 }, { ErrorEquals: ['States.ALL'] }] }),
      }),
    );
    expect(error).toBe('Busy');
    expect(calls).toHaveLength(1);
  });

  it('is in the history as one more scheduled task, and in $states.context.State.RetryCount', async () => {
    failing('Busy');
    const { events } = await under().run(
      machine({
        Call: task('fn', {
          Arguments: { FunctionName: 'fn', Payload: '{% $states.context.State.RetryCount %}' },
          Retry: [{ ErrorEquals: ['Busy'] }],
        }),
      }),
    );
    expect(outline(events)).toEqual([
      '1 0 ExecutionStarted',
      '2 0 TaskStateEntered',
      '3 2 TaskScheduled',
      '4 3 TaskStarted',
      '5 4 TaskFailed',
      '6 5 TaskScheduled',
      '7 6 TaskStarted',
      '8 7 TaskSucceeded',
      '9 8 TaskStateExited',
      '10 9 ExecutionSucceeded',
    ]);
    expect(events[5]?.taskScheduledEventDetails?.parameters).toBe('{"FunctionName":"fn","Payload":1}');
  });

  it('never waits less than nothing, nor longer than its longest delay', () => {
    fc.assert(
      fc.property(
        fc.record({
          intervalSeconds: fc.integer({ min: 0, max: 1_000 }),
          backoffRate: fc.double({ min: 1, max: 10, noNaN: true }),
          maxDelaySeconds: fc.integer({ min: 1, max: 10_000 }),
          jitter: fc.constantFrom('FULL' as const, 'NONE' as const),
        }),
        fc.integer({ min: 0, max: 1_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (retrier, made, random) => {
          const ms = retryDelayMs({ ...retrier, errorEquals: [], maxAttempts: 1_000 }, made, () => random);
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThanOrEqual(1_000 * retrier.maxDelaySeconds);
        },
      ),
    );
  });
});

describe('Catch', () => {
  const caught = { Type: 'Succeed' };

  it('takes the error to another state, with Output and Assign of the clause', async () => {
    failing('Broken');
    const { value } = await under().run(
      machine({
        Call: task('fn', {
          Catch: [
            {
              ErrorEquals: ['Other', 'Broken'],
              Next: 'Tell',
              Output: { what: '{% $states.errorOutput.Error %}', input: '{% $states.input %}' },
              Assign: { why: '{% $parse($states.errorOutput.Cause).errorMessage %}' },
            },
          ],
        }),
        Tell: { Type: 'Pass', Output: '{% $merge([$states.input, {"why": $why}]) %}', End: true },
      }),
      { n: 1 },
    );
    expect(value).toEqual({ what: 'Broken', input: { n: 1 }, why: 'on purpose' });
  });

  it('hands on the error itself where it has no Output', async () => {
    failing('Broken');
    const { value } = await under().run(
      machine({
        Call: task('fn', { Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'Caught' }] }),
        Caught: caught,
      }),
    );
    expect(value).toEqual({ Error: 'Broken', Cause: '{"errorType":"Broken","errorMessage":"on purpose"}' });
  });

  it('takes an expression that failed', async () => {
    const { value, events } = await under().run(
      machine({
        Call: task('fn', {
          Arguments: { FunctionName: 'fn', Payload: '{% $states.input.absent %}' },
          Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'Caught', Output: 'caught' }],
        }),
        Caught: caught,
      }),
    );
    expect(value).toBe('caught');
    expect(outline(events).slice(0, 4)).toEqual([
      '1 0 ExecutionStarted',
      '2 0 TaskStateEntered',
      '3 0 EvaluationFailed',
      '4 3 TaskStateExited',
    ]);
  });

  it('never takes States.Runtime', async () => {
    const { status, error } = await under().run(
      machine({
        Call: task('fn', {
          Arguments: '{% {} %}',
          Retry: [{ ErrorEquals: ['States.ALL'] }],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
        }),
        Caught: caught,
      }),
    );
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.Runtime' });
  });

  it('does not take what fails in one of its own clauses', async () => {
    failing('Broken');
    const { status, error } = await under().run(
      machine({
        Call: task('fn', {
          Catch: [
            { ErrorEquals: ['Broken'], Next: 'Caught', Output: '{% $states.input.absent %}' },
            { ErrorEquals: ['States.ALL'], Next: 'Caught' },
          ],
        }),
        Caught: caught,
      }),
    );
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });
});
