import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll } from '@jest/globals';
import { DynamoFailureTable } from '../../adapters/dynamodb/failure-table.js';
import type { Failure } from '../../contracts/failure.js';
import type { RunRequestInput } from '../../contracts/run-request.js';
import { summary as summarySchema } from '../../contracts/tally.js';
import type { Summary } from '../../contracts/tally.js';
import { skippingClock } from '../../local/clock.js';
import { startEngine } from '../../local/engine.js';
import type { Engine, EngineOptions } from '../../local/engine.js';
import { deployPipeline } from '../../local/pipeline.js';
import type { Pipeline, PipelineOptions } from '../../local/pipeline.js';

/** How an execution ended, as DescribeExecution tells it. */
interface Ended {
  runId: string;
  executionArn: string;
  status: string;
  output?: unknown;
  error?: string;
  cause?: string;
}

/** An engine with the pipeline on it, and the SDK's clients for it. */
export interface EngineUnderTest<Deployed extends Pipeline = Pipeline> {
  engine: Engine;
  pipeline: Deployed;
  s3: S3Client;
  sfn: SFNClient;
  dynamodb: DynamoDBClient;
  lambda: LambdaClient;
  /** Starts a run; its id is the execution's name, made up unless given. */
  start(input: RunRequestInput | object, runId?: string): Promise<string>;
  /** Waits for an execution's end, whatever that is. */
  ended(executionArn: string): Promise<Ended>;
  startAndWait(input: RunRequestInput | object, runId?: string): Promise<Ended>;
  /** The run's summary.json; undefined where it came to none. */
  summary(runId: string): Summary | undefined;
  /** The run's items in the failure table, open and resolved. */
  failures(runId: string): Promise<Failure[]>;
  close(): Promise<void>;
}

export interface EngineUnderTestOptions {
  engine?: EngineOptions;
  pipeline?: PipelineOptions;
}

/** One engine for the tests of a file (or of a `describe`): started before the first, closed after the last. Its clock skips waits. */
export function useEngine(options: EngineUnderTestOptions = {}): () => EngineUnderTest {
  let running: EngineUnderTest | undefined;
  beforeAll(async () => {
    running = await openEngine(options);
  });
  afterAll(() => running?.close());
  return () => {
    if (!running) throw new Error('The engine runs between beforeAll and afterAll; use it inside a test.');
    return running;
  };
}

/** Starts an engine with the pipeline on it; the caller closes it. */
export async function openEngine(options: EngineUnderTestOptions = {}): Promise<EngineUnderTest> {
  return openEngineWith((engine) => deployPipeline(engine, options.pipeline), options.engine);
}

/** The same with a deployment of another kind. */
export async function openEngineWith<Deployed extends Pipeline>(
  deploy: (engine: Engine) => Promise<Deployed>,
  options: EngineOptions = {},
): Promise<EngineUnderTest<Deployed>> {
  const engine = await startEngine({ clock: skippingClock(), ...options });
  const pipeline = await deploy(engine).catch(async (error: unknown) => {
    await engine.close();
    throw error;
  });
  const settings = {
    endpoint: engine.endpoint,
    region: engine.region,
    credentials: engine.credentials,
    maxAttempts: 1,
  };
  const clients = {
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    sfn: new SFNClient(settings),
    dynamodb: new DynamoDBClient(settings),
    lambda: new LambdaClient(settings),
  };
  const failureTable = new DynamoFailureTable(pipeline.failureTable, engine.clock, settings);
  let runs = 0;

  const start = async (input: object, runId = `run-${(runs += 1)}`): Promise<string> => {
    const { executionArn } = await ask<{ executionArn: string }>(engine, 'StartExecution', {
      stateMachineArn: pipeline.stateMachineArn,
      name: runId,
      input: JSON.stringify(input),
    });
    return executionArn;
  };
  return {
    engine,
    pipeline,
    ...clients,
    start,
    ended: (executionArn) => waitForEnd(engine, executionArn),
    startAndWait: async (input, runId) => waitForEnd(engine, await start(input, runId)),
    summary: (runId) => {
      const stored = engine.s3.getObject(pipeline.workBucket, `runs/${runId}/summary.json`);
      return stored && summarySchema.parse(JSON.parse(stored.body.toString()));
    },
    failures: async (runId) => {
      const found: Failure[] = [];
      for await (const failure of failureTable.ofRun(runId)) found.push(failure);
      return found;
    },
    close: async () => {
      for (const client of Object.values(clients)) client.destroy();
      await engine.close();
    },
  };
}

interface Description {
  name: string;
  status: string;
  output?: string;
  error?: string;
  cause?: string;
}

/** How often an execution is looked at; the work of its Lambda functions takes real time. */
const LOOK_EVERY_MS = 5;

async function waitForEnd(engine: Engine, executionArn: string): Promise<Ended> {
  for (;;) {
    const { name, status, output, error, cause } = await ask<Description>(engine, 'DescribeExecution', {
      executionArn,
    });
    if (status !== 'RUNNING')
      return {
        runId: name,
        executionArn,
        status,
        ...(output === undefined ? {} : { output: JSON.parse(output) as unknown }),
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      };
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function ask<Answer>(engine: Engine, action: string, input: object): Promise<Answer> {
  const { status, body } = await engine.stepFunctions.handle(action, input);
  if (status !== 200) throw new Error(`${action} was refused: ${JSON.stringify(body)}`);
  return body as Answer;
}
