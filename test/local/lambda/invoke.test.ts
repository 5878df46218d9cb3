import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { InvokeCommandInput, LambdaServiceException } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { startLambda } from './lambda-service.js';

let service: Awaited<ReturnType<typeof startLambda>>;
const logged: string[] = [];

beforeAll(async () => {
  service = await startLambda({ onLog: (name, line) => logged.push(`${name}: ${line}`) });
  service.create({ name: 'obedient', environment: { COLOUR: 'green' } });
  service.create({ name: 'hasty', timeoutMs: 300 });
  service.create({ name: 'small', memoryMb: 48 });
  service.create({ name: 'oldFashioned', handlerName: 'oldFashioned' });
  service.create({ name: 'misnamed', handlerName: 'noSuchExport' });
  service.create({ name: 'busy', reservedConcurrency: 0 });
});
afterAll(() => service.close());

describe('Invoke, through the SDK', () => {
  it('hands the event over as JSON and answers with what the handler returns', async () => {
    const answer = await invoke('obedient', { text: 'ü \u{1f600}', nested: [1, null, { a: true }] });
    expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' });
    expect(answer.FunctionError).toBeUndefined();
    expect(answer.payload).toEqual({ text: 'ü \u{1f600}', nested: [1, null, { a: true }] });
  });

  it.each([
    'obedient',
    '111122223333:function:obedient',
    'arn:aws:lambda:eu-west-1:111122223333:function:obedient',
    'obedient:$LATEST',
  ])('finds a function by %s', async (name) => {
    expect((await invoke(name, { do: 'nothing' })).payload).toBeNull();
  });

  it('takes an invocation without a payload as an empty object', async () => {
    expect((await send({ FunctionName: 'obedient' })).payload).toEqual({});
  });

  it('tells the handler who it is and how long it has, and shows it its own environment only', async () => {
    const { payload } = await invoke('obedient', { do: 'describe' }, { ClientContext: base64({ custom: { a: 1 } }) });
    const { context, remaining, environment } = payload as Record<string, Record<string, unknown>>;
    expect(context).toMatchObject({
      functionName: 'obedient',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:obedient',
      memoryLimitInMB: '256',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      clientContext: { custom: { a: 1 } },
    });
    expect(remaining).toBeGreaterThan(0);
    expect(remaining).toBeLessThanOrEqual(20_000);
    expect(environment).toMatchObject({ COLOUR: 'green', AWS_LAMBDA_FUNCTION_NAME: 'obedient' });
    expect(environment).not.toHaveProperty('PATH');
  });

  it('gives back the tail of the log when asked, and prints nothing', async () => {
    const answer = await invoke('obedient', { do: 'say', say: 'hello' }, { LogType: 'Tail' });
    expect(Buffer.from(answer.LogResult ?? '', 'base64').toString()).toMatch(/\tINFO\thello, world\nplain hello\n$/);
    expect(logged).toContainEqual('obedient: plain hello');
  });

  it('checks without running on DryRun', async () => {
    const before = service.lambda.peaks().find(({ functionName }) => functionName === 'obedient')?.invocations;
    expect(await invoke('obedient', {}, { InvocationType: 'DryRun' })).toMatchObject({ StatusCode: 204 });
    expect(service.lambda.peaks().find(({ functionName }) => functionName === 'obedient')?.invocations).toBe(before);
  });
});

describe('What goes wrong in a function is an answer with FunctionError', () => {
  it.each([
    [
      'throws an error',
      'obedient',
      { do: 'throw' },
      {
        errorType: 'OutOfCheese',
        errorMessage: 'no cheddar left',
        trace: expect.arrayContaining(['OutOfCheese: no cheddar left']),
      },
    ],
    [
      'throws what is no error',
      'obedient',
      { do: 'throwText' },
      { errorType: 'string', errorMessage: 'just text', trace: [] },
    ],
    [
      'throws where nobody catches',
      'obedient',
      { do: 'throwLater' },
      { errorType: 'TypeError', errorMessage: 'nobody catches this', trace: expect.anything() },
    ],
    [
      'rejects where nobody awaits',
      'obedient',
      { do: 'rejectUnseen' },
      {
        errorType: 'Runtime.UnhandledPromiseRejection',
        errorMessage: 'Error: nobody awaits this',
        trace: expect.anything(),
      },
    ],
    [
      'answers what is not JSON',
      'obedient',
      { do: 'circle' },
      {
        errorType: 'Runtime.JSONStringifyError',
        errorMessage: 'Unable to stringify response body',
        trace: expect.anything(),
      },
    ],
    [
      'exits',
      'obedient',
      { do: 'exit', code: 3 },
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(
          /^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 3$/,
        ),
      },
    ],
    [
      'exits without an error',
      'obedient',
      { do: 'exit', code: 0 },
      {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(/Error: Runtime exited without providing a reason$/),
      },
    ],
    [
      'waits beyond its timeout',
      'hasty',
      { do: 'hang' },
      {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 0.30 seconds$/),
      },
    ],
    [
      'computes beyond its timeout',
      'hasty',
      { do: 'spin' },
      { errorType: 'Sandbox.Timedout', errorMessage: expect.stringMatching(/Task timed out after 0.30 seconds$/) },
    ],
    [
      'fills its memory with buffers',
      'small',
      { do: 'hoard' },
      {
        errorType: 'Runtime.OutOfMemory',
        errorMessage: expect.stringMatching(/Error: Runtime exited with error: signal: killed$/),
      },
    ],
    [
      'fills its heap',
      'small',
      { do: 'hoardObjects' },
      {
        errorType: 'Runtime.OutOfMemory',
        errorMessage: expect.stringMatching(/Error: Runtime exited with error: signal: killed$/),
      },
    ],
    [
      'answers more than 6 MB',
      'obedient',
      { do: 'fill', bytes: 6_291_557 },
      {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
      },
    ],
    [
      'takes a callback',
      'oldFashioned',
      {},
      { errorType: 'Runtime.CallbackHandlerDeprecated', errorMessage: expect.anything(), trace: expect.anything() },
    ],
    [
      'does not exist in the bundle',
      'misnamed',
      {},
      {
        errorType: 'Runtime.HandlerNotFound',
        errorMessage: 'index.noSuchExport is undefined or not exported',
        trace: expect.anything(),
      },
    ],
  ])('a handler that %s', async (_title, name, order, expected) => {
    const answer = await invoke(name, order);
    expect(answer).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(answer.payload).toEqual(expected);
  });

  it('and the next invocation is served again', async () => {
    await invoke('obedient', { do: 'exit', code: 1 });
    expect((await invoke('obedient', { do: 'nothing' })).FunctionError).toBeUndefined();
  });
});

describe('What goes wrong before the function is an error of the service', () => {
  it.each([
    [
      'an unknown function',
      { FunctionName: 'nobody' },
      'ResourceNotFoundException',
      404,
      'Function not found: arn:aws:lambda:eu-west-1:111122223333:function:nobody',
    ],
    [
      'an unknown version',
      { FunctionName: 'obedient', Qualifier: '7' },
      'ResourceNotFoundException',
      404,
      'Function not found: arn:aws:lambda:eu-west-1:111122223333:function:obedient:7',
    ],
    [
      "another account's function",
      { FunctionName: 'arn:aws:lambda:eu-west-1:999999999999:function:obedient' },
      'ResourceNotFoundException',
      404,
      /^Function not found/,
    ],
    [
      'a name that is none',
      { FunctionName: 'no such name!' },
      'ValidationException',
      400,
      /'functionName' failed to satisfy constraint/,
    ],
    [
      'a payload that is not JSON',
      { FunctionName: 'obedient', Payload: Buffer.from('{"a":') },
      'InvalidRequestContentException',
      400,
      /^Could not parse request body into json: /,
    ],
    [
      'a payload that is not UTF-8',
      { FunctionName: 'obedient', Payload: Buffer.from([0x22, 0xff, 0x22]) },
      'InvalidRequestContentException',
      400,
      /Invalid UTF-8/,
    ],
    [
      'a payload over 6 MB',
      { FunctionName: 'obedient', Payload: Buffer.from(`"${'x'.repeat(6_291_456)}"`) },
      'RequestEntityTooLargeException',
      413,
      'Request must be smaller than 6291456 bytes for the InvokeFunction operation',
    ],
    [
      'a function whose reserved concurrency is used up',
      { FunctionName: 'busy' },
      'TooManyRequestsException',
      429,
      'Rate Exceeded.',
    ],
    [
      'an invocation that nobody waits for',
      { FunctionName: 'obedient', InvocationType: 'Event' },
      'InvalidParameterValueException',
      400,
      /does not do invocation type Event/,
    ],
  ] satisfies [string, InvokeCommandInput, string, number, string | RegExp][])(
    '%s',
    async (_title, input, name, status, message) => {
      const failure = send(input).catch((error: unknown) => error);
      expect(await failure).toMatchObject({ name, $metadata: { httpStatusCode: status } });
      expect(((await failure) as Error).message).toMatch(message);
    },
  );

  it('refuses a caller with the wrong secret, and one that nobody knows', async () => {
    const as = (accessKeyId: string, secretAccessKey: string) =>
      new LambdaClient({
        endpoint: service.endpoint,
        region: 'eu-west-1',
        credentials: { accessKeyId, secretAccessKey },
        maxAttempts: 1,
      });
    const asked = new InvokeCommand({ FunctionName: 'obedient' });
    await expect(as('test-key', 'guess').send(asked)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    await expect(as('stranger', 'guess').send(asked)).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
  });

  it('refuses a caller who does not sign', async () => {
    const response = await fetch(`${service.endpoint}/2015-03-31/functions/obedient/invocations`, {
      method: 'POST',
      body: '{}',
    });
    expect([response.status, response.headers.get('x-amzn-errortype')]).toEqual([
      403,
      'MissingAuthenticationTokenException',
    ]);
  });
});

describe('Invoke, whatever comes', () => {
  it.each(['.', '..', 'a/../b', 'a//b'])('takes the signature of a path that its signer shortens: %s', async (name) => {
    const answered = await send({ FunctionName: name, Payload: Buffer.from('{}') }).then(
      ({ StatusCode }) => StatusCode,
      (error: LambdaServiceException) => error.$metadata.httpStatusCode,
    );
    expect([400, 404]).toContain(answered);
  });

  it('answers or refuses, and lives on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constantFrom('obedient', 'busy', 'obedient:7'), fc.string({ minLength: 1 })),
        fc.oneof(
          fc.json().map((text) => Buffer.from(text)),
          fc.uint8Array(),
        ),
        fc.option(fc.string(), { nil: undefined }),
        async (FunctionName, Payload, ClientContext) => {
          const answered = await send({ FunctionName, Payload, ...(ClientContext ? { ClientContext } : {}) }).then(
            ({ StatusCode }) => StatusCode,
            (error: LambdaServiceException) => error.$metadata?.httpStatusCode ?? error.name,
          );
          // A name that no URL can hold, and a header that HTTP cannot, are refused by the SDK itself.
          expect([200, 400, 404, 413, 429, 'TypeError', 'URIError']).toContain(answered);
        },
      ),
      { numRuns: 150 },
    );
    expect((await invoke('obedient', { still: 'here' })).payload).toEqual({ still: 'here' });
  });
});

async function invoke(FunctionName: string, event: unknown, more: Partial<InvokeCommandInput> = {}) {
  return send({ FunctionName, Payload: Buffer.from(JSON.stringify(event)), ...more });
}

async function send(input: InvokeCommandInput) {
  const answer = await service.client.send(new InvokeCommand(input));
  return {
    ...answer,
    payload: answer.Payload?.length ? (JSON.parse(answer.Payload.transformToString()) as unknown) : undefined,
  };
}

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}
