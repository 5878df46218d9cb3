import type { BucketFacts } from './facts.js';
import { mayNotLook, note, ok, type Finding } from './finding.js';

/** The backfill needs no versions; live replication, which it completes, does. */
export function judgeVersioning(check: string, { bucket, versioning }: BucketFacts): Finding {
  if (versioning.kind === 'refused')
    return mayNotLook(check, versioning.code, `s3:GetBucketVersioning on s3://${bucket}`);
  if (versioning.value === 'Enabled') return ok(check, 'enabled');
  return note(
    check,
    'enabled',
    versioning.value.toLowerCase(),
    'A backfill works without it; live replication needs it on both sides.',
  );
}
