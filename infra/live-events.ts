import { CfnOutput, CustomResource, Duration, Stack, Token } from 'aws-cdk-lib';
import { CfnEventBusPolicy, Rule, type EventPattern, type IRuleTarget } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import {
  liveWorkers,
  MOST_LIVE_SETTINGS_BYTES,
  type AnnounceSettings,
  type LiveSettings,
  type Side,
} from '../contracts/live.js';
import type { Pair, PairBounds } from '../contracts/pair.js';
import { PairError } from './check-pair.js';
import { createDeployProvider } from './deploy-provider.js';
import type { LivePlace } from './live-queue.js';
import { isKnownAsAnothers } from './other-account.js';
import { bucketArn } from './pair-place.js';

/** Messages of a batch: more than ten are waited for, for a second. Source: Lambda API, CreateEventSourceMapping. */
const BATCH = 100;
const WAIT = Duration.seconds(1);
const DEAD_LETTERS_AT_ONCE = 10;

/** What the functions of a live copy are told, as JSON. Throws where an environment cannot hold it. */
export function liveEnvironment(
  scope: Construct,
  pair: Pair,
  bounds: PairBounds,
  { table, queue }: LivePlace,
): Record<string, string> {
  const settings: LiveSettings = {
    bounds,
    direction: pair.direction,
    propagateDeletes: pair.propagateDeletes,
    table: table.tableName,
    queueUrl: queue.queueUrl,
    workers: liveWorkers(pair),
  };
  const bytes = Buffer.byteLength(JSON.stringify(settings));
  if (bytes > MOST_LIVE_SETTINGS_BYTES)
    throw new PairError(
      `The pair ${pair.name} with live: "events" says too much for the environment of a function: expected at most ${MOST_LIVE_SETTINGS_BYTES} bytes as JSON, got ${bytes}. Use fewer or shorter patterns in filters.`,
    );
  return { BACKFILL_LIVE: Stack.of(scope).toJsonString(settings) };
}

/** What copies in runs is told, as JSON: where it announces its copies. @param to the pair's side that is written to */
export function announceEnvironment(
  scope: Construct,
  to: Side,
  { bounds, direction }: { bounds: Pick<PairBounds, Side>; direction: Pair['direction'] },
  { table }: LivePlace,
): Record<string, string> {
  const settings: AnnounceSettings = { table: table.tableName, to, bucket: bounds[to].bucket, direction };
  return { BACKFILL_ANNOUNCE: Stack.of(scope).toJsonString(settings) };
}

/**
 * A pair with `live: "events"`: S3 tells EventBridge of each change, a rule sends it to the queue, and SyncObject works that
 * off. What it gives up, RecordDeadLetter puts in the failure table.
 */
export function createLiveEvents(
  scope: Construct,
  pair: Pair,
  bounds: PairBounds,
  place: LivePlace,
  functions: ReadonlyMap<string, LambdaFunction>,
): void {
  const heard: Side[] = pair.direction === 'both' ? ['source', 'destination'] : ['source'];
  for (const side of heard) {
    expectWithinPartition(scope, pair, side);
    createRule(scope, pair, bounds, side, place);
    if (isElsewhere(scope, pair, side)) printForwarding(scope, pair, bounds, side);
  }
  sendEventsOf(scope, pair, bounds, heard);
  const [worker, recorder] = [functions.get('sync-object'), functions.get('record-dead-letter')];
  if (!worker || !recorder) throw new Error('Expected the functions of a live copy.');
  new EventSourceMapping(scope, 'LiveMapping', {
    target: worker,
    eventSourceArn: place.queue.queueArn,
    batchSize: BATCH,
    maxBatchingWindow: WAIT,
    reportBatchItemFailures: true,
    maxConcurrency: liveWorkers(pair),
  });
  new EventSourceMapping(scope, 'LiveDeadLetterMapping', {
    target: recorder,
    eventSourceArn: place.deadLetters.queueArn,
    batchSize: DEAD_LETTERS_AT_ONCE,
    reportBatchItemFailures: true,
    maxConcurrency: 2,
  });
}

/** Of a bucket, the events that count, under the side's prefix. */
function patternOf(pair: Pair, bounds: PairBounds, side: Side): EventPattern {
  const { source, destination } = bounds;
  const prefix = side === 'source' ? source.prefix : (destination.prefix ?? source.prefix);
  return {
    source: ['aws.s3'],
    detailType: [
      'Object Created',
      ...(pair.propagateDeletes ? ['Object Deleted'] : []),
      // A copy that waits for the restore of its object.
      ...(pair.copy?.archived === 'restore' ? ['Object Restore Completed'] : []),
    ],
    detail: {
      bucket: { name: [bounds[side].bucket] },
      ...(prefix ? { object: { key: [{ prefix }] } } : {}),
    },
  };
}

/** On the default bus of the stack's Region: S3 sends its events to none but that of its own. */
function createRule(scope: Construct, pair: Pair, bounds: PairBounds, side: Side, place: LivePlace): void {
  const { queue, deadLetters } = place;
  const target: IRuleTarget = {
    bind: () => ({
      arn: queue.queueArn,
      // A day of tries, as EventBridge does by itself; then it is a dead letter like any other.
      deadLetterConfig: { arn: deadLetters.queueArn },
    }),
  };
  const rule = new Rule(scope, side === 'source' ? 'LiveRule' : 'LiveBackRule', {
    description: `Changes of the ${side} of the pair ${pair.name}, to its queue (s3-backfill).`,
    eventPattern: patternOf(pair, bounds, side),
    targets: [target],
  });
  for (const each of [queue, deadLetters]) letSend(each, rule, side);
}

function letSend(queue: Queue, rule: Rule, side: Side): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: side === 'source' ? 'EventsOfTheSource' : 'EventsOfTheDestination',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(queue).account },
        ArnEquals: { 'aws:SourceArn': rule.ruleArn },
      },
    }),
  );
}

/** The buckets of this account send their events from now on. */
function sendEventsOf(scope: Construct, pair: Pair, bounds: PairBounds, heard: readonly Side[]): void {
  const own = heard.filter((side) => !isKnownAsAnothers(scope, pair, side));
  if (own.length === 0) return;
  const buckets = new Map(own.map((side) => [bounds[side].bucket, bounds[side]]));
  const provider = createDeployProvider(scope, {
    handler: 'send-events',
    functionName: `s3-backfill-${pair.name}-send-events`,
    description: `Has the buckets of the pair ${pair.name} send their events to EventBridge (s3-backfill).`,
    permissions: [
      {
        sid: 'KeepNotifications',
        actions: ['s3:GetBucketNotification', 's3:PutBucketNotification'],
        resources: [...buckets.keys()].map((bucket) => bucketArn(scope, bucket)),
      },
    ],
  });
  for (const [index, { bucket, account, region }] of [...buckets.values()].entries())
    new CustomResource(scope, index === 0 ? 'SentEvents' : 'SentEventsBack', {
      resourceType: 'Custom::S3BackfillEvents',
      serviceToken: provider.serviceToken,
      properties: { bucket, account, ...(region === undefined ? {} : { region }) },
    });
}

/** Whether a bucket's events arise on another bus than ours. */
function isElsewhere(scope: Construct, pair: Pair, side: Side): boolean {
  const { region } = pair[side];
  const here = Stack.of(scope).region;
  const isFar =
    region !== undefined && (Token.isUnresolved(here) ? pair.destination.region !== region : region !== here);
  return isFar || isKnownAsAnothers(scope, pair, side);
}

/**
 * For the owner of a bucket of another account or Region: the rule that sends its events to our bus. Our bus takes them from
 * another account only where its policy says so; of our own account a role is enough.
 */
function printForwarding(scope: Construct, pair: Pair, bounds: PairBounds, side: Side): void {
  const stack = Stack.of(scope);
  const { bucket, account, region } = bounds[side];
  const bus = stack.formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' });
  const name = side === 'source' ? 'Source' : 'Destination';
  const { source, detailType, detail } = patternOf(pair, bounds, side);
  new CfnOutput(scope, `${name}EventsRule`, {
    description: `For the owner of the bucket ${bucket}, in its account and Region: switch on its events for EventBridge, and add this rule to the default bus there. Its role may do events:PutEvents on the target.`,
    value: stack.toJsonString({
      ...(region === undefined ? {} : { Region: region }),
      EventPattern: { source, 'detail-type': detailType, detail },
      Targets: [{ Id: 's3-backfill', Arn: bus }],
    }),
  });
  if (!isKnownAsAnothers(scope, pair, side) || account === undefined) return;
  new CfnEventBusPolicy(scope, `${name}EventsAllowed`, {
    statementId: `s3-backfill-${pair.name}-${side}`,
    statement: {
      Effect: 'Allow',
      Principal: { AWS: stack.formatArn({ service: 'iam', region: '', account, resource: 'root' }) },
      Action: 'events:PutEvents',
      Resource: bus,
      Condition: { StringEquals: { 'events:source': 'aws.s3' } },
    },
  });
}

const PARTITIONS: readonly (readonly [prefix: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
];

/** EventBridge sends no event from one partition to another. */
function expectWithinPartition(scope: Construct, pair: Pair, side: Side): void {
  const { region } = pair[side];
  const here = Stack.of(scope).region;
  if (region === undefined || Token.isUnresolved(here) || partitionOf(region) === partitionOf(here)) return;
  throw new PairError(
    `The pair ${pair.name} with live: "events" cannot hear of changes of its ${side} in ${region}: EventBridge sends no event from one partition to another, and the stack is in ${here}. Deploy the pair from that side's partition.`,
  );
}

function partitionOf(region: string): string {
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
}
