import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { failureIndexes } from '../contracts/failure.js';
import { OWN_MANIFESTS } from '../contracts/pair.js';
import { acknowledge } from './acknowledge.js';

/** An auditor asks about last year: the files of a run are kept for thirteen months. */
const RUNS_KEPT = Duration.days(400);
const MANIFESTS_KEPT = Duration.days(30);

/** Holds `runs/`, `locks/` and `manifests/`. Stays when the stack is deleted: it is the proof. */
export function createWorkBucket(scope: Construct, key: IKey | undefined): Bucket {
  const bucket = new Bucket(scope, 'WorkBucket', {
    ...(key
      ? { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }
      : { encryption: BucketEncryption.S3_MANAGED }),
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    lifecycleRules: [
      { id: 'runs', prefix: 'runs/', expiration: RUNS_KEPT },
      { id: 'own-manifests', prefix: OWN_MANIFESTS, expiration: MANIFESTS_KEPT },
      { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: Duration.days(1) },
    ],
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  acknowledge(bucket, {
    'AwsSolutions-S1':
      'Who reads and writes the work bucket is in CloudTrail; an access log would need a bucket of its own, which not every account wants from this stack.',
  });
  return bucket;
}

/** What failed, by run and cause. Stays when the stack is deleted; its items expire by themselves. */
export function createFailureTable(scope: Construct, key: IKey | undefined): Table {
  const text = (name: string) => ({ name, type: AttributeType.STRING });
  const table = new Table(scope, 'FailureTable', {
    partitionKey: text('pk'),
    sortKey: text('sk'),
    // Failures come in bursts, and on most days not at all.
    billingMode: BillingMode.PAY_PER_REQUEST,
    ...(key ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key } : {}),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: 'expiresAt',
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  for (const { name, partitionKey, sortKey } of Object.values(failureIndexes))
    table.addGlobalSecondaryIndex({
      indexName: name,
      partitionKey: text(partitionKey),
      sortKey: text(sortKey),
      projectionType: ProjectionType.ALL,
    });
  return table;
}

/** A line a day: what was missing, and what became of it. Stays when the stack is deleted: it is the proof. */
export function createReconciliations(scope: Construct, key: IKey | undefined): Table {
  return new Table(scope, 'Reconciliations', {
    partitionKey: { name: 'pair', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    ...(key ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key } : {}),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
