import { createHash, randomBytes } from 'node:crypto';
import type { BucketEncryption } from './bucket-encryption.js';
import { KEY_BYTES } from './customer-key.js';
import { type Encryption, SSE_S3, customerEncryption, isKms } from './encryption.js';
import type { KmsKeys } from './kms-keys.js';

/** How an object that is put in process is encrypted. Nothing is checked: it may lie under a key that there is not. */
export interface PutEncryption {
  kind: Encryption['kind'];
  /** An id or an alias will do; the managed key unless given. */
  keyArn?: string;
  bucketKey?: boolean;
  /** SSE-C: 32 bytes; without it, a key that nobody knows. */
  customerKey?: Uint8Array;
}

/** What the engine tells of an object's encryption. */
export interface EncryptionSummary {
  kind: Encryption['kind'];
  keyArn?: string;
  bucketKey?: boolean;
  /** Base64. */
  keyMd5?: string;
}

/** A bucket's default, set in process. */
export interface DefaultEncryption {
  kind: BucketEncryption['kind'];
  /** An id or an alias will do; the managed key unless given. */
  keyArn?: string;
  bucketKey?: boolean;
  /** Refuses writes under customers' keys, as new buckets on AWS do since April 2026. */
  blocksCustomerKeys?: boolean;
}

/** The encryption of an object that is put in process: the one given, else the bucket's default. */
export function putEncryption(
  kms: KmsKeys,
  account: string,
  given: PutEncryption | undefined,
  fallback: BucketEncryption | undefined,
): Encryption {
  // Most objects: looked at first.
  if (given === undefined && fallback === undefined) return SSE_S3;
  const byDefault = { kind: fallback?.kind ?? 'SSE-S3', keyArn: fallback?.keyId, bucketKey: fallback?.bucketKey };
  const { kind, keyArn, bucketKey = false } = given ?? byDefault;
  switch (kind) {
    case 'SSE-S3':
      return SSE_S3;
    case 'NOT-SSE':
      return NOT_ENCRYPTED;
    case 'SSE-C': {
      const key = Buffer.from(given?.customerKey ?? randomBytes(KEY_BYTES));
      if (key.length !== KEY_BYTES) throw new Error(`Expected a key of ${KEY_BYTES} bytes; got ${key.length}.`);
      return customerEncryption(key, createHash('md5').update(key).digest('base64'));
    }
    case 'SSE-KMS':
    case 'DSSE-KMS':
      return {
        kind,
        keyArn: keyArn === undefined ? kms.managed(account) : kms.resolve(keyArn, account),
        bucketKey: kind === 'SSE-KMS' && bucketKey,
      };
  }
}

export function encryptionSummary(encryption: Encryption): EncryptionSummary {
  if (isKms(encryption)) return { kind: encryption.kind, keyArn: encryption.keyArn, bucketKey: encryption.bucketKey };
  return encryption.kind === 'SSE-C' ? { kind: 'SSE-C', keyMd5: encryption.keyMd5 } : { kind: encryption.kind };
}

export function defaultEncryption({
  kind,
  keyArn,
  bucketKey = false,
  blocksCustomerKeys = false,
}: DefaultEncryption): BucketEncryption {
  return { kind, keyId: keyArn, bucketKey, ...(blocksCustomerKeys && { blocked: 'SSE-C' }) };
}

/** Shared, as SSE-S3 is. */
const NOT_ENCRYPTED: Encryption = { kind: 'NOT-SSE' };
