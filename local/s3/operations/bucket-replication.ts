import { digestedBody } from '../digested-body.js';
import { readReplication } from '../replication/read-configuration.js';
import { type Operation, bucketOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';

/** Replaces the whole configuration. Both sides must have versioning; what is there already stays where it is. */
export const putBucketReplication: Operation = async (call) => {
  bucketOf(call);
  const { buckets } = call.service;
  const configuration = readReplication(await digestedBody(call), call.bucketName);
  const refusal = call.passRoleRefusal(configuration.role);
  if (refusal) throw refusal;
  const bucket = bucketOf(call);
  if (bucket.objects.versioning !== 'Enabled')
    throw new S3Error(
      'InvalidRequest',
      { BucketName: bucket.name },
      "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    );
  for (const { destination } of configuration.rules) {
    const target = buckets.get(destination.bucket);
    if (!target) throw new S3Error('InvalidRequest', {}, 'Destination bucket must exist.');
    if (target.objects.versioning !== 'Enabled')
      throw new S3Error('InvalidRequest', {}, 'Destination bucket must have versioning enabled.');
  }
  bucket.replication = configuration;
  return { status: 200 };
};

export const getBucketReplication: Operation = (call) => {
  const { replication, name } = bucketOf(call);
  if (!replication) throw new S3Error('ReplicationConfigurationNotFoundError', { BucketName: name });
  return { status: 200, body: replication.xml };
};

export const deleteBucketReplication: Operation = (call) => {
  bucketOf(call).replication = undefined;
  return { status: 204 };
};
