import { Duration, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import cron from 'aws-cron-parser';
import type { Construct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import { acknowledge } from './acknowledge.js';
import { PairError } from './check-pair.js';

export interface DailyRun {
  group: ScheduleGroup;
  /** Where Scheduler leaves what it could not start. */
  deadLetters: Queue;
}

/**
 * Starts the daily reconciliation. The input holds the scheduled time; an execution that is delivered twice is refused by the pair's
 * lock, since Scheduler names no execution.
 */
export function createSchedule(
  scope: Construct,
  { name, schedule }: Pair,
  stateMachine: IStateMachine,
  key: IKey | undefined,
): DailyRun {
  const deadLetters = new Queue(scope, 'ScheduleDeadLetters', {
    ...(key
      ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
      : { encryption: QueueEncryption.SQS_MANAGED }),
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  acknowledge(deadLetters, { 'AwsSolutions-SQS3': 'It is the dead-letter queue itself; an alarm watches it.' });
  const role = new Role(scope, 'ScheduleRole', {
    description: `Starts the daily reconciliation of the pair ${name} (s3-backfill).`,
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
        ArnLike: { 'aws:SourceArn': scheduleGroupArn(scope, name) },
      },
    }),
  });
  const group = new ScheduleGroup(scope, 'ScheduleGroup', {
    scheduleGroupName: `s3-backfill-${name}`,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // The target allows it to send, and forgets the key of the queue.
  key?.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey');
  const daily = new Schedule(scope, 'DailyRun', {
    description: `Starts the daily reconciliation of the pair ${name} (s3-backfill).`,
    schedule: ScheduleExpression.expression(schedule.expression, TimeZone.of(schedule.timeZone ?? 'Etc/UTC')),
    scheduleGroup: group,
    target: new StepFunctionsStartExecution(stateMachine, {
      input: ScheduleTargetInput.fromObject({ scheduledTime: ContextAttribute.scheduledTime }),
      deadLetterQueue: deadLetters,
      role,
      // Tomorrow's run does the same work: what did not start within the hour is not made up for.
      maxEventAge: Duration.hours(1),
      retryAttempts: 10,
    }),
  });
  // Named, not referred to: CloudFormation must be told.
  daily.node.addDependency(group);
  return { group, deadLetters };
}

/** Scheduler assumes a role on behalf of the group. Source: EventBridge Scheduler User Guide, confused deputy prevention. */
function scheduleGroupArn(scope: Construct, pairName: string): string {
  return Stack.of(scope).formatArn({
    service: 'scheduler',
    resource: 'schedule-group',
    resourceName: `s3-backfill-${pairName}`,
  });
}

const MINUTE = 60_000;
const UNITS: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1440 };
/** Runs that are looked at to find the longest pause between two: more than a year of daily ones. */
const RUNS_AHEAD = 400;

/** The longest pause between two runs of a schedule. Undefined where it runs once or never again. */
export function longestPause({ expression }: Pair['schedule']): Duration | undefined {
  const [, value, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  if (value !== undefined && unit !== undefined) return Duration.minutes(Number(value) * (UNITS[unit] ?? 1));
  const parsed = parseCron(expression);
  let last: Date | null = cron.next(parsed, new Date(Date.UTC(2026, 0, 1)));
  let longest = 0;
  for (let run = 0; run < RUNS_AHEAD && last; run++) {
    const next = cron.next(parsed, new Date(last.getTime() + MINUTE));
    if (!next) break;
    longest = Math.max(longest, next.getTime() - last.getTime());
    last = next;
  }
  return longest === 0 ? undefined : Duration.millis(longest);
}

function parseCron(expression: string): ReturnType<typeof cron.parse> {
  try {
    return cron.parse(expression.slice('cron('.length, -1));
  } catch (cause) {
    throw new PairError(`schedule.expression: ${expression} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
