import { createHash } from 'node:crypto';
import { type S3Call, header } from '../s3-call.js';
import { S3Error } from '../s3-error.js';

/** A key that came with a request. It is used and forgotten: what is kept of it is a salted digest. */
export interface CustomerKey {
  /** 32 bytes. */
  key: Buffer;
  /** Base64. */
  keyMd5: string;
}

/**
 * The key of the three `…-customer-…` headers, checked against its MD5.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-s3-c-encryption.html
 * @param of the object that is read or written, or the source of a copy
 * @returns undefined where the request brings none of them
 * @throws S3Error `InvalidArgument`, `InvalidEncryptionAlgorithmError`
 */
export function readCustomerKey(call: S3Call, of: 'object' | 'copySource' = 'object'): CustomerKey | undefined {
  const start = `${of === 'object' ? 'x-amz' : 'x-amz-copy-source'}-server-side-encryption-customer`;
  const algorithm = header(call, `${start}-algorithm`);
  const text = header(call, `${start}-key`);
  const keyMd5 = header(call, `${start}-key-md5`);
  if (algorithm === undefined && text === undefined && keyMd5 === undefined) return undefined;
  if (algorithm === undefined) throw invalid(`${PROVIDED} must provide a valid encryption algorithm.`);
  if (algorithm !== 'AES256')
    throw new S3Error('InvalidEncryptionAlgorithmError', { ArgumentName: ARGUMENT, ArgumentValue: algorithm });
  if (!text) throw invalid(`${PROVIDED} must provide an appropriate secret key.`);
  if (!keyMd5) throw invalid(`${PROVIDED} must provide the client calculated MD5 of the secret key.`);
  const key = Buffer.from(text, 'base64');
  if (createHash('md5').update(key).digest('base64') !== keyMd5)
    throw invalid('The calculated MD5 hash of the key did not match the hash that was provided.');
  if (key.length !== KEY_BYTES) throw invalid('The secret key was invalid for the specified algorithm.');
  return { key, keyMd5 };
}

/** Of AES-256. */
export const KEY_BYTES = 32;

const PROVIDED = 'Requests specifying Server Side Encryption with Customer provided keys';
/** S3 names this header, whichever of them is wrong. */
const ARGUMENT = 'x-amz-server-side-encryption';

const invalid = (message: string) =>
  new S3Error('InvalidArgument', { ArgumentName: ARGUMENT, ArgumentValue: 'null' }, message);
