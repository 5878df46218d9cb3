import type { Bucket } from '../bucket.js';
import { resourceOf } from '../refusal.js';
import { type S3Call, header } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import { DEFAULT_ENCRYPTION, kindOf } from './bucket-encryption.js';
import { readCustomerKey } from './customer-key.js';
import { type Encryption, SSE_S3, customerEncryption } from './encryption.js';
import { readContext, useKey } from './key-use.js';

/**
 * The encryption of what a request writes: as its headers name it, else as its bucket does by default. What a copy's
 * source had does not count. A key of KMS is used for it, as the request's signer.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
 * @throws S3Error `InvalidArgument`, `InvalidEncryptionAlgorithmError`, `AccessDenied`, `KMS.…`
 */
export function requestedEncryption(call: S3Call, bucket: Bucket): Encryption {
  const named = readNamed(call);
  if (named.customer) {
    if (bucket.encryption?.blocked === 'SSE-C') throw blocked(call);
    return customerEncryption(named.customer.key, named.customer.keyMd5);
  }
  const fallback = bucket.encryption ?? DEFAULT_ENCRYPTION;
  const kind = named.kind ?? fallback.kind;
  if (kind === 'SSE-S3') return SSE_S3;
  // Whoever names KMS and no key means the managed one, also where the bucket's default has another.
  const keyId = named.kind === undefined ? fallback.keyId : named.keyId;
  const { kms } = call.service;
  const encryption = {
    kind,
    keyArn: keyId === undefined ? kms.managed(call.caller.account) : kms.find(keyId, call.caller.account),
    bucketKey: kind === 'SSE-KMS' && (named.bucketKey ?? fallback.bucketKey),
    ...(named.context !== undefined && { context: named.context }),
  };
  useKey(call, { action: 'kms:GenerateDataKey', encryption, bucket: bucket.name, key: call.key });
  return encryption;
}

/** Refuses headers that name an encryption, on requests that do not take them: reads and parts. @throws S3Error `InvalidArgument` */
export function refuseNamedEncryption(call: S3Call): void {
  for (const name of [ALGORITHM, KEY_ID, BUCKET_KEY, CONTEXT]) {
    const value = header(call, name);
    if (value !== undefined) throw invalid(name, value, `${name} header is not supported for this operation.`);
  }
}

const ALGORITHM = 'x-amz-server-side-encryption';
const KEY_ID = `${ALGORITHM}-aws-kms-key-id`;
const BUCKET_KEY = `${ALGORITHM}-bucket-key-enabled`;
const CONTEXT = `${ALGORITHM}-context`;

function readNamed(call: S3Call) {
  const algorithm = header(call, ALGORITHM);
  const [keyId, context] = [header(call, KEY_ID), header(call, CONTEXT)];
  if (algorithm !== undefined && header(call, `${ALGORITHM}-customer-algorithm`) !== undefined)
    throw invalid(
      ALGORITHM,
      algorithm,
      'Server Side Encryption with Customer provided key is incompatible with the encryption method specified',
    );
  const customer = readCustomerKey(call);
  const kind = kindOf(algorithm);
  if (algorithm !== undefined && kind === undefined)
    throw invalid(ALGORITHM, algorithm, 'The encryption method specified is not supported');
  if ((keyId !== undefined || context !== undefined) && (kind === undefined || kind === 'SSE-S3'))
    throw invalid(
      ALGORITHM,
      algorithm ?? 'null',
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    );
  if (readContext(context) === undefined)
    throw invalid(
      CONTEXT,
      context ?? '',
      `The header '${CONTEXT}' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map`,
    );
  return { customer, kind, keyId, context, bucketKey: readBucketKey(call, kind) };
}

function readBucketKey(call: S3Call, kind: string | undefined): boolean | undefined {
  const text = header(call, BUCKET_KEY)?.toLowerCase();
  if (text === undefined) return undefined;
  if (text !== 'true' && text !== 'false') throw invalid(BUCKET_KEY, text, `Expected true or false in ${BUCKET_KEY}.`);
  if (text === 'true' && kind === 'DSSE-KMS')
    throw invalid(BUCKET_KEY, text, 'S3 Bucket Keys are not supported for the encryption method specified');
  return text === 'true';
}

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html */
function blocked({ bucketName: bucket, key, caller }: S3Call): S3Error {
  return new S3Error(
    'AccessDenied',
    {},
    `User: ${caller.arn} is not authorized to perform: s3:PutObject on resource: "${resourceOf({ bucket, key }, caller)}" because this bucket has blocked upload requests that specify Server Side Encryption with Customer provided keys (SSE-C). Please specify a different server-side encryption type`,
  );
}

const invalid = (name: string, value: string, message: string) =>
  new S3Error('InvalidArgument', { ArgumentName: name, ArgumentValue: value }, message);
