import type { MultipartUpload } from '../multipart-upload.js';
import type { S3Call } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import { readCustomerKey } from './customer-key.js';
import { isKeyOf, isKms } from './encryption.js';
import { useKey } from './key-use.js';
import { refuseNamedEncryption } from './requested-encryption.js';

/**
 * Checks that a part comes under its upload's encryption: with the same customer's key, or by somebody who may use the
 * key of KMS: S3 opens the data key that it made when the upload began.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
 * @throws S3Error `InvalidRequest`, `AccessDenied`, `KMS.…`
 */
export function checkPartEncryption(call: S3Call, { encryption, key }: MultipartUpload): void {
  refuseNamedEncryption(call);
  const given = readCustomerKey(call);
  if ((given !== undefined) !== (encryption.kind === 'SSE-C'))
    throw new S3Error(
      'InvalidRequest',
      {},
      'The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.',
    );
  if (given && encryption.kind === 'SSE-C' && !isKeyOf(given.key, encryption)) throw otherKey();
  if (isKms(encryption)) useKey(call, { action: 'kms:Decrypt', encryption, bucket: call.bucketName, key });
}

/**
 * A completion reads the parts. It needs a customer's key only where there are checksums to read.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export function checkCompletion(call: S3Call, { encryption, key, checksum }: MultipartUpload): void {
  const given = readCustomerKey(call);
  if (encryption.kind === 'SSE-C') {
    if (given && !isKeyOf(given.key, encryption)) throw otherKey();
    if (!given && checksum.listed)
      throw new S3Error(
        'InvalidArgument',
        {},
        'The multipart upload initiate requested encryption with a checksum. The complete request must include the appropriate encryption parameters.',
      );
  }
  if (isKms(encryption)) useKey(call, { action: 'kms:Decrypt', encryption, bucket: call.bucketName, key });
}

const otherKey = () =>
  new S3Error('InvalidRequest', {}, 'The provided encryption parameters did not match the ones used originally.');
