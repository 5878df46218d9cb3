import type { Authorize } from '../access/authorize.js';
import { callerOf } from '../access/principals.js';
import { AccessDenied, type StepFunctionsPorts } from '../step-functions/ports.js';
import { type KeyUse, keyRefusalOf, useKey } from './encryption/key-use.js';
import type { EncryptionSummary } from './encryption/put-encryption.js';
import type { EmbeddedS3 } from './embedded-s3.js';
import { accessDenied, resourceOf } from './refusal.js';

/** S3 as the role of a state machine reaches it: the files of ItemReader and ResultWriter. */
export function roleStorage(
  s3: EmbeddedS3,
  authorize: Authorize | undefined,
  accountId: string,
): Pick<StepFunctionsPorts, 'readObject' | 'writeObject'> {
  const context = { 'aws:ResourceAccount': accountId, 's3:ResourceAccount': accountId };
  const check = (principal: string, action: string, bucket: string, key = '') => {
    if (!authorize || !s3.hasBucket(bucket)) return;
    const call = { principal, action, resource: resourceOf({ bucket, key }), context };
    if (!authorize(call)) throw new AccessDenied(accessDenied(call).message);
  };
  /** Uses the key of KMS that an object lies under, or will. */
  const use = (principal: string, action: KeyUse['action'], of: EncryptionSummary, bucket: string, key: string) => {
    const { kind, keyArn, bucketKey = false } = of;
    if (keyArn === undefined || (kind !== 'SSE-KMS' && kind !== 'DSSE-KMS')) return;
    const caller = callerOf({ accessKeyId: '', secretAccessKey: '', principalArn: principal }, accountId);
    const keyRefusal = (each: KeyUse) => authorize && keyRefusalOf(authorize, each, caller);
    try {
      useKey({ service: s3, caller, keyRefusal }, { action, encryption: { kind, keyArn, bucketKey }, bucket, key });
    } catch (error) {
      throw new AccessDenied((error as Error).message, { cause: error });
    }
  };
  return {
    readObject: async (bucket, key, roleArn) => {
      check(roleArn, 's3:GetObject', bucket, key);
      const object = s3.hasBucket(bucket) ? s3.getObject(bucket, key) : undefined;
      // Whoever may not list is not told what is missing.
      if (!object) check(roleArn, 's3:ListBucket', bucket);
      else use(roleArn, 'kms:Decrypt', object.encryption, bucket, key);
      return object?.body;
    },
    writeObject: async (bucket, key, body, contentType, roleArn) => {
      check(roleArn, 's3:PutObject', bucket, key);
      if (s3.hasBucket(bucket)) use(roleArn, 'kms:GenerateDataKey', s3.encryptionBy(bucket), bucket, key);
      s3.putObject(bucket, key, body, { contentType });
    },
  };
}
