import { randomUUID } from 'node:crypto';
import { partitionOf } from '../../contracts/partition.js';
import type { AwsCall } from '../access/aws-call.js';
import type { Authorize } from '../access/authorize.js';
import { denial } from '../access/denial.js';
import type { Caller } from '../access/principals.js';
import type { Clock } from '../clock.js';
import type { JsonAnswer } from '../doors/json-door.js';
import type { KmsKeys } from '../s3/encryption/kms-keys.js';
import { S3Error } from '../s3/s3-error.js';
import {
  isTrue,
  needed,
  numberOf,
  readMembers,
  refuseOthers,
  textOf,
  textsOf,
  valueOf,
  type Members,
} from './request.js';
import { addVersion, CURRENT, stagesOf, suffix, type Secret } from './secret.js';
import { invalidParameter, invalidRequest, notFound, notImplemented, ServiceError } from './service-error.js';

export interface EmbeddedSecretsManagerOptions {
  clock: Clock;
  region: string;
  accountId: string;
  /** The keys of KMS that the engine knows. */
  kms: KmsKeys;
  authorize?: Authorize | undefined;
}

const DAY_MS = 86_400_000;

/**
 * Secrets Manager, in memory: secrets with versions under staging labels, and no rotation.
 * Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/
 */
export class EmbeddedSecretsManager {
  readonly #secrets = new Map<string, Secret>();

  constructor(private readonly options: EmbeddedSecretsManagerOptions) {}

  /** Answers one call. @param body JSON text */
  handle(operation: string, body: string, caller: Caller): JsonAnswer {
    try {
      const perform = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
      if (!perform) throw notImplemented(operation || 'a call without a target');
      return json(200, perform(this, readMembers(body), caller));
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      return json(400, { __type: error.code, Message: error.message });
    }
  }

  createSecret(members: Members, caller: Caller): object {
    refuseOthers(members, ['Name', 'Description', 'SecretString', 'SecretBinary', 'KmsKeyId', 'ClientRequestToken']);
    const name = needed(members, 'Name');
    if (!/^[\w/+=.@!-]{1,512}$/.test(name))
      throw new ServiceError(
        'ValidationException',
        'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
      );
    this.#authorize('CreateSecret', this.#arn(`${name}-??????`), caller, { 'secretsmanager:Name': name }, name);
    const known = this.#find(name);
    if (known?.deleted)
      throw invalidRequest(
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    const value = valueOf(members);
    const token = textOf(members, 'ClientRequestToken') ?? randomUUID();
    if (known) {
      const version = known.versions.find(({ id }) => id === token);
      if (version && JSON.stringify(version.value) === JSON.stringify(value))
        return { ARN: known.arn, Name: name, VersionId: token };
      throw new ServiceError(
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      );
    }
    const now = this.options.clock.now();
    const secret: Secret = {
      arn: this.#arn(`${name}-${suffix()}`),
      name,
      description: textOf(members, 'Description'),
      kmsKeyArn: this.#keyOf(members),
      createdAt: now,
      changedAt: now,
      accessedAt: undefined,
      deleted: undefined,
      versions: [],
    };
    if (value) {
      this.#useKey(secret, ['kms:GenerateDataKey', 'kms:Decrypt'], caller);
      addVersion(secret, { id: token, value, createdAt: now }, [CURRENT]);
    }
    this.#secrets.set(name, secret);
    return { ARN: secret.arn, Name: name, ...(value ? { VersionId: token } : {}) };
  }

  getSecretValue(members: Members, caller: Caller): object {
    refuseOthers(members, ['SecretId', 'VersionId', 'VersionStage']);
    const [id, stage] = [textOf(members, 'VersionId'), textOf(members, 'VersionStage')];
    const secret = this.#named('GetSecretValue', members, caller, {
      ...(id === undefined ? {} : { 'secretsmanager:VersionId': id }),
      'secretsmanager:VersionStage': stage ?? CURRENT,
    });
    expectThere(secret);
    const label = stage ?? (id === undefined ? CURRENT : undefined);
    const version = secret.versions.find(
      (each) => (id === undefined || each.id === id) && (label === undefined || each.stages.has(label)),
    );
    if (!version)
      throw id === undefined
        ? new ServiceError(
            'ResourceNotFoundException',
            `Secrets Manager can't find the specified secret value for staging label: ${label}`,
          )
        : new ServiceError(
            'ResourceNotFoundException',
            `Secrets Manager can't find the specified secret value for VersionId: ${id}`,
          );
    this.#useKey(secret, ['kms:Decrypt'], caller);
    // A day without its time: Secrets Manager says no more.
    secret.accessedAt = Math.floor(this.options.clock.now() / DAY_MS) * DAY_MS;
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      ...version.value,
      VersionStages: [...version.stages].toSorted(),
      CreatedDate: seconds(version.createdAt),
    };
  }

  putSecretValue(members: Members, caller: Caller): object {
    refuseOthers(members, ['SecretId', 'SecretString', 'SecretBinary', 'ClientRequestToken', 'VersionStages']);
    const secret = this.#named('PutSecretValue', members, caller);
    expectThere(secret);
    const value = valueOf(members);
    if (!value) throw invalidRequest('You must provide either SecretString or SecretBinary.');
    const stages = textsOf(members, 'VersionStages') ?? [CURRENT];
    const VersionId = this.#put(secret, value, stages, members, caller);
    return { ARN: secret.arn, Name: secret.name, VersionId, VersionStages: stages.toSorted() };
  }

  updateSecret(members: Members, caller: Caller): object {
    refuseOthers(members, ['SecretId', 'Description', 'SecretString', 'SecretBinary', 'ClientRequestToken']);
    const secret = this.#named('UpdateSecret', members, caller);
    expectThere(secret);
    const description = textOf(members, 'Description');
    if (description !== undefined) secret.description = description;
    const value = valueOf(members);
    const VersionId = value && this.#put(secret, value, [CURRENT], members, caller);
    return { ARN: secret.arn, Name: secret.name, ...(VersionId === undefined ? {} : { VersionId }) };
  }

  describeSecret(members: Members, caller: Caller): object {
    refuseOthers(members, ['SecretId']);
    const secret = this.#named('DescribeSecret', members, caller);
    return { ...described(secret), VersionIdsToStages: stagesOf(secret) };
  }

  listSecrets(members: Members, caller: Caller): object {
    refuseOthers(members, ['MaxResults', 'NextToken', 'IncludePlannedDeletion']);
    this.#authorize('ListSecrets', '*', caller);
    const most = numberOf(members, 'MaxResults') ?? 100;
    if (most < 1 || most > 100) throw invalidParameter('Expected a MaxResults from 1 to 100.');
    const token = textOf(members, 'NextToken') ?? '0';
    if (!/^\d{1,9}$/.test(token))
      throw new ServiceError('InvalidNextTokenException', 'The NextToken value is invalid.');
    const from = Number(token);
    const all = [...this.#secrets.values()].filter(
      (secret) => this.#isThere(secret) && (!secret.deleted || isTrue(members, 'IncludePlannedDeletion')),
    );
    return {
      SecretList: all
        .slice(from, from + most)
        .map((secret) => ({ ...described(secret), SecretVersionsToStages: stagesOf(secret) })),
      ...(from + most < all.length ? { NextToken: String(from + most) } : {}),
    };
  }

  deleteSecret(members: Members, caller: Caller): object {
    refuseOthers(members, ['SecretId', 'RecoveryWindowInDays', 'ForceDeleteWithoutRecovery']);
    const days = numberOf(members, 'RecoveryWindowInDays');
    const isForced = isTrue(members, 'ForceDeleteWithoutRecovery');
    if (isForced && days !== undefined)
      throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    if (days !== undefined && (days < 7 || days > 30))
      throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
    const secret = this.#named('DeleteSecret', members, caller, {
      'secretsmanager:ForceDeleteWithoutRecovery': String(isForced),
      ...(days === undefined ? {} : { 'secretsmanager:RecoveryWindowInDays': String(days) }),
    });
    const now = this.options.clock.now();
    if (isForced) this.#secrets.delete(secret.name);
    else {
      expectThere(secret);
      secret.deleted = { at: now, until: now + (days ?? 30) * DAY_MS };
    }
    return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(secret.deleted?.until ?? now) };
  }

  #put(
    secret: Secret,
    value: NonNullable<ReturnType<typeof valueOf>>,
    stages: readonly string[],
    members: Members,
    caller: Caller,
  ): string {
    const id = textOf(members, 'ClientRequestToken') ?? randomUUID();
    const known = secret.versions.find((version) => version.id === id);
    // A request that is sent again is one request.
    if (known && JSON.stringify(known.value) === JSON.stringify(value)) return id;
    if (known)
      throw new ServiceError(
        'ResourceExistsException',
        `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`,
      );
    this.#useKey(secret, ['kms:GenerateDataKey', 'kms:Decrypt'], caller);
    addVersion(secret, { id, value, createdAt: this.options.clock.now() }, stages);
    return id;
  }

  /** The secret that a request names by its ARN or its name, if the caller may do this with it. */
  #named(operation: string, members: Members, caller: Caller, context: AwsCall['context'] = {}): Secret {
    const id = needed(members, 'SecretId');
    const secret = this.#find(id);
    const resource = secret?.arn ?? (id.startsWith('arn:') ? id : this.#arn(`${id}-??????`));
    this.#authorize(operation, resource, caller, { 'secretsmanager:SecretId': resource, ...context }, id);
    if (!secret) throw notFound();
    return secret;
  }

  #find(id: string): Secret | undefined {
    const name = id.startsWith('arn:') ? [...this.#secrets.values()].find(({ arn }) => arn === id)?.name : id;
    const secret = this.#secrets.get(name ?? '');
    return secret && this.#isThere(secret) ? secret : undefined;
  }

  #isThere({ deleted }: Secret): boolean {
    return deleted === undefined || this.options.clock.now() < deleted.until;
  }

  #arn(resource: string): string {
    const { region, accountId } = this.options;
    return `arn:${partitionOf(region)}:secretsmanager:${region}:${accountId}:secret:${resource}`;
  }

  #authorize(
    operation: string,
    resource: string,
    { principal, arn: caller }: Caller,
    context: AwsCall['context'] = {},
    named = resource,
  ): void {
    const { authorize, accountId } = this.options;
    const call = {
      principal,
      caller,
      action: `secretsmanager:${operation}`,
      resource,
      context: { 'aws:ResourceAccount': accountId, ...context },
    };
    if (authorize && !authorize(call)) throw new ServiceError('AccessDeniedException', denial(call, named));
  }

  /** The ARN of the key that a request names; undefined for Secrets Manager's own. */
  #keyOf(members: Members): string | undefined {
    const name = textOf(members, 'KmsKeyId');
    if (name === undefined) return undefined;
    const { kms, accountId } = this.options;
    return withKey('encrypt', () => kms.find(name, accountId));
  }

  /** Secrets Manager uses a key as whoever asks. */
  #useKey(secret: Secret, actions: readonly string[], { principal, arn: caller }: Caller): void {
    const { kmsKeyArn } = secret;
    if (kmsKeyArn === undefined) return;
    const { kms, region, authorize } = this.options;
    withKey(actions.includes('kms:GenerateDataKey') ? 'encrypt' : 'decrypt', () => kms.checkUsable(kmsKeyArn));
    const context = {
      'aws:ResourceAccount': kmsKeyArn.split(':')[4] ?? '',
      'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': secret.arn,
    };
    for (const action of actions)
      if (authorize && !authorize({ principal, caller, action, resource: kmsKeyArn, context }))
        throw new ServiceError('AccessDeniedException', 'Access to KMS is not allowed');
  }
}

const OPERATIONS: Readonly<
  Record<string, (service: EmbeddedSecretsManager, members: Members, caller: Caller) => object>
> = {
  CreateSecret: (service, members, caller) => service.createSecret(members, caller),
  DeleteSecret: (service, members, caller) => service.deleteSecret(members, caller),
  DescribeSecret: (service, members, caller) => service.describeSecret(members, caller),
  GetSecretValue: (service, members, caller) => service.getSecretValue(members, caller),
  ListSecrets: (service, members, caller) => service.listSecrets(members, caller),
  PutSecretValue: (service, members, caller) => service.putSecretValue(members, caller),
  UpdateSecret: (service, members, caller) => service.updateSecret(members, caller),
};

function expectThere({ deleted }: Secret): void {
  if (deleted)
    throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
}

function described({ arn, name, description, kmsKeyArn, createdAt, changedAt, accessedAt, deleted }: Secret): object {
  return {
    ARN: arn,
    Name: name,
    ...(description === undefined ? {} : { Description: description }),
    ...(kmsKeyArn === undefined ? {} : { KmsKeyId: kmsKeyArn }),
    CreatedDate: seconds(createdAt),
    LastChangedDate: seconds(changedAt),
    ...(accessedAt === undefined ? {} : { LastAccessedDate: seconds(accessedAt) }),
    ...(deleted === undefined ? {} : { DeletedDate: seconds(deleted.at) }),
  };
}

function withKey<T>(what: 'encrypt' | 'decrypt', use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    throw what === 'encrypt'
      ? new ServiceError(
          'EncryptionFailure',
          "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.",
        )
      : new ServiceError(
          'DecryptionFailure',
          "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
        );
  }
}

const seconds = (milliseconds: number) => milliseconds / 1000;

function json(status: number, body: object): JsonAnswer {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() };
  return { status, body: JSON.stringify(body), headers };
}
