import { chunk as chunkSchema } from '../../../contracts/chunk.js';
import type { OwedSource } from '../../../contracts/manifest.js';
import { owedChunk } from '../../../contracts/tally.js';
import { BackfillError } from '../../errors.js';
import { compareKeys } from '../../keys.js';
import { readLines } from '../../lines.js';
import type { FileStore } from '../../ports.js';
import { isThere, runFiles } from '../../run-files.js';
import type { Standing } from './standing.js';

/** Owed rows of one chunk, and how many of them are asked for. */
export interface Source {
  first: string;
  wanted: number;
  source: OwedSource;
}

/** A file of an earlier run, and the rows that it names, by their first keys. A billion rows are about 100,000 of them: 40 MB. */
interface Sources {
  key: string;
  sources: Source[];
}

/** All that a run owed: what its next pass would have been of. */
export async function owedSources(work: FileStore, { runId, pass }: Standing): Promise<Sources> {
  const key = runFiles(runId).chunks(pass);
  const sources: Source[] = [];
  for await (const { rows, first, segments } of readLines(work, key, chunkSchema))
    sources.push({ first, wanted: rows, source: { rows, segments } });
  return { key, sources: byFirstKey(sources) };
}

/** What failed for one cause. Throws InvalidRequest, with the causes that there are, where nothing did. */
export async function owedByCause(work: FileStore, { runId, tally }: Standing, cause: string): Promise<Sources> {
  if (!tally)
    throw new BackfillError(
      'InvalidRequest',
      `manifest.cause: run ${runId} was stopped before it had verified its first pass, and no row of it has a cause yet. Leave the cause out.`,
    );
  const { causes } = tally.totals;
  if (!Object.hasOwn(causes, cause))
    throw new BackfillError(
      'InvalidRequest',
      `manifest.cause: run ${runId} owes no row with the cause "${cause}". ${causesThere(causes)}`,
    );
  const key = runFiles(runId).owedChunks(tally.pass);
  if (!(await isThere(work, key)))
    throw new BackfillError(
      'ManifestUnsupported',
      `manifest.cause: s3://${work.bucket}/${key} is not there: a version of s3-backfill that kept no such file made run ${runId}. Leave the cause out.`,
    );
  const sources: Source[] = [];
  for await (const { rows, first, segments, causes, report } of readLines(work, key, owedChunk)) {
    const wanted = Object.hasOwn(causes, cause) ? (causes[cause] ?? 0) : 0;
    if (wanted === 0) continue;
    // Where all failed for one cause, nobody needs to ask which.
    const isMixed = report !== undefined && wanted < rows;
    sources.push({ first, wanted, source: { rows, segments, ...(isMixed ? { report } : {}) } });
  }
  return { key, sources: byFirstKey(sources) };
}

const MOST_NAMED = 20;

function causesThere(causes: Readonly<Record<string, number>>): string {
  const named = Object.entries(causes)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, MOST_NAMED)
    .map(([cause, rows]) => `${cause} (${rows})`);
  return named.length > 0 ? `Expected one of ${named.join(', ')}, or none for all of them.` : 'It owes nothing at all.';
}

function byFirstKey(sources: Source[]): Source[] {
  return sources.sort((a, b) => compareKeys(a.first, b.first));
}
