/** What a bucket does with writes that name no encryption. */
export interface BucketEncryption {
  readonly kind: 'SSE-S3' | 'SSE-KMS' | 'DSSE-KMS';
  /** As it was given: id, ARN or alias, checked only when it is used; without it, the managed key. */
  readonly keyId?: string | undefined;
  readonly bucketKey: boolean;
  /** `SSE-C`: writes under customers' keys are refused; `NONE`: somebody said that they are not. */
  readonly blocked?: 'SSE-C' | 'NONE' | undefined;
}

/** Of a bucket that was made and left as it was. */
export const DEFAULT_ENCRYPTION: BucketEncryption = { kind: 'SSE-S3', bucketKey: false };

/** S3's names in `x-amz-server-side-encryption` and in a bucket's configuration. */
export const ALGORITHMS = { 'SSE-S3': 'AES256', 'SSE-KMS': 'aws:kms', 'DSSE-KMS': 'aws:kms:dsse' } as const;

/** The kind that a name of S3's stands for; undefined for others. */
export function kindOf(algorithm: string | undefined): BucketEncryption['kind'] | undefined {
  return (['SSE-S3', 'SSE-KMS', 'DSSE-KMS'] as const).find((kind) => ALGORITHMS[kind] === algorithm);
}
