import { Annotations, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.js';

/** What a live copy by events keeps, and where its events wait. */
export interface LivePlace {
  table: Table;
  queue: Queue;
  deadLetters: Queue;
}

/** As long as SQS keeps anything: an outage of days loses no event. */
const KEPT = Duration.days(14);
/** Six times the function's 15 minutes. Source: Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping". */
const VISIBILITY = Duration.minutes(90);
const DEAD_LETTER_VISIBILITY = Duration.minutes(6);
/** With half a minute between them at first, and twice as long each time: eight minutes in all. */
const RECEIVES = 5;

export function createLivePlace(scope: Construct, key: IKey | undefined): LivePlace {
  const encryption = key
    ? { encryption: QueueEncryption.KMS, encryptionMasterKey: key }
    : { encryption: QueueEncryption.SQS_MANAGED };
  const deadLetters = new Queue(scope, 'LiveDeadLetters', {
    ...encryption,
    enforceSSL: true,
    retentionPeriod: KEPT,
    visibilityTimeout: DEAD_LETTER_VISIBILITY,
  });
  acknowledge(deadLetters, {
    'AwsSolutions-SQS3': 'It is the dead-letter queue itself; a function works it off, and an alarm watches it.',
  });
  const queue = new Queue(scope, 'LiveQueue', {
    ...encryption,
    enforceSSL: true,
    retentionPeriod: KEPT,
    visibilityTimeout: VISIBILITY,
    receiveMessageWaitTime: Duration.seconds(20),
    deadLetterQueue: { queue: deadLetters, maxReceiveCount: RECEIVES },
  });
  if (key) letEventsEncrypt(scope, key);
  return { table: createTable(scope, key), queue, deadLetters };
}

/** What both sides had of each key. Goes with the stack: without a live copy it says nothing. */
function createTable(scope: Construct, key: IKey | undefined): Table {
  return new Table(scope, 'LiveRecords', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    ...(key ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key } : {}),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: 'expiresAt',
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/** EventBridge encrypts what it sends to a queue with the queue's key. Source: SQS Developer Guide, "Key management". */
function letEventsEncrypt(scope: Construct, key: IKey): void {
  const { statementAdded } = key.addToResourcePolicy(
    new PolicyStatement({
      sid: 'EventsOfThisAccount',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  if (!statementAdded)
    Annotations.of(scope).addWarningV2(
      's3-backfill:key-of-events',
      'The policy of an imported key cannot be changed here: allow events.amazonaws.com kms:Decrypt and kms:GenerateDataKey* in it, or no event reaches the queue.',
    );
}
