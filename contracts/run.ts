import * as z from 'zod';
import { reachedAddress, sideAddress } from './side.js';
import { runRequest } from './run-request.js';

/** Each row names the version that is meant, of a listing as of a time; else the current one is. */
const pinned = z.literal(true).optional();

/** Where the rows of a run come from. */
export const resolvedManifest = z.discriminatedUnion('kind', [
  /** An S3 Inventory. */
  z.object({
    kind: z.literal('inventory'),
    bucket: z.string(),
    key: z.string(),
    /** When the inventory was taken, milliseconds since the epoch. */
    createdAt: z.int(),
    /** Column names of its data files, as CSV inventories spell them. */
    columns: z.array(z.string()),
    /** Of its data files; CSV where it is not said. */
    format: z.enum(['CSV', 'Parquet']).optional(),
    pinned,
  }),
  /** A CSV file of objects: a manifest of S3 Batch Operations, or a result of Athena. */
  z.object({
    kind: z.literal('csv'),
    bucket: z.string(),
    key: z.string(),
    /** As PrepareRun saw it: its pieces are read at this version, or not at all. */
    version: z.string(),
    /** Bytes. */
    size: z.int(),
    /** In S3 Inventory's spelling, where it knows them. */
    columns: z.array(z.string()),
    /** The day of a live copy whose failures it lists. */
    failuresOf: z.string().optional(),
  }),
  /** A listing of the source that the run makes itself, in the form of an inventory. */
  z.object({
    kind: z.literal('list'),
    /** The work bucket. */
    bucket: z.string(),
    /** Where its manifest.json will be. */
    key: z.string(),
    /** Where all its files are, with a closing slash: those of its rounds and the inventory. */
    folder: z.string(),
    /** When the listing began, milliseconds since the epoch. */
    createdAt: z.int(),
    columns: z.array(z.string()),
    /** As of which time, milliseconds since the epoch; undefined where it lists what is there. */
    asOf: z.int().optional(),
    pinned,
  }),
  /** What an earlier run still owed. */
  z.object({
    kind: z.literal('owed'),
    /** The work bucket, and the file there that names the rows. */
    bucket: z.string(),
    key: z.string(),
    /** Only rows that failed for it. */
    cause: z.string().optional(),
    /**
     * The earlier run, and those whose owed rows that one was of in its turn, newest first. `pass`: the one whose
     * chunks.jsonl holds what the run owed in the end.
     */
    runs: z.array(z.object({ runId: z.string(), pass: z.int().min(1) })).min(1),
    /** Of the inventory that the rows came from in the first place. */
    createdAt: z.int(),
    columns: z.array(z.string()),
    pinned,
  }),
]);
export type ResolvedManifest = z.infer<typeof resolvedManifest>;
export type OwedManifest = Extract<ResolvedManifest, { kind: 'owed' }>;

/** `request.json`: the request as PrepareRun resolved it. Written once; every later state reads it. */
export const run = z.object({
  id: z.string(),
  pair: z.string(),
  executionArn: z.string(),
  /** Milliseconds since the epoch. */
  startedAt: z.int(),
  request: runRequest,
  /** When the run begins nothing more, as its `stopAfter` says. Milliseconds since the epoch. */
  stopAt: z.int().optional(),
  /** `pair` where the request is the whole pair's, unfiltered; its counts are then the pair's metrics. */
  scope: z.enum(['pair', 'part']),
  /** Whether the pair was deployed with its buckets: then a request need not name them. */
  isBound: z.boolean().default(false),
  /** Whether a restore goes to another bucket than the pair's source: then a request has to name it. */
  isElsewhere: z.literal(true).optional(),
  /** Whether nothing may be written to its destination: the pair was deployed with `copy.engine: "none"`. */
  isReadOnly: z.boolean().optional(),
  /** Where the buckets are, whose they must be, and by which roles or keys they are reached, as the pair was deployed. */
  buckets: z.object({ source: sideAddress, destination: sideAddress, inventory: reachedAddress }),
  manifest: resolvedManifest,
  /** Whether a bucket's default encryption makes ETags opaque (KMS). A dry run, which looks at no object, goes by it. */
  opaqueByDefault: z.object({ source: z.boolean(), destination: z.boolean() }),
  /** Whether objects of the source may redirect a website's visitors, which a CopyObject drops. */
  sourceIsWebsite: z.boolean(),
  /** Whether S3 copies by itself, one principal reaching both sides; else the bytes are streamed. */
  isInPlace: z.boolean(),
  /** The run that had the pair before this one: a worker of it may have outlived it, and left an upload under way. */
  replaced: z.string().optional(),
  /** Earlier runs whose proofs may be about objects of this one, newest first. */
  provenBy: z.array(z.object({ runId: z.string(), passes: z.int().min(1) })),
});
export type Run = z.infer<typeof run>;
/** A run as it is known before its manifest is. */
export type AskingRun = Pick<Run, 'id' | 'pair' | 'startedAt'>;
