/** What to do about a cause, in one sentence. Causes are S3's error codes and our own names. */
const REMEDIES: Readonly<Record<string, string>> = {
  AccessDenied:
    'Allow s3:GetObject on the source object and s3:PutObject on the destination in the role and in both bucket policies, and kms:Decrypt where it is encrypted; then start the run again.',
  ObjectTooLarge: 'Copy this object with a multipart copy; CopyObject takes up to 5 GiB.',
  SlowDown: 'S3 is scaling this prefix: start the run again with a lower maxConcurrency.',
  ServiceUnavailable: 'S3 did not answer for now: start the run again.',
  InternalError: 'S3 failed inside: start the run again; if it goes on, open a case with the request ids of the log.',
  NoAnswer: 'The connection gave no answer: check the network path to S3, then start the run again.',
  KeepsChanging: 'The object is being written all the time: start the run again when it is quiet.',
  ChangedAfterCopy: 'Something else writes to the destination object: find the writer, then start the run again.',
  MissingAfterCopy:
    'The object was copied and is gone: look for a lifecycle rule or a writer that deletes at the destination.',
  NotAttempted: 'The run stopped before this object: mend the cause that stopped it, then start the run again.',
  NotVerified:
    'Checking this chunk failed as a whole: look at the failed child of the Map Run VerifyChunks, then start the run again.',
  RoleNotAssumed:
    'Let the trust policy of the role name the roles of the pair’s functions, with its external id, as the output of the stack prints it; then start the run again.',
  NoSuchBucket: 'The bucket does not exist: check the names in the request.',
};

export function remedyFor(cause: string): string {
  return REMEDIES[cause] ?? `Look up ${cause} in the error codes of Amazon S3, mend it, then start the run again.`;
}
