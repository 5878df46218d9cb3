import { SqsError, invalidValue } from './sqs-error.js';

/** Where messages go that were received too often. */
export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
  /** As it was set. */
  text: string;
}

/** Whose dead letters a queue takes: everybody's unless it says otherwise. */
export interface RedriveAllowPolicy {
  redrivePermission: 'allowAll' | 'denyAll' | 'byQueue';
  sourceQueueArns: readonly string[];
  /** As it was set. */
  text: string;
}

/** Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html */
export function readRedrivePolicy(text: string): RedrivePolicy {
  const { deadLetterTargetArn, maxReceiveCount } = parsed(text, 'RedrivePolicy');
  if (typeof deadLetterTargetArn !== 'string' || maxReceiveCount === undefined)
    throw invalidValue(
      text,
      'RedrivePolicy',
      `Redrive policy does not contain mandatory attribute: ${typeof deadLetterTargetArn === 'string' ? 'maxReceiveCount' : 'deadLetterTargetArn'}.`,
    );
  // A string will do, as CloudFormation sends it.
  const written = JSON.stringify(maxReceiveCount).replaceAll('"', '');
  const count = Number(written);
  if (!/^\d{1,4}$/.test(written) || count < 1 || count > 1000)
    throw invalidValue(
      text,
      'RedrivePolicy',
      `Invalid value for maxReceiveCount: ${written}, valid values are from 1 to 1000 both inclusive.`,
    );
  return { deadLetterTargetArn, maxReceiveCount: count, text };
}

export function readRedriveAllowPolicy(text: string): RedriveAllowPolicy {
  const { redrivePermission, sourceQueueArns = [] } = parsed(text, 'RedriveAllowPolicy');
  const permission = PERMISSIONS.find((each) => each === redrivePermission);
  if (!permission)
    throw invalidValue(text, 'RedriveAllowPolicy', 'Expected allowAll, denyAll or byQueue as redrivePermission.');
  const isList = Array.isArray(sourceQueueArns) && sourceQueueArns.every((each) => typeof each === 'string');
  if (
    !isList ||
    (permission === 'byQueue' ? sourceQueueArns.length < 1 || sourceQueueArns.length > 10 : sourceQueueArns.length > 0)
  )
    throw invalidValue(text, 'RedriveAllowPolicy', 'Expected 1 to 10 sourceQueueArns with byQueue, and none without.');
  return { redrivePermission: permission, sourceQueueArns, text };
}

/** Whether a queue with this policy takes the dead letters of another. */
export function takesFrom(policy: RedriveAllowPolicy | undefined, sourceArn: string): boolean {
  if (!policy || policy.redrivePermission === 'allowAll') return true;
  return policy.redrivePermission === 'byQueue' && policy.sourceQueueArns.includes(sourceArn);
}

function parsed(text: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below, as for what is no object.
  }
  throw new SqsError(
    'InvalidParameterValueException',
    `Value ${text} for parameter ${name} is invalid. Reason: ${name} is not a valid JSON map.`,
  );
}

const PERMISSIONS = ['allowAll', 'denyAll', 'byQueue'] as const;
