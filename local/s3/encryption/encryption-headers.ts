import { ALGORITHMS } from './bucket-encryption.js';
import { type Encryption, isKms } from './encryption.js';

type Header = readonly [name: string, value: string];

/** How an answer tells of an object's encryption. A context is told to whoever writes only. */
export function encryptionHeaders(encryption: Encryption, to: 'reader' | 'writer' = 'reader'): readonly Header[] {
  if (encryption.kind === 'SSE-S3') return PLAIN;
  if (encryption.kind === 'SSE-C')
    return [
      ['x-amz-server-side-encryption-customer-algorithm', 'AES256'],
      ['x-amz-server-side-encryption-customer-key-md5', encryption.keyMd5],
    ];
  if (!isKms(encryption)) return [];
  const headers: Header[] = [
    ['x-amz-server-side-encryption', ALGORITHMS[encryption.kind]],
    ['x-amz-server-side-encryption-aws-kms-key-id', encryption.keyArn],
  ];
  if (encryption.bucketKey) headers.push(['x-amz-server-side-encryption-bucket-key-enabled', 'true']);
  if (to === 'writer' && encryption.context !== undefined)
    headers.push(['x-amz-server-side-encryption-context', encryption.context]);
  return headers;
}

const PLAIN: readonly Header[] = [['x-amz-server-side-encryption', 'AES256']];
