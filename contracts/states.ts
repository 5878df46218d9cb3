import * as z from 'zod';
import { chunk, keyRange } from './chunk.js';
import { listingRange } from './listing.js';
import { executionName as runId } from './execution-name.js';
import { inventoryFile } from './manifest.js';
import { deployedPair } from './pair.js';
import { counted, foundInventories, reconcileQuery } from './reconciliation.js';

/** Inputs of the Task states, as state-machines/backfill.asl.json builds them. */

/** Where a Map's ResultWriter left its manifest.json. */
export const resultWriterDetails = z.object({ Bucket: z.string(), Key: z.string() });
export type ResultWriterDetails = z.infer<typeof resultWriterDetails>;

const startTime = z.iso.datetime({ offset: true });
/** JSON text: a value put into the state machine's definition is never read as an expression. */
const pairText = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(deployedPair);

export const prepareRunInput = z.object({
  runId,
  executionArn: z.string(),
  startTime,
  input: z.unknown(),
  pair: pairText,
});
const round = z.int().min(1);
export const listRangeInput = z.object({ runId, round, range: listingRange });
export const gatherListingInput = z.object({ runId, round, listed: resultWriterDetails });
export const indexFileInput = z.object({ runId, file: inventoryFile });
export const planPassInput = z.object({ runId, indexed: resultWriterDetails });
export const mergeRangeInput = z.object({ runId, range: keyRange });
export const gatherRangesInput = z.object({ runId, merged: resultWriterDetails });

/** Of a job of S3 Batch Operations, as S3 names them. */
const jobId = z.string().regex(/^[\w-]{5,36}$/);

/**
 * Where a chunk goes on: rows before `row` have attempts on file. `upload`: a multipart upload to that row's destination is
 * under way, and so many parts of all that are have been sent. `open` rows are not settled; `stalls` counts calls that
 * settled none and sent no part.
 */
export const cursor = z.object({
  row: z.int().min(0),
  open: z.int().min(0),
  stalls: z.int().min(0),
  upload: z.object({ id: z.string(), parts: z.int().min(0) }).optional(),
});
export const copyChunkInput = z.object({ runId, pass: z.int().min(1), chunk, cursor: cursor.nullish() });
export const verifyChunkInput = z.object({ runId, pass: z.int().min(1), chunk });
export const recordChunkFailureInput = z.object({
  runId,
  pass: z.int().min(1),
  chunk,
  error: z.object({ Error: z.string().optional(), Cause: z.string().optional() }),
});
export const startJobInput = z.object({ runId, pass: z.int().min(1) });
export const checkJobInput = z.object({ runId, pass: z.int().min(1), id: jobId });
export const readJobReportInput = z.object({ runId, pass: z.int().min(1), id: jobId });
export const tallyPassInput = z.object({ runId, pass: z.int().min(1), verified: resultWriterDetails });
export const reportRunInput = z.object({ runId, pass: z.int().min(1) });

/** Of state-machines/reconcile.asl.json. */
export const findInventoriesInput = z.object({ startTime, input: z.unknown(), pair: pairText });
export const startQueryInput = z.object({
  execution: runId,
  query: reconcileQuery,
  /** Text of each query, from queries/reconcile. */
  sql: z.object({ count: z.string(), difference: z.string() }),
  found: foundInventories,
});
export const checkQueryInput = z.object({ query: reconcileQuery, id: z.string(), found: foundInventories });
export const recordDayInput = z.object({
  execution: runId,
  startTime,
  found: foundInventories.nullable(),
  counted: counted.nullable(),
  scannedBytes: z.number().min(0),
  /** The run, should there have been one. */
  run: z.string().nullish(),
  error: z.object({ Error: z.string().optional(), Cause: z.string().optional() }).nullish(),
});

export type Cursor = z.infer<typeof cursor>;
