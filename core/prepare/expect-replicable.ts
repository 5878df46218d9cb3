import type { RunRequest } from '../../contracts/run-request.js';
import { BackfillError } from '../errors.js';
import type { BucketPair, ReplicationRule, Versioning } from '../ports.js';

/**
 * Shows that S3 Batch Replication can bring over what the run will ask it for. Throws InvalidRequest where the request asks for
 * what replication does not do, SourceUnversioned, DestinationUnversioned or ReplicationRuleMissing where the buckets are not
 * ready for it; writes nothing.
 */
export async function expectReplicable(pair: BucketPair, request: RunRequest): Promise<void> {
  expectRequest(request);
  const [source, destination, rules] = await Promise.all([
    pair.sourceVersioning(),
    pair.destinationVersioning(),
    pair.replicationRules(),
  ]);
  expectVersioning('SourceUnversioned', request.source.bucket, source);
  expectVersioning('DestinationUnversioned', request.destination.bucket, destination);
  expectRule(rules, request);
}

/** What of a request replication cannot do. It has its own settings, in its rule, for class, key and ACL of a replica. */
function expectRequest(request: RunRequest): void {
  const { source, destination, versions, archived, acl } = request;
  const refusals: Record<string, boolean> = {
    'destination.prefix: expected the prefix of the source, or none: replicas keep their keys':
      (destination.prefix ?? source.prefix ?? '') !== (source.prefix ?? ''),
    'destination.storageClass: expected none: the replication rule says which class replicas have':
      destination.storageClass !== undefined,
    'versions: expected "current": the order of older versions at the destination is not proved with this engine':
      versions === 'all',
    'archived: expected "skip": S3 does not replicate what lies in Glacier Flexible Retrieval or Deep Archive, restored or not':
      archived === 'restore',
    'acl: expected none: the replication rule says who owns replicas': acl !== undefined,
  };
  const issues = Object.entries(refusals).flatMap(([issue, isRefused]) => (isRefused ? [issue] : []));
  if (issues.length > 0)
    throw new BackfillError(
      'InvalidRequest',
      `${issues.join('; ')}. Leave it out, or choose engine: "copy" in place of "batch-replication".`,
    );
}

function expectVersioning(
  name: 'SourceUnversioned' | 'DestinationUnversioned',
  bucket: string,
  versioning: Versioning,
): void {
  if (versioning === 'Enabled') return;
  throw new BackfillError(
    name,
    `engine: "batch-replication" expects versioning of s3://${bucket} to be enabled, as S3 Replication does; it is ${versioning === 'Off' ? 'off' : 'suspended'}. Enable it, or choose engine: "copy".`,
  );
}

/**
 * At least a part of the prefix must be replicated to the destination. What a rule leaves out beyond that, by a longer prefix
 * or by tags, fails task by task, under S3's own cause.
 */
function expectRule(rules: readonly ReplicationRule[], { source, destination }: RunRequest): void {
  const prefix = source.prefix ?? '';
  const toDestination = rules.filter((rule) => rule.destination === destination.bucket);
  const isAbout = (rule: ReplicationRule) => prefix.startsWith(rule.prefix) || rule.prefix.startsWith(prefix);
  if (toDestination.some((rule) => rule.isEnabled && isAbout(rule))) return;
  const found = toDestination
    .slice(0, MOST_NAMED)
    .map(({ id, isEnabled, prefix: of }) => `"${id}" (${isEnabled ? 'enabled' : 'disabled'}, prefix "${of}")`);
  throw new BackfillError(
    'ReplicationRuleMissing',
    `engine: "batch-replication" expects an enabled replication rule of s3://${source.bucket} to ${destination.bucket} that covers the prefix "${prefix}"; ${found.length > 0 ? `found ${found.join(', ')}` : `found ${rules.length === 0 ? 'no replication configuration' : `${rules.length} rules to other buckets`}`}. Add one (a pair with live: "replication" deploys it), or choose engine: "copy".`,
  );
}

const MOST_NAMED = 5;
