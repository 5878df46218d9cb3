import type { Readable } from 'node:stream';
import type { Failure } from '../contracts/failure.js';
import type { WritableStorageClass } from '../contracts/location.js';
import type { BucketAddress } from '../contracts/pair.js';

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
  write(key: string, body: Buffer | string): Promise<void>;
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

export interface ListPage {
  /** In UTF-8 byte order. */
  readonly objects: readonly ObjectState[];
  /** The only thing that says whether more follow; never the page's length. A truncated page is never empty. */
  readonly truncated: boolean;
}

export interface CopyRequest {
  readonly sourceKey: string;
  readonly versionId?: string;
  /** The source must still have this ETag. */
  readonly sourceEtag: string;
  readonly destinationKey: string;
  /** What the destination must have: this ETag, or nothing. */
  readonly destinationEtag: string | undefined;
  /** STANDARD where there is none. */
  readonly storageClass?: WritableStorageClass | undefined;
}

/** The two sides of a run. Every method throws StorageError; a 404 of an object is `undefined`. */
export interface BucketPair {
  listSource(prefix: string, limit: number): Promise<ListPage>;
  headSource(key: string, versionId?: string): Promise<ObjectState | undefined>;
  /** Objects after `after`, exclusive; at most 1,000 or `limit`. */
  listDestination(prefix: string, after: string, limit?: number): Promise<ListPage>;
  headDestination(key: string): Promise<ObjectState | undefined>;
  copy(request: CopyRequest): Promise<{ etag: string }>;
  /**
   * Reads a byte of a source object: shows that reading is allowed, and that its key of KMS may be used, which a HEAD does
   * not. An object that is empty, archived or gone meanwhile is no refusal.
   */
  probeRead(key: string): Promise<void>;
  /** Begins and aborts a multipart upload: shows that writing is allowed and writes nothing. */
  probeWrite(key: string): Promise<void>;
  /** False where a bucket's default encryption makes ETags opaque. */
  etagsComparable(): Promise<boolean>;
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
  /** Tells every worker of the run to stop, and why. */
  stop(runId: string, cause: string): Promise<void>;
  stopCause(runId: string): Promise<string | undefined>;
}

export interface AttemptCounts {
  readonly attempts: number;
  readonly failures: ReadonlyMap<string, number>;
}

export interface Executions {
  isRunning(executionArn: string): Promise<boolean>;
}

/** Room for intermediate files of one call; gone with it. */
export interface Scratch {
  /** A new file: written once, then read once. Never named by a key. */
  file(): Promise<{ write(bytes: Buffer): Promise<void>; close(): Promise<void>; read(): Readable }>;
  clear(): Promise<void>;
}

/** What every core function may reach. */
export interface Ports {
  readonly work: FileStore;
  /** Every call names the owner that a bucket must have, where the address does. */
  inventory(at: BucketAddress): FileStore;
  pair(source: BucketAddress, destination: BucketAddress): BucketPair;
  readonly failures: FailureTable;
  readonly executions: Executions;
  readonly clock: Clock;
  /** The first delay before a call is tried again, in milliseconds; doubled each time. */
  readonly retryDelayMs: number;
  /** Numbers from 0 to 1, for jitter. */
  random(): number;
  scratch(): Scratch;
}
