import type { RunRequest } from '../../contracts/run-request.js';
import { BackfillError } from '../errors.js';
import type { BucketPair, ReplicationRule, Versioning } from '../ports.js';

/**
 * Shows that both buckets are ready for S3 Batch Replication. Throws SourceUnversioned, DestinationUnversioned or
 * ReplicationRuleMissing; writes nothing.
 */
export async function expectReplicable(pair: BucketPair, request: RunRequest): Promise<void> {
  const [source, destination, rules] = await Promise.all([
    pair.sourceVersioning(),
    pair.destinationVersioning(),
    pair.replicationRules(),
  ]);
  expectVersioning('SourceUnversioned', request.source.bucket, source);
  expectVersioning('DestinationUnversioned', request.destination.bucket, destination);
  expectRule(rules, request);
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
