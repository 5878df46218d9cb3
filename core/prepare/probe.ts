import type { RunRequest } from '../../contracts/run-request.js';
import { BackfillError, StorageError } from '../errors.js';
import type { BucketPair, NewObject } from '../ports.js';
import { remedyFor, wordsAboutKeys } from '../report/remedies.js';

/** Objects looked at before the source counts as unreadable: single ones may be closed for good reason. */
const SAMPLE = 3;

/**
 * Shows that both sides let us do what the run will do. Throws SourceUnreadable, DestinationUnwritable or, where the run
 * itself copies nothing, DestinationUnreadable; writes nothing.
 */
export async function probeSides(pair: BucketPair, request: RunRequest): Promise<void> {
  await asError(
    'SourceUnreadable',
    `s3://${request.source.bucket} cannot be read`,
    'Allow s3:ListBucket, s3:GetObject and, for objects under a key of KMS, kms:Decrypt',
    () => readSome(pair, request.source.prefix ?? ''),
  );
  const prefix = request.destination.prefix ?? request.source.prefix ?? '';
  if (request.engine !== 'copy')
    return asError(
      'DestinationUnreadable',
      `s3://${request.destination.bucket} cannot be listed`,
      'Allow s3:ListBucket, s3:GetObject and, for objects under a key of KMS, kms:Decrypt',
      async () => void (await pair.listDestination(prefix, '', 1)),
    );
  await asError(
    'DestinationUnwritable',
    `s3://${request.destination.bucket} cannot be written`,
    'Allow s3:ListBucket, s3:PutObject, s3:AbortMultipartUpload and, where the bucket encrypts with a key of KMS, kms:GenerateDataKey',
    async () => {
      await pair.listDestination(prefix, '', 1);
      if (!request.dryRun) await pair.probeWrite(`${prefix}.s3-backfill-probe`, given(request));
    },
  );
}

/** What every copy will be given: a class, a key or an ACL that the bucket does not take is told before the first one. */
function given({ acl, destination: { storageClass, kmsKeyArn, bucketKeyEnabled } }: RunRequest): NewObject {
  return { storageClass, kmsKeyArn, bucketKeyEnabled, ...(acl === 'copy' ? {} : { acl }) };
}

async function readSome(pair: BucketPair, prefix: string): Promise<void> {
  const { objects } = await pair.listSource(prefix, '', SAMPLE);
  let refusal: unknown;
  for (const { key } of objects) {
    try {
      await pair.probeRead(key);
      return;
    } catch (error) {
      refusal = error;
    }
  }
  if (refusal) throw refusal;
}

async function asError(
  name: 'SourceUnreadable' | 'DestinationUnreadable' | 'DestinationUnwritable',
  what: string,
  remedy: string,
  probe: () => Promise<void>,
): Promise<void> {
  try {
    await probe();
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'refused') throw error;
    throw new BackfillError(name, `${what}: ${reasonOf(error, remedy)}`, { cause: error });
  }
}

function reasonOf(error: StorageError, remedy: string): string {
  const { code, message } = error;
  const aboutKeys = wordsAboutKeys(error);
  if (aboutKeys !== undefined) return aboutKeys;
  switch (code) {
    case 'NotImplemented':
      return `the server answered NotImplemented: ${message.replace(/\.$/, '')}. ${remedyFor(code)}`;
    case 'RoleNotAssumed':
      return `${message}. ${remedyFor(code)}`;
    case 'NoSuchBucket':
      return 'S3 answered NoSuchBucket. Check its name, or make it.';
    case 'PermanentRedirect':
      return 'S3 answered PermanentRedirect. It is in another Region: name its Region in the pair.';
    default:
      return `S3 answered ${code}. ${remedy} in the role and in the policies of the bucket and of the key.`;
  }
}
