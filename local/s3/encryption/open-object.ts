import type { S3Call } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import type { StoredObject } from '../stored-object.js';
import { readCustomerKey } from './customer-key.js';
import { encryptionOf, isKeyOf, isKms } from './encryption.js';
import { useKey } from './key-use.js';

/** What is read: the object that a request names, or the source of a copy. */
export interface Opened {
  of?: 'object' | 'copySource';
  bucket: string;
  key: string;
}

/**
 * Opens an object for whoever reads its bytes or its checksum: the customer's key has to come with the request, a key of
 * KMS has to be usable by its signer.
 * @throws S3Error `InvalidRequest`, `AccessDenied`, `KMS.…`
 */
export function openObject(call: S3Call, object: StoredObject, { of = 'object', bucket, key }: Opened): void {
  checkCustomerKey(call, object, of);
  const encryption = encryptionOf(object);
  if (isKms(encryption)) useKey(call, { action: 'kms:Decrypt', encryption, bucket, key });
}

/** The customer's key alone, without which S3 does not even tell of an object. @throws S3Error `InvalidRequest`, `AccessDenied` */
export function checkCustomerKey(call: S3Call, object: StoredObject, of: Opened['of'] = 'object'): void {
  const encryption = encryptionOf(object);
  const given = readCustomerKey(call, of);
  if (encryption.kind !== 'SSE-C') {
    if (given) throw new S3Error('InvalidRequest', {}, 'The encryption parameters are not applicable to this object.');
    return;
  }
  if (!given)
    throw new S3Error(
      'InvalidRequest',
      {},
      'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
    );
  if (!isKeyOf(given.key, encryption))
    throw new S3Error(
      'AccessDenied',
      {},
      'Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.',
    );
}
