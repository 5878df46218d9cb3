import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { machine, task, useStepFunctions } from './support/service.js';

const under = useStepFunctions();

/** What an expression comes to in a Pass state. */
async function evaluate(expression: string, input: unknown = {}): Promise<unknown> {
  const { value, cause } = await under().run(
    machine({ Make: { Type: 'Pass', Output: { result: `{% ${expression} %}` }, End: true } }),
    input,
  );
  if (cause !== undefined) throw new Error(cause);
  return (value as { result: unknown }).result;
}

describe('Variables', () => {
  it('are assigned beside the Output, both seeing the values at entry', async () => {
    const { value, events } = await under().run(
      machine({
        Start: { Type: 'Pass', Assign: { a: 1, b: 2 }, Next: 'Swap' },
        Swap: {
          Type: 'Pass',
          Assign: { a: '{% $b %}', b: '{% $a %}', c: { nested: ['{% $a + $b %}'] } },
          Output: '{% $a - $b %}',
          Next: 'Tell',
        },
        Tell: { Type: 'Pass', Output: '{% {"a": $a, "b": $b, "c": $c, "input": $states.input} %}', End: true },
      }),
    );
    expect(value).toEqual({ a: 2, b: 1, c: { nested: [3] }, input: -1 });
    expect(events[4]?.stateExitedEventDetails).toMatchObject({
      assignedVariables: { a: '2', b: '1', c: '{"nested":[3]}' },
      assignedVariablesDetails: { truncated: false },
    });
  });

  it('of a Task may hold its result', async () => {
    under().functions.set('fn', () => ({ rows: 7 }));
    const { value } = await under().run(
      machine({
        Count: task('fn', {
          Assign: { rows: '{% $states.result.Payload.rows %}' },
          Output: {},
          End: undefined,
          Next: 'Tell',
        }),
        Tell: { Type: 'Pass', Output: '{% $rows %}', End: true },
      }),
    );
    expect(value).toBe(7);
  });

  it('may hold null, and null is a value', async () => {
    const { value } = await under().run(
      machine({
        Set: { Type: 'Pass', Assign: { stopped: null }, Next: 'Tell' },
        Tell: { Type: 'Pass', Output: '{% [$exists($stopped), $stopped = null] %}', End: true },
      }),
    );
    expect(value).toEqual([true, true]);
  });

  it('of an outer scope are read, not changed, within a Map', async () => {
    const { value } = await under().run(
      machine({
        Set: { Type: 'Pass', Assign: { factor: 3 }, Next: 'Each' },
        Each: {
          Type: 'Map',
          Items: [1, 2],
          ItemProcessor: {
            StartAt: 'Keep',
            States: {
              Keep: { Type: 'Pass', Assign: { own: '{% $states.input * $factor %}' }, Next: 'Tell' },
              Tell: { Type: 'Pass', Output: '{% $own %}', End: true },
            },
          },
          Output: '{% {"list": $states.result, "own": $exists($own)} %}',
          End: true,
        },
      }),
    );
    expect(value).toEqual({ list: [3, 6], own: false });
  });
});

describe('$states.context', () => {
  it('tells the execution, the machine and the state', async () => {
    const arn = await under().start(machine({ Tell: { Type: 'Pass', Output: '{% $states.context %}', End: true } }), {
      a: 1,
    });
    const { value, name, stateMachineArn } = await under().finished(arn);
    expect(value).toEqual({
      Execution: {
        Id: arn,
        Input: { a: 1 },
        Name: name,
        RedriveCount: 0,
        RoleArn: 'arn:aws:iam::123456789012:role/states',
        StartTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
      State: { EnteredTime: expect.stringMatching(/Z$/), Name: 'Tell' },
      StateMachine: { Id: stateMachineArn, Name: stateMachineArn?.split(':').at(-1) },
    });
  });
});

describe('An expression', () => {
  it('collapses one match to itself, as JSONata does', async () => {
    const input = { rows: [{ n: 1 }, { n: 2 }] };
    expect(await evaluate('$states.input.rows.n', input)).toEqual([1, 2]);
    expect(await evaluate('$states.input.rows[n = 2].n', input)).toBe(2);
    expect(await evaluate('[$states.input.rows[n = 2].n]', input)).toEqual([2]);
  });

  it('that comes to nothing fails the state', async () => {
    await expect(evaluate('$states.input.absent')).rejects.toThrow(
      "An error occurred while executing the state 'Make' (entered at the event id #2). The JSONata expression " +
        "'$states.input.absent' specified for the field 'Output/result' returned nothing (undefined).",
    );
  });

  it('that fails tells JSONata’s code and message', async () => {
    await expect(evaluate('1 + "a"')).rejects.toThrow(
      "The JSONata expression '1 + \"a\"' specified for the field 'Output/result' threw an error during evaluation. " +
        'T2002: The right side of the "+" operator must evaluate to a number',
    );
    await expect(evaluate("$error('stop here')")).rejects.toThrow('D3137: stop here');
  });

  it('that comes to a function fails, wherever the function is', async () => {
    for (const expression of ['function($x) { $x }', '$sum', '[1, $uuid]', '{"a": {"b": $now}}', '/a/']) {
      await expect(evaluate(expression)).rejects.toThrow('returned an unsupported result type.');
    }
  });

  it('says a number that JSON has not by its name', async () => {
    expect(await evaluate('[1/0, -1/0]')).toEqual(['Infinity', '-Infinity']);
  });

  it('nests a hundred levels and no more', async () => {
    expect(await evaluate(Array(100).fill('1').join('+'))).toBe(100);
    await expect(evaluate(Array(101).fill('1').join('+'))).rejects.toThrow(
      'threw an error during evaluation: Stack overflow error: Check for non-terminating recursive function. ' +
        'Consider rewriting as tail-recursive. Depth=101 max=100',
    );
  });

  it('makes no array or string that takes too much memory', async () => {
    expect(await evaluate('$count([1..873782])')).toBe(873_782);
    const message = 'Expression evaluation memory limit exceeded';
    await expect(evaluate('$count([1..873783])')).rejects.toThrow(message);
    await expect(evaluate("$length($pad('', 6990257))")).rejects.toThrow(message);
    await expect(evaluate('$range(1, 360146, 1)[0]')).rejects.toThrow(message);
  });

  it('has no $eval', async () => {
    await expect(evaluate("$eval('1')")).rejects.toThrow('T1006: Attempted to invoke a non-function');
  });

  it('does not see another execution’s variables, though its parsed form is shared', async () => {
    const stateMachineArn = await under().createMachine(
      machine({
        Set: { Type: 'Pass', Assign: { n: '{% $states.input.n %}' }, Next: 'Wait' },
        Wait: { Type: 'Wait', Seconds: 1, Next: 'Tell' },
        Tell: { Type: 'Pass', Output: '{% ($sum := $sum([1..$n]); $n) %}', End: true },
      }),
    );
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const values = await Promise.all(
      numbers.map(async (n) => {
        const { body } = await under().service.handle('StartExecution', {
          stateMachineArn,
          input: JSON.stringify({ n }),
        });
        return (await under().finished((body as { executionArn: string }).executionArn)).value;
      }),
    );
    expect(values).toEqual(numbers);
  });
});

describe('A function of Step Functions', () => {
  it('$partition cuts an array into pieces', async () => {
    expect(await evaluate('$partition([1..7], 3)')).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
    expect(await evaluate('$partition([1..4], 2.9)')).toEqual([
      [1, 2],
      [3, 4],
    ]);
    await expect(evaluate('$partition([1..4], 0)')).rejects.toThrow('returned nothing (undefined)');
    await expect(evaluate('$partition([1..4], -1)')).rejects.toThrow('$partition');
  });

  it('$range counts from one number to another', async () => {
    expect(await evaluate('$range(0, 10, 5)')).toEqual([0, 5, 10]);
    expect(await evaluate('$range(3, 0, -2)')).toEqual([3, 1]);
    expect(await evaluate('$range(-1.7, 1, 1)')).toEqual([-1, 0, 1]);
    expect(await evaluate('$range(4, 4, 1)')).toBe(4);
    await expect(evaluate('$range(0, 10, -1)')).rejects.toThrow('returned nothing (undefined)');
    await expect(evaluate('$range(0, 10)')).rejects.toThrow('returned nothing (undefined)');
  });

  it.each([
    ['MD5', 'md5'],
    ['SHA-1', 'sha1'],
    ['SHA-256', 'sha256'],
    ['SHA-384', 'sha384'],
    ['SHA-512', 'sha512'],
  ])('$hash makes %s', async (algorithm, name) => {
    const expected = createHash(name).update('Zürich').digest('hex');
    expect(await evaluate(`$hash('Zürich', '${algorithm}')`)).toBe(expected);
  });

  it('$hash knows no other algorithm', async () => {
    await expect(evaluate("$hash('a', 'sha-256')")).rejects.toThrow("not 'sha-256'");
  });

  it('$random is between 0 and 1, and the same for the same seed', async () => {
    const random = (await evaluate('$random()')) as number;
    expect(random).toBeGreaterThanOrEqual(0);
    expect(random).toBeLessThan(1);
    expect(await evaluate('$random(7) = $random(7)')).toBe(true);
    expect(await evaluate('$random(7) = $random(8)')).toBe(false);
  });

  it('$uuid is a UUID of version 4, another one each time', async () => {
    expect(await evaluate('$uuid()')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await evaluate('$uuid() = $uuid()')).toBe(false);
  });

  it('$parse reads JSON', async () => {
    expect(await evaluate('$parse(\'{"a":[1]}\').a')).toEqual([1]);
    await expect(evaluate("$parse('{')")).rejects.toThrow('$parse expected JSON');
  });

  it('$now and $millis tell the engine’s time, which skips', async () => {
    const { value } = await under().run(
      machine({
        Before: { Type: 'Pass', Assign: { before: '{% $millis() %}' }, Next: 'Wait' },
        Wait: { Type: 'Wait', Seconds: 86_400, Next: 'After' },
        After: {
          Type: 'Pass',
          Output: '{% [$millis() - $before >= 86400000, $toMillis($now()) > $before] %}',
          End: true,
        },
      }),
    );
    expect(value).toEqual([true, true]);
  });
});
