import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { StoredObject } from '../stored-object.js';

/**
 * How an object is encrypted at rest. An attribute only: bodies are kept as they came.
 * `NOT-SSE`: an object from before January 2023, when S3 began to encrypt everything.
 */
export type Encryption =
  | { readonly kind: 'SSE-S3' | 'NOT-SSE' }
  | KmsEncryption
  | {
      readonly kind: 'SSE-C';
      /** Base64 of the key's MD5, as requests and answers carry it. */
      readonly keyMd5: string;
      /** Hex, salted: what S3 keeps of a key to know it again, and nobody can get back from it. */
      readonly keyDigest: string;
      readonly salt: string;
    };

/** Under a key of KMS; in two layers where it is DSSE. */
export interface KmsEncryption {
  readonly kind: 'SSE-KMS' | 'DSSE-KMS';
  readonly keyArn: string;
  /** Whether one data key of the bucket serves many objects. Never with DSSE. */
  readonly bucketKey: boolean;
  /** What the request gave as encryption context beside S3's own: base64 of JSON. */
  readonly context?: string | undefined;
}

/** What all objects share that ask for nothing else: they hold no field for it, which keeps a million of them small. */
export const SSE_S3: Encryption = { kind: 'SSE-S3' };

export const encryptionOf = ({ encryption }: Pick<StoredObject, 'encryption'>): Encryption => encryption ?? SSE_S3;

/** The object with its encryption: as it is where that is the usual one, since even an empty spread would cost it 8 bytes. */
export const encryptedAs = (object: StoredObject, encryption: Encryption): StoredObject =>
  encryption === SSE_S3 ? object : { ...object, encryption };

export const isKms = (encryption: Encryption): encryption is KmsEncryption =>
  encryption.kind === 'SSE-KMS' || encryption.kind === 'DSSE-KMS';

/**
 * Whether an ETag says nothing of the bytes: under KMS and under customers' keys.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
 */
export const hasOpaqueEtag = (encryption: Encryption) => isKms(encryption) || encryption.kind === 'SSE-C';

/** Looks like an MD5 and is another one each time, as those of S3 are. */
export const opaqueEtag = () => randomBytes(16).toString('hex');

/** The ETag of something written now under this encryption; undefined where it is the MD5. */
export const etagUnder = (encryption: Encryption): string | undefined =>
  hasOpaqueEtag(encryption) ? opaqueEtag() : undefined;

/** @param key 32 bytes, of which only a salted digest is kept */
export function customerEncryption(key: Buffer, keyMd5: string): Encryption {
  const salt = randomBytes(16).toString('hex');
  return { kind: 'SSE-C', keyMd5, salt, keyDigest: digestOf(key, salt) };
}

/** Whether it is the key that an object was written with. */
export function isKeyOf(key: Buffer, { keyDigest, salt }: Extract<Encryption, { kind: 'SSE-C' }>): boolean {
  return timingSafeEqual(Buffer.from(digestOf(key, salt)), Buffer.from(keyDigest));
}

const digestOf = (key: Buffer, salt: string) => createHmac('sha256', salt).update(key).digest('hex');
