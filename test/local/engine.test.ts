import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { bundle } from '../../local/bundle.js';
import { PortUnavailable } from '../../local/doors/port.js';
import { startEngine } from '../../local/engine.js';
import { useEngine } from '../support/engine.js';

const under = useEngine();

describe('One port', () => {
  it('serves the clients of S3, DynamoDB, Step Functions and Lambda', async () => {
    const { s3, dynamodb, sfn, engine } = under();
    engine.s3.createBucket('one-port');
    await s3.send(new PutObjectCommand({ Bucket: 'one-port', Key: 'a/../b c', Body: 'hello' }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'one-port', Key: 'a/../b c' }));
    expect(await Body?.transformToString()).toBe('hello');
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toContain('one-port');
    expect((await dynamodb.send(new ListTablesCommand({}))).TableNames).toEqual([
      's3-backfill-demo-failures',
      's3-backfill-demo-reconciliations',
    ]);

    const { obedient = '' } = await bundle({ obedient: 'test/local/lambda/obedient-function.ts' });
    const obedientFunction = { name: 'obedient', bundle: obedient, environment: {}, timeoutMs: 5000, memoryMb: 256 };
    const FunctionName = engine.lambda.createFunction(obedientFunction);
    const { stateMachineArn } = await sfn.send(
      new CreateStateMachineCommand({
        name: 'asks-lambda',
        roleArn: 'arn:aws:iam::123456789012:role/any',
        definition: JSON.stringify({
          QueryLanguage: 'JSONata',
          StartAt: 'Ask',
          States: {
            Ask: {
              Type: 'Task',
              Resource: 'arn:aws:states:::lambda:invoke',
              Arguments: { FunctionName, Payload: '{% $states.input %}' },
              Output: '{% $states.result.Payload %}',
              End: true,
            },
          },
        }),
      }),
    );
    const run = async (input: object) => {
      const { executionArn = '' } = await sfn.send(
        new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
      );
      await under().ended(executionArn);
      return sfn.send(new DescribeExecutionCommand({ executionArn }));
    };
    expect(await run({ answer: 42 })).toMatchObject({ status: 'SUCCEEDED', output: '{"answer":42}' });
    expect(await run({ do: 'throw' })).toMatchObject({
      status: 'FAILED',
      error: 'OutOfCheese',
      cause: expect.stringContaining('"errorMessage":"no cheddar left"'),
    });
    expect(await run({ do: 'exit', code: 1 })).toMatchObject({ status: 'FAILED', error: 'Runtime.ExitError' });
    engine.lambda.createFunction({ ...obedientFunction, reservedConcurrency: 0 });
    expect(await run({})).toMatchObject({
      status: 'FAILED',
      error: 'Lambda.TooManyRequestsException',
      cause: expect.stringMatching(/^Rate Exceeded\./),
    });
  });

  it.each([
    ['application/x-amz-json-1.0', /^\{.*"message":"The embedded engine has no sns; it has s3,/],
    ['application/x-www-form-urlencoded; charset=utf-8', /<Message>The embedded engine has no sns; it has s3,/],
  ])('refuses a service that is not there by name, in its own protocol: %s', async (type, expected) => {
    const response = await fetch(under().engine.endpoint, {
      method: 'POST',
      headers: {
        'content-type': type,
        authorization:
          'AWS4-HMAC-SHA256 Credential=k/20240131/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0',
      },
    });
    expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(expected)]);
  });

  it('refuses the callers of each service whose secret is wrong', async () => {
    const { endpoint, region } = under().engine;
    const settings = {
      endpoint,
      region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'wrong' },
      maxAttempts: 1,
    };
    const s3 = new S3Client({ ...settings, forcePathStyle: true }).send(new ListBucketsCommand({}));
    await expect(s3).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    for (const ask of [
      () => new SFNClient(settings).send(new ListStateMachinesCommand({})),
      () => new DynamoDBClient(settings).send(new ListTablesCommand({})),
      () => new LambdaClient(settings).send(new InvokeCommand({ FunctionName: 'obedient' })),
    ])
      await expect(ask()).rejects.toMatchObject({ name: 'InvalidSignatureException' });
  });
});

describe('An engine', () => {
  it('takes the port that it is told, and says so when it is taken', async () => {
    const first = await startEngine();
    const port = Number(new URL(first.endpoint).port);
    await expect(startEngine({ port })).rejects.toThrow(PortUnavailable);
    await first.close();
    const second = await startEngine({ port });
    expect(second.endpoint).toBe(first.endpoint);
    await second.close();
  });

  it('starts as what it is told to be', async () => {
    const options = {
      region: 'eu-central-1',
      accountId: '999988887777',
      credentials: { accessKeyId: 'A', secretAccessKey: 'B' },
    };
    const engine = await startEngine(options);
    expect(engine).toMatchObject(options);
    await engine.close();
  });

  it('is gone when it is closed, whatever ran', async () => {
    const { obedient = '' } = await bundle({ obedient: 'test/local/lambda/obedient-function.ts' });
    const engine = await startEngine();
    engine.lambda.createFunction({
      name: 'obedient',
      bundle: obedient,
      environment: {},
      timeoutMs: 60_000,
      memoryMb: 256,
    });
    const running = engine.lambda.invoke('obedient', '{"do":"spin"}').catch((error: unknown) => error);
    await engine.close();
    await running;
    await expect(fetch(engine.endpoint)).rejects.toThrow();
  });
});
