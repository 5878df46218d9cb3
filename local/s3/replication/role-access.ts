import type { Authorize } from '../../access/authorize.js';
import type { Identities } from '../../access/identities.js';
import { type Caller, callerOf } from '../../access/principals.js';
import type { Bucket } from '../bucket.js';
import { type KeyUse, keyRefusalOf, useKey } from '../encryption/key-use.js';
import { resourceOf } from '../refusal.js';
import { type S3Service, accountOf } from '../s3-call.js';
import { S3Error } from '../s3-error.js';

/** What is asked before S3 does something as a role. */
export interface RoleScope {
  readonly service: Pick<S3Service, 'buckets' | 'clock' | 'kms' | 'accountId'>;
  /** Without them, and of roles that were not added, all are taken to trust S3. */
  readonly identities?: Identities | undefined;
  readonly authorize?: Authorize | undefined;
}

/** A role that a service of AWS acts as: asked about in IAM's words. */
export class RoleAccess {
  readonly #scope: RoleScope;
  readonly #caller: Caller;

  constructor(scope: RoleScope, roleArn: string) {
    this.#scope = scope;
    this.#caller = callerOf({ accessKeyId: '', secretAccessKey: '', principalArn: roleArn }, scope.service.accountId);
  }

  /** Whether the role's trust policy lets the service assume it for a bucket. */
  isAssumable(service: 's3.amazonaws.com', bucket: Bucket): boolean {
    const role = this.#scope.identities?.role(this.#caller.principal);
    const context = {
      'aws:SourceAccount': accountOf(bucket, this.#scope.service),
      'aws:SourceArn': resourceOf({ bucket: bucket.name, key: '' }, this.#caller),
    };
    return role?.trusts(service, undefined, context) ?? true;
  }

  /** @param key empty for the bucket itself */
  may(action: string, bucket: Bucket, key = '', versionId?: string): boolean {
    const { authorize, service } = this.#scope;
    const { principal, arn: caller } = this.#caller;
    const account = accountOf(bucket, service);
    const context = {
      'aws:ResourceAccount': account,
      's3:ResourceAccount': account,
      ...(versionId !== undefined && action.includes('ObjectVersion') && { 's3:VersionId': versionId }),
    };
    const resource = resourceOf({ bucket: bucket.name, key }, this.#caller);
    return authorize?.({ principal, caller, action, resource, context }) ?? true;
  }

  /** Uses a key of KMS. @returns why it cannot */
  useKey(use: KeyUse): S3Error | undefined {
    const { authorize, service } = this.#scope;
    const caller = this.#caller;
    try {
      useKey({ service, caller, keyRefusal: (each) => authorize && keyRefusalOf(authorize, each, caller) }, use);
      return undefined;
    } catch (error) {
      if (error instanceof S3Error) return error;
      throw error;
    }
  }
}
