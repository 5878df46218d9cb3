import { bundle } from './bundle.js';
import { realClock } from './clock.js';
import type { Clock } from './clock.js';
import { frontDoor } from './doors/front-door.js';
import { openPort } from './doors/port.js';
import type { Visitors } from './doors/visitor-door.js';
import { EmbeddedDynamoDb } from './dynamodb.js';
import { EmbeddedLambda } from './lambda/embedded-lambda.js';
import { lambdaTask } from './lambda/lambda-task.js';
import { EmbeddedS3 } from './s3/embedded-s3.js';
import { S3Error } from './s3/s3-error.js';
import { EmbeddedStepFunctions } from './step-functions/embedded-step-functions.js';

export interface EngineOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  clock?: Clock;
  region?: string;
  accountId?: string;
  /** Requests must be signed with these. */
  credentials?: EngineCredentials;
  /** Receives what Lambda functions print. */
  onLog?: (functionName: string, line: string) => void;
  /** How many Lambda functions run at a time; as many as there are cores by default. */
  threads?: number;
  /** Answers people who open the endpoint in a browser. */
  visitors?: Visitors;
}

interface EngineCredentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** S3, Step Functions, DynamoDB, Lambda and a little of STS on one port of this machine. */
export interface Engine {
  /** `http://127.0.0.1:<port>` */
  endpoint: string;
  region: string;
  accountId: string;
  credentials: EngineCredentials;
  clock: Clock;
  s3: EmbeddedS3;
  stepFunctions: EmbeddedStepFunctions;
  lambda: EmbeddedLambda;
  dynamodb: EmbeddedDynamoDb;
  /** Stops executions, workers and the port. */
  close(): Promise<void>;
}

/** Starts the embedded engine: everything is in memory and gone with it. Throws PortUnavailable. */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const { worker = '' } = await bundle({ worker: 'local/lambda/worker.ts' });
  const {
    clock = realClock,
    region = 'us-east-1',
    accountId = '123456789012',
    credentials = { accessKeyId: 'local', secretAccessKey: 'local' },
  } = options;

  const s3 = new EmbeddedS3({ clock, region, accountId, credentials: [credentials] });
  const dynamodb = new EmbeddedDynamoDb();
  const lambda = new EmbeddedLambda({
    region,
    accountId,
    workerEntry: worker,
    threads: options.threads,
    onLog: options.onLog,
  });
  const stepFunctions = new EmbeddedStepFunctions(
    {
      clock,
      invokeLambda: lambdaTask(lambda),
      readObject: (bucket, key) => Promise.resolve(readObject(s3, bucket, key)),
      writeObject: async (bucket, key, body, contentType) => {
        s3.putObject(bucket, key, body, { contentType });
      },
    },
    { region, accountId },
  );

  const services = { s3, dynamodb, lambda, stepFunctions, region, accountId, credentials };
  const { visitors } = options;
  const port = await openPort(options.port ?? 0, (request, response) =>
    frontDoor(request, response, { ...services, visitors }),
  );
  return {
    endpoint: port.endpoint,
    clock,
    ...services,
    close: async () => {
      await stepFunctions.stop();
      await lambda.close();
      await port.close();
    },
  };
}

function readObject(s3: EmbeddedS3, bucket: string, key: string): Buffer | undefined {
  try {
    return s3.getObject(bucket, key)?.body;
  } catch (error) {
    if (error instanceof S3Error && error.code === 'NoSuchBucket') return undefined;
    throw error;
  }
}
