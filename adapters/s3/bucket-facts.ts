import {
  GetBucketEncryptionCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { BucketFacts } from '../../core/operate/doctor/facts.js';
import { look, lookOr } from './look.js';

/**
 * Looks at a bucket as whoever asks, or by keys of its own.
 * @param owner the account that it is expected of, where one is
 */
export async function bucketFacts(
  client: S3Client,
  bucket: string,
  { owner, isByKeys }: { owner: string | undefined; isByKeys: boolean },
): Promise<BucketFacts> {
  const region = await look(async () => {
    // A HEAD says no more than its status; a list says what is wrong with who asks, and has keys read again.
    if (isByKeys) await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }));
    return (await client.send(new HeadBucketCommand({ Bucket: bucket }))).BucketRegion;
  });
  // Not there, or not to be looked at: then the rest is not either, and need not be asked.
  if (region.kind === 'refused') {
    const refused = { kind: 'refused', code: region.code } as const;
    return { bucket, region, owner: 'asExpected', versioning: refused, encryption: refused, policy: refused };
  }
  const owned =
    owner === undefined
      ? region
      : await look(() => client.send(new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: owner })));
  const [versioning, encryption, policy] = await Promise.all([
    look(async () => {
      const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket: bucket }));
      return Status ?? ('Off' as const);
    }),
    lookOr('ServerSideEncryptionConfigurationNotFoundError', NO_ENCRYPTION, async (): Promise<typeof NO_ENCRYPTION> => {
      const answer = await client.send(new GetBucketEncryptionCommand({ Bucket: bucket }));
      const [rule] = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
      const { SSEAlgorithm = 'AES256', KMSMasterKeyID } = rule?.ApplyServerSideEncryptionByDefault ?? {};
      return { algorithm: SSEAlgorithm, key: KMSMasterKeyID };
    }),
    lookOr(
      'NoSuchBucketPolicy',
      undefined,
      async () => (await client.send(new GetBucketPolicyCommand({ Bucket: bucket }))).Policy,
    ),
  ]);
  return {
    bucket,
    region,
    owner: owned.kind === 'refused' ? 'another' : 'asExpected',
    versioning,
    encryption,
    policy,
  };
}

const NO_ENCRYPTION: { algorithm: string; key: string | undefined } = {
  algorithm: 'no default encryption',
  key: undefined,
};
