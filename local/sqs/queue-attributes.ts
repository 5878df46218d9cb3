import { parsePolicy, type ResourcePolicy } from '../access/resource-policy.js';
import { type RedriveAllowPolicy, type RedrivePolicy, readRedriveAllowPolicy, readRedrivePolicy } from './redrive.js';
import { SqsError, notDone } from './sqs-error.js';

/** What a queue is set to. Durations in seconds, sizes in bytes. */
export interface QueueSettings {
  delaySeconds: number;
  maximumMessageSize: number;
  messageRetentionPeriod: number;
  receiveMessageWaitTimeSeconds: number;
  visibilityTimeout: number;
  policy?: ResourcePolicy | undefined;
  redrivePolicy?: RedrivePolicy | undefined;
  redriveAllowPolicy?: RedriveAllowPolicy | undefined;
  sseEnabled: boolean;
}

const DEFAULTS: QueueSettings = {
  delaySeconds: 0,
  maximumMessageSize: 1_048_576,
  messageRetentionPeriod: 345_600,
  receiveMessageWaitTimeSeconds: 0,
  visibilityTimeout: 30,
  sseEnabled: true,
};

/**
 * Settings from the attributes of a request, each as text, over those that were.
 * Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
export function readAttributes(given: Readonly<Record<string, unknown>>, before = DEFAULTS): QueueSettings {
  const settings = { ...before };
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string')
      throw new SqsError('SerializationException', `Expected a string as the attribute ${name}.`);
    const read = READERS[name];
    if (!read) throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    Object.assign(settings, read(value, name));
  }
  return settings;
}

/** The settings as attributes, those that are not set left out. */
export function writeAttributes(settings: QueueSettings): Record<string, string> {
  const { policy, redrivePolicy, redriveAllowPolicy } = settings;
  return {
    VisibilityTimeout: String(settings.visibilityTimeout),
    MaximumMessageSize: String(settings.maximumMessageSize),
    MessageRetentionPeriod: String(settings.messageRetentionPeriod),
    DelaySeconds: String(settings.delaySeconds),
    ReceiveMessageWaitTimeSeconds: String(settings.receiveMessageWaitTimeSeconds),
    SqsManagedSseEnabled: String(settings.sseEnabled),
    ...(policy && { Policy: policy.text }),
    ...(redrivePolicy && { RedrivePolicy: redrivePolicy.text }),
    ...(redriveAllowPolicy && { RedriveAllowPolicy: redriveAllowPolicy.text }),
  };
}

/** What can be asked for and not be set, beside the settings. */
export const COMPUTED = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
] as const;

type Reader = (value: string, name: string) => Partial<QueueSettings>;

const READERS: Readonly<Record<string, Reader>> = {
  DelaySeconds: (value, name) => ({ delaySeconds: whole(value, name, 0, 900) }),
  MaximumMessageSize: (value, name) => ({ maximumMessageSize: whole(value, name, 1024, 1_048_576) }),
  MessageRetentionPeriod: (value, name) => ({ messageRetentionPeriod: whole(value, name, 60, 1_209_600) }),
  ReceiveMessageWaitTimeSeconds: (value, name) => ({ receiveMessageWaitTimeSeconds: whole(value, name, 0, 20) }),
  VisibilityTimeout: (value, name) => ({ visibilityTimeout: whole(value, name, 0, 43_200) }),
  // Empty takes it back.
  Policy: (value, name) => {
    try {
      return { policy: value === '' ? undefined : parsePolicy(value) };
    } catch (error) {
      throw new SqsError(
        'InvalidAttributeValue',
        `Invalid value for the parameter ${name}. Reason: ${(error as Error).message}`,
      );
    }
  },
  RedrivePolicy: (value) => ({ redrivePolicy: value === '' ? undefined : readRedrivePolicy(value) }),
  RedriveAllowPolicy: (value) => ({ redriveAllowPolicy: value === '' ? undefined : readRedriveAllowPolicy(value) }),
  SqsManagedSseEnabled: (value, name) => {
    if (value !== 'true' && value !== 'false') throw invalid(name);
    return { sseEnabled: value === 'true' };
  },
  FifoQueue: (value) => {
    if (value === 'true') throw notDone('FIFO queues');
    // AWS knows it as `true` only.
    throw new SqsError('InvalidAttributeName', 'Unknown Attribute FifoQueue.');
  },
  KmsMasterKeyId: (value) => {
    if (value !== '') throw notDone('queues that are encrypted with keys of KMS');
    return {};
  },
  KmsDataKeyReusePeriodSeconds: (value, name) => {
    whole(value, name, 60, 86_400);
    return {};
  },
};

function whole(value: string, name: string, least: number, most: number): number {
  const number = Number(value);
  if (!/^\d{1,9}$/.test(value) || number < least || number > most) throw invalid(name);
  return number;
}

const invalid = (name: string) => new SqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
