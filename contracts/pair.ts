/** Tags of a deployed pair's state machine: they say whose it is and where the rest of the pair is. */
export const pairTags = {
  pair: 's3-backfill:pair',
  workBucket: 's3-backfill:work-bucket',
  failureTable: 's3-backfill:failure-table',
} as const;

/** The state machine of a pair; `photos` has `s3-backfill-photos`. */
export function stateMachineName(pair: string): string {
  return `s3-backfill-${pair}`;
}
