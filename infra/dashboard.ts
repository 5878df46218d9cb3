import { Aws, CfnMapping, Duration, Stack } from 'aws-cdk-lib';
import {
  Dashboard,
  GraphWidget,
  GraphWidgetView,
  MathExpression,
  SingleValueWidget,
  Stats,
  TextWidget,
  type Alarm,
  AlarmStatusWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import type { LivePlace } from './live-queue.js';
import { pairMetric } from './metrics.js';

const DAY = Duration.days(1);
const WIDE = 12;

/**
 * List prices of us-east-1 in USD: COPY and LIST by request, Lambda on arm64 by GB-second. What tables, state transitions
 * and traffic between Regions cost is beside it.
 */
const PRICES = { copy: 0.005 / 1000, list: 0.005 / 1000, gbSecond: 0.000_013_333_4 };
const LISTED_PER_REQUEST = 1000;

/** What the pair stands at, day by day. */
export function createDashboard(
  scope: Construct,
  pair: Pair,
  alarms: Alarm[],
  functions: ReadonlyMap<string, LambdaFunction>,
  live: LivePlace | undefined,
): Dashboard {
  const daily = (name: Parameters<typeof pairMetric>[1], statistic?: string) =>
    pairMetric(pair.name, name, DAY, statistic);
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: dashboardName(scope, pair),
    defaultInterval: Duration.days(30),
    widgets: [
      [
        new TextWidget({
          width: 24,
          height: 2,
          markdown: `**${pair.name}**: what the source held and what of it is proved to be at the destination. Expected and verified are of runs of the whole pair.`,
        }),
      ],
      [
        new SingleValueWidget({
          title: 'Last run of the whole pair',
          width: WIDE,
          metrics: [daily('ObjectsExpected', Stats.MAXIMUM), daily('ObjectsVerified', Stats.MAXIMUM)],
        }),
        new AlarmStatusWidget({ title: 'Alarms', width: WIDE, alarms }),
      ],
      [
        new GraphWidget({
          title: 'Expected and verified objects by day',
          width: WIDE,
          left: [daily('ObjectsExpected', Stats.MAXIMUM), daily('ObjectsVerified', Stats.MAXIMUM)],
        }),
        new GraphWidget({
          title: 'Copied and failed objects by day',
          width: WIDE,
          view: GraphWidgetView.BAR,
          left: [daily('ObjectsCopied')],
          right: [daily('ObjectsFailed')],
        }),
      ],
      [
        new GraphWidget({
          title: 'Missing objects by day, before and after the repair of the reconciliation',
          width: 24,
          left: [daily('ObjectsMissing'), daily('ObjectsMissingAfterRepair')],
        }),
      ],
      [
        new GraphWidget({ title: 'Bytes copied by day', width: 8, left: [daily('BytesCopied')] }),
        new GraphWidget({ title: 'Objects a second', width: 8, left: [daily('ObjectsPerSecond', Stats.MAXIMUM)] }),
        new GraphWidget({
          title: 'Estimated cost by day, USD (requests and Lambda, us-east-1 list prices)',
          width: 8,
          left: [costOf(pair, functions)],
        }),
      ],
      ...(live ? [liveWidgets(pair, live)] : []),
    ],
  });
}

/** Of a live copy by events, by five minutes. */
function liveWidgets({ name }: Pair, { queue }: LivePlace): GraphWidget[] {
  const soon = Duration.minutes(5);
  const live = (metric: Parameters<typeof pairMetric>[1], statistic?: string) =>
    pairMetric(name, metric, soon, statistic);
  return [
    new GraphWidget({
      title: 'Live copy: objects copied and deleted',
      width: WIDE,
      left: [live('LiveObjectsCopied'), live('LiveObjectsDeleted')],
      right: [live('LiveBytesCopied')],
    }),
    new GraphWidget({
      title: 'Live copy: seconds behind, and messages that wait',
      width: WIDE,
      left: [live('LiveSecondsBehind', Stats.MAXIMUM), queue.metricApproximateAgeOfOldestMessage({ period: soon })],
      right: [queue.metricApproximateNumberOfMessagesVisible({ period: soon })],
    }),
  ];
}

/** Copies, listings of both passes, and what the functions took. */
function costOf(pair: Pair, functions: ReadonlyMap<string, LambdaFunction>): MathExpression {
  const workers = ['copy-chunk', 'verify-chunk', 'index-file', 'list-range'].flatMap(
    (handler) => functions.get(handler) ?? [],
  );
  const durations = Object.fromEntries(
    workers.map((each, index) => [`d${index}`, each.metricDuration({ period: DAY, statistic: Stats.SUM })]),
  );
  const lambda = workers.map(
    (each, index) =>
      `FILL(d${index}, 0) / 1000 * ${(each.node.defaultChild as { memorySize?: number }).memorySize} / 1024`,
  );
  return new MathExpression({
    label: 'USD',
    period: DAY,
    expression: `FILL(copied, 0) * ${PRICES.copy} + FILL(listed, 0) / ${LISTED_PER_REQUEST} * ${PRICES.list} + (${lambda.join(' + ')}) * ${PRICES.gbSecond}`,
    usingMetrics: {
      copied: pairMetric(pair.name, 'ObjectsCopied', DAY),
      listed: pairMetric(pair.name, 'ObjectsListed', DAY),
      ...durations,
    },
  });
}

/** Where people find the dashboard, in the console of the stack's partition. */
export function dashboardUrl(scope: Construct, pair: Pair): string {
  const { region } = Stack.of(scope);
  const consoles = new CfnMapping(scope, 'Consoles', {
    lazy: true,
    mapping: {
      aws: { domain: 'console.aws.amazon.com' },
      'aws-cn': { domain: 'console.amazonaws.cn' },
      'aws-us-gov': { domain: 'console.amazonaws-us-gov.com' },
    },
  });
  const domain = consoles.findInMap(Aws.PARTITION, 'domain');
  return `https://${region}.${domain}/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboardName(scope, pair)}`;
}

/** Dashboards are an account's, not a Region's: one of the same name in another Region would be overwritten. */
function dashboardName(scope: Construct, { name }: Pair): string {
  return `s3-backfill-${name}-${Stack.of(scope).region}`;
}
