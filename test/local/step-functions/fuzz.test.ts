import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { machine, task, useStepFunctions } from './support/service.js';

const under = useStepFunctions();

const actions = [
  'CreateStateMachine',
  'DeleteStateMachine',
  'DescribeExecution',
  'DescribeMapRun',
  'DescribeStateMachine',
  'DescribeStateMachineForExecution',
  'GetExecutionHistory',
  'ListExecutions',
  'ListMapRuns',
  'ListStateMachines',
  'ListTagsForResource',
  'StartExecution',
  'StopExecution',
  'TagResource',
  'UntagResource',
  'UpdateMapRun',
  'UpdateStateMachine',
  'ValidateStateMachineDefinition',
];

const members = [
  'name',
  'definition',
  'roleArn',
  'type',
  'tags',
  'tagKeys',
  'resourceArn',
  'stateMachineArn',
  'executionArn',
  'mapRunArn',
  'input',
  'error',
  'cause',
  'maxResults',
  'nextToken',
  'reverseOrder',
  'includeExecutionData',
  'statusFilter',
  'loggingConfiguration',
  'tracingConfiguration',
  'encryptionConfiguration',
  'maxConcurrency',
  'severity',
];

const anyValue = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom('arn:aws:states:eu-west-1:123456789012:stateMachine:x', 'arn:', '', 'eyJwb3NpdGlvbiI6MX0'),
);

/** Words of the Amazon States Language in places where they may or may not belong. */
const fieldNames = [
  'Type',
  'Next',
  'End',
  'Output',
  'Assign',
  'Arguments',
  'Resource',
  'Retry',
  'Catch',
  'ErrorEquals',
  'Choices',
  'Condition',
  'Default',
  'Seconds',
  'Timestamp',
  'Error',
  'Cause',
  'Items',
  'ItemReader',
  'ReaderConfig',
  'InputType',
  'ItemSelector',
  'ItemProcessor',
  'ProcessorConfig',
  'Mode',
  'ExecutionType',
  'ResultWriter',
  'WriterConfig',
  'MaxConcurrency',
  'ToleratedFailurePercentage',
  'Label',
  'Branches',
  'StartAt',
  'States',
  'TimeoutSeconds',
  'QueryLanguage',
  'Comment',
  '__proto__',
];
const fieldValue = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'A',
      'B',
      true,
      1,
      -1,
      '{% $states.input %}',
      '{% (((( %}',
      '{%%}',
      'JSONPath',
      'arn:aws:states:::lambda:invoke',
      { FunctionName: 'fn' },
      { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      { StartAt: 'C', States: { C: { Type: 'Pass', End: true } } },
      [{ ErrorEquals: ['States.ALL'], Next: 'B' }],
      [{ Condition: '{% true %}', Next: 'B' }],
    ),
  },
);
const within = (name: string) => ({ StartAt: name, States: { [name]: { Type: 'Pass', End: true } } });
const distributed = { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, ...within('Child') };
const soundStates: object[] = [
  task('fn'),
  { Type: 'Wait', Seconds: 1, End: true },
  { Type: 'Pass', End: true },
  { Type: 'Succeed' },
  { Type: 'Fail' },
  { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'B' }] },
  { Type: 'Parallel', Branches: [within('Left'), within('Right')], End: true },
  { Type: 'Map', Items: [1, 2], ItemProcessor: within('Item'), End: true },
  { Type: 'Map', Items: '{% [1..3] %}', ItemProcessor: distributed, End: true },
];

/** A sound state in which some fields are something else. */
const state = fc
  .tuple(
    fc.constantFrom(...soundStates),
    fc.array(fc.tuple(fc.constantFrom(...fieldNames), fieldValue), { maxLength: 3 }),
  )
  .map(([sound, fields]) => ({ ...sound, ...Object.fromEntries(fields) }));

/** The state is reached, whatever it is; so is B. */
function around(given: object): string {
  const start = { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'A' }], Default: 'B' };
  return JSON.stringify(machine({ Start: start, A: given, B: { Type: 'Succeed' } }));
}

describe('Whatever comes in', () => {
  it('a call is answered, and never with an internal error', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...actions),
        fc.dictionary(fc.constantFrom(...members), anyValue),
        async (action, body) => {
          const answer = await under().service.handle(action, body);
          expect([200, 400]).toContain(answer.status);
          expect(typeof answer.body).toBe('object');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a definition is accepted or refused, and what is accepted runs to an end', async () => {
    under().functions.set('fn', (event) => event);
    let tried = 0;
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(state, async (given) => {
        const created = await under().service.handle('CreateStateMachine', {
          name: `fuzz-${(tried += 1)}`,
          definition: around(given),
          roleArn: 'arn:aws:iam::123456789012:role/r',
        });
        if (created.status !== 200) {
          expect(created.body).toMatchObject({ __type: 'InvalidDefinition' });
          return;
        }
        accepted += 1;
        const { stateMachineArn } = created.body as { stateMachineArn: string };
        const started = await under().service.handle('StartExecution', { stateMachineArn });
        const { executionArn } = started.body as { executionArn: string };
        expect((await under().finished(executionArn)).cause ?? '').not.toContain('Internal error');
      }),
      { numRuns: 500 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  it('a text is a definition or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json()), async (definition) => {
        const { status } = await under().service.handle('ValidateStateMachineDefinition', { definition });
        expect([200, 400]).toContain(status);
      }),
      { numRuns: 300 },
    );
  });

  it('any JSON passes through a machine unchanged', async () => {
    under().functions.set('fn', (event) => event);
    const stateMachineArn = await under().createMachine(
      machine({
        Keep: { Type: 'Pass', Assign: { kept: '{% $states.input %}' }, Next: 'Call' },
        Call: task('fn', { Output: { seen: '{% $states.result.Payload %}', kept: '{% $kept %}' } }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const input = JSON.stringify(value);
        const { body } = await under().service.handle('StartExecution', { stateMachineArn, input });
        const ended = await under().finished((body as { executionArn: string }).executionArn);
        expect(ended.value).toEqual({ seen: JSON.parse(input) as unknown, kept: JSON.parse(input) as unknown });
      }),
      { numRuns: 50 },
    );
  });
});
