import type { StorageError } from '../errors.js';

/** S3's codes for a key of KMS that cannot be used at all, whoever asks. */
const KMS_CODE = /^KMS\./;
/** How S3 words a key that this caller may not use. Source: AWS Knowledge Center, "S3 AccessDenied KMS". */
const KMS_DENIED = /\bkms:[A-Z]\w+|\bKMS\b|customer master key|ciphertext refers to/;
const KEY_ARN = /arn:aws[\w-]*:kms:[\w-]*:\d*:(?:key|alias)\/[\w/-]+/;
/** How S3 words an object whose encryption key is its owner's. */
const CUSTOMER_KEY = /stored using a form of Server Side Encryption/i;

export interface Cause {
  cause: string;
  message: string;
}

/**
 * The name and the words of what S3 refused: S3's own code, but for what S3 has no name for. A key that may not be used is
 * `KmsAccessDenied` and names the key; an object under a customer's key (SSE-C) is `CustomerKeyNeeded`.
 * @param keys ARNs of the keys that the call needed, where they are known
 */
export function causeOf(error: Pick<StorageError, 'code' | 'message'>, keys: readonly string[] = []): Cause {
  const { code, message } = error;
  if (CUSTOMER_KEY.test(message))
    return {
      cause: 'CustomerKeyNeeded',
      message: 'The source object is encrypted with a key that only its owner has (SSE-C).',
    };
  if (KMS_CODE.test(code) || (code === 'AccessDenied' && KMS_DENIED.test(message)))
    return { cause: 'KmsAccessDenied', message: naming(`${code}: ${message}`, keys) };
  return { cause: code, message };
}

/** S3 names the key in some of its refusals only. */
function naming(message: string, keys: readonly string[]): string {
  return KEY_ARN.test(message) || keys.length === 0 ? message : `${message} (${keys.join(', ')})`;
}
