import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import { allow } from './permission.js';
import { bucketArn, objectsArn } from './pair-place.js';

/** The principal of S3 Batch Operations. */
export const JOB_SERVICE = 'batchoperations.s3.amazonaws.com';

/**
 * The role that jobs of S3 Batch Replication work by: they read their manifest, start the replication of objects of the source,
 * and write their report. What is replicated is read and written by the role of the replication rule.
 * Source: Amazon S3 User Guide, "Configuring an IAM role for S3 Batch Replication", of a manifest that the user supplies.
 */
export function createJobRole(scope: Construct, { name, source }: Pair, workBucket: string): Role {
  const role = new Role(scope, 'JobRole', {
    description: `What jobs of S3 Batch Replication of the pair ${name} may do (s3-backfill).`,
    assumedBy: new ServicePrincipal(JOB_SERVICE, {
      conditions: {
        StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
        ArnLike: { 'aws:SourceArn': jobsArn(scope) },
      },
    }),
  });
  const inWork = (pattern: string) => `${bucketArn(scope, workBucket)}/runs/*/${pattern}`;
  const files = 'Files of a run are named by run and pass, which are known only when it runs.';
  allow(role, [
    {
      sid: 'Replicate',
      actions: ['s3:InitiateReplication'],
      resources: [objectsArn(scope, source.bucket, source.prefix)],
      why: "A job replicates objects of the pair: all keys under the pair's prefix.",
    },
    {
      sid: 'ReadManifest',
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [inWork('job/manifest-*')],
      why: files,
    },
    { sid: 'WriteReport', actions: ['s3:PutObject'], resources: [inWork('job/report/*')], why: files },
  ]);
  return role;
}

/** The ARN pattern of the jobs of the stack's account and Region. */
export function jobsArn(scope: IConstruct): string {
  return Stack.of(scope).formatArn({ service: 's3', resource: 'job', resourceName: '*' });
}
