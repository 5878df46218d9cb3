/** Names that the state machine's ErrorEquals, the console and the runbook use. */
export type BackfillErrorName =
  | 'InvalidRequest'
  | 'OutsidePair'
  | 'PairBusy'
  | 'RunExists'
  | 'ManifestNotFound'
  | 'ManifestIncomplete'
  | 'ManifestCorrupt'
  | 'ManifestUnsupported'
  | 'SourceUnreadable'
  | 'DestinationUnreadable'
  | 'DestinationUnwritable'
  | 'SourceUnversioned'
  | 'DestinationUnversioned'
  | 'SourceIsDestination'
  | 'ReplicationRuleMissing'
  | 'JobRefused'
  | 'JobTooLarge'
  | 'JobReportCorrupt'
  | 'NoProgress'
  | 'IdentityBroken'
  | 'RunFileMissing'
  | 'BucketPolicyUnreadable'
  | 'InventoryExists'
  | 'VersioningOff'
  | 'ReplicationConflict'
  | 'QueryFailed'
  | 'QueryCancelled'
  | 'QueryOverScanLimit'
  | 'CountsContradict';

/** An end of the run, or of a chunk, that has a name. The message says what was expected, what came and what to do. */
export class BackfillError extends Error {
  override readonly name: BackfillErrorName;

  constructor(name: BackfillErrorName, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = name;
  }
}

/** How a storage answer is to be taken: `throttled` and `transient` pass, `refused` does not. */
export type StorageErrorKind = 'throttled' | 'transient' | 'refused';

/** An error answer of S3, or no answer at all, under S3's own code. */
export class StorageError extends Error {
  override readonly name: string;
  /** S3's error code, such as `AccessDenied`; `NoAnswer` where the connection gave none. */
  readonly code: string;
  readonly kind: StorageErrorKind;
  /** HTTP status; absent where there was no answer. */
  readonly status: number | undefined;

  constructor(
    code: string,
    message: string,
    answer: { kind: StorageErrorKind; status?: number | undefined; cause?: unknown },
  ) {
    super(message, { cause: answer.cause });
    // The ASL's Retry knows few names: whatever passes goes by one of them.
    this.name = { throttled: 'SlowDown', transient: code === 'NoAnswer' ? code : 'InternalError', refused: code }[
      answer.kind
    ];
    this.code = code;
    this.kind = answer.kind;
    this.status = answer.status;
  }
}
