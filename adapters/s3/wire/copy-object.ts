import { CopyObjectCommand, type CopyObjectCommandInput } from '@aws-sdk/client-s3';
import type { BucketSide } from '../bucket-side.js';
import { ask } from './ask.js';
import type { WireAnswer } from './connections.js';
import { ISO_TIME } from './times.js';
import type { WireRequest } from './wire.js';

/** What of an answer counts. `etag` is as S3 writes it, in its quotes or not, or undefined where there is none. */
interface CopyAnswer {
  etag: string | undefined;
  versionId: string | undefined;
}

/** Fields of the SDK's input by the header that each is. */
const HEADERS = {
  ACL: 'x-amz-acl',
  BucketKeyEnabled: 'x-amz-server-side-encryption-bucket-key-enabled',
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
  ObjectLockRetainUntilDate: 'x-amz-object-lock-retain-until-date',
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
    const text = textOf(value);
    if (name === undefined || text === undefined) return undefined;
    headers[name] = text;
  }
  return { method: 'PUT', key: input.Key ?? '', query: [], headers };
}

/** As S3 has it in headers; undefined for what is no string, boolean or time. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z');
  return typeof value === 'string' ? value : undefined;
}

/** Longer ones are no copy results. */
const LONGEST = 4096;
const RESULT =
  /^[ \t\r\n]*(?:<\?xml [^<>]*\?>[ \t\r\n]*)?<CopyObjectResult(?: xmlns="[^"<>&]*")?>(.*)<\/CopyObjectResult>[ \t\r\n]*$/s;
const ELEMENT = /[ \t\r\n]*<(\w+)>([^<>]*)<\/\1>[ \t\r\n]*/y;
const ETAG = /^(&quot;|")([\w-]+)\1$/;

/** A 200 counts only with a result in it, and an ETag in that: the body may be an error, or cut off. */
function readCopyAnswer({ status, headers, body }: WireAnswer): CopyAnswer | undefined {
  if (status !== 200 || body.length > LONGEST) return undefined;
  const elements = elementsOf(RESULT.exec(body.toString('latin1'))?.[1] ?? '');
  const etag = ETAG.exec(elements?.get('ETag') ?? '')?.[2];
  const isTimed = ISO_TIME.test(elements?.get('LastModified') ?? '');
  const versionId = headers['x-amz-version-id'];
  return etag === undefined || !isTimed || Array.isArray(versionId) ? undefined : { etag, versionId };
}

/** Elements that lie side by side, by their names; undefined where one is there twice, or anything else. */
function elementsOf(text: string): Map<string, string> | undefined {
  const elements = new Map<string, string>();
  for (ELEMENT.lastIndex = 0; ELEMENT.lastIndex < text.length;) {
    const [, name = '', value = ''] = ELEMENT.exec(text) ?? [];
    if (name === '' || elements.has(name)) return undefined;
    elements.set(name, value);
  }
  return elements;
}
