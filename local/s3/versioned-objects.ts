import { OrderedMap, compareKeys } from './ordered-map.js';
import type { StoredObject } from './stored-object.js';
import { nextVersionId, orderOfVersion } from './version-id.js';

/** Once `Enabled`, a bucket can only be `Suspended`; one that was never either has no versioning. */
export type VersioningStatus = 'Enabled' | 'Suspended';

/** What stands on top of a key's versions where the object was deleted. */
export interface DeleteMarker {
  /** Undefined for the null version. */
  readonly versionId?: string;
  /** Milliseconds since the epoch, whole seconds. */
  readonly lastModified: number;
  /** It has none: that tells it from an object. */
  readonly content?: undefined;
}

export type Version = StoredObject | DeleteMarker;

export const isDeleteMarker = (version: Version): version is DeleteMarker => version.content === undefined;

/** The version id as answers and requests spell it. */
export const versionIdOf = ({ versionId }: Pick<Version, 'versionId'>) => versionId ?? 'null';

/**
 * A bucket's objects with all their versions.
 * Current objects have a map of their own, which is all that a bucket without versioning has. What is older, and delete markers,
 * lie in stacks beside it: where a key has no current object, the top of its stack is a delete marker, and that is current.
 */
export class VersionedObjects {
  versioning: VersioningStatus | undefined;
  readonly #current = new OrderedMap<StoredObject>();
  /** Newest first, never empty. */
  readonly #older = new OrderedMap<Version[]>();
  /** Ids of replicas that were taken out for good. */
  readonly #lost = new Set<string>();

  /** How many keys have an object; those under a delete marker do not count. */
  get size(): number {
    return this.#current.size;
  }

  /** Whether neither an object nor any version or delete marker is left. */
  get isEmpty(): boolean {
    return this.#current.size === 0 && this.#older.size === 0;
  }

  /** The object that is current; undefined under a delete marker. */
  get(key: string): StoredObject | undefined {
    return this.#current.get(key);
  }

  /** What is current, a delete marker too. */
  latest(key: string): Version | undefined {
    return this.#current.get(key) ?? this.#older.get(key)?.[0];
  }

  /** @param versionId `null` for the null version */
  version(key: string, versionId: string): Version | undefined {
    return this.stack(key).find((version) => versionIdOf(version) === versionId);
  }

  /** All versions of a key, newest first. */
  stack(key: string): readonly Version[] {
    return stacked(this.#current.get(key), this.#older.get(key));
  }

  /** Current objects in key order, as `OrderedMap.entries`. */
  entries(from?: string, bound?: 'from' | 'after'): Generator<[key: string, object: StoredObject]> {
    return this.#current.entries(from, bound);
  }

  /** Every key with its versions, newest first, in key order, as `OrderedMap.entries`. */
  *stacks(from?: string, bound?: 'from' | 'after'): Generator<[key: string, versions: readonly Version[]]> {
    const [currents, olders] = [this.#current.entries(from, bound), this.#older.entries(from, bound)];
    let [current, older] = [currents.next(), olders.next()];
    while (!current.done || !older.done) {
      const order = current.done ? 1 : older.done ? -1 : compareKeys(current.value[0], older.value[0]);
      const key = (order <= 0 ? current.value : older.value)[0] as string;
      yield [key, stacked(order <= 0 ? current.value[1] : undefined, order >= 0 ? older.value[1] : undefined)];
      if (order <= 0) current = currents.next();
      if (order >= 0) older = olders.next();
    }
  }

  /**
   * A new object in its place: on top of what was there in a bucket with versioning; in the place of the null version
   * where that is suspended, or was never on.
   * @returns the object with its version id
   */
  put(key: string, object: StoredObject): StoredObject {
    const version = this.versioning === 'Enabled' ? { ...object, versionId: nextVersionId() } : nullVersion(object);
    this.#makeRoom(key);
    this.#current.set(key, version);
    return version;
  }

  /** A version as it is now, in the place of the one with its version id: its tags, its description, never its content. */
  change(key: string, version: StoredObject): void {
    const isThis = ({ versionId }: Version) => versionId === version.versionId;
    const current = this.#current.get(key);
    if (current && isThis(current)) {
      this.#current.set(key, version);
      return;
    }
    const older = this.#older.get(key);
    if (older)
      this.#older.set(
        key,
        older.map((each) => (isThis(each) ? version : each)),
      );
  }

  /**
   * What deleting without a version id does: a delete marker on top, or, without versioning, nothing left.
   * @param at milliseconds since the epoch
   */
  remove(key: string, at: number): DeleteMarker | undefined {
    this.#makeRoom(key);
    this.#current.delete(key);
    if (this.versioning === undefined) return undefined;
    const marker = { lastModified: at, ...(this.versioning === 'Enabled' && { versionId: nextVersionId() }) };
    this.#older.set(key, [marker, ...(this.#older.get(key) ?? [])]);
    return marker;
  }

  /** Takes one version out for good, so that the one below it is current if it was. @returns what was taken out */
  removeVersion(key: string, versionId: string): Version | undefined {
    const versions = this.stack(key);
    const removed = versions.find((version) => versionIdOf(version) === versionId);
    if (!removed) return undefined;
    if (!isDeleteMarker(removed) && removed.replication?.isReplica) this.#lost.add(versionId);
    this.#restack(
      key,
      versions.filter((version) => version !== removed),
    );
    return removed;
  }

  /** A version that was made in another bucket, where it belongs by its age; in the place of the same version. */
  insert(key: string, version: Version): void {
    const others = this.stack(key).filter((each) => versionIdOf(each) !== versionIdOf(version));
    const older = others.findIndex((each) => isOlder(each, version));
    const at = older < 0 ? others.length : older;
    this.#restack(key, [...others.slice(0, at), version, ...others.slice(at)]);
  }

  /** Whether a replica of this version id was taken out for good. */
  hasLost(versionId: string): boolean {
    return this.#lost.has(versionId);
  }

  #restack(key: string, [top, ...below]: readonly Version[]): void {
    const isObject = top !== undefined && !isDeleteMarker(top);
    if (isObject) this.#current.set(key, top);
    else this.#current.delete(key);
    const older = isObject || top === undefined ? below : [top, ...below];
    if (older.length > 0) this.#older.set(key, older);
    else this.#older.delete(key);
  }

  /** Before something comes on top of a key: the object that is current goes under it; one that will be the null version goes away. */
  #makeRoom(key: string): void {
    if (this.versioning === undefined) return;
    if (this.versioning === 'Suspended') this.removeVersion(key, 'null');
    const current = this.#current.get(key);
    if (current) this.#older.set(key, [current, ...(this.#older.get(key) ?? [])]);
  }
}

/** As it is wherever that will do: a bucket without versioning holds what it was given. */
function nullVersion(object: StoredObject): StoredObject {
  if (object.versionId === undefined) return object;
  const { versionId: _, ...rest } = object;
  return rest;
}

/** By their ids, which tell when they were made; null versions by their time. */
function isOlder(a: Version, b: Version): boolean {
  const [orderOfA, orderOfB] = [orderOfVersion(a.versionId ?? ''), orderOfVersion(b.versionId ?? '')];
  return orderOfA === undefined || orderOfB === undefined ? a.lastModified < b.lastModified : orderOfA < orderOfB;
}

function stacked(current: StoredObject | undefined, older: readonly Version[] | undefined): readonly Version[] {
  if (current === undefined) return older ?? [];
  return older === undefined ? [current] : [current, ...older];
}
