import { CopyObjectCommand, type CopyObjectCommandInput } from '@aws-sdk/client-s3';
import type { BucketSide } from '../bucket-side.js';
import { ask } from './ask.js';
import type { WireAnswer } from './connections.js';
import type { WireRequest } from './wire.js';

/** What of an answer counts. `etag` is as S3 writes it, in its quotes or not, or undefined where there is none. */
interface CopyAnswer {
  etag: string | undefined;
  versionId: string | undefined;
}

/** Fields of the SDK's input by the header that each is. */
const HEADERS = {
  ACL: 'x-amz-acl',
  CopySource: 'x-amz-copy-source',
  CopySourceIfMatch: 'x-amz-copy-source-if-match',
  ExpectedBucketOwner: 'x-amz-expected-bucket-owner',
  ExpectedSourceBucketOwner: 'x-amz-source-expected-bucket-owner',
  GrantFullControl: 'x-amz-grant-full-control',
  GrantRead: 'x-amz-grant-read',
  GrantReadACP: 'x-amz-grant-read-acp',
  GrantWriteACP: 'x-amz-grant-write-acp',
  IfMatch: 'if-match',
  IfNoneMatch: 'if-none-match',
  ObjectLockLegalHoldStatus: 'x-amz-object-lock-legal-hold',
  ObjectLockMode: 'x-amz-object-lock-mode',
  SSEKMSKeyId: 'x-amz-server-side-encryption-aws-kms-key-id',
  ServerSideEncryption: 'x-amz-server-side-encryption',
  StorageClass: 'x-amz-storage-class',
  WebsiteRedirectLocation: 'x-amz-website-redirect-location',
} as const satisfies Partial<Record<keyof CopyObjectCommandInput, string>>;

/** CopyObject to a bucket. Throws as the SDK does. */
export function copyObject(side: BucketSide, input: CopyObjectCommandInput): Promise<CopyAnswer> {
  return ask(side, {
    request: copyRequest(input),
    read: readCopyAnswer,
    bySdk: async (send) => {
      const { CopyObjectResult, VersionId } = await send(new CopyObjectCommand(input));
      return { etag: CopyObjectResult?.ETag, versionId: VersionId };
    },
  });
}

/** The input as a request; undefined where it holds a field that has no plain header. */
function copyRequest(input: CopyObjectCommandInput): WireRequest | undefined {
  const headers: Record<string, string> = {};
  for (const [field, value] of Object.entries(input)) {
    if (field === 'Bucket' || field === 'Key') continue;
    const name = (HEADERS as Record<string, string | undefined>)[field];
    if (name === undefined || typeof value !== 'string') return undefined;
    headers[name] = value;
  }
  return { method: 'PUT', key: input.Key ?? '', query: [], headers };
}

/** Longer ones are no copy results. */
const LONGEST = 4096;
const OTHERS = String.raw`(?:<(?!ETag>)(\w+)>[^<>&]*</\w+>)*`;
const RESULT = new RegExp(
  String.raw`^\s*(?:<\?xml [^<>]*\?>\s*)?<CopyObjectResult(?: xmlns="[^"<>&]*")?>${OTHERS}<ETag>(&quot;|")([\w-]+)\2</ETag>${OTHERS}</CopyObjectResult>\s*$`,
);

/** A 200 counts only with a result in it, and an ETag in that: the body may be an error, or cut off. */
function readCopyAnswer({ status, headers, body }: WireAnswer): CopyAnswer | undefined {
  if (status !== 200 || body.length > LONGEST) return undefined;
  const etag = RESULT.exec(body.toString('latin1'))?.[3];
  const versionId = headers['x-amz-version-id'];
  return etag === undefined || Array.isArray(versionId) ? undefined : { etag, versionId };
}
