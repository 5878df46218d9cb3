/**
 * Why something was not replicated, with what the user guide says of it.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-failure-codes.html
 */
export const FAILURE_REASONS = {
  AssumeRoleNotPermitted: 'Amazon S3 cannot assume the IAM role of the replication configuration or of the job',
  DstBucketNotFound: 'Amazon S3 is unable to find the destination bucket of the replication configuration',
  DstBucketObjectLockConfigMissing: 'Object Lock is not enabled for the destination bucket',
  DstBucketUnversioned: 'Versioning is not enabled for the destination bucket',
  DstDelObjNotPermitted:
    'Amazon S3 is unable to replicate deletes to the destination bucket; s3:ReplicateDelete may be missing',
  DstKmsKeyInvalidState: 'The key of the destination is in an invalid state',
  DstKmsKeyNotFound: 'The key of the replication configuration does not exist',
  DstObjectHardDeleted: 'The object was deleted with its version ID from the destination bucket',
  DstPutObjectNotPermitted:
    'Amazon S3 is unable to replicate objects to the destination bucket; s3:ReplicateObject may be missing',
  DstVersionNotFound: 'The version whose metadata is to be replicated is not in the destination bucket',
  InitiateReplicationNotPermitted: 'Initiate replication on object failed; s3:InitiateReplication may be missing',
  SrcBucketNotFound: 'Amazon S3 is unable to find the source bucket',
  SrcBucketReplicationConfigMissing: 'Replication configuration not found for source bucket',
  SrcGetObjectNotPermitted:
    'Amazon S3 is unable to access the object in the source bucket; s3:GetObjectVersionForReplication may be missing',
  SrcGetAclNotPermitted:
    'Amazon S3 is unable to access the ACL of the object in the source bucket; s3:GetObjectVersionAcl may be missing',
  SrcHeadObjectNotPermitted:
    'Amazon S3 is unable to read the replication configuration or to list the source bucket; s3:GetReplicationConfiguration or s3:ListBucket may be missing',
  SrcKmsKeyInvalidState: 'The key of the source is in an invalid state',
  SrcObjectNotEligible: 'Object is not eligible for replication',
  SrcObjectNotFound: 'Amazon S3 is unable to find the object in the source bucket',
  SrcVersionNotFound: 'Amazon S3 is unable to find the required object version in the source bucket',
} as const;

export type FailureReason = keyof typeof FAILURE_REASONS;
