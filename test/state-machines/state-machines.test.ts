import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import aslValidator from 'asl-validator';
import { describe, expect, it } from '@jest/globals';
import jsonata from 'jsonata';
import { LIVE_HANDLERS } from '../../contracts/live.js';
import * as contracts from '../../contracts/states.js';
import { substitute, type Json } from '../../state-machines/substitute.js';
import {
  assignedBefore,
  definitions,
  expressionsOf,
  namesIn,
  root,
  statesOf,
  stringsOf,
  waysOut,
  type Placed,
} from './definition.js';

/** Functions that AWS adds to JSONata. */
const ADDED_BY_AWS = new Set(['partition', 'range', 'hash', 'random', 'uuid', 'parse']);
/** A Lambda function runs for at most so many seconds. */
const LONGEST_LAMBDA = 900;
/** Errors that pass: Lambda's own, the sandbox's, and S3's under the names that the adapters give them. */
const PASSING = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
  'Runtime.ExitError',
  'Runtime.OutOfMemory',
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'RequestTimeout',
  'OperationAborted',
  'Http502',
  'Http504',
  'TimeoutError',
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'InternalServerError',
  'NoAnswer',
  'States.Timeout',
];

const handlers = readdirSync(join(root, 'handlers'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));
const cores = readdirSync(join(root, 'core'), { recursive: true, encoding: 'utf8' });

describe.each(definitions())('$file', ({ text, machine }) => {
  const states = statesOf(machine);
  const ofType = (type: string) =>
    states.filter(({ state }) => state.Type === type).map((each) => [each.name, each] as const);
  const calls = ofType('Task').filter(([, { state }]) => state['Resource'] === '${LambdaInvoke}');
  const others = ofType('Task').filter(([, { state }]) => state['Resource'] !== '${LambdaInvoke}');

  it('is a definition that Step Functions takes, once its placeholders are filled', () => {
    const filled = substitute(JSON.parse(text) as Json, valuesIn(text));
    const { isValid, errorsText } = aslValidator(filled as object);
    expect(errorsText('\n')).toBe('');
    expect(isValid).toBe(true);
  });

  it('is JSONata throughout, and says what each Task and Map is for', () => {
    expect(machine['QueryLanguage']).toBe('JSONata');
    for (const { state } of states) {
      expect(state).not.toHaveProperty('QueryLanguage');
      if (state.Type === 'Task' || state.Type === 'Map') expect(state['Comment']).toEqual(expect.any(String));
    }
  });

  it('has each name once, so that a history tells which state it is about', () => {
    expect(new Set(states.map(({ name }) => name)).size).toBe(states.length);
  });

  it('has placeholders that are known, inside strings, and never in an expression: no value of ours is code', () => {
    const used = new Set([...text.matchAll(/\$\{(\w*)\}/g)].map(([, name]) => name));
    const inStrings = stringsOfAll(machine).flatMap((each) =>
      [...each.matchAll(/\$\{(\w*)\}/g)].map(([, name]) => name),
    );
    expect(inStrings).toHaveLength([...text.matchAll(/\$\{/g)].length);
    expect([...used].filter((name) => values()[name ?? ''] === undefined)).toEqual([]);
    expect(stringsOfAll(machine).filter((each) => each.includes('${') && each.includes('{%'))).toEqual([]);
  });

  it('has expressions that JSONata 2.0.6 reads, whole strings each, with functions that AWS has, and no $eval', async () => {
    for (const each of stringsOfAll(machine).filter((string) => /\{%|%\}/.test(string)))
      expect(each).toMatch(/^\{%(?:(?!%\})[\s\S])*%\}$/);
    const called = states.flatMap(({ state }) =>
      expressionsOf(state).flatMap((expression) => namesIn(expression).functions),
    );
    expect(called).not.toContain('eval');
    for (const name of new Set(called)) {
      const isBuiltIn = (await jsonata(`$type($${name})`).evaluate({})) === 'function';
      expect([name, isBuiltIn || ADDED_BY_AWS.has(name)]).toEqual([name, true]);
    }
  });

  it('reads no variable that is not assigned on every way there', () => {
    for (const { name, state, scope } of states) {
      const assigned = assignedBefore(scope).get(name);
      const read = expressionsOf(state).flatMap((expression) => namesIn(expression).variables);
      const unknown = read.filter((variable) => !['', '$', 'states'].includes(variable) && !assigned?.has(variable));
      expect([name, unknown]).toEqual([name, []]);
    }
  });

  it('assigns no variable that nothing reads', () => {
    const read = new Set(
      states.flatMap(({ state }) => expressionsOf(state).flatMap((each) => namesIn(each).variables)),
    );
    const assigned = states.flatMap(({ state }) => waysOut(state).flatMap(({ assigns }) => assigns));
    expect(assigned.filter((variable) => !read.has(variable))).toEqual([]);
  });

  it('asks for an item of a Map where it is chosen, and nowhere else', () => {
    for (const { name, state } of states) {
      const { ItemSelector, ...others } = state;
      const elsewhere = expressionsOf(others).filter((expression) => expression.includes('context.Map'));
      expect([name, elsewhere]).toEqual([name, []]);
      if (state.Type === 'Map') expect(expressionsOf(ItemSelector).join()).toContain('$states.context.Map.Item.Value');
    }
  });

  const maps = ofType('Map');
  if (maps.length > 0)
    describe('Map', () => {
      it.each(ofType('Map'))('%s reads JSON Lines of the work bucket', (_, { state }) => {
        expect(state['ItemReader']).toEqual({
          Resource: 'arn:${Partition}:states:::s3:getObject',
          ReaderConfig: { InputType: 'JSONL' },
          Arguments: { Bucket: '${WorkBucket}', Key: expect.stringMatching(/^\{%.*\.jsonl' %\}$/) },
        });
      });

      it.each(ofType('Map'))('%s leaves its results as JSON Lines of what its children answer', (_, { state }) => {
        expect(state['ResultWriter']).toEqual({
          Resource: 'arn:${Partition}:states:::s3:putObject',
          Arguments: { Bucket: '${WorkBucket}', Prefix: expect.stringMatching(/^\{%.*[^/]' %\}$/) },
          WriterConfig: { Transformation: 'COMPACT', OutputType: 'JSONL' },
        });
      });

      it.each(ofType('Map'))(
        '%s has as many children as the request says, tolerates their failures, and can be redriven',
        (name, { state }) => {
          expect(state['MaxConcurrency']).toBe('{% $run.maxConcurrency %}');
          expect(state['ToleratedFailurePercentage']).toBe(100);
          expect(state).not.toHaveProperty('ToleratedFailureCount');
          expect(state['ItemProcessor']).toMatchObject({
            ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          });
          // A retried Map would start a new Map Run over all of its items.
          expect(state).not.toHaveProperty('Retry');
          expect(state['Label']).toBe(name);
        },
      );

      it('labels are told apart, and short enough to be part of a name', () => {
        const labels = ofType('Map').map(([, { state }]) => String(state['Label']));
        expect(new Set(labels).size).toBe(labels.length);
        for (const label of labels) expect(label).toMatch(/^[A-Za-z0-9_-]{1,40}$/);
      });

      it.each(ofType('Map').filter(([, { state }]) => hasCatch(state['ItemProcessor'])))(
        '%s has children that record their failure and then fail, red in the console',
        (_, { state }) => {
          const child = state['ItemProcessor'] as Placed['scope'];
          const { Catch } = child.States[child.StartAt] as unknown as {
            Catch: { ErrorEquals: string[]; Next: string }[];
          };
          expect(Catch).toMatchObject([{ ErrorEquals: ['States.ALL'] }]);
          const recording = child.States[Catch[0]?.Next ?? ''];
          expect(recording).toMatchObject({ Arguments: { FunctionName: '${RecordChunkFailureFunction}' } });
          expect(child.States[recording ? (waysOut(recording)[0]?.next ?? '') : '']).toEqual({
            Comment: expect.any(String),
            Type: 'Fail',
            Error: '{% $states.input.Error %}',
            Cause: '{% $states.input.Cause %}',
          });
        },
      );
    });

  describe('Task', () => {
    for (const [name, { state }] of others)
      it(`${name} runs another machine of the pair, waits for its end, and says so by name`, () => {
        expect(state['Resource']).toBe('arn:${Partition}:states:::states:startExecution.sync:2');
        expect(state['Arguments']).toMatchObject({ StateMachineArn: '${BackfillMachine}' });
        // A run takes as long as it takes; its own states have their limits.
        expect(state).not.toHaveProperty('TimeoutSeconds');
        expect(state['Catch']).toMatchObject([{ ErrorEquals: ['States.ALL'] }]);
      });

    it.each(calls)('%s calls a Lambda function, and waits a little longer than that may run', (_, { state }) => {
      expect(state['Resource']).toBe('${LambdaInvoke}');
      expect(state['TimeoutSeconds']).toBeGreaterThan(LONGEST_LAMBDA);
      expect(state['TimeoutSeconds']).toBeLessThan(LONGEST_LAMBDA + 60);
      expect(Object.keys(state['Arguments'] as object).toSorted()).toEqual(['FunctionName', 'Payload']);
    });

    it.each(calls)('%s tries again what passes, each time at a moment of its own', (_, { state }) => {
      const retriers = state['Retry'] as { ErrorEquals: string[] }[];
      expect(retriers.flatMap(({ ErrorEquals }) => ErrorEquals)).toEqual(expect.arrayContaining(PASSING));
      for (const retrier of retriers)
        expect(retrier).toEqual({
          ErrorEquals: expect.any(Array),
          IntervalSeconds: expect.any(Number),
          MaxAttempts: expect.any(Number),
          BackoffRate: 2,
          MaxDelaySeconds: expect.any(Number),
          JitterStrategy: 'FULL',
        });
    });

    it.each(calls)('%s does not try again what stands: our own errors, and all others', (_, { state }) => {
      const retried = (state['Retry'] as { ErrorEquals: string[] }[]).flatMap(({ ErrorEquals }) => ErrorEquals);
      expect(retried.filter((name) => ourErrors().includes(name))).toEqual([]);
      // These would match all of ours too.
      expect(retried).not.toContain('States.ALL');
      expect(retried).not.toContain('States.TaskFailed');
      expect(new Set(retried).size).toBe(retried.length);
    });

    it.each(calls)('%s is one name: state, handler, core function', (_, { state }) => {
      const name = functionOf(state);
      const kebab = kebabCase(name);
      expect(handlers).toContain(kebab);
      const core = cores.find((file) => file.endsWith(`/${kebab}.ts`)) ?? `no core/**/${kebab}.ts`;
      const camel = name.charAt(0).toLowerCase() + name.slice(1);
      expect(readFileSync(join(root, 'core', core), 'utf8')).toMatch(
        new RegExp(`^export (async )?function ${camel}\\(`, 'm'),
      );
      expect(readFileSync(join(root, 'handlers', `${kebab}.ts`), 'utf8')).toContain(
        `from '../core/${core.replace('.ts', '.js')}'`,
      );
      expect(states.map((each) => each.name)).toContain(name);
    });

    it.each(calls)('%s sends what its handler takes', (_, { state, scope, name }) => {
      const { Payload } = state['Arguments'] as { Payload: unknown };
      const camel = functionOf(state).charAt(0).toLowerCase() + functionOf(state).slice(1);
      const { shape } = (contracts as unknown as Record<string, { shape: object }>)[`${camel}Input`] ?? { shape: {} };
      const sent = Payload === '{% $states.input %}' ? itemOf(machine, scope) : (Payload as object);
      const later = name === scope.StartAt ? [] : ['error'];
      expect([...Object.keys(sent), ...later].toSorted()).toEqual(
        expect.arrayContaining(Object.keys(shape).toSorted()),
      );
    });
  });

  it('goes on after every choice', () => {
    for (const [, { state }] of ofType('Choice')) expect(state['Default']).toEqual(expect.any(String));
  });

  it('waits as long as it is told', () => {
    for (const [, { state }] of ofType('Wait')) expect(state['Seconds']).toMatch(/^\{% \$states\.input\.\w+ %\}$/);
  });
});

describe('Handlers', () => {
  const ofLive: readonly string[] = LIVE_HANDLERS;

  it.each(handlers.filter((handler) => !ofLive.includes(handler)))('%s is the work of a state', (handler) => {
    const called = definitions().flatMap(({ machine }) =>
      statesOf(machine).flatMap(({ state }) => (state.Type === 'Task' ? [kebabCase(functionOf(state))] : [])),
    );
    expect(called).toContain(handler);
  });

  it.each(LIVE_HANDLERS)('%s is called by a queue, and is one name: handler and core function', (handler) => {
    const camel = handler.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    const core = cores.find((file) => file.endsWith(`/${handler}.ts`)) ?? `no core/**/${handler}.ts`;
    expect(readFileSync(join(root, 'core', core), 'utf8')).toMatch(
      new RegExp(`^export (async )?function ${camel}\\(`, 'm'),
    );
    expect(handlers).toContain(handler);
  });
});

/** Those that a definition names. */
function valuesIn(text: string): Record<string, string> {
  return Object.fromEntries(Object.entries(values()).filter(([name]) => text.includes(`\${${name}}`)));
}

/** What the placeholders are filled with. */
function values(): Record<string, string> {
  const functions = handlers.map((handler): [string, string] => {
    const name = handler.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
    return [`${name}Function`, `arn:aws:lambda:eu-central-1:123456789012:function:${handler}`];
  });
  const others = {
    Partition: 'aws',
    LambdaInvoke: 'arn:aws:states:::lambda:invoke',
    WorkBucket: 'work-bucket',
    Pair: JSON.stringify({ name: 'photos' }),
    BackfillMachine: 'arn:aws:states:eu-central-1:123456789012:stateMachine:s3-backfill-photos',
    CountSql: 'SELECT 1',
    DifferenceSql: 'SELECT 2',
  };
  return { ...others, ...Object.fromEntries(functions) };
}

/** `CopyChunk`, of a Task that calls `${CopyChunkFunction}`. */
function functionOf(state: Placed['state']): string {
  const { FunctionName = '' } = (state['Arguments'] ?? {}) as { FunctionName?: string };
  return /^\$\{(\w+)Function\}$/.exec(FunctionName)?.[1] ?? '';
}

/** What a Map gives the children whose states are `scope`. */
function itemOf(machine: Placed['scope'], scope: Placed['scope']): object {
  const map = statesOf(machine).find(({ state }) => state['ItemProcessor'] === scope);
  return map?.state['ItemSelector'] ?? {};
}

function hasCatch(processor: unknown): boolean {
  const { States, StartAt } = processor as Placed['scope'];
  return States[StartAt]?.['Catch'] !== undefined;
}

function stringsOfAll(machine: Placed['scope']): string[] {
  const { States: _, ...others } = machine;
  return [...stringsOf(others), ...statesOf(machine).flatMap(({ state }) => stringsOf(state))];
}

function kebabCase(name: string): string {
  return name.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
}

/** Names of core/errors.ts. */
function ourErrors(): string[] {
  const source = readFileSync(join(root, 'core/errors.ts'), 'utf8');
  const names = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, name = '']) => name);
  if (!existsSync(join(root, 'core/errors.ts')) || names.length < 10) throw new Error('core/errors.ts has no names');
  return names;
}
