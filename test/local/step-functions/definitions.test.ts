import { ValidateStateMachineDefinitionCommand } from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { machine, task, useStepFunctions } from './support/service.js';

const under = useStepFunctions();

/** What ValidateStateMachineDefinition finds, a line each: `code: message at location`. */
async function complaints(definition: object | string): Promise<string[]> {
  const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
  const { result, diagnostics } = await under().client.send(
    new ValidateStateMachineDefinitionCommand({ definition: text }),
  );
  const found = (diagnostics ?? []).map(
    ({ code, message, location }) => `${code}: ${message} at ${location ?? 'null'}`,
  );
  expect(result).toBe(found.length === 0 ? 'OK' : 'FAIL');
  return found;
}

const succeed = { Type: 'Succeed' };
const inlineMap = (more: object = {}) => ({
  Type: 'Map',
  ItemProcessor: { StartAt: 'Inner', States: { Inner: { Type: 'Pass', End: true } } },
  End: true,
  ...more,
});
const distributedMap = (more: object = {}, config: object = {}) => ({
  Type: 'Map',
  ItemProcessor: {
    ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD', ...config },
    StartAt: 'Inner',
    States: { Inner: { Type: 'Pass', End: true } },
  },
  End: true,
  ...more,
});

describe('A definition that AWS refuses is refused in its words', () => {
  it('CreateStateMachine says everything that is wrong in one message', async () => {
    const definition = machine({ A: { Type: 'Pass', Next: 'Nowhere' } });
    await expect(under().createMachine(definition)).rejects.toMatchObject({
      name: 'InvalidDefinition',
      message:
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: Nowhere at /States/A/Next, " +
        "MISSING_END_STATE: Workflow has no terminal state at null'",
    });
  });

  it.each<[string, object | string, string[]]>([
    ['is no object', '[]', ['SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object at null']],
    ['has no states', { StartAt: 'A' }, ['SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /']],
    [
      'has a state of no known type',
      machine({ A: { Type: 'Sleep' } }),
      [
        "SCHEMA_VALIDATION_FAILED: The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/A/Type",
      ],
    ],
    [
      'loops for ever',
      machine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' }, Unused: { Type: 'Pass', Next: 'A' } }),
      ['MISSING_END_STATE: Workflow has no terminal state at null'],
    ],
    [
      'has a state that nothing leads to',
      machine({ A: { Type: 'Pass', End: true }, 'a/b': succeed }),
      ['MISSING_TRANSITION_TARGET: State "a/b" is not reachable. at /States/a/b'],
    ],
    [
      'starts nowhere',
      machine({ A: succeed }, { StartAt: 'Nope' }),
      [
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Nope at /StartAt",
        'MISSING_TRANSITION_TARGET: State "A" is not reachable. at /States/A',
      ],
    ],
    [
      'points nowhere from a Choice and a Catch',
      machine({
        C: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'X' }], Default: 'T' },
        T: task('fn', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Y' }] }),
      }),
      [
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/C/Choices[0]/Next",
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Y at /States/T/Catch[0]/Next",
      ],
    ],
    [
      'ends and goes on',
      machine({ A: { Type: 'Pass', Next: 'B', End: true }, B: succeed }),
      ['SCHEMA_VALIDATION_FAILED: There should only be one of the following fields: [Next, End] at /States/A'],
    ],
    [
      'does neither',
      machine({ A: { Type: 'Pass' }, B: succeed }, { StartAt: 'B' }),
      [
        'SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [Next, End] at /States/A',
        'MISSING_TRANSITION_TARGET: State "A" is not reachable. at /States/A',
      ],
    ],
    [
      'waits in two ways',
      machine({ W: { Type: 'Wait', Seconds: 1, Timestamp: '2030-01-01T00:00:00Z', End: true } }),
      [
        'SCHEMA_VALIDATION_FAILED: There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp] at /States/W',
      ],
    ],
    [
      'waits until no instant, or too long',
      machine({
        W: { Type: 'Wait', Timestamp: 'tomorrow', Next: 'V' },
        V: { Type: 'Wait', Seconds: 100_000_000, End: true },
      }),
      [
        'SCHEMA_VALIDATION_FAILED: String does not match RFC3339 timestamp at /States/W/Timestamp',
        'SCHEMA_VALIDATION_FAILED: Maximum value is 99999999 at /States/V/Seconds',
      ],
    ],
    [
      'has fields that its type has not',
      machine({ A: { Type: 'Pass', End: true, TimeoutSeconds: 1, Catch: [], Retry: [] } }),
      ['TimeoutSeconds', 'Catch', 'Retry'].map(
        (field) => `SCHEMA_VALIDATION_FAILED: Field '${field}' is not supported at /States/A`,
      ),
    ],
    [
      'uses JSONPath in a JSONata machine',
      machine({ A: { Type: 'Pass', InputPath: '$.a', End: true } }),
      [
        "SCHEMA_VALIDATION_FAILED: The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage at /States/A",
      ],
    ],
    [
      'goes back to JSONPath in one state',
      machine({ A: { Type: 'Pass', QueryLanguage: 'JSONPath', Output: {}, End: true } }),
      [
        "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A",
      ],
    ],
    [
      'misspells its language',
      machine({ A: succeed }, { QueryLanguage: 'jsonata' }),
      ['SCHEMA_VALIDATION_FAILED: Value should be one of the following: [JSONPath, JSONata] at /QueryLanguage'],
    ],
    [
      'catches States.ALL too early, or not alone',
      machine({
        A: task('fn', {
          Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['Other'] }],
          Catch: [{ ErrorEquals: ['Other', 'States.ALL'], Next: 'B' }],
        }),
        B: succeed,
      }),
      [
        'SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals[0]',
        'SCHEMA_VALIDATION_FAILED: States.ALL must appear alone and at end of list at /States/A/Catch[0]/ErrorEquals[1]',
      ],
    ],
    [
      'retries nonsensically',
      machine({
        A: task('fn', {
          Retry: [
            { ErrorEquals: [], BackoffRate: 0.5, MaxAttempts: -1, JitterStrategy: 'SOME' },
            { IntervalSeconds: 1 },
          ],
        }),
      }),
      [
        'SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/A/Retry[0]/ErrorEquals',
        'SCHEMA_VALIDATION_FAILED: Minimum value is 0 at /States/A/Retry[0]/MaxAttempts',
        'SCHEMA_VALIDATION_FAILED: Minimum value is 1 at /States/A/Retry[0]/BackoffRate',
        'SCHEMA_VALIDATION_FAILED: Value should be one of the following: [NONE, FULL] at /States/A/Retry[0]/JitterStrategy',
        'SCHEMA_VALIDATION_FAILED: These fields are required: [ErrorEquals] at /States/A/Retry[1]',
      ],
    ],
    [
      'invokes nothing',
      machine({
        A: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Next: 'B' },
        B: task('fn', { Arguments: { Payload: 1 }, End: undefined, Next: 'C' }),
        C: task('fn', { Resource: 'fn' }),
      }),
      [
        'SCHEMA_VALIDATION_FAILED: Arguments field is required for resource ARN: arn:aws:states:::lambda:invoke at /States/A/Resource',
        "SCHEMA_VALIDATION_FAILED: The field 'FunctionName' is required but was missing at /States/B/Arguments",
        'SCHEMA_VALIDATION_FAILED: Value is not a valid resource ARN at /States/C/Resource',
      ],
    ],
    [
      'takes no role for its credentials',
      machine({ A: task('fn', { Credentials: {} }) }),
      ["SCHEMA_VALIDATION_FAILED: The field 'RoleArn' is required but was missing at /States/A/Credentials"],
    ],
    [
      'names a state twice, or at length',
      machine({
        Inner: inlineMap({ End: undefined, Next: 'x'.repeat(81) }),
        ['x'.repeat(81)]: succeed,
      }),
      [
        'DUPLICATE_STATE_NAME: Duplicate State name: Inner at /States/Inner/ItemProcessor/States/Inner',
        `INVALID_STATE_NAME: Invalid State name: State '${'x'.repeat(81)}' exceeds the 80-character limit allowed by the service at /States/${'x'.repeat(81)}`,
      ],
    ],
    [
      'maps without a processor',
      machine({ M: { Type: 'Map', End: true } }),
      [
        'SCHEMA_VALIDATION_FAILED: This object should have only one of the following fields: [ItemProcessor, Iterator] at /States/M',
      ],
    ],
    [
      'sets a language on a processor',
      machine({
        M: inlineMap({
          ItemProcessor: { QueryLanguage: 'JSONata', StartAt: 'Inner', States: { Inner: { Type: 'Pass', End: true } } },
        }),
      }),
      ["SCHEMA_VALIDATION_FAILED: Field 'QueryLanguage' is not supported at /States/M/ItemProcessor"],
    ],
    [
      'runs in parallel without branches',
      machine({ P: { Type: 'Parallel', Branches: [], End: true } }),
      ['SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/P/Branches'],
    ],
    [
      'distributes without an execution type',
      machine({ M: distributedMap({}, { ExecutionType: undefined }) }),
      [
        'SCHEMA_VALIDATION_FAILED: These fields are required: [ExecutionType] at /States/M/ItemProcessor/ProcessorConfig',
      ],
    ],
    [
      'configures half a writer, or an empty one',
      machine({
        M: distributedMap({ ResultWriter: { WriterConfig: { Transformation: 'COMPACT' } }, End: undefined, Next: 'N' }),
        N: {
          ...distributedMap({ ResultWriter: {} }),
          ItemProcessor: {
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
            StartAt: 'Other',
            States: { Other: succeed },
          },
        },
      }),
      [
        'SCHEMA_VALIDATION_FAILED: These fields are required: [OutputType] at /States/M/ResultWriter/WriterConfig',
        "SCHEMA_VALIDATION_FAILED: Field 'ResultWriter' cannot be empty at /States/N/ResultWriter",
      ],
    ],
    [
      'assigns within a Map what is assigned around it',
      machine({
        Set: { Type: 'Pass', Assign: { x: 1 }, Next: 'M' },
        M: inlineMap({
          ItemProcessor: { StartAt: 'Inner', States: { Inner: { Type: 'Pass', Assign: { x: 2 }, End: true } } },
        }),
      }),
      [
        "SCHEMA_VALIDATION_FAILED: The variable 'x' is assigned outside of this state's scope and cannot be assigned within it at /States/M/ItemProcessor/States/Inner",
      ],
    ],
  ])('%s', async (_what, definition, expected) => {
    expect(await complaints(definition)).toEqual(expected);
  });

  it('is no JSON', async () => {
    const [complaint] = await complaints('{not json');
    expect(complaint).toMatch(/^INVALID_JSON_DESCRIPTION: Unexpected character \('n'/);
  });

  it('is nested without end', async () => {
    const deep = `${'['.repeat(2_000)}${']'.repeat(2_000)}`;
    const text = JSON.stringify(machine({ A: { Type: 'Pass', Output: 'deep', End: true } })).replace('"deep"', deep);
    expect(await complaints(text)).toEqual(['TOO_DEEPLY_NESTED: Definition is nested deeper than 1000 levels at null']);
  });
});

describe('A definition is accepted', () => {
  it('where what is within a Map loops for ever: AWS asks a terminal state of the machine only', async () => {
    const loop = { StartAt: 'X', States: { X: { Type: 'Pass', Next: 'Y' }, Y: { Type: 'Pass', Next: 'X' } } };
    expect(await complaints(machine({ M: inlineMap({ ItemProcessor: loop }) }))).toEqual([]);
  });

  it('where a Map assigns, once it is done, what was assigned within it', async () => {
    const states = { Inner: { Type: 'Pass', Assign: { x: 2 }, End: true } };
    const map = inlineMap({ ItemProcessor: { StartAt: 'Inner', States: states }, Assign: { x: 1 } });
    expect(await complaints(machine({ M: map }))).toEqual([]);
  });

  it('where a distributed Map, which sees no variables, assigns the same names again', async () => {
    const states = { Inner: { Type: 'Pass', Assign: { x: 2 }, End: true } };
    const config = { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' };
    const map = distributedMap({ ItemProcessor: { ProcessorConfig: config, StartAt: 'Inner', States: states } });
    expect(await complaints(machine({ Set: { Type: 'Pass', Assign: { x: 1 }, Next: 'M' }, M: map }))).toEqual([]);
  });
});

describe('An expression that AWS refuses is refused in its words', () => {
  const inOutput = (expression: string) =>
    machine({ E: { Type: 'Pass', Output: { v: `{% ${expression} %}` }, End: true } });
  const at = 'at /States/E/Output/v';

  it.each([
    ['a[1,2)', 'Expected "]", got ","'],
    ['"unterminated', 'String literal must be terminated by a matching quote'],
    ['1 +', 'Unexpected end of expression'],
    ['{"a":}', 'The symbol "}" cannot be used as a unary operator'],
    ['$x :=', 'Unexpected end of expression'],
    ['$match("a", /abc', 'No terminating / in regular expression'],
    ['', 'Unexpected end of expression'],
  ])('%s does not parse', async (expression, problem) => {
    expect(await complaints(inOutput(expression))).toEqual([`INVALID_JSONATA_EXPRESSION: ${problem} ${at}`]);
  });

  it.each([
    ['phone', ["Reference to 'phone' at the top level is not supported."]],
    ['$.phone', ["Reference to '$' at the top level is not supported."]],
    ['$$', ["Reference to '$$' is not supported."]],
    ['aaa + bbb', ['aaa', 'bbb'].map((name) => `Reference to '${name}' at the top level is not supported.`)],
    ['$map([1], function($x) { b })', ["Reference to 'b' at the top level is not supported."]],
    ['$states.errorOutput', ["Field '$states.errorOutput' does not exist."]],
    ['$states.result', ["Field '$states.result' does not exist."]],
  ])('%s refers to what there is not', async (expression, problems) => {
    expect(await complaints(inOutput(expression))).toEqual(
      problems.map((problem) => `UNSUPPORTED_JSONATA_EXPRESSION: ${problem} ${at}`),
    );
  });

  it.each([
    '$states.input.items[value > 3]',
    '$map($states.input.a, function($x) { $x.phone })',
    '$states.input.rows{name: $sum(n)}',
    '$states.input.rows^(n).name',
    '$states.input ~> |rows|{"n": n + 1}|',
    '$phone',
  ])('%s is fine', async (expression) => {
    expect(await complaints(inOutput(expression))).toEqual([]);
  });

  it('is named with its field, wherever that is', async () => {
    const states = {
      T: task('fn', {
        Arguments: { FunctionName: 'fn', Payload: { Comment: '{% a %}' } },
        TimeoutSeconds: '{% b %}',
        Retry: [{ ErrorEquals: ['{% text %}'] }],
        Catch: [{ ErrorEquals: ['States.ALL'], Output: ['{% c %}'], Assign: { why: '{% d %}' }, Next: 'C' }],
        End: undefined,
        Next: 'C',
      }),
      C: {
        Type: 'Choice',
        Comment: '{% text %}',
        Choices: [{ Condition: '{% e %}', Next: 'F', Assign: { Next: '{% f %}' } }],
        Default: 'M',
      },
      F: { Type: 'Fail', Cause: '{% g %}' },
      M: inlineMap({ Items: '{% h %}', ItemSelector: { Next: '{% i %}' } }),
    };
    expect((await complaints(machine(states))).map((line) => line.replace(/^.*'(\w)'.* at /, '$1 ')).sort()).toEqual([
      'a /States/T/Arguments/Payload/Comment',
      'b /States/T/TimeoutSeconds',
      'c /States/T/Catch[0]/Output[0]',
      'd /States/T/Catch[0]/Assign/why',
      'e /States/C/Choices[0]/Condition',
      'f /States/C/Choices[0]/Assign/Next',
      'g /States/F/Cause',
      'h /States/M/Items',
      'i /States/M/ItemSelector/Next',
    ]);
  });

  it('must be closed', async () => {
    expect(await complaints(machine({ E: { Type: 'Pass', Output: '{% 1', End: true } }))).toEqual([
      'SCHEMA_VALIDATION_FAILED: JSONata string must start with {% and end with %} at /States/E/Output',
    ]);
  });
});

describe('What the embedded engine does not do is refused by name', () => {
  it.each<[string, object, string]>([
    [
      'JSONPath',
      { StartAt: 'A', States: { A: { Type: 'Pass', Parameters: {}, End: true } } },
      "'Parameters' (QueryLanguage JSONPath)",
    ],
    [
      'another integration',
      machine({ A: task('fn', { Resource: 'arn:aws:states:::sqs:sendMessage' }) }),
      'sqs:sendMessage',
    ],
    [
      'a callback',
      machine({ A: task('fn', { Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' }) }),
      'waitForTaskToken',
    ],
    [
      'a callback of an execution',
      machine({ A: task('fn', { Resource: 'arn:aws:states:::states:startExecution.waitForTaskToken' }) }),
      'startExecution.waitForTaskToken',
    ],
    [
      'an asynchronous call',
      machine({ A: task('fn', { Arguments: { FunctionName: 'fn', InvocationType: 'Event' } }) }),
      "'InvocationType'",
    ],
    [
      'another role',
      machine({ A: task('fn', { Credentials: { RoleArn: 'arn:aws:iam::123456789012:role/other' } }) }),
      "'Credentials'",
    ],
    ['batches', machine({ M: distributedMap({ ItemBatcher: { MaxItemsPerBatch: 2 } }) }), "'ItemBatcher'"],
    ['EXPRESS children', machine({ M: distributedMap({}, { ExecutionType: 'EXPRESS' }) }), 'ExecutionType EXPRESS'],
    [
      'CSV items',
      machine({
        M: distributedMap({
          ItemReader: {
            Resource: 'arn:aws:states:::s3:getObject',
            ReaderConfig: { InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' },
            Arguments: { Bucket: 'b', Key: 'k' },
          },
        }),
      }),
      'InputType CSV',
    ],
    [
      'listing a bucket for items',
      machine({
        M: distributedMap({
          ItemReader: { Resource: 'arn:aws:states:::s3:listObjectsV2', Arguments: { Bucket: 'b' } },
        }),
      }),
      's3:listObjectsV2',
    ],
  ])('%s', async (_what, definition, named) => {
    await expect(under().createMachine(definition)).rejects.toMatchObject({
      name: 'InvalidDefinition',
      message: expect.stringMatching(/NOT_IMPLEMENTED: The embedded engine does not implement /),
    });
    expect((await complaints(definition)).join('\n')).toContain(named);
  });
});
