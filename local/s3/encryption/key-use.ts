import type { Authorize } from '../../access/authorize.js';
import { denial } from '../../access/denial.js';
import type { Caller } from '../../access/principals.js';
import { resourceOf } from '../refusal.js';
import type { S3Call } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import type { KmsEncryption } from './encryption.js';

/** What S3 asks KMS for on behalf of whoever sent the request. */
export interface KeyUse {
  action: 'kms:Decrypt' | 'kms:Encrypt' | 'kms:GenerateDataKey';
  encryption: KmsEncryption;
  /** The object that is read or written. */
  bucket: string;
  key: string;
}

/** Who uses a key: whoever signed a request, or a role that a service acts as. */
export interface KeyUser extends Pick<S3Call, 'caller' | 'keyRefusal'> {
  readonly service: Pick<S3Call['service'], 'kms'>;
}

/**
 * Uses a key as somebody: it has to be there, to be allowed, and to be enabled, in this order. The managed
 * key of an account is for that account alone.
 * @throws S3Error `KMS.NotFoundException`, `AccessDenied`, `KMS.DisabledException`, `KMS.KMSInvalidStateException`
 */
export function useKey(call: KeyUser, use: KeyUse): void {
  const { kms } = call.service;
  const arn = kms.find(use.encryption.keyArn, call.caller.account);
  if (kms.isForeignManaged(arn, call.caller.account))
    throw new S3Error(
      'AccessDenied',
      {},
      `User: ${call.caller.arn} is not authorized to perform: ${use.action} on resource: ${arn} because no resource-based policy allows the ${use.action} action`,
    );
  const refusal = call.keyRefusal(use);
  if (refusal) throw refusal;
  kms.checkUsable(arn);
}

/** Asks whether somebody may use a key through S3. @returns the refusal where not */
export function keyRefusalOf(
  authorize: Authorize,
  { action, encryption, bucket, key }: KeyUse,
  caller: Caller,
): S3Error | undefined {
  // S3 uses keys of its own Region only.
  const [, , , region, account = ''] = encryption.keyArn.split(':');
  // Under a bucket key, the data key is the bucket's.
  const sealed = resourceOf({ bucket, key: encryption.bucketKey ? '' : key }, caller);
  const pairs = { ...readContext(encryption.context), 'aws:s3:arn': sealed };
  const call = {
    principal: caller.principal,
    caller: caller.arn,
    action,
    resource: encryption.keyArn,
    context: {
      'aws:ResourceAccount': account,
      'kms:CallerAccount': caller.account,
      'kms:ViaService': `s3.${region}.amazonaws.com`,
      'kms:EncryptionContextKeys': Object.keys(pairs),
      ...Object.fromEntries(Object.entries(pairs).map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
    },
  };
  return authorize(call) ? undefined : new S3Error('AccessDenied', {}, denial(call));
}

/**
 * The pairs of `x-amz-server-side-encryption-context`: base64 of JSON, texts only.
 * @returns undefined where it is anything else
 */
export function readContext(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return {};
  try {
    const pairs: unknown = JSON.parse(Buffer.from(text, 'base64').toString());
    const isMap = typeof pairs === 'object' && pairs !== null && !Array.isArray(pairs);
    return isMap && Object.values(pairs).every((value) => typeof value === 'string')
      ? (pairs as Record<string, string>)
      : undefined;
  } catch {
    return undefined;
  }
}
