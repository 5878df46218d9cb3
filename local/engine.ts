import { partitionOf } from '../contracts/partition.js';
import { Alarms } from './alarms.js';
import type { AccessOptions } from './access/aws-call.js';
import { type Authorize, authorizer } from './access/authorize.js';
import { denial } from './access/denial.js';
import { Identities } from './access/identities.js';
import { rootArn } from './access/principals.js';
import { EmbeddedAthena } from './athena/embedded-athena.js';
import { bundle } from './bundle.js';
import { realClock } from './clock.js';
import type { Clock } from './clock.js';
import { frontDoor } from './doors/front-door.js';
import { openPort } from './doors/port.js';
import type { Visitors } from './doors/visitor-door.js';
import { EmbeddedDynamoDb } from './dynamodb.js';
import { EmbeddedEvents } from './events/embedded-events.js';
import { EmbeddedLambda } from './lambda/embedded-lambda.js';
import { EventSourceMappings } from './lambda/event-sources/event-source-mappings.js';
import { lambdaTask } from './lambda/lambda-task.js';
import { EmbeddedS3 } from './s3/embedded-s3.js';
import { EmbeddedS3Control } from './s3-control/embedded-s3-control.js';
import type { S3Event } from './s3/notifications.js';
import { roleStorage } from './s3/role-storage.js';
import { EmbeddedSqs } from './sqs/embedded-sqs.js';
import { EmbeddedStepFunctions } from './step-functions/embedded-step-functions.js';
import { EmbeddedSecretsManager } from './secrets-manager/embedded-secrets-manager.js';
import { AccessDenied, type StepFunctionsPorts } from './step-functions/ports.js';
import { Watch } from './watch.js';

export interface EngineOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  clock?: Clock;
  /** Of the partition `aws` unless it is a Region of another one: `cn-north-1` has ARNs that begin with `arn:aws-cn:`. */
  region?: string;
  accountId?: string;
  /** Requests are signed with these, which stand for the account's root, or with those that are added for others. */
  credentials?: EngineCredentials;
  /** Who is told of the calls that are made, and decides about them. */
  access?: AccessOptions;
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

/**
 * S3, its Batch Operations, Step Functions, DynamoDB, Lambda, Athena, SQS, EventBridge, Secrets Manager and a little of STS on one
 * port of this machine.
 */
export interface Engine {
  /** `http://127.0.0.1:<port>` */
  endpoint: string;
  region: string;
  accountId: string;
  credentials: EngineCredentials;
  /** Whose keys are good; more may be added at any time. */
  identities: Identities;
  clock: Clock;
  s3: EmbeddedS3;
  /** S3 Batch Operations. */
  s3Control: EmbeddedS3Control;
  stepFunctions: EmbeddedStepFunctions;
  lambda: EmbeddedLambda;
  athena: EmbeddedAthena;
  dynamodb: EmbeddedDynamoDb;
  secretsManager: EmbeddedSecretsManager;
  sqs: EmbeddedSqs;
  events: EmbeddedEvents;
  /** Lambda's event source mappings: which functions are invoked with the messages of which queues. */
  eventSourceMappings: EventSourceMappings;
  /**
   * Resolves when all is quiet: no event is on its way, and no message is in a queue from which a function is invoked,
   * visible, delayed or in flight. Queues without a mapping that is enabled do not count.
   */
  idle(): Promise<void>;
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
    access = {},
    visitors,
  } = options;
  const partition = partitionOf(region);
  const identities = new Identities({ ...credentials, principalArn: rootArn(accountId, partition) });
  const authorize = authorizer(access, accountId);

  const [alarms, watch] = [new Alarms(clock), new Watch()];
  const sqs = new EmbeddedSqs({ clock, alarms, watch, region, accountId, authorize, endpoint: () => port.endpoint });
  const events = new EmbeddedEvents({ sqs, clock, alarms, watch, region, accountId, authorize });
  const notify = (event: S3Event) => events.accept(event);
  const s3 = new EmbeddedS3({ clock, region, accountId, credentials: identities, access, notify });
  const s3Control = new EmbeddedS3Control({ s3, clock, region, accountId, identities, authorize });
  const athena = new EmbeddedAthena({ s3, clock, region, accountId, authorize });
  const secretsManager = new EmbeddedSecretsManager({ clock, region, accountId, kms: s3.kms, authorize });
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
      invokeLambda: lambdaTask(lambda, authorize),
      ...roleStorage(s3, authorize, accountId),
      checkCall: checkedCalls(authorize, accountId),
    },
    { partition, region, accountId },
  );

  const eventSourceMappings = new EventSourceMappings({ lambda, sqs, clock, alarms, watch });

  const places = { region, accountId, clock, identities };
  const queues = { eventSourceMappings, sqs, events };
  const services = { s3, s3Control, athena, dynamodb, lambda, secretsManager, stepFunctions, ...queues, ...places };
  const port = await openPort(options.port ?? 0, (request, response) =>
    frontDoor(request, response, { ...services, authorize, visitors }),
  );
  return {
    endpoint: port.endpoint,
    credentials,
    ...services,
    idle: () => watch.until(() => events.pending === 0 && eventSourceMappings.isIdle),
    close: async () => {
      eventSourceMappings.close();
      alarms.close();
      await stepFunctions.stop();
      await lambda.close();
      await s3Control.close();
      await athena.close();
      await port.close();
    },
  };
}

/** Asks for the permission of what Step Functions itself does as a machine's role, such as starting executions. */
function checkedCalls(
  authorize: Authorize | undefined,
  accountId: string,
): NonNullable<StepFunctionsPorts['checkCall']> {
  return (action, resource, principal) => {
    const call = { principal, action, resource, context: { 'aws:ResourceAccount': accountId } };
    if (authorize && !authorize(call)) throw new AccessDenied(denial(call));
  };
}
