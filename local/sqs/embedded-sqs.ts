import type { Authorize } from '../access/authorize.js';
import type { AwsCall } from '../access/aws-call.js';
import { denial } from '../access/denial.js';
import type { Caller } from '../access/principals.js';
import { letsService } from '../access/resource-policy.js';
import { sqsCall } from '../access/sqs-calls.js';
import type { JsonAnswer } from '../doors/json-door.js';
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
  receiveMessage,
  sendMessage,
  sendMessageBatch,
} from './api/messages.js';
import {
  createQueue,
  deleteQueue,
  getQueueAttributes,
  getQueueUrl,
  listDeadLetterSourceQueues,
  listQueues,
  listQueueTags,
  purgeQueue,
  setQueueAttributes,
  tagQueue,
  untagQueue,
} from './api/queues.js';
import { type Members, readMembers } from './api/request.js';
import type { SqsFaults } from './faults.js';
import type { Message, MessageDraft } from './message.js';
import type { Queue } from './queue.js';
import { SqsError, type SqsErrorCode, noSuchQueue } from './sqs-error.js';
import { type SqsScope, SqsState } from './sqs-state.js';

/** SQS in memory: standard queues over its JSON protocol, and a few doors for the engine itself. */
export class EmbeddedSqs {
  readonly #state: SqsState;
  readonly #authorize: Authorize | undefined;

  constructor({ authorize, ...scope }: SqsScope & { authorize?: Authorize | undefined }) {
    this.#state = new SqsState(scope);
    this.#authorize = authorize;
  }

  get faults(): SqsFaults {
    return this.#state.faults;
  }

  /** By name or ARN. */
  queue(nameOrArn: string): Queue | undefined {
    return nameOrArn.startsWith('arn:') ? this.#state.byArn(nameOrArn) : this.#state.queues.get(nameOrArn);
  }

  /** All messages of a queue, visible or not, without receiving them. Throws where there is no such queue. */
  messages(nameOrArn: string): readonly Message[] {
    const queue = this.queue(nameOrArn);
    if (!queue) throw noSuchQueue();
    return queue.messages;
  }

  /** Answers one call. @param body JSON text @param gone aborts when the caller has hung up */
  async handle(
    operation: string,
    body: string,
    caller: Caller,
    gone: AbortSignal = new AbortController().signal,
  ): Promise<JsonAnswer> {
    try {
      const perform = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (!perform)
        throw new SqsError(
          'UnknownOperationException',
          `The embedded SQS does not do ${operation || 'a call without a target'}.`,
        );
      const members = readMembers(body);
      const name = queueNameOf(this.#state, members);
      this.check(operation, caller, name === undefined ? undefined : this.#state.arnOf(name));
      return answer(200, await perform(this.#state, members, caller, gone));
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      return sqsFailure(error);
    }
  }

  /** Asks whether somebody may do something, and whether a fault strikes it. @throws SqsError */
  check(operation: string, { principal, arn }: Pick<Caller, 'principal' | 'arn'>, queueArn: string | undefined): void {
    const call: AwsCall = { principal, caller: arn, ...sqsCall(operation, queueArn, this.#state.accountId) };
    if (this.#authorize && !this.#authorize(call)) throw new SqsError('AccessDeniedException', worded(call));
    const effect = this.faults.strike({ operation, queue: queueArn?.split(':').at(-1) });
    if (effect && 'error' in effect)
      throw new SqsError(
        effect.error,
        effect.error === 'RequestThrottled'
          ? 'The request was denied due to request throttling.'
          : 'An internal error occurred.',
      );
  }

  /**
   * Sends for a service of AWS, which only the queue's own policy can let in; it is asked where anybody is asked at all.
   * @param context condition keys of the service's call
   * @throws SqsError
   */
  sendAsService(
    service: string,
    queueArn: string,
    draft: Omit<MessageDraft, 'senderId'>,
    context: Readonly<Record<string, string>>,
  ): void {
    const queue = this.#state.byArn(queueArn);
    if (!queue) throw noSuchQueue();
    if (this.#authorize) {
      const request = {
        service,
        action: 'sqs:SendMessage',
        resource: queueArn,
        context: { 'aws:SecureTransport': 'true', ...context },
      };
      const lets = queue.settings.policy !== undefined && letsService(queue.settings.policy, request);
      const call = { ...sqsCall('SendMessage', queueArn, this.#state.accountId), principal: service, caller: service };
      if (!this.#authorize({ ...call, context: { ...call.context, ...context } }, lets))
        throw new SqsError(
          'AccessDeniedException',
          `Access to the resource ${this.#state.urlOf(queue.name)} is denied.`,
        );
    }
    const effect = this.faults.strike({ operation: 'SendMessage', queue: queue.name, body: draft.body });
    if (effect && 'error' in effect)
      throw new SqsError(effect.error, 'The request was denied due to request throttling.');
    this.#state.send(queue, { ...draft, senderId: SERVICE_ID });
  }
}

/** The unique id by which a service of AWS is a sender. */
const SERVICE_ID = 'AIDAEMBEDDEDSERVICE00';

function queueNameOf(state: SqsState, { QueueUrl: url, QueueName: name }: Members): string | undefined {
  if (typeof name === 'string') return name;
  return typeof url === 'string' ? state.nameOf(url) : undefined;
}

/** SQS writes the action in lower case. */
function worded(call: AwsCall): string {
  return denial({ ...call, action: call.action.toLowerCase() });
}

type Operation = (state: SqsState, members: Members, caller: Caller, gone: AbortSignal) => object | Promise<object>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ChangeMessageVisibility: changeMessageVisibility,
  ChangeMessageVisibilityBatch: changeMessageVisibilityBatch,
  CreateQueue: createQueue,
  DeleteMessage: deleteMessage,
  DeleteMessageBatch: deleteMessageBatch,
  DeleteQueue: deleteQueue,
  GetQueueAttributes: getQueueAttributes,
  GetQueueUrl: getQueueUrl,
  ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
  ListQueueTags: listQueueTags,
  ListQueues: listQueues,
  PurgeQueue: purgeQueue,
  ReceiveMessage: receiveMessage,
  SendMessage: sendMessage,
  SendMessageBatch: sendMessageBatch,
  SetQueueAttributes: setQueueAttributes,
  TagQueue: tagQueue,
  UntagQueue: untagQueue,
};

const OWN_CODES: ReadonlySet<SqsErrorCode> = new Set([
  'AccessDeniedException',
  'InvalidParameterValueException',
  'MissingRequiredParameterException',
  'SerializationException',
  'UnknownOperationException',
]);

/** An error in AWS JSON, with its code of the Query protocol beside it. */
function sqsFailure(error: SqsError): JsonAnswer {
  const { code, message, queryError } = error;
  // Those of the service itself have its namespace.
  const namespace = OWN_CODES.has(code) ? 'com.amazon.coral.service' : 'com.amazonaws.sqs';
  return answer(
    code === 'InternalError' ? 500 : code === 'AccessDeniedException' ? 403 : 400,
    { __type: `${namespace}#${code}`, message },
    { 'x-amzn-query-error': queryError },
  );
}

function answer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): JsonAnswer {
  return { status, body: JSON.stringify(body), headers };
}
