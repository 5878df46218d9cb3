import type { BucketAddress } from './side.js';

/** Lambda takes names of 64 characters: `s3-backfill-`, the pair's, `-restore` and `-record-chunk-failure`. */
const LONGEST_RESTORED_NAME = 23;

/** A restore goes by the bucket that it is to: each is named once, and none is a side of the pair. */
export function restoreIssues(
  name: string,
  source: BucketAddress,
  destination: BucketAddress,
  to: readonly (BucketAddress & { kmsKeyArn?: string | undefined })[],
): { path: (string | number)[]; message: string }[] {
  const issues: { path: (string | number)[]; message: string }[] = [];
  if (name.length > LONGEST_RESTORED_NAME)
    issues.push({
      path: ['name'],
      message: `expected at most ${LONGEST_RESTORED_NAME} characters of a pair with restore, or the names of its functions are too long for Lambda`,
    });
  for (const [index, { bucket, region, kmsKeyArn }] of to.entries()) {
    const refuse = (field: string, message: string) => issues.push({ path: ['restore', 'to', index, field], message });
    if (bucket === source.bucket)
      refuse('bucket', `expected another bucket than the source, where a restore goes anyway`);
    if (bucket === destination.bucket)
      refuse('bucket', `expected another bucket than the destination, which is what a restore reads`);
    if (to.findIndex((each) => each.bucket === bucket) < index)
      refuse('bucket', `expected each bucket once; ${bucket} comes twice`);
    if (region !== undefined && kmsKeyArn !== undefined && kmsKeyArn.split(':')[3] !== region)
      refuse('kmsKeyArn', `expected a key of ${region}: a bucket is encrypted with a key of its own Region`);
  }
  return issues;
}
