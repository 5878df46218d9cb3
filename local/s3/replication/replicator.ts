import type { Bucket } from '../bucket.js';
import { type Deletion, deleteVersion } from '../delete-version.js';
import type { StoredObject } from '../stored-object.js';
import { type Version, isDeleteMarker, versionIdOf } from '../versioned-objects.js';
import { type Departure, applicableRules } from './applicable-rules.js';
import type { ReplicationRule } from './configuration.js';
import type { FailureReason } from './failure-reason.js';
import { replicate } from './replicate.js';
import { ended, pending } from './replication-state.js';
import { RoleAccess, type RoleScope } from './role-access.js';

/** A version that is to be replicated, by the rules that were there when it was written. */
interface Errand {
  source: Bucket;
  key: string;
  versionId: string;
  rules: readonly ReplicationRule[];
  role: string;
}

/**
 * S3 Replication: what is written to a bucket with a configuration is brought to its destinations after the request is
 * answered, in the order of the writes. A replica is written straight to its bucket, and so never set out again.
 */
export class Replicator {
  readonly #scope: RoleScope;
  readonly #queue: Errand[] = [];
  #running: Promise<void> | undefined;
  #isHeld = false;
  #waiting: (() => void)[] = [];

  constructor(scope: RoleScope) {
    this.#scope = scope;
  }

  /** Puts an object in its place, and sends it on its way where a rule says so. @returns the object with its version id */
  put(source: Bucket, key: string, object: StoredObject): StoredObject {
    const rules = this.#rulesFor(source, key, this.#departure(object));
    if (rules.length === 0) return source.objects.put(key, object);
    const version = source.objects.put(key, { ...object, replication: pending(undefined) });
    this.#send(source, key, version, rules);
    return version;
  }

  /**
   * Deletes a key or one version of it. A delete marker sets out where a rule says so; that a version went never does.
   * @param at milliseconds since the epoch: the time of a delete marker
   */
  delete(source: Bucket, key: string, versionId: string | undefined, at: number): Deletion {
    const deletion = deleteVersion(source.objects, key, versionId, at);
    const marker = deletion.kind === 'marked' ? source.objects.latest(key) : undefined;
    if (marker) this.#send(source, key, marker, this.#rulesFor(source, key, { kind: 'deleteMarker' }));
    return deletion;
  }

  /**
   * Tags, ACL or lock of an object change. It is replicated where the object was, or is under way; that of a replica where the
   * rule has replica modification sync.
   * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html
   */
  change(source: Bucket, key: string, object: StoredObject): void {
    const { replication } = object;
    const rules = replication ? this.#rulesFor(source, key, this.#departure(object)) : [];
    const applicable = replication?.isReplica ? rules.filter((rule) => rule.replicaModifications) : rules;
    if (applicable.length === 0) return source.objects.change(key, object);
    const version = { ...object, replication: pending(replication) };
    source.objects.change(key, version);
    this.#send(source, key, version, applicable);
  }

  /**
   * Replicates a version that is there already, as a job of S3 Batch Operations does it, by the bucket's configuration as it is.
   * @param versionId undefined for the current one
   * @param job who may start it: the job's role
   * @returns why it did not arrive
   */
  existing(
    bucketName: string,
    key: string,
    versionId: string | undefined,
    job: { role: string },
  ): FailureReason | undefined {
    const { service } = this.#scope;
    const source = service.buckets.get(bucketName);
    if (!source) return 'SrcBucketNotFound';
    if (!new RoleAccess(this.#scope, job.role).may('s3:InitiateReplication', source, key))
      return 'InitiateReplicationNotPermitted';
    const version = versionId === undefined ? source.objects.latest(key) : source.objects.version(key, versionId);
    if (!source.replication) return 'SrcBucketReplicationConfigMissing';
    if (!version) return versionId === undefined ? 'SrcObjectNotFound' : 'SrcVersionNotFound';
    const rules = this.#rulesFor(source, key, this.#departure(version));
    if (rules.length === 0) return 'SrcObjectNotEligible';
    const gone = rules.some(({ destination }) => isHardDeleted(service.buckets.get(destination.bucket), version));
    if (gone) return 'DstObjectHardDeleted';
    return this.#deliver({ source, key, versionId: versionIdOf(version), rules, role: source.replication.role });
  }

  /** Nothing sets out any more until `release`; what is written stays PENDING. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#start();
  }

  /** Resolves when nothing is on its way. */
  settled(): Promise<void> {
    if (this.#queue.length === 0 && !this.#running) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #departure(version: Version): Departure {
    if (isDeleteMarker(version)) return { kind: 'deleteMarker' };
    return { kind: 'object', object: version, now: this.#scope.service.clock.now() };
  }

  #rulesFor({ replication }: Bucket, key: string, departure: Departure): ReplicationRule[] {
    return replication ? applicableRules(replication, key, departure) : [];
  }

  #send(source: Bucket, key: string, version: Version, rules: readonly ReplicationRule[]): void {
    if (rules.length === 0 || !source.replication) return;
    this.#queue.push({ source, key, versionId: versionIdOf(version), rules, role: source.replication.role });
    this.#start();
  }

  #start(): void {
    this.#running ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // The request that wrote it is answered first.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    for (let errand = this.#next(); errand; errand = this.#next()) this.#deliver(errand);
    this.#running = undefined;
    if (this.#queue.length === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #next(): Errand | undefined {
    return this.#isHeld ? undefined : this.#queue.shift();
  }

  /** To all destinations; the source tells then how it went. */
  #deliver({ source, key, versionId, rules, role }: Errand): FailureReason | undefined {
    const version = source.objects.version(key, versionId);
    if (!version) return 'SrcVersionNotFound';
    const reasons = rules.map((rule) => replicate(this.#scope, { source, key, version, rule, role }));
    const reason = reasons.find((each) => each !== undefined);
    if (!isDeleteMarker(version))
      source.objects.change(key, { ...version, replication: ended(version.replication, reason === undefined) });
    return reason;
  }
}

/** Batch Replication does not bring back what was deleted from the destination by its version id. */
function isHardDeleted(destination: Bucket | undefined, version: Version): boolean {
  return destination !== undefined && destination.objects.hasLost(versionIdOf(version));
}
