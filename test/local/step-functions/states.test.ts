import { describe, expect, it } from '@jest/globals';
import { machine, outline, task, useStepFunctions } from './support/service.js';

const under = useStepFunctions();

describe('A Pass state', () => {
  it('hands its input on, character by character', async () => {
    const { value, events } = await under().run(machine({ Hand: { Type: 'Pass', End: true } }), { a: [1, 'ä'] });
    expect(value).toEqual({ a: [1, 'ä'] });
    expect(events).toMatchObject([
      {
        id: 1,
        previousEventId: 0,
        type: 'ExecutionStarted',
        executionStartedEventDetails: { input: '{"a":[1,"ä"]}', inputDetails: { truncated: false } },
      },
      {
        id: 2,
        previousEventId: 0,
        type: 'PassStateEntered',
        stateEnteredEventDetails: { name: 'Hand', input: '{"a":[1,"ä"]}', inputDetails: { truncated: false } },
      },
      {
        id: 3,
        previousEventId: 2,
        type: 'PassStateExited',
        stateExitedEventDetails: { name: 'Hand', output: '{"a":[1,"ä"]}', outputDetails: { truncated: false } },
      },
      {
        id: 4,
        previousEventId: 3,
        type: 'ExecutionSucceeded',
        executionSucceededEventDetails: { output: '{"a":[1,"ä"]}', outputDetails: { truncated: false } },
      },
    ]);
  });

  it('makes an Output of literals and expressions, nested', async () => {
    const output = { sum: '{% $states.input.a + 1 %}', list: [1, '{% $states.input.a %}', { deep: '{% null %}' }] };
    const { value } = await under().run(machine({ Make: { Type: 'Pass', Output: output, End: true } }), { a: 1 });
    expect(value).toEqual({ sum: 2, list: [1, 1, { deep: null }] });
  });
});

describe('A Choice state', () => {
  const choice = machine({
    Where: {
      Type: 'Choice',
      Choices: [
        {
          Condition: '{% $states.input.n > 10 %}',
          Next: 'Big',
          Output: { big: '{% $states.input.n %}' },
          Assign: { was: 'big' },
        },
        { Condition: '{% $states.input.n > 5 %}', Next: 'Middle' },
      ],
      Default: 'Small',
      Assign: { was: 'small' },
    },
    Big: { Type: 'Pass', Output: '{% [$was, $states.input.big] %}', End: true },
    Middle: { Type: 'Succeed', Output: 'middle' },
    Small: { Type: 'Succeed', Output: '{% $was %}' },
  });

  it('goes where the first rule that holds points, with the Output and Assign of that rule', async () => {
    expect((await under().run(choice, { n: 11 })).value).toEqual(['big', 11]);
    expect((await under().run(choice, { n: 6 })).value).toBe('middle');
  });

  it('goes to Default where no rule holds', async () => {
    expect((await under().run(choice, { n: 1 })).value).toBe('small');
  });

  it('fails with States.Runtime where no rule holds and there is no Default', async () => {
    const { status, error, cause, events } = await under().run(
      machine({
        Where: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'Never' }] },
        Never: { Type: 'Succeed' },
      }),
    );
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause:
        "An error occurred while executing the state 'Where' (entered at the event id #2). " +
        'Failed to transition out of the state. The state does not point to a next state.',
    });
    expect(outline(events)).toEqual(['1 0 ExecutionStarted', '2 0 ChoiceStateEntered', '3 2 ExecutionFailed']);
  });

  it('fails where a condition comes to something else than true or false', async () => {
    const { error, cause, events } = await under().run(
      machine({
        Where: { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'Never' }] },
        Never: { Type: 'Succeed' },
      }),
    );
    expect(error).toBe('States.QueryEvaluationError');
    expect(cause).toContain(
      "The JSONata expression '1' specified for the field 'Choices[0]/Condition' returned an unexpected result type. " +
        "Expected 'boolean', but was 'number' for value: 1",
    );
    expect(outline(events)).toEqual([
      '1 0 ExecutionStarted',
      '2 0 ChoiceStateEntered',
      '3 0 EvaluationFailed',
      '4 3 ExecutionFailed',
    ]);
    expect(events[2]?.evaluationFailedEventDetails).toEqual({
      cause,
      error,
      location: 'Choices[0]/Condition',
      state: 'Where',
    });
  });
});

describe('A Wait state', () => {
  /** Seconds of the engine's time that an execution took. */
  async function seconds(wait: object, input: object = {}): Promise<number> {
    const { startDate, stopDate, status } = await under().run(
      machine({ Wait: { Type: 'Wait', End: true, ...wait } }),
      input,
    );
    expect(status).toBe('SUCCEEDED');
    return ((stopDate as Date).getTime() - (startDate as Date).getTime()) / 1_000;
  }

  it('waits for the seconds that it names, or that an expression comes to', async () => {
    expect(Math.round(await seconds({ Seconds: 3_600 }))).toBe(3_600);
    expect(Math.round(await seconds({ Seconds: '{% $states.input.s %}' }, { s: 7_200 }))).toBe(7_200);
  });

  it('waits longer than a timer of Node can', async () => {
    expect(Math.round(await seconds({ Seconds: 99_999_999 }))).toBe(99_999_999);
  });

  it('waits until an instant; one that is over is no wait', async () => {
    const hourAhead = new Date(under().clock.now() + 3_600_000).toISOString();
    expect(Math.round(await seconds({ Timestamp: '{% $states.input.at %}' }, { at: hourAhead }))).toBe(3_600);
    expect(Math.round(await seconds({ Timestamp: '2020-02-29T12:00:00Z' }))).toBe(0);
  });

  it('fails where an expression comes to no whole number, or to no instant', async () => {
    const { error } = await under().run(machine({ Wait: { Type: 'Wait', Seconds: '{% 1.5 %}', End: true } }));
    expect(error).toBe('States.QueryEvaluationError');
    const { cause } = await under().run(
      machine({ Wait: { Type: 'Wait', Timestamp: "{% '2026-02-30T00:00:00Z' %}", End: true } }),
    );
    expect(cause).toContain(
      'The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: 2026-02-30T00:00:00Z',
    );
  });
});

describe('A Fail state', () => {
  it('ends its execution with the Error and Cause that it names or computes', async () => {
    const { status, error, cause, events } = await under().run(
      machine({ Stop: { Type: 'Fail', Error: 'Enough', Cause: "{% 'after ' & $states.input.n %}" } }),
      { n: 3 },
    );
    expect({ status, error, cause }).toEqual({ status: 'FAILED', error: 'Enough', cause: 'after 3' });
    expect(outline(events)).toEqual(['1 0 ExecutionStarted', '2 0 FailStateEntered', '3 2 ExecutionFailed']);
    expect(events[2]?.executionFailedEventDetails).toEqual({ error: 'Enough', cause: 'after 3' });
  });

  it('may name neither', async () => {
    const failed = await under().run(machine({ Stop: { Type: 'Fail' } }));
    expect(failed.status).toBe('FAILED');
    expect(failed).not.toHaveProperty('error');
    expect(failed).not.toHaveProperty('cause');
  });
});

describe('A Parallel state', () => {
  it('runs its branches on the same input and answers their outputs in order', async () => {
    const { value, events } = await under().run(
      machine({
        Both: {
          Type: 'Parallel',
          Arguments: { n: '{% $states.input.n * 10 %}' },
          Branches: [
            {
              StartAt: 'Slow',
              States: { Slow: { Type: 'Wait', Seconds: 60, Next: 'Late' }, Late: { Type: 'Succeed' } },
            },
            { StartAt: 'Fast', States: { Fast: { Type: 'Pass', Output: '{% $states.input.n + 1 %}', End: true } } },
          ],
          Output: '{% $states.result[1] %}',
          End: true,
        },
      }),
      { n: 1 },
    );
    expect(value).toBe(11);
    expect(events.map(({ type }) => type).filter((type) => type?.startsWith('Parallel'))).toEqual([
      'ParallelStateEntered',
      'ParallelStateStarted',
      'ParallelStateSucceeded',
      'ParallelStateExited',
    ]);
  });

  it('stops the other branches when one fails, and its Catch takes that error', async () => {
    const { value, events } = await under().run(
      machine({
        Both: {
          Type: 'Parallel',
          Branches: [
            { StartAt: 'Break', States: { Break: { Type: 'Fail', Error: 'Broken', Cause: 'on purpose' } } },
            { StartAt: 'Forever', States: { Forever: { Type: 'Wait', Seconds: 99_999_999, End: true } } },
          ],
          Catch: [{ ErrorEquals: ['Broken'], Next: 'Caught', Output: '{% $states.errorOutput %}' }],
          End: true,
        },
        Caught: { Type: 'Succeed' },
      }),
    );
    expect(value).toEqual({ Error: 'Broken', Cause: 'on purpose' });
    expect(events.map(({ type }) => type)).toContain('ParallelStateFailed');
  });

  it('aborts what the other branches wait for', async () => {
    let aborted = false;
    under().functions.set('stuck', (_event, signal) => {
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(signal.reason as Error);
        });
      });
    });
    under().functions.set('breaking', () => {
      throw Object.assign(new Error('now'), { name: 'Broken' });
    });
    const branch = (name: string) => ({ StartAt: name, States: { [name]: task(name) } });
    const { error, events } = await under().run(
      machine({ Both: { Type: 'Parallel', Branches: [branch('stuck'), branch('breaking')], End: true } }),
    );
    expect({ error, aborted }).toEqual({ error: 'Broken', aborted: true });
    expect(events.map(({ type }) => type).slice(-3)).toEqual([
      'TaskStateAborted',
      'ParallelStateFailed',
      'ExecutionFailed',
    ]);
  });

  it('keeps the variables of a branch in that branch', async () => {
    const { value } = await under().run(
      machine({
        Before: { Type: 'Pass', Assign: { x: 'outer' }, Next: 'Both' },
        Both: {
          Type: 'Parallel',
          Branches: [
            {
              StartAt: 'Set',
              States: {
                Set: { Type: 'Pass', Assign: { y: "{% $x & ' seen inside' %}" }, Next: 'Tell' },
                Tell: { Type: 'Pass', Output: '{% $y %}', End: true },
              },
            },
          ],
          Next: 'After',
        },
        After: {
          Type: 'Pass',
          Output: { branch: '{% $states.input[0] %}', x: '{% $x %}', y: '{% $exists($y) %}' },
          End: true,
        },
      }),
    );
    expect(value).toEqual({ branch: 'outer seen inside', x: 'outer', y: false });
  });
});

describe('A Map within its execution', () => {
  const double = {
    StartAt: 'Double',
    States: { Double: { Type: 'Pass', Output: '{% $states.input.n * 2 %}', End: true } },
  };

  it('runs its states for every item, in the history of the execution', async () => {
    const { value, events } = await under().run(
      machine({
        Each: {
          Type: 'Map',
          Items: '{% $states.input.items %}',
          ItemSelector: { n: '{% $states.context.Map.Item.Value %}', at: '{% $states.context.Map.Item.Index %}' },
          MaxConcurrency: 1,
          ItemProcessor: double,
          End: true,
        },
      }),
      { items: [1, 2] },
    );
    expect(value).toEqual([2, 4]);
    expect(outline(events)).toEqual([
      '1 0 ExecutionStarted',
      '2 0 MapStateEntered',
      '3 2 MapStateStarted',
      '4 3 MapIterationStarted',
      '5 4 PassStateEntered',
      '6 5 PassStateExited',
      '7 6 MapIterationSucceeded',
      '8 6 MapIterationStarted',
      '9 8 PassStateEntered',
      '10 9 PassStateExited',
      '11 10 MapIterationSucceeded',
      '12 11 MapStateSucceeded',
      '13 11 MapStateExited',
      '14 13 ExecutionSucceeded',
    ]);
    expect(events[7]?.mapIterationStartedEventDetails).toEqual({ name: 'Each', index: 1 });
  });

  it('takes its input where it has no Items, and answers an empty array for an empty one', async () => {
    const definition = machine({ Each: { Type: 'Map', ItemProcessor: double, End: true } });
    expect((await under().run(definition, [{ n: 4 }])).value).toEqual([8]);
    expect((await under().run(definition, [])).value).toEqual([]);
  });

  it('fails where there is nothing to go over', async () => {
    const definition = machine({ Each: { Type: 'Map', ItemProcessor: double, End: true } });
    const { error, cause } = await under().run(definition, { no: 'array' });
    expect(error).toBe('States.QueryEvaluationError');
    expect(cause).toContain('Map state input must be an array but was: {"no":"array"}');
  });

  it('fails with the error of the first iteration that fails', async () => {
    const { error, cause, events } = await under().run(
      machine({
        Each: {
          Type: 'Map',
          Items: [1, 2, 3],
          ItemProcessor: { StartAt: 'Break', States: { Break: { Type: 'Fail', Error: 'Bad', Cause: 'item' } } },
          End: true,
        },
      }),
    );
    expect({ error, cause }).toEqual({ error: 'Bad', cause: 'item' });
    const types = events.map(({ type }) => type);
    expect(types).toContain('MapIterationFailed');
    expect(types.slice(-2)).toEqual(['MapStateFailed', 'ExecutionFailed']);
  });
});
