import { CfnOutput, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import { partitionOf } from '../contracts/partition.js';
import { PairError } from './check-pair.js';
import { regionOf } from './pair-place.js';
import { S3Backfill } from './s3-backfill.js';

/**
 * One stack a pair, in the Region of its destination, or of its source where the destination is elsewhere or jobs of S3 Batch
 * Replication are made: a role of it can
 * never reach another pair's buckets.
 */
export class BackfillStack extends Stack {
  readonly backfill: S3Backfill;

  /** @param here the account and Region of whoever synthesizes, where they are known */
  constructor(scope: Construct, pair: Pair, here: { account?: string | undefined; region?: string | undefined } = {}) {
    const region = regionOf(pair) ?? here.region;
    super(scope, `s3-backfill-${pair.name}`, {
      description: `s3-backfill: brings over and verifies the pair ${pair.name}.`,
      env: {
        ...(here.account === undefined ? {} : { account: here.account }),
        ...(region === undefined ? {} : { region }),
      },
    });
    expectSecretsHere(this, pair);
    this.backfill = new S3Backfill(this, 'Backfill', { pair });
    const { stateMachine, bucket, table, topic } = this.backfill;
    this.#print(
      'StateMachine',
      'Start executions of it; the input {} is the whole pair.',
      stateMachine.stateMachineArn,
    );
    this.#print(
      'WorkBucket',
      'Holds runs/<execution>/: summary, completion report, every file of a run.',
      bucket.bucketName,
    );
    this.#print('FailureTable', 'What failed, by run and cause.', table.tableName);
    this.#print('AlarmTopic', 'Subscribe to it to hear of alarms.', topic.topicArn);
  }

  #print(id: string, description: string, value: string): void {
    new CfnOutput(this, id, { description, value });
  }
}

/** The functions read secrets of their own partition only, whatever the keys in them are for. */
function expectSecretsHere({ region }: Stack, pair: Pair): void {
  if (Token.isUnresolved(region)) return;
  const partition = partitionOf(region);
  for (const side of ['source', 'destination'] as const) {
    const secret = pair[side].credentialsSecretArn;
    if (secret !== undefined && secret.split(':')[1] !== partition)
      throw new PairError(
        `The pair ${pair.name} has a stack in ${region}, and ${side}.credentialsSecretArn is of the partition ${secret.split(':')[1]}: expected a secret of ${partition}, which the functions can read. It holds the keys of the other side's partition, and lies in the stack's own.`,
      );
  }
}
