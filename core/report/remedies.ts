/** How a server refuses an access key, whatever is asked for. */
const KEYS_REFUSED = [
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidSecurity',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'Unauthorized',
];
const REFUSED_KEYS =
  'The server does not take the access key in the secret of this side: put one into it that is active there (for a server other than AWS, check region and endpoint of the side too); then start the run again.';

/** What to do about a cause, in one sentence. Causes are S3's error codes and our own names. */
const REMEDIES: Readonly<Record<string, string>> = {
  AccessDenied:
    'Allow s3:GetObject on the source object and s3:PutObject on the destination in the role and in both bucket policies, and kms:Decrypt where it is encrypted; then start the run again.',
  KmsAccessDenied:
    'Allow kms:Decrypt on the key of the source and kms:GenerateDataKey and kms:Decrypt on that of the destination, in the role and in the policy of each key; enable the key where it is disabled. Then start the run again.',
  CustomerKeyNeeded:
    'Only whoever has its key can read this object (SSE-C): copy it by hand with the key, or encrypt it with a key of S3 or KMS at the source.',
  DestinationNewer:
    'Look at both objects. To replace the one that the run would write over, redrive this cause with overwrite: "always" (start --redrive … --cause DestinationNewer --overwrite always); a version of it stays where the bucket has versioning.',
  Unproved:
    'Nothing but size and time speaks for the destination object: start the run again with proof: "listing" to accept that, or delete it there to have it copied again.',
  Missing:
    'Nothing is at the destination: copy it, by a run of what this one owed with engine: "copy", or by the tool that missed it.',
  DiffersBySize:
    'The object at the destination is another one, or was cut short: look at both, then copy it again by a run of what this one owed with engine: "copy" and overwrite: "always".',
  DiffersByEtag:
    'The object at the destination has other bytes: look at both, then copy it again by a run of what this one owed with engine: "copy" and overwrite: "always".',
  DiffersByChecksum:
    'The object at the destination has other bytes: look at both, then copy it again by a run of what this one owed with engine: "copy" and overwrite: "always".',
  DiffersByTime:
    'The object at the destination is older than the source: it may be what the source was before. Copy it again by a run of what this one owed with engine: "copy".',
  VersionsDiverge:
    'Something else has written versions of this key at the destination: look at both sequences, delete the versions there that the source does not have, then start the run again.',
  AnotherVersionFailed: 'Mend what failed of the other versions of this key, then start the run again.',
  RestoreUnderWay: 'S3 has not restored the object yet: start the run again when it has.',
  KeyTooLongError: 'The destination prefix makes the key longer than 1,024 bytes: choose a shorter one.',
  MetadataTooLarge: 'S3 takes up to 2 KB of user metadata: shorten it at the source, then start the run again.',
  BadDigest:
    'S3 found another checksum in the copy than in the source: start the run again; if it goes on, the source object is damaged.',
  SlowDown:
    'S3 was still scaling when the time of the call was over: start the run again with a lower maxConcurrency, or with a requestsPerSecond.',
  NoProgress:
    'Three calls in a row settled no row of this chunk: give the function more time or memory, look for an object that takes longer than one call, or, where S3 said SlowDown all the time, start the run again with a lower maxConcurrency.',
  ServiceUnavailable: 'S3 did not answer for now: start the run again.',
  InternalError: 'S3 failed inside: start the run again; if it goes on, open a case with the request ids of the log.',
  NoAnswer: 'The connection gave no answer: check the network path to S3, then start the run again.',
  KeepsChanging: 'The object is being written all the time: start the run again when it is quiet.',
  ChangedAfterCopy: 'Something else writes to the destination object: find the writer, then start the run again.',
  MissingAfterCopy:
    'The object was copied and is gone: look for a lifecycle rule or a writer that deletes at the destination.',
  NotReplicated:
    'S3 reports the object as replicated, and the destination does not have it: look for a lifecycle rule or a writer there, or copy it with engine: "copy".',
  DstObjectHardDeleted:
    'S3 does not replicate again what was deleted at the destination by its version id: copy it with engine: "copy".',
  SrcObjectNotEligible:
    'No enabled replication rule is about this object: look at the filters of the rules, and at SourceSelectionCriteria for objects under KMS; or copy it with engine: "copy".',
  SrcBucketReplicationConfigMissing:
    'The source bucket lost its replication configuration: put it back, then start the run again.',
  AssumeRoleNotPermitted:
    'Let the role of the replication rule be assumed by s3.amazonaws.com, and that of the pair’s jobs by batchoperations.s3.amazonaws.com; then start the run again.',
  InitiateReplicationNotPermitted:
    'Allow s3:InitiateReplication on the source objects in the role of the pair’s jobs and in the policy of the bucket; then start the run again.',
  ReplicationFailed:
    'S3 gave no reason: look at the completion report of the job, in the folder of the run, then start the run again.',
  JobFailed: 'Look at the job in the console of S3 Batch Operations, then start the run again.',
  JobCancelled: 'Somebody cancelled the job: start the run again.',
  NoSuchJob: 'S3 does not know the job any more: start the run again.',
  NotAttempted: 'The run stopped before this object: mend the cause that stopped it, then start the run again.',
  FenceReached:
    'Nothing is wrong with this object: the run reached maxObjects, maxBytes or stopAfter before it. A run of what this one owed goes on, with as much to copy again.',
  LargerThanMaxBytes:
    'No run with this maxBytes can copy it: run what this one owed with a larger maxBytes, for this cause alone.',
  NotVerified:
    'Checking this chunk failed as a whole: look at the failed child of the Map Run VerifyChunks, then start the run again.',
  RoleNotAssumed:
    'Let the trust policy of the role name the roles of the pair’s functions, with its external id, as the output of the stack prints it; then start the run again.',
  SecretNotRead:
    'Check that the secret of the pair is there, in the partition of the stack, and that the key of KMS that it is encrypted with, if it is one of your own, is named by credentialsSecretKmsKeyArn; then start the run again.',
  SecretMalformed: 'Write the secret in the form that is expected; then start the run again.',
  NotImplemented:
    'The server does not do what this needs (of an object: its tags, storage class, ACL, lock or checksum): leave it out of the pair and the object, or choose a server that does it; then start the run again.',
  ...Object.fromEntries(KEYS_REFUSED.map((code) => [code, REFUSED_KEYS])),
  NoSuchBucket: 'The bucket does not exist: check the names in the request.',
};

/** What an error about the access key of a side says, and what to do; undefined of any other error. */
export function wordsAboutKeys({ code, message }: { code: string; message: string }): string | undefined {
  if (!['SecretNotRead', 'SecretMalformed', ...KEYS_REFUSED].includes(code)) return undefined;
  const said = KEYS_REFUSED.includes(code) ? `the server answered ${code}: ${message}` : message;
  return `${/[.!?]$/.test(said) ? said : `${said}.`} ${remedyFor(code)}`;
}

/** S3's reasons for a replication that failed are of one side, and most are about what its rule's role may not do there. */
const NOT_PERMITTED = /^(Src|Dst)\w+NotPermitted$/;

export function remedyFor(cause: string): string {
  const [, side] = NOT_PERMITTED.exec(cause) ?? [];
  const refused =
    side === undefined
      ? undefined
      : `Allow it on the ${side === 'Src' ? 'source' : 'destination'} in the role of the replication rule, and in the policies of that bucket and of its key (Amazon S3 User Guide, "replication failure reasons": ${cause}); then start the run again.`;
  return (
    REMEDIES[cause] ?? refused ?? `Look up ${cause} in the error codes of Amazon S3, mend it, then start the run again.`
  );
}
