import { Annotations, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, MathExpression, TreatMissingData, type IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import { acknowledge } from './acknowledge.js';
import { pairMetric } from './metrics.js';
import { longestPause } from './schedule.js';

/** The alarms by the last word of their name, each with its entry in docs/runbook.md and its first sentence. */
export const ALARMS = {
  ExecutionFailed: 'An execution failed or timed out.',
  VerificationIncomplete: 'A run ended and could not prove every object.',
  FailuresRecorded: 'Objects could not be copied; the failure table has them.',
  NoVerifiedRun: "No run of the whole pair was verified for the schedule's interval and two hours.",
  ScheduleNotStarted: 'EventBridge Scheduler could not start the daily run.',
  FunctionErrors: 'Lambda functions of the pair ended in errors that were not answers.',
  FunctionThrottles: 'Lambda functions of the pair were throttled.',
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
  stateMachine: StateMachine;
  functions: ReadonlyMap<string, LambdaFunction>;
  deadLetters: IQueue;
  topic: ITopic;
}

/** Alarms that send to the pair's topic, when they go off and when they are over. */
export function createAlarms(scope: Construct, watched: Watched): Alarm[] {
  const { pair, stateMachine, functions, deadLetters } = watched;
  const alarm = alarmsOf(scope, watched);
  return [
    alarm('ExecutionFailed', {
      metric: new MathExpression({
        expression: 'failed + timedOut',
        usingMetrics: {
          failed: stateMachine.metricFailed({ period: SOON }),
          timedOut: stateMachine.metricTimedOut({ period: SOON }),
        },
        period: SOON,
      }),
    }),
    alarm('VerificationIncomplete', { metric: pairMetric(pair.name, 'RunsIncomplete', SOON) }),
    alarm('FailuresRecorded', { metric: pairMetric(pair.name, 'ObjectsFailed', SOON) }),
    ...noVerifiedRun(scope, watched),
    alarm('ScheduleNotStarted', { metric: deadLetters.metricApproximateNumberOfMessagesVisible({ period: SOON }) }),
    alarm('FunctionErrors', {
      metric: sumOf(functions, (each) => each.metricErrors({ period: SOON })),
      threshold: MANY_ERRORS,
    }),
    alarm('FunctionThrottles', {
      metric: sumOf(functions, (each) => each.metricThrottles({ period: SOON })),
      // Retried with patience: what lasts for a quarter of an hour needs a higher limit or less concurrency.
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
  // Alarms are published by CloudWatch itself, which must be allowed to use the key.
  key?.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
  if (!key)
    acknowledge(topic, {
      'AwsSolutions-SNS2':
        'Messages name a pair and an alarm, nothing of an object. CloudWatch cannot publish with the key that AWS manages for SNS; the prop `key` encrypts it with one of yours.',
    });
  return topic;
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
      alarmName: `s3-backfill-${pair.name}-${name}`,
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

function sumOf(
  functions: ReadonlyMap<string, LambdaFunction>,
  metricOf: (each: LambdaFunction) => IMetric,
): MathExpression {
  const usingMetrics = Object.fromEntries([...functions.values()].map((each, index) => [`f${index}`, metricOf(each)]));
  return new MathExpression({ expression: Object.keys(usingMetrics).join(' + '), usingMetrics, period: SOON });
}
