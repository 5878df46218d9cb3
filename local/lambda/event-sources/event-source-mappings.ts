import { partitionOf } from '../../../contracts/partition.js';
import { randomUUID } from 'node:crypto';
import { SqsError } from '../../sqs/sqs-error.js';
import { LambdaServiceError, refused } from '../service-error.js';
import type { Mapping } from './mapping.js';
import { askAsRole, type PollerScope, QueuePoller } from './queue-poller.js';
import { invalid, type Members, readSettings, textOf } from './read-mapping.js';

/** Which functions Lambda invokes with the messages of which queues. */
export class EventSourceMappings {
  readonly #mappings = new Map<string, { mapping: Mapping; poller: QueuePoller }>();
  readonly #scope: PollerScope;

  constructor(scope: PollerScope) {
    this.#scope = scope;
  }

  /** Whether no message waits for a function, and none is with one. */
  get isIdle(): boolean {
    return [...this.#mappings.values()].every(({ poller }) => poller.isIdle);
  }

  /** Answers what Lambda answers. Throws LambdaServiceError. */
  create(members: Members): object {
    const queueArn = textOf(members, 'EventSourceArn');
    const functionName = textOf(members, 'FunctionName');
    if (functionName === undefined) throw required('functionName');
    if (queueArn === undefined || !/^arn:aws[a-z-]*:sqs:/.test(queueArn))
      throw refused(`event sources but queues of SQS${queueArn === undefined ? '' : `, such as ${queueArn}`}`);
    const { arn: functionArn } = this.#scope.lambda.describe(functionName);
    const settings = readSettings(members, functionArn);
    this.#refuseSecond(queueArn, functionArn);
    const uuid = randomUUID();
    const { region, accountId } = this.#scope.lambda;
    const arn = `arn:${partitionOf(region)}:lambda:${region}:${accountId}:event-source-mapping:${uuid}`;
    const mapping: Mapping = { uuid, arn, queueArn, settings, modifiedAt: this.#scope.clock.now() };
    this.#checkQueue(mapping);
    const poller = new QueuePoller(mapping, this.#scope);
    this.#mappings.set(uuid, { mapping, poller });
    if (settings.enabled) poller.start();
    return described(mapping, 'Creating');
  }

  get(uuid: string): object {
    const { mapping } = this.#find(uuid);
    return described(mapping);
  }

  /** Newest last; of a queue, of a function, or all. */
  list({ queueArn, functionName }: { queueArn?: string | undefined; functionName?: string | undefined }): object[] {
    const functionArn = functionName === undefined ? undefined : this.#scope.lambda.describe(functionName).arn;
    return [...this.#mappings.values()]
      .map(({ mapping }) => mapping)
      .filter((mapping) => (queueArn ?? mapping.queueArn) === mapping.queueArn)
      .filter(({ settings }) => (functionArn ?? settings.functionArn) === settings.functionArn)
      .map((mapping) => described(mapping));
  }

  update(uuid: string, members: Members): object {
    const { mapping, poller } = this.#find(uuid);
    if (members['EventSourceArn'] !== undefined && members['EventSourceArn'] !== null)
      throw refused('another EventSourceArn of an event source mapping');
    const functionName = textOf(members, 'FunctionName');
    const functionArn =
      functionName === undefined ? mapping.settings.functionArn : this.#scope.lambda.describe(functionName).arn;
    const settings = readSettings(members, functionArn, mapping.settings);
    if (functionArn !== mapping.settings.functionArn) this.#refuseSecond(mapping.queueArn, functionArn);
    this.#checkQueue({ ...mapping, settings });
    mapping.settings = settings;
    mapping.modifiedAt = this.#scope.clock.now();
    poller.stop();
    if (settings.enabled) poller.start();
    return described(mapping, 'Updating');
  }

  delete(uuid: string): object {
    const { mapping, poller } = this.#find(uuid);
    poller.stop();
    this.#mappings.delete(uuid);
    return described(mapping, 'Deleting');
  }

  /** The function of a mapping, by which permissions may be bound. */
  functionOf(uuid: string): string | undefined {
    return this.#mappings.get(uuid)?.mapping.settings.functionArn;
  }

  /** Nothing is received any more. */
  close(): void {
    for (const { poller } of this.#mappings.values()) poller.stop();
  }

  #find(uuid: string): { mapping: Mapping; poller: QueuePoller } {
    const found = this.#mappings.get(uuid);
    if (!found)
      throw new LambdaServiceError('ResourceNotFoundException', 404, 'The resource you requested does not exist.');
    return found;
  }

  #refuseSecond(queueArn: string, functionArn: string): void {
    for (const { mapping } of this.#mappings.values())
      if (mapping.queueArn === queueArn && mapping.settings.functionArn === functionArn)
        throw new LambdaServiceError(
          'ResourceConflictException',
          409,
          `An event source mapping with SQS arn (" ${queueArn} ") and function (" ${functionArn.split(':')[6]} ") already exists. Please update or delete the existing mapping with UUID ${mapping.uuid}`,
        );
  }

  /** The queue must be there, may be used by the function's role, and hide messages for as long as the function may take. */
  #checkQueue(mapping: Pick<Mapping, 'queueArn' | 'settings'>): void {
    const { lambda, sqs } = this.#scope;
    const queue = sqs.queue(mapping.queueArn);
    if (!queue)
      throw invalid(
        'Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.',
      );
    for (const operation of ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes']) {
      try {
        askAsRole(this.#scope, mapping, operation);
      } catch (error) {
        if (!(error instanceof SqsError) || error.code !== 'AccessDeniedException') throw error;
        throw invalid(`The provided execution role does not have permissions to call ${operation} on SQS`);
      }
    }
    const visibility = queue.settings.visibilityTimeout;
    const timeout = lambda.describe(mapping.settings.functionArn).definition.timeoutMs / 1000;
    if (visibility < timeout)
      throw invalid(
        `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${timeout} seconds`,
      );
  }
}

const required = (member: string) =>
  new LambdaServiceError(
    'ValidationException',
    400,
    `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
  );

/** @param change that is under way in AWS's eyes; here it is over with the answer */
function described({ uuid, arn, queueArn, settings, modifiedAt, problem }: Mapping, change?: string): object {
  const { functionArn, enabled, batchSize, batchingWindow, reportsBatchItemFailures, maximumConcurrency } = settings;
  return {
    UUID: uuid,
    BatchSize: batchSize,
    MaximumBatchingWindowInSeconds: batchingWindow,
    EventSourceArn: queueArn,
    FunctionArn: functionArn,
    LastModified: modifiedAt / 1000,
    ...(problem !== undefined && { LastProcessingResult: problem }),
    State: change ?? (enabled ? 'Enabled' : 'Disabled'),
    StateTransitionReason: 'USER_INITIATED',
    FunctionResponseTypes: reportsBatchItemFailures ? ['ReportBatchItemFailures'] : [],
    ...(maximumConcurrency !== undefined && { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }),
    EventSourceMappingArn: arn,
  };
}
