import { archiveState } from '../archive.js';
import { encryptionOf, isKms } from '../encryption/encryption.js';
import type { StoredObject } from '../stored-object.js';
import type { ReplicationConfiguration, ReplicationRule } from './configuration.js';

/** What may set out for another bucket. */
export type Departure =
  /** An object that was written, or whose metadata changed; or that a job replicates. */
  { kind: 'object'; object: StoredObject; now: number } | { kind: 'deleteMarker' };

/**
 * The rules by which something is replicated: for each destination the one of highest priority that its key and tags match.
 * Not replicated: what is archived, what lies under KMS where the rule does not say so, delete markers where it does not.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
 */
export function applicableRules(
  { rules }: ReplicationConfiguration,
  key: string,
  departure: Departure,
): ReplicationRule[] {
  const chosen = new Map<string, ReplicationRule>();
  for (const rule of rules) {
    if (!rule.isEnabled || !key.startsWith(rule.prefix) || !hasTags(rule, departure)) continue;
    const other = chosen.get(rule.destination.bucket);
    if (!other || other.priority < rule.priority) chosen.set(rule.destination.bucket, rule);
  }
  return [...chosen.values()].filter((rule) => isEligible(rule, departure));
}

/** A delete marker has no tags. */
function hasTags({ tags }: ReplicationRule, departure: Departure): boolean {
  if (departure.kind === 'deleteMarker') return tags.length === 0;
  return tags.every(([key, value]) => departure.object.description.tags.get(key) === value);
}

function isEligible(rule: ReplicationRule, departure: Departure): boolean {
  if (departure.kind === 'deleteMarker') return rule.deleteMarkers;
  const { object, now } = departure;
  // A restored copy does not count: the object itself is still in the archive.
  if (archiveState(object, now).kind !== 'active') return false;
  return rule.kmsObjects || !isKms(encryptionOf(object));
}
