import type { AwsCall } from '../access/aws-call.js';
import type { Authorize } from '../access/authorize.js';
import type { Caller } from '../access/principals.js';
import type { EmbeddedS3, PutOptions } from './embedded-s3.js';
import { type KeyUse, keyRefusalOf, useKey } from './encryption/key-use.js';
import type { EncryptionSummary } from './encryption/put-encryption.js';
import { accessDenied, resourceOf } from './refusal.js';

/** Whoever a service acts for may not do a thing; the message is S3's. */
export class StorageDenied extends Error {
  override readonly name = 'StorageDenied';
}

/** S3 as a service reaches it for whoever called it, in process: asked about in IAM's words, keys of KMS too. */
export class CallerStorage {
  readonly #s3: EmbeddedS3;
  readonly #authorize: Authorize | undefined;
  readonly #caller: Caller;
  readonly #context: AwsCall['context'];

  /** @param context condition keys that all its calls have, beside the account's */
  constructor(
    s3: EmbeddedS3,
    { authorize, accountId }: { authorize: Authorize | undefined; accountId: string },
    caller: Caller,
    context: AwsCall['context'] = {},
  ) {
    this.#s3 = s3;
    this.#authorize = authorize;
    this.#caller = caller;
    this.#context = { 'aws:ResourceAccount': accountId, 's3:ResourceAccount': accountId, ...context };
  }

  /** Nobody is asked about a bucket that does not exist. @throws StorageDenied */
  check(action: string, bucket: string, key = '', context: AwsCall['context'] = {}): void {
    if (!this.#authorize || !this.#s3.hasBucket(bucket)) return;
    const { principal, arn: caller } = this.#caller;
    const call = {
      principal,
      caller,
      action,
      resource: resourceOf({ bucket, key }, this.#caller),
      context: { ...this.#context, ...context },
    };
    if (!this.#authorize(call)) throw new StorageDenied(accessDenied(call).message);
  }

  /** @returns undefined where there is none. Whoever may not list is not told what is missing. @throws StorageDenied */
  get(bucket: string, key: string): ReturnType<EmbeddedS3['getObject']> {
    this.check('s3:GetObject', bucket, key);
    const object = this.#s3.hasBucket(bucket) ? this.#s3.getObject(bucket, key) : undefined;
    if (!object) this.check('s3:ListBucket', bucket);
    else this.#use('kms:Decrypt', object.encryption, bucket, key);
    return object;
  }

  /** @throws StorageDenied, S3Error where the bucket does not exist */
  put(
    bucket: string,
    key: string,
    body: Buffer,
    { contentType, encryption }: Pick<PutOptions, 'contentType' | 'encryption'>,
  ): void {
    this.check('s3:PutObject', bucket, key);
    if (this.#s3.hasBucket(bucket))
      this.#use('kms:GenerateDataKey', this.#s3.encryptionBy(bucket, encryption), bucket, key);
    this.#s3.putObject(bucket, key, body, {
      ...(contentType !== undefined && { contentType }),
      ...(encryption && { encryption }),
    });
  }

  /** Uses the key of KMS that an object lies under, or will. */
  #use(action: KeyUse['action'], of: EncryptionSummary, bucket: string, key: string): void {
    const { kind, keyArn, bucketKey = false } = of;
    if (keyArn === undefined || (kind !== 'SSE-KMS' && kind !== 'DSSE-KMS')) return;
    const [authorize, caller] = [this.#authorize, this.#caller];
    const keyRefusal = (each: KeyUse) => authorize && keyRefusalOf(authorize, each, caller);
    try {
      useKey(
        { service: this.#s3, caller, keyRefusal },
        { action, encryption: { kind, keyArn, bucketKey }, bucket, key },
      );
    } catch (error) {
      throw new StorageDenied((error as Error).message, { cause: error });
    }
  }
}
