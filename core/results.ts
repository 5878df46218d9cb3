import * as z from 'zod';
import type { ResultWriterDetails } from '../contracts/states.js';
import { BackfillError } from './errors.js';
import { readJson } from './run-files.js';
import { readLines } from './lines.js';
import type { FileStore } from './ports.js';

const resultFiles = z.array(z.object({ Key: z.string(), Size: z.number() })).default([]);

/** The ResultWriter's manifest.json, as Step Functions writes it. */
const resultManifest = z.object({
  DestinationBucket: z.string(),
  ResultFiles: z.object({ SUCCEEDED: resultFiles, FAILED: resultFiles, PENDING: resultFiles }),
});

/** A failed child, always written in the full shape. Error and Cause are absent for an aborted one. */
const failedChild = z.object({ Name: z.string(), Error: z.string().optional(), Cause: z.string().optional() });
export type FailedChild = z.infer<typeof failedChild>;

/** Streams what the children of a Map Run answered. WriterConfig of the maps is COMPACT JSONL: a line is a child's output. */
export async function* readAnswers<T>(
  files: FileStore,
  at: ResultWriterDetails,
  schema: z.ZodType<T>,
): AsyncGenerator<T> {
  const manifest = await readJson(files, at.Key, resultManifest);
  for (const { Key } of manifest.ResultFiles.SUCCEEDED) yield* readLines(files, Key, schema);
}

/** Throws RunFileMissing, with its words, where a child of a Map failed as a whole. `lost`: what is not there for it. */
export async function expectNoFailedChild(
  files: FileStore,
  at: ResultWriterDetails,
  { map, lost }: { map: string; lost: string },
): Promise<void> {
  for await (const child of readFailedChildren(files, at))
    throw new BackfillError(
      'RunFileMissing',
      `${lost}: ${child.Error ?? 'aborted'}: ${child.Cause ?? 'the child was stopped'}. Look at the failed child of the Map Run ${map}, then start again.`,
    );
}

/** Streams the children of a Map Run that failed. */
async function* readFailedChildren(files: FileStore, at: ResultWriterDetails): AsyncGenerator<FailedChild> {
  const manifest = await readJson(files, at.Key, resultManifest);
  for (const { Key } of manifest.ResultFiles.FAILED) yield* readLines(files, Key, failedChild);
}
