import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListBucketsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { describe, expect, it } from '@jest/globals';
import { bundle } from '../../local/bundle.js';
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
    expect((await dynamodb.send(new ListTablesCommand({}))).TableNames).toEqual(['s3-backfill-demo-failures']);

    const { obedient = '' } = await bundle({ obedient: 'test/local/lambda/obedient-function.ts' });
    const FunctionName = engine.lambda.createFunction({
      name: 'obedient',
      bundle: obedient,
      environment: {},
      timeoutMs: 5000,
      memoryMb: 256,
    });
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
  });

  it('refuses a service that is not there by name', async () => {
    const { engine } = under();
    const response = await fetch(engine.endpoint, {
      method: 'POST',
      headers: {
        authorization:
          'AWS4-HMAC-SHA256 Credential=k/20240131/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0',
      },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      message: 'The embedded engine has no sqs; it has s3, dynamodb, states, lambda and sts.',
    });
  });

  it('refuses the callers of each service whose secret is wrong', async () => {
    const { engine } = under();
    const settings = {
      endpoint: engine.endpoint,
      region: engine.region,
      credentials: { accessKeyId: 'local', secretAccessKey: 'wrong' },
      maxAttempts: 1,
    };
    const asked = new SFNClient(settings).send(new DescribeExecutionCommand({ executionArn: 'arn' }));
    await expect(asked).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    expect(new LambdaClient(settings)).toBeDefined();
  });
});

describe('An engine', () => {
  it('takes the port that it is told, and says so when it is taken', async () => {
    const first = await startEngine();
    const port = Number(new URL(first.endpoint).port);
    await expect(startEngine({ port })).rejects.toMatchObject({ name: 'PortUnavailable' });
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
