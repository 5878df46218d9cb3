import { Annotations, ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import { acknowledge } from './acknowledge.js';
import type { LivePlace } from './live-queue.js';
import { pairMetric } from './metrics.js';
import { longestPause, type DailyRun } from './schedule.js';

/** The alarms by the last word of their name, each with its entry in docs/runbook.md and its first sentence. */
export const ALARMS = {
  ExecutionFailed: 'An execution failed or timed out, and it was not a fence that stopped it.',
  VerificationIncomplete: 'A run ended and could not prove every object.',
  FailuresRecorded: 'Objects could not be copied; the failure table has them.',
  MissingAfterRepair: 'A reconciliation found objects missing, and could not bring over all of them.',
  NoVerifiedRun: "Neither a reconciliation nor a run proved the whole pair for the schedule's interval and two hours.",
  ScheduleNotStarted: 'EventBridge Scheduler could not start the daily reconciliation.',
  FunctionErrors: 'Lambda functions of the pair ended in errors that were not answers.',
  FunctionThrottles: 'Lambda functions of the pair were throttled.',
  LiveBehind: 'Changes have waited for half an hour for the live copy to look at them.',
  LiveDeadLetters: 'Dead letters of the live copy do not come to the failure table.',
} as const;
export type AlarmName = keyof typeof ALARMS;

const SOON = Duration.minutes(5);
const HOUR = Duration.hours(1);
/** An alarm with periods of an hour looks back seven days at most. Source: CloudWatch API, PutMetricAlarm. */
const MOST_HOURS = 168;
const GRACE_HOURS = 2;
/** Functions fail and are tried again; so many in five minutes are more than that. */
const MANY_ERRORS = 10;

export interface Watched {
  pair: Pair;
  /** The backfill's and the reconciliation's. */
  machines: readonly StateMachine[];
  functions: ReadonlyMap<string, LambdaFunction>;
  schedule: DailyRun;
  topic: ITopic;
  live: LivePlace | undefined;
}

/** Alarms that send to the pair's topic, when they go off and when they are over. */
export function createAlarms(scope: Construct, watched: Watched): Alarm[] {
  const { pair, machines, functions, schedule } = watched;
  const alarm = alarmsOf(scope, watched);
  return [
    alarm('ExecutionFailed', {
      metric: sumOf(
        Object.fromEntries(
          machines.flatMap((machine, index) => [
            [`failed${index}`, machine.metricFailed({ period: SOON })],
            [`timedOut${index}`, machine.metricTimedOut({ period: SOON })],
          ]),
        ),
        // What the pair was told to stop ends red, and is nobody's to mend.
        { stopped: pairMetric(pair.name, 'StoppedByFence', SOON) },
      ),
    }),
    alarm('VerificationIncomplete', { metric: pairMetric(pair.name, 'RunsIncomplete', SOON) }),
    alarm('FailuresRecorded', { metric: pairMetric(pair.name, 'ObjectsFailed', SOON) }),
    alarm('MissingAfterRepair', { metric: pairMetric(pair.name, 'ObjectsMissingAfterRepair', SOON) }),
    ...noVerifiedRun(scope, watched),
    alarm('ScheduleNotStarted', {
      metric: sumOf({
        deadLetters: schedule.deadLetters.metricApproximateNumberOfMessagesVisible({ period: SOON }),
        // Where Scheduler cannot even assume its role, it cannot write the dead letter either.
        undelivered: schedule.group.metricFailedToBeSentToDLQ(undefined, { period: SOON }),
        dropped: schedule.group.metricDropped({ period: SOON }),
      }),
    }),
    alarm('FunctionErrors', {
      metric: sumOf(ofWorkers(functions, (each) => each.metricErrors({ period: SOON }))),
      threshold: MANY_ERRORS,
    }),
    alarm('FunctionThrottles', {
      metric: sumOf(ofWorkers(functions, (each) => each.metricThrottles({ period: SOON }))),
      // Retried with patience: what lasts for a quarter of an hour needs a higher limit or less concurrency.
      evaluationPeriods: 3,
    }),
    ...liveAlarms(alarm, watched),
  ];
}

/** In seconds: twice as long as a worker has for an object, whose message waits for it. */
const BEHIND_S = 1800;

/** Of a live copy by events. What fails of it is in FailuresRecorded, as of runs. */
function liveAlarms(alarm: ReturnType<typeof alarmsOf>, { live }: Watched): Alarm[] {
  if (!live) return [];
  return [
    alarm('LiveBehind', {
      metric: live.queue.metricApproximateAgeOfOldestMessage({ period: SOON }),
      threshold: BEHIND_S,
      evaluationPeriods: 3,
    }),
    alarm('LiveDeadLetters', {
      metric: live.deadLetters.metricApproximateNumberOfMessagesVisible({ period: SOON }),
      // They are worked off within seconds.
      evaluationPeriods: 3,
    }),
  ];
}

/** Where alarms go; people subscribe to it. */
export function createTopic(scope: Construct, pairName: string, key: IKey | undefined): Topic {
  const topic = new Topic(scope, 'Alarms', {
    displayName: `s3-backfill ${pairName}`,
    enforceSSL: true,
    ...(key ? { masterKey: key } : {}),
  });
  letAlarmsPublish(topic, pairName);
  if (key) letAlarmsEncrypt(scope, key);
  else
    acknowledge(topic, {
      'AwsSolutions-SNS2':
        'Messages name a pair and an alarm, nothing of an object. CloudWatch cannot publish with the key that AWS manages for SNS; the prop `key` encrypts it with one of yours.',
    });
  return topic;
}

/**
 * A topic with a policy of its own (TLS only) loses the one by which alarms of its account may publish.
 * Source: Amazon SNS Developer Guide, "Allow CloudWatch to publish to a topic".
 */
function letAlarmsPublish(topic: Topic, pairName: string): void {
  const stack = Stack.of(topic);
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsOfThePair',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: {
          'aws:SourceArn': stack.formatArn({
            service: 'cloudwatch',
            resource: 'alarm',
            resourceName: `${alarmPrefix(pairName)}*`,
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    }),
  );
}

/** Alarms are published by CloudWatch itself, which must be allowed to use the topic's key. */
function letAlarmsEncrypt(scope: Construct, key: IKey): void {
  const { statementAdded } = key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsOfThisAccount',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  if (!statementAdded)
    Annotations.of(scope).addWarningV2(
      's3-backfill:key-of-alarms',
      'The policy of an imported key cannot be changed here: allow cloudwatch.amazonaws.com kms:Decrypt and kms:GenerateDataKey* in it, or alarms are not sent.',
    );
}

function alarmPrefix(pairName: string): string {
  return `s3-backfill-${pairName}-`;
}

interface Condition {
  metric: IMetric;
  threshold?: number;
  evaluationPeriods?: number;
  comparisonOperator?: ComparisonOperator;
  treatMissingData?: TreatMissingData;
}

function alarmsOf(scope: Construct, { pair, topic }: Watched) {
  return (name: AlarmName, condition: Condition): Alarm => {
    const alarm = new Alarm(scope, `${name}Alarm`, {
      alarmName: `${alarmPrefix(pair.name)}${name}`,
      alarmDescription: `${ALARMS[name]} What to do: docs/runbook.md of s3-backfill, "${name}".`,
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...condition,
    });
    const action = new SnsAction(topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  };
}

/** Every hour of the schedule's longest pause, and two more, without a verified run. */
function noVerifiedRun(scope: Construct, watched: Watched): Alarm[] {
  const { pair } = watched;
  const pause = longestPause(pair.schedule);
  const hours = pause === undefined ? Infinity : Math.ceil(pause.toHours({ integral: false })) + GRACE_HOURS;
  if (hours > MOST_HOURS) {
    Annotations.of(scope).addInfo(
      `The pair ${pair.name} has no alarm NoVerifiedRun: its schedule ${pair.schedule.expression} pauses for longer than CloudWatch looks back, which is seven days.`,
    );
    return [];
  }
  return [
    alarmsOf(scope, watched)('NoVerifiedRun', {
      metric: pairMetric(pair.name, 'RunsVerified', HOUR),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: hours,
      treatMissingData: TreatMissingData.BREACHING,
    }),
  ];
}

/** The sum of metrics that may have no value in a period: a function that was not called has none. */
function sumOf(added: Record<string, IMetric>, taken: Record<string, IMetric> = {}): MathExpression {
  const filled = (metrics: Record<string, IMetric>) => Object.keys(metrics).map((name) => `FILL(${name}, 0)`);
  const expression = [filled(added).join(' + '), ...filled(taken)].join(' - ');
  return new MathExpression({ expression, usingMetrics: { ...added, ...taken }, period: SOON });
}

/**
 * Of the functions of which many run at once: an alarm adds up at most ten metrics. The others run one at a time; where one
 * fails for good the run does, and ExecutionFailed tells it.
 * Source: CloudWatch User Guide, "Create an alarm based on a metric math expression".
 */
function ofWorkers(
  functions: ReadonlyMap<string, LambdaFunction>,
  metricOf: (each: LambdaFunction) => IMetric,
): Record<string, IMetric> {
  const workers = WORKERS.flatMap((handler) => functions.get(handler) ?? []);
  return Object.fromEntries(workers.map((each, index) => [`f${index}`, metricOf(each)]));
}

/** The handlers whose states are in Maps; a test holds it against the state machine. */
export const WORKERS = [
  'list-range',
  'index-file',
  'merge-range',
  'copy-chunk',
  'verify-chunk',
  'record-chunk-failure',
] as const;
