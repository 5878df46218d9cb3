import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { InvokeCommandInput } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startLambda } from './lambda-service.js';

const ARN = 'arn:aws:lambda:eu-west-1:111122223333:function:painter';
let service: Awaited<ReturnType<typeof startLambda>>;

beforeAll(async () => {
  // One thread, so that the versions of a function take turns in one worker.
  service = await startLambda({ threads: 1 });
});
afterAll(() => service.close());

/** Deploys the function anew; its version 1 is green and its version 2 red. */
function deploy(COLOUR: string, more: object = {}): string {
  return service.create({ name: 'painter', environment: { COLOUR }, ...more });
}

async function invoke(input: Partial<InvokeCommandInput>) {
  const Payload = Buffer.from('{"do":"describe"}');
  const answer = await service.client.send(new InvokeCommand({ FunctionName: 'painter', Payload, ...input }));
  const { context, environment } = JSON.parse(answer.Payload?.transformToString() ?? '') as {
    context: { functionVersion: string; invokedFunctionArn: string };
    environment: { COLOUR: string; AWS_LAMBDA_FUNCTION_VERSION: string };
  };
  return { executed: answer.ExecutedVersion, ...context, ...environment };
}

describe('A version of a function', () => {
  beforeAll(() => {
    deploy('green');
    service.lambda.publishVersion('painter');
    deploy('red');
    service.lambda.publishVersion('painter');
    deploy('blue');
  });

  it.each([
    ['by its ARN', { FunctionName: `${ARN}:1` }],
    ['by name and number', { FunctionName: 'painter:1' }],
    ['by a qualifier', { Qualifier: '1' }],
    ['by both, where they agree', { FunctionName: 'painter:1', Qualifier: '1' }],
  ])('is invoked %s, as it was when it was published', async (_title, input) => {
    expect(await invoke(input)).toMatchObject({
      executed: '1',
      functionVersion: '1',
      invokedFunctionArn: `${ARN}:1`,
      COLOUR: 'green',
      AWS_LAMBDA_FUNCTION_VERSION: '1',
    });
  });

  it('stays as it is when the function is deployed again', async () => {
    expect(await invoke({ Qualifier: '2' })).toMatchObject({ executed: '2', COLOUR: 'red' });
    expect(await invoke({})).toMatchObject({ executed: '$LATEST', COLOUR: 'blue', invokedFunctionArn: ARN });
    expect(await invoke({ Qualifier: '$LATEST' })).toMatchObject({
      executed: '$LATEST',
      COLOUR: 'blue',
      invokedFunctionArn: `${ARN}:$LATEST`,
    });
  });

  it('does not follow the object that it was deployed from', async () => {
    const environment = { COLOUR: 'green' };
    service.create({ name: 'kept', environment });
    service.lambda.publishVersion('kept');
    environment.COLOUR = 'red';
    expect(await invoke({ FunctionName: 'kept:1' })).toMatchObject({ COLOUR: 'green' });
  });

  it('keeps its own module scope, though its code is the same', async () => {
    const count = async (Qualifier: string) => {
      const Payload = Buffer.from('{"do":"count"}');
      const { Payload: text } = await service.client.send(
        new InvokeCommand({ FunctionName: 'twice', Qualifier, Payload }),
      );
      return Number(text?.transformToString());
    };
    service.create({ name: 'twice' });
    service.lambda.publishVersion('twice');
    expect([await count('1'), await count('1'), await count('$LATEST')]).toEqual([1, 2, 1]);
  });

  it.each([
    ['a number that was not published', { FunctionName: `${ARN}:3` }, 'ResourceNotFoundException'],
    ['an alias', { Qualifier: 'live' }, 'ResourceNotFoundException'],
    [
      'another one beside the one in the name',
      { FunctionName: 'painter:1', Qualifier: '2' },
      'InvalidParameterValueException',
    ],
    [
      'of a function in another account',
      { FunctionName: 'arn:aws:lambda:eu-west-1:999999999999:function:painter:1' },
      'ResourceNotFoundException',
    ],
  ])('is refused where it is %s', async (_title, input, name) => {
    await expect(invoke(input)).rejects.toMatchObject({ name });
  });
});

describe('Publishing', () => {
  it('makes a new number only where something has changed', () => {
    const publish = () => service.lambda.publishVersion('counted');
    const create = (more: object) => service.create({ name: 'counted', ...more });
    create({ environment: { A: '1', B: '2' } });
    expect([publish(), publish()]).toEqual(['1', '1']);
    create({ environment: { B: '2', A: '1' }, reservedConcurrency: 1 });
    expect(publish()).toBe('1');
    create({ environment: { A: '1', B: '2' }, timeoutMs: 1_000 });
    expect(publish()).toBe('2');
    create({ environment: { A: '1', B: '2' } });
    expect(publish()).toBe('3');
  });

  it('takes no function that is not there', () => {
    expect(() => service.lambda.publishVersion('nobody')).toThrow(/^Function not found: arn:.*:function:nobody$/);
  });
});
