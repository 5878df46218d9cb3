import type { Readable } from 'node:stream';
import type { Failure } from '../contracts/failure.js';
import type { KeyMessage, LiveSettings, Side, SyncRecord } from '../contracts/live.js';
import type { WritableStorageClass } from '../contracts/location.js';
import type { ByteRange } from '../contracts/manifest.js';
import type { ReachedAddress, SideAddress } from '../contracts/side.js';
import type { Reconciliation } from '../contracts/reconciliation.js';

/** Time, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Milliseconds that this call may still take. */
export type Deadline = () => number;

/** Whole files of one bucket: the work bucket's, or an inventory's. Errors are StorageError. */
export interface FileStore {
  readonly bucket: string;
  /** The whole file, or undefined where there is none. */
  read(key: string): Promise<StoredFile | undefined>;
  /** `length` bytes from `offset` on. */
  readRange(key: string, offset: number, length: number): Promise<Buffer>;
  /** The file as a stream, for files of any size; undefined where there is none. */
  stream(key: string): Promise<{ body: Readable; size: number } | undefined>;
  /** Size in bytes and version; undefined where there is none. */
  stat(key: string): Promise<{ size: number; version: string } | undefined>;
  /** Bytes `from` up to `to`, exclusive, of the file at this version; undefined where it is another one by now, or none. */
  streamRange(key: string, range: ByteRange, version: string): Promise<Readable | undefined>;
  write(key: string, body: Buffer | string): Promise<void>;
  /** Harmless where there is none. */
  remove(key: string): Promise<void>;
  /** Writes only where the file is not there yet (`version` undefined) or is still at `version`; says whether it did. */
  writeIf(key: string, body: string, version: string | undefined): Promise<boolean>;
  /** A file of any size, which appears whole on close or not at all. */
  writer(key: string): FileWriter;
  /** Keys under a prefix, in UTF-8 byte order. */
  list(prefix: string): AsyncIterable<string>;
  /** Names one level under a prefix that ends in `/`: `2026-01-31T00-00Z/` and the like, in order. */
  folders(prefix: string): AsyncIterable<string>;
}

export interface StoredFile {
  readonly body: Buffer;
  /** Changes whenever the file does. */
  readonly version: string;
}

export interface FileWriter {
  write(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
  /** Leaves nothing behind. Harmless after close. */
  abort(): Promise<void>;
}

/** What a listing or a HEAD shows of an object. */
export interface ObjectState {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
}

/** What a listing of the source shows beyond that. */
export interface SourceState extends ObjectState {
  /** As an inventory names it. */
  readonly storageClass: string;
  /** Of an archived object that S3 was asked to restore. */
  readonly restore?: 'inProgress' | 'restored';
}

export interface ListPage<State extends ObjectState = ObjectState> {
  /** In UTF-8 byte order. */
  readonly objects: readonly State[];
  /** The only thing that says whether more follow; never the page's length. A truncated page is never empty. */
  readonly truncated: boolean;
}

/** A checksum of an object as S3 shows it: base64, with `-N` where it is composed of those of N parts. */
export interface Checksum {
  /** S3's name: `CRC32`, `CRC32C`, `CRC64NVME`, `SHA1`, `SHA256`. */
  readonly algorithm: ChecksumAlgorithm;
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
  readonly value: string;
}
export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'SHA1' | 'SHA256';

/** What a HEAD shows beyond a listing. */
export interface ObjectHead extends ObjectState {
  /** As an inventory names it. */
  readonly storageClass: string;
  /** Undefined in a bucket that never had versioning; `null` where it was written before there was. */
  readonly versionId?: string;
  /** Whether the ETag is a digest of the bytes; under KMS it is not. */
  readonly etagKind: 'digest' | 'opaque';
  readonly kmsKeyArn?: string;
  /** At most one, and none of objects that are older than S3's checksums. */
  readonly checksums: readonly Checksum[];
  /** Must be restored before it can be read. */
  readonly archive: 'none' | 'archived' | 'restoring' | 'restored';
  readonly content: ContentHeaders;
  readonly websiteRedirect?: string;
  /** S3 tells how many there are; which ones, `sourceTags` does. */
  readonly tagCount: number;
  readonly lock: ObjectLock;
  /** Of a HEAD that asks for a part: bytes of that part, and how many there are. */
  readonly part?: { readonly size: number; readonly count: number };
}

/** Content headers and user metadata, as HEAD gives them and a write takes them. Names of metadata are in lower case. */
export interface ContentHeaders {
  readonly type?: string;
  readonly encoding?: string;
  readonly language?: string;
  readonly disposition?: string;
  readonly cacheControl?: string;
  /** The header's own words: S3 keeps whatever it was given. */
  readonly expires?: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Empty where nothing holds the object. */
export interface ObjectLock {
  readonly mode?: 'GOVERNANCE' | 'COMPLIANCE';
  /** Milliseconds since the epoch. */
  readonly retainUntil?: number;
  readonly legalHold?: boolean;
}

/** Who may do what with an object, as `x-amz-grant-*` headers say it: lists of grantees by permission. */
export type Grants = Readonly<Partial<Record<'fullControl' | 'read' | 'readAcp' | 'writeAcp', readonly string[]>>>;

/** What a new object is given beside its bytes. */
export interface NewObject {
  /** STANDARD where there is none. */
  readonly storageClass?: WritableStorageClass | undefined;
  /** The bucket's default encryption where there is none. */
  readonly kmsKeyArn?: string | undefined;
  readonly bucketKeyEnabled?: boolean | undefined;
  readonly acl?: 'bucket-owner-full-control' | Grants | undefined;
  readonly lock?: ObjectLock | undefined;
  readonly websiteRedirect?: string | undefined;
  /** Undefined for a CopyObject, which takes them from its source by itself. */
  readonly content?: ContentHeaders | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

/** A source object, and the ETag that it must still have. */
export interface PinnedSource {
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly etag: string;
}

/** A place at the destination, and what must be there: the object of this ETag, or nothing. */
export interface PinnedDestination {
  readonly key: string;
  readonly etag: string | undefined;
}

export interface CopyRequest {
  readonly source: PinnedSource;
  readonly destination: PinnedDestination;
  readonly object: NewObject;
}

/** S3's answer to a write. */
export interface Written {
  readonly etag: string;
  /** In a bucket with versioning. */
  readonly versionId?: string;
}

/** A version of an object, or a delete marker, whose size is 0 and whose ETag is empty. */
export interface VersionState extends SourceState {
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
}

/** Where a listing of versions goes on: after a key, or within it, after one of its versions. */
export interface VersionMarker {
  readonly key: string;
  readonly versionId?: string | undefined;
}

export interface VersionPage {
  /** In UTF-8 byte order of the keys, the newest version of a key first. */
  readonly versions: readonly VersionState[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: VersionMarker | undefined;
}

/** A part of an upload, as S3 answered it. */
export interface UploadedPart {
  /** From 1. */
  readonly number: number;
  readonly etag: string;
  /** In the upload's algorithm, where it has one. */
  readonly checksum?: string;
}

/** An upload under way. */
export interface Upload {
  readonly key: string;
  readonly id: string;
  /** Undefined where S3's default is to be had. */
  readonly checksum?: Pick<Checksum, 'algorithm' | 'type'> | undefined;
}

/** The two sides of a run. Every method throws StorageError; a 404 of an object is `undefined`. */
export interface BucketPair {
  /** Whether one principal reaches both sides, so that S3 copies by itself; else the bytes are streamed through here. */
  readonly isInPlace: boolean;
  /** As `listDestination`, and with what S3 says of restores. */
  listSource(prefix: string, after: string, limit?: number): Promise<ListPage<SourceState>>;
  /** Versions and delete markers behind a place, exclusive; at most 1,000 or `limit`. */
  listSourceVersions(prefix: string, after: VersionMarker, limit?: number): Promise<VersionPage>;
  headSource(key: string, of?: { versionId?: string | undefined; part?: number }): Promise<ObjectHead | undefined>;
  sourceTags(key: string, versionId?: string): Promise<Record<string, string>>;
  sourceGrants(key: string, versionId?: string): Promise<Grants>;
  /** Objects after `after`, exclusive; at most 1,000 or `limit`. */
  listDestination(prefix: string, after: string, limit?: number): Promise<ListPage>;
  headDestination(key: string, versionId?: string): Promise<ObjectHead | undefined>;
  /** Versions and delete markers behind a place, exclusive. */
  listDestinationVersions(prefix: string, after: VersionMarker): Promise<VersionPage>;
  /** All versions and delete markers of one source key, the newest first. */
  sourceVersions(key: string): Promise<VersionState[]>;
  /** Puts a delete marker on top of what must be there; deletes that where the bucket has no versioning. */
  putDeleteMarker(destination: PinnedDestination): Promise<Written>;
  /** Copies an object in one piece: CopyObject, or GET and PutObject. @param source its checksum, where it is known */
  copy(request: CopyRequest, source?: Pick<ObjectHead, 'size' | 'checksums'>): Promise<Written>;
  /** @param checksum as the source has it; the answer tells the one that the upload has */
  beginUpload(key: string, object: NewObject, checksum: Upload['checksum']): Promise<Upload>;
  /** The parts that S3 has; undefined where the upload is not there any more. */
  listParts(upload: Upload): Promise<UploadedPart[] | undefined>;
  /** Copies bytes `start` to `end`, exclusive, as one part; the whole object where there is no range. */
  copyPart(
    source: PinnedSource,
    upload: Upload,
    number: number,
    range: { start: number; end: number } | undefined,
  ): Promise<UploadedPart>;
  /** @param whole size and full-object checksum of the source: S3 refuses what is not that */
  completeUpload(
    upload: Upload,
    parts: readonly UploadedPart[],
    destination: PinnedDestination,
    whole: { size: number; checksum: string | undefined },
  ): Promise<Written>;
  /** Harmless where the upload is not there any more. */
  abortUpload(key: string, id: string): Promise<void>;
  /** Asks for a readable copy of an archived object. */
  restore(source: Omit<PinnedSource, 'etag'>, as: { days: number | undefined; tier: string }): Promise<void>;
  /**
   * Reads a byte of a source object: shows that reading is allowed, and that its key of KMS may be used, which a HEAD does
   * not. An object that is empty, archived or gone meanwhile is no refusal.
   */
  probeRead(key: string): Promise<void>;
  /** Begins and aborts a multipart upload: shows that writing is allowed and writes nothing. */
  probeWrite(key: string, object: NewObject): Promise<void>;
  sourceVersioning(): Promise<Versioning>;
  destinationVersioning(): Promise<Versioning>;
  /** The rules by which S3 itself replicates the source bucket. */
  replicationRules(): Promise<ReplicationRule[]>;
  /** Whether each bucket's default encryption makes ETags opaque. */
  opaqueByDefault(): Promise<{ source: boolean; destination: boolean }>;
  /** Whether the source bucket serves a website: then its objects may redirect, which CopyObject drops. True where nobody may tell. */
  sourceIsWebsite(): Promise<boolean>;
}

export type Versioning = 'Enabled' | 'Suspended' | 'Off';

/** A rule of S3 Replication. */
export interface ReplicationRule {
  readonly id: string;
  readonly isEnabled: boolean;
  /** The bucket that it replicates to. */
  readonly destination: string;
  /** Of the keys that it is about; those may be fewer still, where it also filters by tags. */
  readonly prefix: string;
}

/** Jobs of S3 Batch Replication, of the account and in the Region of the source bucket. */
export interface ReplicationJobs {
  /**
   * Makes a job; asked again with the same token it is the same job. Throws JobRefused where S3 does not take it.
   * @returns its id
   */
  create(job: {
    /** Account of the job. */
    account: string;
    /** A CSV of bucket, key and version, and its ETag. */
    manifest: { arn: string; etag: string };
    /** Where S3 writes its completion report: a bucket's ARN, and a prefix without a closing slash. */
    report: { bucketArn: string; prefix: string };
    description: string;
    token: string;
  }): Promise<string>;
  /** Undefined where there is none any more: S3 keeps jobs for 90 days after their end. */
  describe(account: string, id: string): Promise<JobState | undefined>;
  /** Harmless where it has ended. */
  cancel(account: string, id: string, why: string): Promise<void>;
}

export interface JobState {
  /** In S3's words: `New`, `Preparing`, `Ready`, `Active`, … */
  readonly status: string;
  readonly tasks: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly reasons: readonly { readonly code: string; readonly message: string }[];
}

/** The failure table, and the counters beside it that all workers of a run share. */
export interface FailureTable {
  /** The table's name, for the commands that people are told. */
  readonly name: string;
  /** Takes up to `wanted` of the `limit` places that a run has for a cause; answers how many it got. */
  reserve(runId: string, cause: string, wanted: number, limit: number): Promise<number>;
  put(items: readonly Failure[]): Promise<void>;
  /** Every item of a chunk. */
  ofChunk(runId: string, chunk: string): AsyncIterable<Failure>;
  /** Every item of a run. */
  ofRun(runId: string): AsyncIterable<Failure>;
  /** Adds to the run's counters of attempts and of failures by cause, and answers the sums. */
  count(runId: string, attempts: number, failures: ReadonlyMap<string, number>): Promise<AttemptCounts>;
  /**
   * Takes from what all workers of a run may copy together: `wanted`, or where less is left as much of it as is there, but
   * not less than `least`. Never more is given in sum than `most`. Names of `least`, `wanted` and `most` are the same.
   */
  take(
    runId: string,
    least: Partial<Amount>,
    wanted: Partial<Amount>,
    most: Partial<Amount>,
  ): Promise<
    | { kind: 'taken'; amount: Partial<Amount>; left: Partial<Amount> }
    /** `of`: what there is not enough of. */
    | { kind: 'spent'; of: keyof Amount }
  >;
  /** What was taken and not needed. */
  giveBack(runId: string, amount: Partial<Amount>): Promise<void>;
  /** Tells every worker of the run to stop, and why. */
  stop(runId: string, cause: string): Promise<void>;
  stopCause(runId: string): Promise<string | undefined>;
}

/** Of what is copied. */
export interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

export interface AttemptCounts {
  readonly attempts: number;
  readonly failures: ReadonlyMap<string, number>;
}

/** Queries of the pair's tables. They take minutes: whoever starts one asks for it later. */
export interface Queries {
  /** @param token the same one again is the same query. Answers the query's id. */
  start(sql: string, parameters: readonly string[], token: string): Promise<string>;
  /** Throws QueryFailed, QueryCancelled or QueryOverScanLimit. */
  check(id: string): Promise<QueryProgress>;
  /** The one row of a query that has ended, by column. */
  row(id: string): Promise<Record<string, string>>;
}

export type QueryProgress =
  | { readonly kind: 'running' }
  /** `rows`: address of the CSV with all of them. */
  | { readonly kind: 'ended'; readonly rows: string; readonly scannedBytes: number };

/** The history of a pair's reconciliations. */
export interface Reconciliations {
  put(line: Reconciliation): Promise<void>;
  /** Of a pair, the newest first. */
  ofPair(pair: string): AsyncIterable<Reconciliation>;
}

/** What both sides of a live pair had of each key when they were last brought together. */
export interface SyncRecords {
  /** As it is now, and not as it was a moment ago. */
  find(pk: string): Promise<SyncRecord | undefined>;
  /** Writes where nobody else has since `record` was read, whose revision is one less; says whether it did. */
  putIf(record: SyncRecord): Promise<boolean>;
}

/** Where a run announces its copies to the live copy of its pair. */
export interface AnnouncedCopies {
  records: SyncRecords;
  /** The pair's side that the run writes to, and its bucket. */
  to: Side;
  bucket: string;
  direction: LiveSettings['direction'];
}

/** The queue of a live copy, as its workers use it. */
export interface SyncQueue {
  /** A key to look at again, after so many seconds: at most 900. */
  later(message: KeyMessage, seconds: number): Promise<void>;
  /** A message that failed comes back after so many seconds. */
  giveBack(receiptHandle: string, seconds: number): Promise<void>;
}

export interface Executions {
  isRunning(executionArn: string): Promise<boolean>;
}

/** Room for intermediate files of one call; gone with it. */
export interface Scratch {
  /** A new file, never named by a key. */
  file(): Promise<ScratchFile>;
  clear(): Promise<void>;
}

/** Written once and closed, then read. */
export interface ScratchFile {
  write(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
  /** The whole file, once. */
  read(): Readable;
  /** `length` bytes from `offset` on, or fewer where it ends before. */
  readAt(offset: number, length: number): Promise<Buffer>;
}

/** What every core function may reach. */
export interface Ports {
  readonly work: FileStore;
  /** Every call names the owner that a bucket must have, where the address does. */
  inventory(at: ReachedAddress): FileStore;
  /** Asked once for each call of a function: roles of the sides are assumed anew, and sessions of chained roles last an hour. */
  pair(source: SideAddress, destination: SideAddress): BucketPair;
  readonly failures: FailureTable;
  readonly executions: Executions;
  readonly queries: Queries;
  readonly jobs: ReplicationJobs;
  readonly reconciliations: Reconciliations;
  readonly syncRecords: SyncRecords;
  /** Undefined where the pair has no live copy by events. */
  readonly announced: AnnouncedCopies | undefined;
  readonly syncQueue: SyncQueue;
  readonly clock: Clock;
  /** The first delay before a call is tried again, in milliseconds; doubled each time. */
  readonly retryDelayMs: number;
  /** Numbers from 0 to 1, for jitter. */
  random(): number;
  scratch(): Scratch;
}
