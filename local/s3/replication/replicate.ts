import type { Bucket } from '../bucket.js';
import type { Content } from '../content.js';
import { DEFAULT_ALGORITHM } from '../checksums.js';
import { type Encryption, encryptionOf, isKms, opaqueEtag } from '../encryption/encryption.js';
import { putEncryption } from '../encryption/put-encryption.js';
import { defaultRetention } from '../object-lock.js';
import { accountOf } from '../s3-call.js';
import type { S3Error } from '../s3-error.js';
import type { StoredObject } from '../stored-object.js';
import { type Version, isDeleteMarker, versionIdOf } from '../versioned-objects.js';
import type { ReplicationRule } from './configuration.js';
import type { FailureReason } from './failure-reason.js';
import { REPLICA } from './replication-state.js';
import { RoleAccess, type RoleScope } from './role-access.js';

/** One version that goes to one destination. */
export interface Replication {
  source: Bucket;
  key: string;
  version: Version;
  rule: ReplicationRule;
  role: string;
}

/**
 * Brings one version to one destination as the rule's role, with its version id, time, metadata, tags, ETag and lock; or,
 * where it is there already, its tags, ACL and lock.
 * What each action is for: https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
 * @returns why it did not arrive
 */
export function replicate(scope: RoleScope, replication: Replication): FailureReason | undefined {
  const { source, key, version, rule, role } = replication;
  const { service } = scope;
  const access = new RoleAccess(scope, role);
  if (!access.isAssumable('s3.amazonaws.com', source)) return 'AssumeRoleNotPermitted';
  const destination = service.buckets.get(rule.destination.bucket);
  if (!destination) return 'DstBucketNotFound';
  if (destination.objects.versioning !== 'Enabled') return 'DstBucketUnversioned';
  // When S3 asks for these two is not documented.
  if (!access.may('s3:GetReplicationConfiguration', source) || !access.may('s3:ListBucket', source))
    return 'SrcHeadObjectNotPermitted';
  const { account = accountOf(destination, service) } = rule.destination;
  if (account !== accountOf(destination, service)) return 'DstPutObjectNotPermitted';
  if (isDeleteMarker(version)) {
    if (!access.may('s3:ReplicateDelete', destination, key)) return 'DstDelObjNotPermitted';
    destination.objects.insert(key, version);
    return undefined;
  }
  const way = { ...replication, version, destination, access };
  return refusal(way) ?? arrive(scope, way);
}

interface ObjectOnItsWay extends Replication {
  version: StoredObject;
  destination: Bucket;
  access: RoleAccess;
}

function refusal({ source, key, version, rule, destination, access }: ObjectOnItsWay): FailureReason | undefined {
  const versionId = versionIdOf(version);
  if (!access.may('s3:GetObjectVersionForReplication', source, key, versionId)) return 'SrcGetObjectNotPermitted';
  if (!access.may('s3:GetObjectVersionAcl', source, key, versionId)) return 'SrcGetAclNotPermitted';
  if (source.objectLock) {
    if (!destination.objectLock) return 'DstBucketObjectLockConfigMissing';
    const locks = ['s3:GetObjectRetention', 's3:GetObjectLegalHold'];
    if (!locks.every((action) => access.may(action, source, key))) return 'SrcGetObjectNotPermitted';
  }
  if (!access.may('s3:ReplicateObject', destination, key)) return 'DstPutObjectNotPermitted';
  const { ownerOverride } = rule.destination;
  if (ownerOverride && !access.may('s3:ObjectOwnerOverrideToBucketOwner', destination, key))
    return 'DstPutObjectNotPermitted';
  return undefined;
}

function arrive({ service }: RoleScope, way: ObjectOnItsWay): FailureReason | undefined {
  const { key, version, destination } = way;
  const tags = replicatedTags(way);
  const there = destination.objects.version(key, versionIdOf(version));
  if (there && !isDeleteMarker(there)) {
    destination.objects.change(key, {
      ...there,
      description: { headers: there.description.headers, tags },
      ...lockAndAcl(way, service.clock.now()),
    });
    return undefined;
  }
  if (version.replication?.isReplica && version.replication.status === 'PENDING') return 'DstVersionNotFound';
  const encryption = encryptionThere(service, way);
  if (typeof encryption === 'string') return encryption;
  // Neither a restore nor an archive tier comes along.
  const { versionId, lastModified, description, storageClass } = version;
  destination.objects.insert(key, {
    content: contentThere(version, encryption),
    description: { headers: description.headers, tags },
    storageClass: way.rule.destination.storageClass ?? storageClass,
    lastModified,
    ...(versionId !== undefined && { versionId }),
    ...(encryption.kind !== 'SSE-S3' && { encryption }),
    ...lockAndAcl(way, service.clock.now()),
    replication: REPLICA,
  });
  return undefined;
}

/** Without the permission to read or to write them, an object goes without its tags. */
function replicatedTags({ source, key, version, destination, access }: ObjectOnItsWay): ReadonlyMap<string, string> {
  const { tags } = version.description;
  if (tags.size === 0) return tags;
  const mayRead = access.may('s3:GetObjectVersionTagging', source, key, versionIdOf(version));
  return mayRead && access.may('s3:ReplicateTags', destination, key) ? tags : new Map<string, string>();
}

/** The source's lock, else the destination's default; the source's ACL, unless replicas belong to the bucket's owner. */
function lockAndAcl({ version, destination, rule }: ObjectOnItsWay, now: number): Pick<StoredObject, 'lock' | 'acl'> {
  const lock = version.lock ?? (destination.objectLock && defaultRetention(destination.objectLock, now));
  const acl = rule.destination.ownerOverride ? undefined : version.acl;
  return { ...(lock && { lock }), ...(acl && { acl }) };
}

/**
 * The source's own encryption, with the rule's key where it is KMS; the destination's default only for what is not encrypted.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html and replication-config-for-kms-objects.html
 */
function encryptionThere(
  { kms, ...service }: RoleScope['service'],
  { source, key, version, rule, destination, access }: ObjectOnItsWay,
): Encryption | FailureReason {
  const encryption = encryptionOf(version);
  const account = accountOf(destination, service);
  if (encryption.kind === 'NOT-SSE') return putEncryption(kms, account, undefined, destination.encryption);
  if (!isKms(encryption)) return encryption;
  const unreadable = access.useKey({ action: 'kms:Decrypt', encryption, bucket: source.name, key });
  if (unreadable) return unreadable.code === 'AccessDenied' ? 'SrcGetObjectNotPermitted' : 'SrcKmsKeyInvalidState';
  const keyArn = kms.resolve(rule.destination.replicaKey ?? '', account);
  const bucketKey = encryption.kind === 'SSE-KMS' && (destination.encryption?.bucketKey ?? false);
  const replica = { kind: encryption.kind, keyArn, bucketKey };
  const unwritable = access.useKey({ action: 'kms:Encrypt', encryption: replica, bucket: destination.name, key });
  return unwritable ? reasonOf(unwritable) : replica;
}

function reasonOf({ code }: S3Error): FailureReason {
  if (code === 'KMS.NotFoundException') return 'DstKmsKeyNotFound';
  return code === 'AccessDenied' ? 'DstPutObjectNotPermitted' : 'DstKmsKeyInvalidState';
}

/** Shared with the source, its ETag and parts too; that this holds from key to key of KMS is a guess. */
function contentThere(version: StoredObject, encryption: Encryption): Content {
  const { content } = version;
  const isNewlySealed = encryptionOf(version).kind === 'NOT-SSE' && isKms(encryption);
  return isNewlySealed ? content.copied(content.checksumAlgorithm ?? DEFAULT_ALGORITHM, opaqueEtag()) : content;
}
