import * as z from 'zod';
import { evidences } from './outcome.js';

const drift = z.literal(true).optional();
const row = z.int().min(0);
/** ETag of the source object that this is about, where it is not the one of the inventory. */
const source = z.string().min(1).optional();
/** A version of the destination, where all versions are copied. `below`: the one that it was put on. */
const version = z.string().min(1).optional();

/** A checksum as S3 shows it: base64, with `-N` where it is composed of those of N parts. */
const checksum = z.object({
  algorithm: z.enum(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']),
  type: z.enum(['FULL_OBJECT', 'COMPOSITE']),
  value: z.string(),
});

/** What CopyChunk saw and did for a row that was not simply identical (equal size and ETag in the listing). */
export const attempt = z.discriminatedUnion('kind', [
  /** S3 answered this run with a copy result: its ETag, and size of what was sent. */
  z.object({
    kind: z.literal('sent'),
    row,
    etag: z.string().min(1),
    size: z.int().min(0),
    source,
    version,
    below: version,
    drift,
  }),
  /** The destination already has it, by other evidence than the listed ETag, or under drift. `etag` is the destination's. */
  z.object({
    kind: z.literal('identical'),
    row,
    etag: z.string().min(1),
    evidence: z.enum(evidences),
    source,
    version,
    drift,
  }),
  /** S3's own replication is asked for it: this version, which a job of the pass is given, and what a look at it showed. */
  z.object({
    kind: z.literal('queued'),
    row,
    /** `null` where it was written before the bucket had versioning. */
    versionId: z.string().min(1),
    etag: z.string().min(1),
    size: z.int().min(0),
    /** Milliseconds since the epoch. */
    lastModified: z.number(),
    /** Of the ETag, as core/compare reads it. */
    etagKind: z.enum(['digest', 'opaque']),
    checksums: z.array(checksum),
    drift,
  }),
  z.object({ kind: z.literal('gone'), row }),
  z.object({ kind: z.literal('archived'), row }),
  /** S3 was asked to restore it, and is not done yet. */
  z.object({ kind: z.literal('restoring'), row }),
  z.object({
    kind: z.literal('failed'),
    row,
    /** The name of the cause, S3's error code where it is one. */
    cause: z.string().min(1),
    message: z.string(),
    status: z.int().optional(),
  }),
]);

export type Attempt = z.infer<typeof attempt>;
export type FailedAttempt = Extract<Attempt, { kind: 'failed' }>;
export type QueuedAttempt = Extract<Attempt, { kind: 'queued' }>;
export type SentAttempt = Extract<Attempt, { kind: 'sent' }>;

/**
 * First line of an attempts file: the rows of the chunk that it settles, `to` exclusive, but for those that are `open`: an
 * upload of theirs goes on in the next call. Rows without a line are identical by ETag.
 */
export const attemptsHeader = z.object({ from: row, to: z.int().min(1), open: z.array(row).optional() });
export type AttemptsHeader = z.infer<typeof attemptsHeader>;
